//! Completion: what a shell offers for the next word of a command line.
//!
//! A failure offers nothing and prints nothing, since a person is typing.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use clap::{Arg, Command, FromArgMatches};
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompleteEnv, CompletionCandidate};

use crate::cli::config::{Config, CurrentFolder};
use crate::cli::context::Context;
use crate::cli::global::Global;
use crate::cli::help::definition;
use crate::cli::shell::completions::VARIABLE;
use crate::django::new_username::is_ordinary;
use crate::django::password::Algorithm;
use crate::error::Result;
use crate::os::spawn_thread;
use crate::output::Notes;
use crate::terminal::Environment;

/// The most usernames that are offered.
const OFFERED: usize = 100;

/// The most usernames that are read to find them.
const READ: u64 = 1_000;

/// The longest time that a shell waits for an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The arguments that are usernames, with their commands, and other words that
/// fit in their place.
const USERS: [(&str, &str, &[&str]); 9] = [
    ("create-token", "usernames", &[]),
    ("drf_create_token", "usernames", &[]),
    ("list", "words", &["tokens", "users"]),
    ("revoke", "usernames", &[]),
    ("verify", "user", &[]),
    ("set-password", "username", &[]),
    ("changepassword", "username", &[]),
    ("activate", "usernames", &[]),
    ("deactivate", "usernames", &[]),
];

/// The commands with `--hasher`.
const HASHING: [&str; 2] = ["create-user", "set-password"];

/// Answers the question of a shell; returns whether there was one. The variable
/// alone is none: it may be set for another reason.
#[must_use]
pub(super) fn complete(arguments: &[OsString]) -> bool {
    if arguments.get(1).is_none_or(|first| first != "--") {
        return false;
    }
    let environment = CompleteEnv::with_factory(|| with_candidates(arguments)).var(VARIABLE).bin("drfctl");
    environment.try_complete(arguments.iter().cloned(), Some(Path::new("."))).unwrap_or(false)
}

/// Returns the definition with completion of usernames and algorithms.
fn with_candidates(arguments: &[OsString]) -> Command {
    let config = typed(arguments);
    let names = |argument: Arg, words: &'static [&'static str]| {
        let config = config.clone();
        argument.add(ArgValueCompleter::new(move |beginning: &OsStr| {
            let beginning = beginning.to_str().filter(|beginning| !beginning.starts_with('-'));
            let Some(beginning) = beginning else { return Vec::new() };
            let words = words.iter().filter(|word| word.starts_with(beginning)).map(|word| (*word).to_owned());
            let names = config.clone().map(|config| users_in_time(config, beginning.to_owned())).unwrap_or_default();
            words.chain(names).map(CompletionCandidate::new).collect()
        }))
    };
    let mut definition = definition();
    for (command, argument, words) in USERS {
        definition = definition.mut_subcommand(command, |command| command.mut_arg(argument, |arg| names(arg, words)));
    }
    let algorithms = || Algorithm::ALL.iter().map(|algorithm| CompletionCandidate::new(algorithm.name())).collect();
    for command in HASHING {
        definition = definition.mut_subcommand(command, |command| {
            command.mut_arg("hasher", |argument| argument.add(ArgValueCandidates::new(algorithms)))
        });
    }
    definition
}

/// Returns the global options that are typed so far: they follow `--`.
fn typed(arguments: &[OsString]) -> Option<Config> {
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1);
    let matches = definition().ignore_errors(true).try_get_matches_from(words).ok()?;
    let config = Global::from_arg_matches(&matches).ok()?.config(arguments);
    Some(Config { busy_timeout: PATIENCE / 2, folder: CurrentFolder::File, ..config })
}

/// Returns the usernames with this prefix; none if they take too long. The
/// thread that reads them then ends with the process.
fn users_in_time(config: Config, beginning: String) -> Vec<String> {
    let (found, names) = mpsc::channel();
    if spawn_thread(move || found.send(users(config, &beginning))).is_err() {
        return Vec::new();
    }
    names.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default()
}

/// Returns the usernames with this prefix, except names that a shell would not
/// take for a plain word. Imports only a settings module that is typed, since that
/// runs code of the application.
fn users(config: Config, beginning: &str) -> Result<Vec<String>> {
    let notes = Notes { silent: true, ..Notes::default() };
    let environment = Environment { settings_module: None, ..Environment::read() };
    let mut names = Context::new(config, environment, notes).session()?.names_beginning_with(beginning, READ)?;
    names.retain(|name| is_ordinary(name) && !name.starts_with('-'));
    names.truncate(OFFERED);
    Ok(names)
}
