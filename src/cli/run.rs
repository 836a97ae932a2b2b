//! Runs one command: from its arguments to its exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::ColorChoice;
use clap::error::ErrorKind;

use crate::cli::arguments;
use crate::cli::completion::complete;
use crate::cli::context::Context;
use crate::cli::definition::Cli;
use crate::cli::help::{definition, definition_for};
use crate::cli::hints::Invocation;
use crate::cli::manual::layers::{print_help, with_help};
use crate::cli::report;
use crate::cli::suggest::with_hints;
use crate::cli::usage_error::UsageError;
use crate::error::Kind;
use crate::os::end_by_signal;
use crate::output::Notes;
use crate::terminal::{Colors, Environment, stderr_has_color};

/// Runs a command line; the first word is the program's name.
#[must_use]
pub fn run(arguments: &[OsString]) -> ExitCode {
    if complete(arguments) {
        return ExitCode::SUCCESS;
    }
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(error) => return print_help_or_error(&error, arguments),
    };
    let notes = cli.notes();
    let context = Context::new(cli.config(arguments), Environment::read(), notes);
    let outcome = cli.run(definition, &context).map_err(|error| with_hints(error, cli.skipping(), &context));
    match &outcome {
        Ok(()) => context.note_omitted_columns(),
        Err(error) => report::print(error, notes, context.invocation()),
    }
    // A signal that arrives after the output is complete has no effect.
    if outcome.is_err() {
        end_by_signal();
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // drf_create_token exits with 1 for every failure.
            let is_djangos = notes.django && error.kind() == Kind::NoSuchUser;
            ExitCode::from(if is_djangos { 1 } else { error.kind().exit_status() })
        }
    }
}

/// Parses a command line. A valid one needs only the commands that it names; to
/// define the others, and help, takes a quarter of the instructions of a short run.
///
/// # Errors
/// Why it is invalid; a request for help or the version is an error, too.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let words = arguments::with_verbosity(arguments);
    let matches = definition_for(&words).map(|definition| definition.try_get_matches_from(&words));
    if let Some(Ok(cli)) = matches.map(|matches| Cli::new(&matches?)) {
        return Ok(cli);
    }
    let color = match arguments::colors(arguments) {
        Colors::Auto => ColorChoice::Auto,
        Colors::Always => ColorChoice::Always,
        Colors::Never => ColorChoice::Never,
    };
    let mut command = with_help(definition(), arguments::layer(arguments)).color(color);
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::new(&matches).map_err(|error| error.format(&mut command))
}

/// Prints the help or the version that the command line asks for, or why the
/// command line is invalid.
fn print_help_or_error(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let colors = arguments::colors(arguments);
    let notes = Notes { color: stderr_has_color(colors), ..Notes::default() };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return match print_help(&error.render(), colors) {
                Ok(()) => ExitCode::SUCCESS,
                Err(undelivered) => {
                    report::print(&undelivered, notes, &Invocation::default());
                    ExitCode::from(undelivered.kind().exit_status())
                }
            };
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // This help goes to standard error: if it cannot be printed, neither can an error.
            let _ = error.print();
            return ExitCode::from(Kind::Usage.exit_status());
        }
        _ => {}
    }
    let definition = definition();
    let usage_error = UsageError::new(error, arguments, &definition);
    let explained = usage_error.explain();
    report::print(&explained, notes, &Invocation::default());
    if let Some(usage) = usage_error.usage() {
        notes.lines(&format!("\n{usage}"));
    }
    ExitCode::from(explained.kind().exit_status())
}
