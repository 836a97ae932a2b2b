//! Why a command line is invalid. An argument may be a secret in the wrong
//! place: a message repeats the names of options and commands that exist or
//! resemble one, and the position of everything else.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use crate::cli::manual::commands::{self, PROGRAM};
use crate::cli::manual::entry::Entry;
use crate::error::Error;

/// The longest option that is repeated though no command has it.
const LONGEST_OPTION: usize = 20;

/// What to type in place of options that other programs have.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("--json", "--format json"),
    ("--jsonl", "--format jsonl"),
    ("--csv", "--format csv"),
    ("--tsv", "--format tsv"),
    ("--raw", "--format raw"),
    ("--table", "--format table"),
    ("--output", "--format FORMAT"),
    ("-o", "--format FORMAT"),
    ("--debug", "-vv"),
    ("--force", "--yes"),
    ("-f", "--yes"),
    ("--db", "--database PATH"),
];

/// Options that other programs have for a secret.
const SECRETS: [&str; 9] =
    ["--password", "--pass", "--passwd", "--pw", "--key", "--token", "--secret", "--api-key", "-p"];

/// The shortest part of a name that suggests the name.
const SHORTEST_PART: usize = 3;

/// How many letters a word has for each wrong one.
const LETTERS_PER_ERROR: usize = 4;

/// An invalid command line.
pub(super) struct UsageError<'a> {
    error: &'a clap::Error,
    arguments: &'a [OsString],
    definition: &'a Command,
}

impl<'a> UsageError<'a> {
    pub(super) fn new(error: &'a clap::Error, arguments: &'a [OsString], definition: &'a Command) -> Self {
        Self { error, arguments, definition }
    }

    /// Returns the error and its hints.
    pub(super) fn explain(&self) -> Error {
        match self.error.kind() {
            ErrorKind::UnknownArgument => self.unknown_argument(),
            ErrorKind::InvalidSubcommand => self.unknown_command(),
            ErrorKind::InvalidValue => self.invalid_value(),
            ErrorKind::ValueValidation => {
                let reason = self.reason().unwrap_or_else(|| "expected a whole number, 0 or more".to_owned());
                Error::usage(format!("invalid value for {}: {reason}", self.argument()))
            }
            ErrorKind::TooManyValues => {
                let error = Error::usage(format!("{} takes no value", self.argument()));
                hinted(error, self.entry().secret)
            }
            ErrorKind::ArgumentConflict => {
                let others = self.strings(ContextKind::PriorArg).join(" or ");
                Error::usage(format!("{} cannot be used with {others}", self.argument()))
            }
            ErrorKind::MissingRequiredArgument => {
                Error::usage(format!("missing {}", self.strings(ContextKind::InvalidArg).join(" ")))
            }
            ErrorKind::MissingSubcommand => Error::usage("missing command").hint("drfctl help lists the commands"),
            ErrorKind::InvalidUtf8 => Error::usage("an argument is not UTF-8"),
            _ => Error::usage("invalid arguments"),
        }
    }

    /// Returns the line of usage, if the error is about more than one value.
    pub(super) fn usage(&self) -> Option<String> {
        match self.error.get(ContextKind::Usage)? {
            ContextValue::StyledStr(usage) => Some(usage.to_string()),
            _ => None,
        }
    }

    fn unknown_argument(&self) -> Error {
        let typed = self.argument();
        if !typed.starts_with('-') || typed == "-" {
            let error = Error::usage(format!("unexpected argument{}", self.position(&typed)));
            return hinted(error, self.entry().secret);
        }
        let is_known = SECRETS.contains(&typed.as_str()) || is_option_name(&typed);
        let error = Error::usage(if is_known {
            format!("unknown option {typed}")
        } else {
            format!("unknown option{}", self.position(&typed))
        });
        let is_whole = self.arguments.iter().any(|argument| *argument == *typed);
        let meant = OTHER_NAMES.iter().find(|(other, ours)| is_whole && *other == typed && self.has_option(ours));
        let error = match (meant, self.strings(ContextKind::SuggestedArg).as_slice()) {
            _ if SECRETS.contains(&typed.as_str()) || !is_known => hinted(error, self.entry().secret),
            (Some((_, ours)), _) => error.hint(format!("did you mean {ours}?")),
            (None, [similar, ..]) if self.has_option(similar) && is_similar(&typed, similar) => {
                error.hint(format!("did you mean {similar}?"))
            }
            (None, _) => error,
        };
        if !typed.starts_with("--") && self.takes_usernames() {
            let name = self.command().map_or("", Command::get_name);
            return error.hint(format!("a name that begins with a dash goes after --: drfctl {name} -- -rf"));
        }
        error
    }

