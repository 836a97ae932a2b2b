//! The definition of the command line.

use clap::{Arg, Command, CommandFactory};

use crate::cli::definition::Cli;
use crate::cli::manual::commands;

/// Returns the definition of the command line, without the examples and notes
/// that [`crate::cli::manual`] adds to help.
#[must_use]
pub fn definition() -> Command {
    // Every command has Django's --version, and prints the same.
    Cli::command()
        .args_override_self(true)
        .mut_subcommands(|command| with_headings(command.display_name("drfctl").args_override_self(true)))
        // Python's argparse accepts any unique prefix of an option.
        .mut_subcommand("drf_create_token", |command| {
            let one = |name: Arg| name.help("Create a token for this user");
            command
                .infer_long_args(true)
                .override_usage("drfctl drf_create_token [OPTIONS] <USERNAME>")
                .mut_arg("usernames", one)
        })
        .mut_subcommand("activate", for_users)
        .mut_subcommand("deactivate", for_users)
}

/// Returns the command with the help of options that concern users and no keys.
fn for_users(command: Command) -> Command {
    command.mut_arg("missing_ok", |argument| argument.help("Skip users who do not exist"))
}

/// Returns the command with its options under the headings of its manual entry,
/// in the order of the entry.
fn with_headings(command: Command) -> Command {
    let headings = commands::of(command.get_name()).headings;
    command.mut_args(|argument| {
        let id = argument.get_id().as_str();
        let place =
            headings.iter().find_map(|(heading, ids)| Some((heading, ids.iter().position(|other| *other == id)?)));
        match place {
            Some((heading, order)) => argument.help_heading(*heading).display_order(order),
            None => argument,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the command lines of drfctl in a line of shell.
    fn command_lines(line: &str) -> impl Iterator<Item = &str> {
        line.match_indices("drfctl ").map(|(at, _)| line[at..].split(['|', '<', ')', '&']).next().unwrap())
    }

    #[test]
    fn every_example_is_a_valid_command_line() {
        let names: Vec<String> = definition().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let entries = names.iter().map(|name| commands::of(name)).chain([commands::PROGRAM]);
        let mut lines = 0;
        for example in entries.flat_map(|entry| entry.examples) {
            for line in command_lines(example.line) {
                let words = shlex::split(line).unwrap();
                if let Err(error) = definition().try_get_matches_from(words) {
                    panic!("{}: {error}", example.line);
                }
                lines += 1;
            }
        }
        assert!(lines > 30, "only {lines} examples were found");
    }

    #[test]
    fn every_heading_names_options_that_exist() {
        for command in definition().get_subcommands() {
            for (heading, ids) in commands::of(command.get_name()).headings {
                for id in *ids {
                    let has = command.get_arguments().any(|argument| argument.get_id() == id);
                    assert!(has, "{} {heading}: {id}", command.get_name());
                }
            }
        }
    }

    #[test]
    fn help_of_commands_and_global_options_is_short_and_has_no_full_stop() {
        let definition = definition();
        let abouts = definition.get_subcommands().filter_map(Command::get_about);
        let options = definition.get_arguments().filter_map(clap::Arg::get_help);
        for help in abouts.chain(options).map(ToString::to_string) {
            assert!(help.chars().count() < 70 && !help.ends_with('.'), "{help}");
        }
    }
}
