//! The options that every command has.
#![allow(clippy::doc_markdown, reason = "these docs are the help that a terminal shows")]

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};
use jiff::SignedDuration;

use crate::admin::identity::AskDjango;
use crate::cli::config::{AliasOption, Config, CurrentFolder};
use crate::cli::hints::{Invocation, quoted};
use crate::engine::{Aliases, FilePolicy, OtherOwner};
use crate::error::{Error, Result};
use crate::os::StepDown;
use crate::output::Format;
use crate::terminal::Colors;

/// The highest verbosity, as in Django.
const MOST_VERBOSE: u8 = 3;

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Use this database: a path, or a URL such as postgres://app@host/app
    #[arg(short, long, value_name = "PATH|URL", value_hint = ValueHint::FilePath, global = true)]
    pub(super) database: Option<OsString>,

    /// Use the database of this Django settings module; starts Python
    #[arg(long, value_name = "MODULE", global = true)]
    pub(super) settings: Option<OsString>,

    /// Use the database with this alias in DATABASES
    #[arg(long, value_name = "NAME", conflicts_with = "database", global = true)]
    pub(super) alias: Option<String>,

    /// Import the settings module from this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, global = true)]
    pub(super) pythonpath: Option<OsString>,

    /// Read defaults and choices from the application's models
    #[arg(long, global = true)]
    pub(super) ask_django: bool,

    /// Use this table of the user model if drfctl cannot detect it
    #[arg(long, value_name = "TABLE", global = true)]
    pub(super) user_table: Option<String>,

    /// Use this column as the username (USERNAME_FIELD)
    #[arg(long, value_name = "COLUMN", global = true)]
    pub(super) username_field: Option<String>,

    /// Read stored times in this TIME_ZONE, if USE_TZ = False
    #[arg(long, value_name = "ZONE", global = true)]
    pub(super) time_zone: Option<String>,

    /// Print as text, raw, json, jsonl, csv, tsv or table
    #[arg(long, value_enum, hide_possible_values = true, value_name = "FORMAT", global = true)]
    pub(super) format: Option<Format>,

    /// Show tables in full, even if lines wrap
    #[arg(long, global = true)]
    pub(super) wide: bool,

    /// Wait this long for a lock: 500ms, 30s, 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration, global = true)]
    pub(super) busy_timeout: Duration,

    /// Open other users' databases, and as root run any settings
    #[arg(long, global = true)]
    pub(super) allow_other_owner: bool,

    /// Open a database with several names or behind a user's link
    #[arg(long, global = true)]
    pub(super) allow_aliases: bool,

    /// Name the database, tables and columns in use; -vv: causes, too
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,

    /// Set level: 0 hides notes and progress, 1: default, 2: -v, 3: -vv
    #[arg(long, value_name = "0-3", value_parser = level, global = true)]
    verbosity: Option<u8>,

    /// Color tables and messages: auto, always or never
    #[arg(long, value_enum, hide_possible_values = true, value_name = "WHEN", global = true)]
    color: Option<Colors>,

    /// Write messages without color
    #[arg(long, global = true, hide = true, conflicts_with_all = ["force_color", "color"])]
    no_color: bool,

    /// Write messages in color, even to a file
    #[arg(long, global = true, hide = true, conflicts_with = "color")]
    force_color: bool,

    /// Show the causes of an error
    #[arg(long, global = true)]
    pub(super) traceback: bool,

    /// Accepted, because Django's commands have it; does nothing
    #[arg(long, global = true, hide = true)]
    skip_checks: bool,

    /// Show help: -h in brief, --help in full
    #[arg(short, long, action = ArgAction::HelpShort, global = true)]
    help: Option<bool>,

    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version, global = true)]
    version: Option<bool>,
}

impl Global {
    /// Returns when output is colored.
    pub(super) fn colors(&self) -> Colors {
        match (self.no_color, self.force_color) {
            (true, _) => Colors::Never,
            (_, true) => Colors::Always,
            _ => self.color.unwrap_or_default(),
        }
    }