    fn unknown_command(&self) -> Error {
        let typed = self.strings(ContextKind::InvalidSubcommand).concat();
        let is_shown = |name: &&String| self.definition.find_subcommand(name).is_some_and(|found| !found.is_hide_set());
        // The most similar name is the last.
        let similar = self.strings(ContextKind::SuggestedSubcommand);
        let is_word = typed.bytes().all(|letter| letter.is_ascii_lowercase() || letter == b'-' || letter == b'_');
        match similar.iter().filter(is_shown).rfind(|similar| is_word && is_similar(&typed, similar)) {
            Some(similar) => Error::usage(format!("unknown command {typed}")).hint(format!("did you mean {similar}?")),
            None => Error::usage(format!("unknown command{}", self.position(&typed)))
                .hint("drfctl help lists the commands")
                .hint(PROGRAM.secret),
        }
    }

    fn invalid_value(&self) -> Error {
        let typed = self.strings(ContextKind::InvalidValue).concat();
        let values = self.strings(ContextKind::ValidValue).join(", ");
        let error = if typed.is_empty() {
            Error::usage(format!("missing value for {}", self.argument()))
        } else {
            Error::usage(format!("invalid value for {}", self.argument()))
        };
        let error = match self.strings(ContextKind::SuggestedValue).first() {
            Some(similar) if is_similar(&typed, similar) => error.hint(format!("did you mean {similar}?")),
            _ => error,
        };
        if values.is_empty() { error } else { error.hint(format!("possible values: {values}")) }
    }

    /// Returns why a value is invalid, if the reason is one of drfctl's own: those
    /// of other parsers may repeat the value.
    fn reason(&self) -> Option<String> {
        let source = std::error::Error::source(self.error)?;
        source.downcast_ref::<Error>().map(ToString::to_string)
    }

    /// Returns the argument that the error is about, as its definition shows it or
    /// as it was typed.
    fn argument(&self) -> String {
        self.strings(ContextKind::InvalidArg).join(" ")
    }

