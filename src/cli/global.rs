//! The options that every command has.
#![allow(clippy::doc_markdown, reason = "these docs are the help that a terminal shows")]

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::SignedDuration;

use crate::admin::identity::Asking;
use crate::cli::config::{Config, CurrentFolder};
use crate::cli::hints::{Invocation, quoted};
use crate::engine::{Aliases, FilePolicy, OtherOwner};
use crate::error::{Error, Result};
use crate::os::StepDown;
use crate::output::Format;
use crate::terminal::Colors;

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The database: a path, or a URL such as sqlite:////srv/app/db.sqlite3 or
    /// postgres://app@host/app
    #[arg(short, long, value_name = "PATH|URL", value_hint = ValueHint::FilePath, global = true)]
    pub(super) database: Option<OsString>,

    /// The Django settings module to take the database from; starts Python
    #[arg(long, value_name = "MODULE", global = true)]
    pub(super) settings: Option<OsString>,

    /// Use the database of this alias in DATABASES
    #[arg(long, value_name = "NAME", conflicts_with = "database", global = true)]
    pub(super) alias: Option<String>,

    /// A folder from which Python imports the settings module
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, global = true)]
    pub(super) pythonpath: Option<OsString>,

    /// Load the application; read defaults and choices from its models
    #[arg(long, global = true)]
    pub(super) ask_django: bool,

    /// The table of the user model, where the database does not tell
    #[arg(long, value_name = "TABLE", global = true)]
    pub(super) user_table: Option<String>,

    /// The username column (USERNAME_FIELD)
    #[arg(long, value_name = "COLUMN", global = true)]
    pub(super) username_field: Option<String>,

    /// The TIME_ZONE of a site with USE_TZ = False; else times are UTC
    #[arg(long, value_name = "ZONE", global = true)]
    pub(super) time_zone: Option<String>,

    /// How to print the result
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "text|raw|json|jsonl|csv|tsv|table",
        global = true
    )]
    pub(super) format: Option<Format>,

    /// Show tables in full, even if lines wrap
    #[arg(long, global = true)]
    pub(super) wide: bool,

    /// How long to wait for a lock: 500ms, 30s, 2m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration, global = true)]
    pub(super) busy_timeout: Duration,

    /// Open a database file that belongs to another user
    #[arg(long, global = true)]
    pub(super) allow_other_owner: bool,

    /// Open a database file that has hard links or is mounted by itself
    #[arg(long, global = true)]
    pub(super) allow_aliases: bool,

    /// How much to say: 0 leaves the notes out, and what migrate reports
    #[arg(short, long, value_name = "0-3", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=3), global = true)]
    pub(super) verbosity: u8,

    /// Write messages without colour
    #[arg(long, global = true, conflicts_with = "force_color")]
    pub(super) no_color: bool,

    /// Write messages in colour, even to a file
    #[arg(long, global = true)]
    pub(super) force_color: bool,

    /// Show the causes of an error
    #[arg(long, global = true)]
    pub(super) traceback: bool,

    /// Accepted, because Django's commands have it; does nothing
    #[arg(long, global = true, hide = true)]
    pub(super) skip_checks: bool,
}

impl Global {
    /// Which colours are wanted.
    pub(super) fn colors(&self) -> Colors {
        match (self.no_color, self.force_color) {
            (true, _) => Colors::Never,
            (_, true) => Colors::Always,
            _ => Colors::Auto,
        }
    }

    /// What a command is told of them, and of the whole command line.
    pub(super) fn config(&self, arguments: &[OsString]) -> Config {
        Config {
            database: self.database.clone(),
            settings: self.settings.clone(),
            alias: self.alias.clone(),
            folder: CurrentFolder::Project,
            pythonpath: self.pythonpath.clone(),
            user_table: self.user_table.clone(),
            username_field: self.username_field.clone(),
            asking: if self.ask_django { Asking::Always } else { Asking::IfNeeded },
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

fn shell_words(arguments: &[OsString]) -> String {
    let words: Vec<String> = arguments.iter().map(|argument| quoted(&argument.to_string_lossy())).collect();
    words.join(" ")
}

fn duration(typed: &str) -> Result<Duration, Error> {
    let wrong = || Error::usage("write a number with a unit, up to 24h: 500ms, 30s, 2m");
    let read: SignedDuration = typed.parse().map_err(|_| wrong())?;
    let read = Duration::try_from(read).map_err(|_| wrong())?;
    if read > Duration::from_secs(86_400) { Err(wrong()) } else { Ok(read) }
}