    /// Returns Django's verbosity: each `-v` adds one to the default of 1.
    pub(super) fn verbosity(&self) -> u8 {
        self.verbosity.unwrap_or_else(|| self.verbose.saturating_add(1).min(MOST_VERBOSE))
    }

    /// Returns the options as a command uses them, with the whole command line.
    pub(super) fn config(&self, arguments: &[OsString]) -> Config {
        Config {
            database: self.database.clone(),
            settings: self.settings.clone(),
            alias: self.alias.clone(),
            alias_option: AliasOption::Alias,
            folder: CurrentFolder::Project,
            pythonpath: self.pythonpath.clone(),
            user_table: self.user_table.clone(),
            username_field: self.username_field.clone(),
            ask_django: if self.ask_django { AskDjango::Always } else { AskDjango::IfNeeded },
            time_zone: self.time_zone.clone(),
            format: self.format,
            wide: self.wide,
            colors: self.colors(),
            busy_timeout: self.busy_timeout,
            files: FilePolicy {
                other_owner: if self.allow_other_owner { OtherOwner::Opened } else { OtherOwner::Refused },
                aliases: if self.allow_aliases { Aliases::Opened } else { Aliases::Refused },
                step_down: StepDown::Process,
            },
            invocation: Invocation {
                words: shell_words(arguments),
                names_database: self.database.is_some() || self.settings.is_some(),
            },
        }
    }
}

/// Returns the command line as it is typed again. The value of `--set` may be a
/// secret and is replaced by its placeholder.
fn shell_words(arguments: &[OsString]) -> String {
    let mut words: Vec<String> = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let column = match argument.strip_prefix("--set=") {
            None if words.last().is_some_and(|word| word == "--set") => argument.split_once('='),
            assignment => assignment.and_then(|assignment| assignment.split_once('=')),
        };
        let prefix = if argument.starts_with("--set=") { "--set=" } else { "" };
        words.push(match column {
            Some((column, _)) => format!("{prefix}{}=VALUE", quoted(column)),
            None => quoted(&argument),
        });
    }
    words.join(" ")
}

fn level(typed: &str) -> Result<u8, Error> {
    let level = typed.parse().ok().filter(|level| *level <= MOST_VERBOSE);
    level.ok_or_else(|| Error::usage("expected 0, 1, 2 or 3"))
}

fn duration(typed: &str) -> Result<Duration, Error> {
    let wrong = || Error::usage("write a number with a unit, up to 24h: 500ms, 30s, 2m");
    let read: SignedDuration = typed.parse().map_err(|_| wrong())?;
    let read = Duration::try_from(read).map_err(|_| wrong())?;
    if read > Duration::from_secs(86_400) { Err(wrong()) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_to_type_again_has_no_value_of_set() {
        for (typed, shown) in [
            ("drfctl create-user bob --set api_key=s3cret", "drfctl create-user bob --set api_key=VALUE"),
            ("drfctl create-user bob --set=api_key=s3=cret", "drfctl create-user bob --set=api_key=VALUE"),
            ("drfctl create-user --email a=b@c.d --staff", "drfctl create-user --email a=b@c.d --staff"),
        ] {
            let words: Vec<OsString> = typed.split(' ').map(OsString::from).collect();
            assert_eq!(shell_words(&words), shown);
        }
    }

    #[test]
    fn a_time_to_wait_has_a_unit_and_is_at_most_a_day() {
        for (typed, seconds) in [
            ("500ms", Some(0.5)),
            ("2m", Some(120.0)),
            ("24h", Some(86_400.0)),
            ("24h 1ns", None),
            ("-1s", None),
            ("30", None),
            ("", None),
        ] {
            assert_eq!(duration(typed).ok().map(|time| time.as_secs_f64()), seconds, "{typed}");
        }
    }

    #[test]
    fn a_level_is_a_number_up_to_3() {
        for (typed, accepted) in [("0", Some(0)), ("3", Some(3)), ("4", None), ("-1", None), ("", None), ("x", None)] {
            assert_eq!(level(typed).ok(), accepted, "{typed}");
        }
    }
}