    fn strings(&self, kind: ContextKind) -> Vec<String> {
        match self.error.get(kind) {
            Some(ContextValue::String(text)) => vec![text.clone()],
            Some(ContextValue::Strings(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns the position of an argument that is not repeated.
    fn position(&self, typed: &str) -> String {
        let is_it = |argument: &OsString| {
            let argument = argument.to_string_lossy();
            argument == typed || argument.split_once('=').is_some_and(|(name, _)| name == typed)
        };
        let at = self.arguments.iter().skip(1).position(is_it);
        let word = at.map_or_else(String::new, |at| format!("word {}, ", at + 1));
        format!(" ({word}hidden because it could be a secret)")
    }

    /// Returns the command that was typed.
    fn command(&self) -> Option<&Command> {
        let mut words = self.arguments.iter().skip(1).filter_map(|argument| argument.to_str());
        words.find_map(|word| self.definition.find_subcommand(word))
    }

    fn entry(&self) -> Entry {
        self.command().map_or(PROGRAM, |command| commands::of(command.get_name()))
    }

    fn takes_usernames(&self) -> bool {
        let takes = |command: &Command| {
            command.get_positionals().any(|argument| {
                argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "USERNAME"))
            })
        };
        self.command().is_some_and(takes)
    }

    /// Returns whether the help of the command has the option that this text begins with.
    fn has_option(&self, text: &str) -> bool {
        let word = text.split(' ').next().unwrap_or_default();
        let is_it = |argument: &Arg| match word.strip_prefix("--") {
            Some(long) => argument.get_long() == Some(long),
            None => argument.get_short().is_some_and(|short| word.chars().nth(1) == Some(short)),
        };
        let has = |command: &Command| command.get_arguments().any(|one| !one.is_hide_set() && is_it(one));
        has(self.definition) || self.command().is_some_and(has)
    }
}

/// Returns whether a word can only be the name of an option.
fn is_option_name(typed: &str) -> bool {
    let is_word = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    match typed.strip_prefix("--") {
        Some(name) => name.len() > 1 && typed.len() <= LONGEST_OPTION && is_word(name),
        None => typed.len() == 2 && typed.ends_with(|letter: char| letter.is_ascii_alphabetic()),
    }
}

/// Returns whether a word is a name with a few other letters, or a part of it.
fn is_similar(typed: &str, name: &str) -> bool {
    let (typed, name) = (typed.trim_start_matches('-'), name.trim_start_matches('-'));
    let is_part = typed.len() >= SHORTEST_PART && name.contains(typed) || typed.contains(name);
    is_part || strsim::damerau_levenshtein(typed, name) <= typed.chars().count().div_ceil(LETTERS_PER_ERROR)
}

fn hinted(error: Error, hint: &'static str) -> Error {
    if hint.is_empty() { error } else { error.hint(hint) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_repeats_only_words_that_look_like_options() {
        let longest = format!("--{}", "a".repeat(LONGEST_OPTION - 2));
        for (typed, is_name) in [
            ("--user-tabel", true),
            (&longest, true),
            (&format!("{longest}a"), false),
            ("--x", false),
            ("--s3cret", false),
            ("--Secret", false),
            ("-r", true),
            ("-R", true),
            ("-1", false),
            ("-rf", false),
        ] {
            assert_eq!(is_option_name(typed), is_name, "{typed}");
        }
    }

    #[test]
    fn a_similar_name_has_few_other_letters_or_a_part_in_common() {
        for (typed, name, expected) in [
            ("--forma", "--format", true),
            ("all", "--keys-all", true),
            ("al", "--keys-all", false),
            ("create-tokens", "create-token", true),
            ("lsit", "list", true),
            ("lxst", "list", true),
            ("lxyt", "list", false),
            ("lixxts", "lists", true),
            ("lxxyts", "lists", false),
            ("xiste", "lists", true),
            ("xisxe", "lists", false),
        ] {
            assert_eq!(is_similar(typed, name), expected, "{typed} {name}");
        }
    }

    /// Returns the message and the hints for a command line.
    fn explained(words: &[OsString]) -> (String, Vec<String>) {
        let definition = crate::cli::help::definition();
        let error = definition.clone().try_get_matches_from(words).unwrap_err();
        let explained = UsageError::new(&error, words, &definition).explain();
        (explained.to_string(), explained.hints().iter().map(|hint| hint.lead.to_string()).collect())
    }

    #[test]
    fn a_command_line_that_is_not_utf_8_is_invalid() {
        let word = std::os::unix::ffi::OsStringExt::from_vec(b"\xff".to_vec());
        let words = ["drfctl".into(), "list".into(), "--alias".into(), word];
        assert_eq!(explained(&words).0, "an argument is not UTF-8");
    }

    #[test]
    fn an_unknown_word_is_named_by_its_position() {
        let secret = "because it could be a secret)";
        for (line, message) in [
            ("drfctl list --S3cret=x", format!("unknown option (word 2, hidden {secret}")),
            ("drfctl -v list --S3cret", format!("unknown option (word 3, hidden {secret}")),
            ("drfctl set-password alice b=s3cret", format!("unexpected argument (word 3, hidden {secret}")),
            ("drfctl s3cret", format!("unknown command (word 1, hidden {secret}")),
            ("drfctl list --nonsense", "unknown option --nonsense".to_owned()),
            ("drfctl list --limit x", "invalid value for --limit <N>: expected a whole number, 0 or more".to_owned()),
            ("drfctl list --verbosity 7", "invalid value for --verbosity <0-3>: expected 0, 1, 2 or 3".to_owned()),
            ("drfctl list --active --inactive", "--active cannot be used with --inactive".to_owned()),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(explained(&words).0, message, "{line}");
        }
    }

    #[test]
    fn an_option_of_other_programs_is_explained_where_its_equivalent_exists() {
        for (line, hint) in [
            ("drfctl revoke --all --force", Some("did you mean --yes?")),
            ("drfctl inspect -f", None),
            ("drfctl list --json=x", None),
            ("drfctl list --json", Some("did you mean --format json?")),
            ("drfctl inspect --key x", None),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(explained(&words).1.first().map(String::as_str), hint, "{line}");
        }
    }
}
