//! One command, from the words of its command line to its status.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, FromArgMatches};

use crate::cli::completion::complete;
use crate::cli::context::Context;
use crate::cli::definition::Cli;
use crate::cli::help::{clearer, definition};
use crate::cli::report;
use crate::cli::suggest::suggested;
use crate::error::Kind;
use crate::os::end_by_signal;
use crate::output::{self, Notes};
use crate::terminal::Environment;

/// Runs a command line; the first word is the program's.
#[must_use]
pub fn run(arguments: &[OsString]) -> ExitCode {
    if complete(arguments) {
        return ExitCode::SUCCESS;
    }
    let cli = match parse(arguments) {
        Ok(cli) => cli,
        Err(words) => return refuse(&clearer(words), arguments),
    };
    let notes = cli.notes();
    let context = Context::new(cli.config(arguments), Environment::read(), notes);
    let outcome = cli.run(&definition(), &context).map_err(|error| suggested(error, &context));
    match &outcome {
        Ok(()) => context.note_omitted_columns(),
        Err(error) => report::print(error, notes, context.invocation()),
    }
    end_by_signal();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Django has one status for all that its command refuses.
            let is_djangos = notes.django && error.kind() == Kind::NoSuchUser;
            ExitCode::from(if is_djangos { 1 } else { error.kind().exit_status() })
        }
    }
}

/// Reads a command line.
///
/// # Errors
/// What clap says; help and version are such an error, too.
fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let is_typed = |option: &str| arguments.iter().any(|argument| argument == option);
    let color = if is_typed("--no-color") {
        ColorChoice::Never
    } else if is_typed("--force-color") {
        ColorChoice::Always
    } else {
        ColorChoice::Auto
    };
    let mut command = definition().color(color);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Prints why a command line is not understood, or the help that it asks for.
fn refuse(words: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if arguments.iter().all(|argument| output::is_harmless(&argument.to_string_lossy())) {
        // If they cannot be printed, nothing else can be.
        let _ = words.print();
    } else {
        Notes::default().lines(&words.to_string());
    }
    if words.kind() == ErrorKind::UnknownArgument && looks_like_name(words) {
        Notes::default().lines("hint: a name that begins with a dash goes after --, as in: create-token -- -rf");
    }
    ExitCode::from(u8::try_from(words.exit_code()).unwrap_or(2))
}

/// Whether the argument that clap refuses could be a name: it begins with one
/// dash.
fn looks_like_name(words: &clap::Error) -> bool {
    if !words.to_string().contains("USERNAME") {
        return false;
    }
    let Some(ContextValue::String(argument)) = words.get(ContextKind::InvalidArg) else { return false };
    argument.starts_with('-') && !argument.starts_with("--")
}
