//! Answers a shell that asks what could come next on a command line.
//!
//! Whatever goes wrong there is no answer, and not a word: somebody is typing.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, Command, FromArgMatches};
use clap_complete::{ArgValueCompleter, CompleteEnv, CompletionCandidate};

use super::definition;
use super::global::Global;
use crate::commands::completions::VARIABLE;
use crate::context::{Config, Context};
use crate::django::new_username::is_ordinary;
use crate::error::Result;
use crate::output::Notes;
use crate::terminal::Environment;

/// So many names are offered.
const OFFERED: u64 = 100;

/// So long may a database keep somebody waiting who is typing.
const PATIENCE: Duration = Duration::from_millis(500);

/// The arguments, of whatever command, that are the name of a user who exists.
const USERS: [(&str, &str); 6] = [
    ("create-token", "usernames"),
    ("revoke", "usernames"),
    ("set-password", "username"),
    ("activate", "usernames"),
    ("deactivate", "usernames"),
    ("verify", "user"),
];

/// The same of a list, after the word that says of what it is.
const LISTED: (&str, &str) = ("list", "words");

/// Answers, if a shell asks.
#[must_use]
pub fn complete(arguments: &[OsString]) -> bool {
    let environment = CompleteEnv::with_factory(|| offering(arguments)).var(VARIABLE).bin("drfctl");
    environment.try_complete(arguments.iter().cloned(), Some(Path::new("."))).unwrap_or(true)
}

/// The definition, with what the database holds.
fn offering(arguments: &[OsString]) -> Command {
    let config = Arc::new(typed(arguments));
    let names = move |argument: Arg, first: &'static [&'static str]| {
        let config = Arc::clone(&config);
        argument.add(ArgValueCompleter::new(move |beginning: &OsStr| {
            let Some(beginning) = beginning.to_str() else { return Vec::new() };
            let words = first.iter().filter(|word| word.starts_with(beginning)).map(|word| (*word).to_owned());
            let names = config.as_ref().as_ref().and_then(|config| users(config, beginning).ok());
            words.chain(names.unwrap_or_default()).map(CompletionCandidate::new).collect()
        }))
    };
    let mut definition = definition();
    for (command, argument) in USERS {
        definition = definition.mut_subcommand(command, |command| command.mut_arg(argument, |arg| names(arg, &[])));
    }
    let (command, argument) = LISTED;
    definition.mut_subcommand(command, |command| command.mut_arg(argument, |arg| names(arg, &["tokens", "users"])))
}

/// What is typed so far of the database: it stands after `--`.
fn typed(arguments: &[OsString]) -> Option<Config> {
    let words = arguments.iter().skip_while(|word| *word != "--").skip(1);
    let matches = definition().ignore_errors(true).try_get_matches_from(words).ok()?;
    let config = Global::from_arg_matches(&matches).ok()?.config(arguments);
    Some(Config { busy_timeout: PATIENCE, ..config })
}

/// Names that begin like this. A name that a shell could take for more than a
/// name is not put on a command line.
fn users(config: &Config, beginning: &str) -> Result<Vec<String>> {
    let notes = Notes { silent: true, ..Notes::default() };
    let context = Context::new(config.clone(), Environment::read(), notes);
    let mut names = context.store()?.names_beginning_with(beginning, OFFERED)?;
    names.retain(|name| is_ordinary(name) && !name.starts_with('-'));
    Ok(names)
}
