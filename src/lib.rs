//! drfctl: the users and API tokens of a Django REST framework application,
//! directly in the database that the application serves from.
//!
//! # The map
//!
//! Layers from the top; each imports from those below it, never from one above,
//! and no two files import each other.
//!
//! | layer | what it has |
//! | --- | --- |
//! | `main` | argv in, exit status out |
//! | here | [`run`]: the program, with what a process needs around a command |
//! | [`cli`] | options, commands, help, manual pages, completion, hints |
//! | [`output`], [`prompt`], [`terminal`] | records to bytes; asking a person; the environment |
//! | [`admin`] | typed requests in, typed results out: sessions, transactions, tokens, users, migrations |
//! | [`query`] | every statement, built once from layout and dialect, and the type that reads its rows |
//! | [`schema`] | what a database says: its catalog, its history, the layout; pure |
//! | [`django`] | what Django and DRF dictate; pure |
//! | [`migrations`] | Django's own migrations as files of SQL |
//! | [`settings`] | `manage.py` and `.env`, read; the settings module and the models, asked through Python |
//! | [`engine`] | SQLite, PostgreSQL, MySQL: connect, run, describe, classify errors, all dialect text |
//! | [`os`] | signals, limits, privileges, files that hold secrets |
//! | [`hint`], [`error`] | what to do next, as data; what can go wrong |
//!
//! `tests/it/project/architecture.rs` reads the imports and fails on one that
//! runs upward, on an import cycle between files, on SQL outside `query`,
//! `engine` and `migrations`, on an engine's name outside `engine` and
//! `migrations`, and on an option or a command line that is spelled below `cli`.
//!
//! # One command
//!
//! `drfctl create-token alice`: [`run`] passes the arguments to [`cli`], which
//! parses them once into the command's `Args` and a context. The command checks
//! the name ([`django::username`]) and where its output goes, and only then
//! asks the context for an [`admin::Session`]: the context finds the database,
//! [`engine`] opens it. `Session::issue_tokens` begins a transaction, the only
//! place that writes: it locks, has [`admin::identity`] detect the layout from
//! the catalog (or verifies the one that was detected before), finds the user,
//! writes what [`query`] builds for that layout and the engine's dialect, and
//! commits. Statements that do not depend on each other are sent to a server
//! together, as several [`engine::Query`]s. A lock that another session holds,
//! or a server that chose to roll
//! back, runs all of it again until the timeout; a commit whose answer is lost
//! is looked up on a new connection. The issued tokens come back as values;
//! `cli` turns them into records and [`output`] delivers the bytes. Nothing is
//! written to any stream while the transaction is open. A failure is returned
//! as an [`error::Error`] with hints as data; `cli` prints them in the words of
//! its options, and the kind of the error becomes the exit status.
//!
//! A list goes the same way page by page: no statement is open and no lock held
//! while a pipe or a person is slow. Rows that wait for a commit or for a hash
//! are kept in a spool ([`os::Spool`]).

pub mod admin;
pub mod cli;
pub mod django;
pub mod engine;
pub mod error;
pub mod hint;
pub mod migrations;
pub mod os;
pub mod output;
pub mod prompt;
pub mod query;
pub mod schema;
pub mod settings;
pub mod terminal;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use crate::cli::Invocation;
use crate::error::{Error, Kind};
use crate::output::Notes;

/// Runs the command line that the program was started with.
#[must_use]
pub fn run() -> ExitCode {
    os::harden();
    // A panic is reported below, in one line and without its message.
    std::panic::set_hook(Box::new(|_| {}));
    if os::is_elevated() {
        let error = Error::usage("drfctl refuses to run with more rights than the account that started it")
            .hint("remove them (chmod ug-s, setcap -r; a security module may grant them, too), then run drfctl as the database's owner: sudo -u OWNER drfctl");
        cli::print(&error, Notes::default(), &Invocation::default());
        return ExitCode::from(error.kind().exit_status());
    }
    let arguments: Vec<OsString> = terminal::arguments().collect();
    catch_unwind(AssertUnwindSafe(|| cli::run(&arguments))).unwrap_or_else(|_| {
        let error = Error::internal("internal error; uncommitted changes were rolled back");
        cli::print(&error, Notes { verbosity: 1, ..Notes::default() }, &Invocation::default());
        ExitCode::from(Kind::Internal.exit_status())
    })
}
