//! Answers a shell that asks what could come next on a command line.
//!
//! Whatever goes wrong there is no answer, and not a word: somebody is typing.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
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
use crate::output::Notes;
use crate::terminal::Environment;

/// How many names are offered, and how many are read to find them.
const OFFERED: usize = 100;
const LOOKED_AT: u64 = 1_000;

/// So long may somebody wait who is typing, whatever it is that does not answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The arguments, of whatever command, that are the name of a user who exists,
/// and words that may stand there as well.
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

/// The commands with an option for an algorithm.
const HASHING: [&str; 2] = ["create-user", "set-password"];

/// Answers, if a shell asks. A variable alone, which somebody may have set for
/// whatever reason, is no question.
#[must_use]
pub(super) fn complete(arguments: &[OsString]) -> bool {
    if arguments.get(1).is_none_or(|first| first != "--") {
        return false;
    }
    let environment = CompleteEnv::with_factory(|| offering(arguments)).var(VARIABLE).bin("drfctl");
    environment.try_complete(arguments.iter().cloned(), Some(Path::new("."))).unwrap_or(false)
}

/// The definition, with what the database holds.
fn offering(arguments: &[OsString]) -> Command {
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

/// What is typed so far of the database: it stands after `--`.
fn typed(arguments: &[OsString]) -> Option<Config> {
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1);
    let matches = definition().ignore_errors(true).try_get_matches_from(words).ok()?;
    let config = Global::from_arg_matches(&matches).ok()?.config(arguments);
    Some(Config { busy_timeout: PATIENCE / 2, folder: CurrentFolder::File, ..config })
}

/// Names that begin like this; none, if they take too long. What still waits for
/// them then ends with the process.
fn users_in_time(config: Config, beginning: String) -> Vec<String> {
    let (found, names) = mpsc::channel();
    thread::spawn(move || found.send(users(config, &beginning)));
    names.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default()
}

/// A name that a shell could take for more than a name is not put on a command
/// line. No settings are imported but those that are typed: that runs code of the
/// application.
fn users(config: Config, beginning: &str) -> Result<Vec<String>> {
    let notes = Notes { silent: true, ..Notes::default() };
    let environment = Environment { settings_module: None, ..Environment::read() };
    let mut names = Context::new(config, environment, notes).session()?.names_beginning_with(beginning, LOOKED_AT)?;
    names.retain(|name| is_ordinary(name) && !name.starts_with('-'));
    names.truncate(OFFERED);
    Ok(names)
}
