//! The definition of the command line.

use clap::{Command, CommandFactory};

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
        .mut_subcommand("drf_create_token", |command| command.infer_long_args(true))
}

/// Returns the command with its options under the headings of its manual entry.
fn with_headings(mut command: Command) -> Command {
    let name = command.get_name().to_owned();
    for (heading, arguments) in commands::of(&name).headings {
        for (order, argument) in arguments.iter().enumerate() {
            command = command.mut_arg(argument, |argument| argument.help_heading(*heading).display_order(order));
        }
    }
    command
}
