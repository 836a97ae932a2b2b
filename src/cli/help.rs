//! The definition of the command line.

use std::ffi::OsString;

use clap::Command;

use crate::cli::definition::{is_command, program, with_commands};
use crate::cli::manual::commands;

/// Returns the definition of the command line, without the examples and notes
/// that [`crate::cli::manual`] adds to help.
#[must_use]
pub fn definition() -> Command {
    with_rules(with_commands(program())).mut_subcommands(|command| with_headings(with_own_help(with_rules(command))))
}

/// Returns the definition with only the commands that these words name, and
/// without what only help shows. It accepts the same command lines. None if the
/// words name no command.
pub(super) fn definition_for(words: &[OsString]) -> Option<Command> {
    let named: Vec<&str> = words.iter().filter_map(|word| word.to_str()).filter(|word| is_command(word)).collect();
    if named.is_empty() {
        return None;
    }
    let all = with_commands(Command::default());
    let possible = all.get_subcommands().filter(|command| named.contains(&command.get_name()));
    Some(with_rules(program()).subcommands(possible.cloned().map(with_rules)))
}

/// Returns the program or a command with the rules by which arguments are parsed.
fn with_rules(command: Command) -> Command {
    // Python's argparse accepts any unique prefix of an option.
    let infers = command.get_name() == "drf_create_token";
    command.args_override_self(true).infer_long_args(infers)
}

/// Returns the command with its own usage line, and its own help for arguments
/// that commands share.
fn with_own_help(command: Command) -> Command {
    // Every command has Django's --version, and prints the same.
    let command = command.display_name("drfctl");
    match command.get_name() {
        "drf_create_token" => command
            .override_usage("drfctl drf_create_token [OPTIONS] <USERNAME>")
            .mut_arg("usernames", |name| name.help("Create a token for this user")),
        "activate" | "deactivate" => {
            command.mut_arg("missing_ok", |argument| argument.help("Skip users who do not exist"))
        }
        _ => command,
    }
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
    use crate::cli::definition::Cli;

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
                let words: Vec<OsString> = shlex::split(line).unwrap().into_iter().map(OsString::from).collect();
                for definition in [Some(definition()), definition_for(&words)].into_iter().flatten() {
                    if let Err(error) = definition.try_get_matches_from(&words) {
                        panic!("{}: {error}", example.line);
                    }
                }
                lines += 1;
            }
        }
        assert!(lines > 30, "only {lines} examples were found");
    }

    #[test]
    fn a_command_line_is_parsed_with_the_commands_that_it_names() {
        for (line, commands) in [
            ("drfctl list alice", &["list"][..]),
            ("drfctl -d list.db revoke --all", &["revoke"]),
            ("drfctl create-token list", &["create-token", "list"]),
            ("drfctl lists", &[]),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let definition = definition_for(&words);
            let named = definition.iter().flat_map(Command::get_subcommands).map(Command::get_name);
            assert!(named.eq(commands.iter().copied()), "{line}");
        }
    }

    #[test]
    fn a_definition_for_its_words_accepts_what_the_whole_one_accepts() {
        for line in [
            "drfctl drf_create_token --verbosi 2 --res alice",
            "drfctl -d x --database y list -v --columns key --columns username",
            "drfctl revoke alice --busy-timeout 1s --busy-timeout 2s",
            "drfctl list -- -v",
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let [whole, part] = [definition(), definition_for(&words).unwrap()]
                .map(|definition| definition.try_get_matches_from(&words).map(|matches| Cli::new(&matches).unwrap()));
            assert_eq!(format!("{:?}", part.unwrap()), format!("{:?}", whole.unwrap()), "{line}");
        }
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
