//! drfctl: the users and API tokens of a Django REST framework application,
//! straight in the database that the application serves from.
//!
//! # The map of the house
//!
//! Floors from the top; each imports from below, never from above or beside.
//!
//! | floor | what lives there |
//! | --- | --- |
//! | `main` | argv in, exit status out |
//! | here | [`run`]: one command from its words to its status |
//! | [`cli`] | the root of the command line |
//! | [`commands`] | one file a command: what is typed, what happens, what is seen |
//! | [`context`] | what a command is handed: the database, clock, randomness, a voice |
//! | [`output`] | records in, bytes out; notes, warnings and errors |
//! | [`prompt`] | asking a person, reading files and standard input |
//! | [`terminal`] | the environment, and whether somebody is watching |
//! | [`store`] | the verbs, one transaction a command; no SQL text |
//! | [`spool`] | rows that wait outside of memory, unreadable to others |
//! | [`engine`] | connect, run a statement, read the catalog, name an error |
//! | [`sql`] | every statement, built once for all engines |
//! | [`schema`] | where things are in this database |
//! | [`django`] | what Django and DRF dictate; pure |
//! | [`migrations`] | Django's own migrations |
//! | [`settings`] | a Django settings module, asked through Python |
//! | [`database_url`] | where a database is |
//! | [`process`] | limits, signals and streams of the process |
//! | [`error`] | what can go wrong, and the exit status that says so |
//!
//! `tests/it/architecture.rs` reads the imports and fails on one that runs
//! upward, on SQL outside `sql`, `engine` and `migrations`, and on an engine's
//! name outside `engine` and `migrations`.
//!
//! # How one command travels
//!
//! `drfctl create-token alice`: [`run`] has [`cli`] read the words and hands
//! `commands::create_token` its `Args` and a [`context::Context`]. The command
//! checks the name ([`django::username`]) and its output's place, and only then
//! asks the context for the [`store::Store`]: the context finds the database,
//! [`engine`] opens it. `Store::issue_tokens` begins the transaction, reads the
//! catalog and has [`schema`] find the layout in it, runs the statements that
//! [`sql`] builds for that layout and the engine's dialect, and commits. The
//! issued tokens come back as values, in as many batches as it takes
//! transactions; the command hands each batch to a stream ([`output`]), which
//! makes records of it and delivers the bytes. What fails comes up as an
//! [`error::Error`], is printed here, and its kind becomes the exit status.
//!
//! A list goes the same way page by page, and reads while it writes: no
//! statement is open and no lock held while a pipe or a person is slow. What has
//! to wait for a commit or for a hash waits in the [`spool`].

pub mod cli;
pub mod commands;
pub mod context;
pub mod database_url;
pub mod django;
pub mod engine;
pub mod error;
pub mod migrations;
pub mod output;
pub mod process;
pub mod prompt;
pub mod schema;
pub mod settings;
pub mod spool;
pub mod sql;
pub mod store;
pub mod terminal;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::Cli;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::output::Notes;
use crate::terminal::Environment;

/// Runs the command line that the program was started with.
#[must_use]
pub fn run() -> ExitCode {
    process::harden();
    // A panic is told below, in one line and without what it was about.
    std::panic::set_hook(Box::new(|_| {}));
    if process::is_elevated() {
        let error = Error::usage("drfctl runs with rights that whoever started it has not, and is not made for that")
            .hint("take them from the program (chmod ug-s, setcap -r; a security module may give them, too) and run it as the database's owner: sudo -u OWNER drfctl");
        Notes::default().error(&error);
        return ExitCode::from(error.kind().exit_status());
    }
    let arguments: Vec<OsString> = terminal::arguments().collect();
    catch_unwind(AssertUnwindSafe(|| command(&arguments))).unwrap_or_else(|_| {
        let notes = Notes { verbosity: 1, ..Notes::default() };
        notes.error(&Error::internal("drfctl has a fault and stopped; a change that was not committed is undone"));
        ExitCode::from(Kind::Internal.exit_status())
    })
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

fn command(arguments: &[OsString]) -> ExitCode {
    if cli::complete(arguments) {
        return ExitCode::SUCCESS;
    }
    let cli = match Cli::parse_from(arguments) {
        Ok(cli) => cli,
        Err(words) => {
            let words = cli::clearer(words);
            if arguments.iter().all(|argument| output::is_harmless(&argument.to_string_lossy())) {
                // Where they cannot be printed there is nobody to tell.
                let _ = words.print();
            } else {
                Notes::default().lines(&words.to_string());
            }
            if words.kind() == ErrorKind::UnknownArgument && looks_like_name(&words) {
                Notes::default()
                    .lines("hint: a name that begins with a dash goes after --, as in: create-token -- -rf");
            }
            return ExitCode::from(u8::try_from(words.exit_code()).unwrap_or(2));
        }
    };
    let notes = cli.notes();
    let context = Context::new(cli.config(arguments), Environment::read(), notes);
    let outcome = cli.run(&context);
    if let Err(error) = &outcome {
        notes.error(error);
    }
    process::end_by_signal();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Django has one status for all that its command refuses.
            let djangos = notes.django && error.kind() == Kind::NoSuchUser;
            ExitCode::from(if djangos { 1 } else { error.kind().exit_status() })
        }
    }
}
