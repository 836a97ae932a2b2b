//! What a command is handed: the database (opened when first asked for), the
//! clock, and a way to speak.

use std::cell::{Cell, OnceCell};
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::admin::identity::{ModelFacts, ModelOptions};
use crate::admin::{Application, DatabaseConfig, Session};
use crate::cli::hints::Invocation;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{self, Absent, FilePolicy, OnWait, Options, Target};
use crate::error::{Error, Result};
use crate::os::{Interrupt, keep_files_private};
use crate::output::{Format, Notes};
use crate::settings::{Python, Settings, UserModelNames};
use crate::terminal::{self, Colors, Environment, Superuser};

/// What `startproject` names its database.
const DEFAULT_FILE: &str = "db.sqlite3";

/// What was typed beside the command.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `--database`
    pub database: Option<OsString>,
    /// `--settings`
    pub settings: Option<OsString>,
    /// `--pythonpath`
    pub pythonpath: Option<OsString>,
    /// `--user-table`
    pub user_table: Option<String>,
    /// `--username-field`
    pub username_field: Option<String>,
    /// `--time-zone`
    pub time_zone: Option<String>,
    /// `--format`
    pub format: Option<Format>,
    /// `--no-color` and `--force-color`
    pub colors: Colors,
    /// `--busy-timeout`
    pub busy_timeout: Duration,
    /// `--allow-other-owner`, `--allow-aliases`, and what root does.
    pub files: FilePolicy,
    /// The whole command line.
    pub invocation: Invocation,
}

/// What a command is handed.
#[derive(Debug)]
pub struct Context {
    config: Config,
    environment: Environment,
    notes: Notes,
    now: SystemTime,
    /// The database, as it was found first: a command may open it twice.
    found: OnceCell<Found>,
    /// The permissions that new files of the application do not have.
    umask: Cell<Option<u32>>,
}

/// The database that a command is about.
#[derive(Clone, Debug)]
struct Found {
    target: Target,
    /// The settings module, with what it says.
    settings: Option<(OsString, Settings)>,
}

/// The application of a settings module.
struct Models {
    module: OsString,
    python: Python,
    umask: u32,
}

impl Application for Models {
    fn user_model(&self) -> Result<ModelFacts> {
        let UserModelNames { table, username } = UserModelNames::ask(&self.module, &self.python, self.umask)?;
        Ok(ModelFacts { table, username })
    }
}

impl Context {
    /// A context for one command.
    #[must_use]
    pub fn new(config: Config, environment: Environment, notes: Notes) -> Self {
        Self { config, environment, notes, now: SystemTime::now(), found: OnceCell::new(), umask: Cell::new(None) }
    }

    /// The format that was asked for.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.config.format
    }

    /// The command line as it was typed.
    #[must_use]
    pub fn invocation(&self) -> &Invocation {
        &self.config.invocation
    }

    /// The same; text, where none was asked for.
    #[must_use]
    pub fn format_or_text(&self) -> Format {
        self.config.format.unwrap_or(Format::Text)
    }

    /// Whether the result is to be colored.
    #[must_use]
    pub fn stdout_has_color(&self) -> bool {
        terminal::stdout_has_color(self.config.colors)
    }

    /// The way to speak.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// The wall clock, as it was when the command began.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// What the environment says of a superuser to be created.
    #[must_use]
    pub fn superuser(&self) -> &Superuser {
        &self.environment.superuser
    }

    /// Finds the database and opens it.
    ///
    /// # Errors
    /// Usage or unusable, if there is none to be found; else as
    /// [`Session::open`].
    pub fn session(&self) -> Result<Session> {
        self.open(self.found(Absent::Refused)?, Absent::Refused)
    }

    /// Finds the database and opens it; creates it where there is none.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn session_to_migrate(&self) -> Result<Session> {
        self.open(self.found(Absent::Created)?, Absent::Created)
    }

    /// Finds the database to look at what is applied; none, if there is none
    /// yet. Creates nothing.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn session_if_exists(&self) -> Result<Option<Session>> {
        let found = self.found(Absent::Empty)?;
        if engine::is_absent(&found.target)? {
            return Ok(None);
        }
        self.open(found, Absent::Empty).map(Some)
    }

    /// What the command line and the settings say of the user model.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn given(&self) -> Result<ModelOptions> {
        let found = self.found(Absent::Empty)?;
        Ok(self.given_with(found.settings.map(|(_, settings)| settings).as_ref()))
    }

    fn given_with(&self, settings: Option<&Settings>) -> ModelOptions {
        ModelOptions {
            user_table: self.config.user_table.clone(),
            username_field: self.config.username_field.clone(),
            user_model: settings.map(|settings| settings.auth_user_model.clone()),
            auto_field: settings.map(|settings| settings.default_auto_field.clone()),
            password_hasher: settings.and_then(|settings| settings.password_hashers.first().cloned()),
        }
    }

    fn open(&self, found: Found, absent: Absent) -> Result<Session> {
        let Found { target, settings } = found;
        let config = &self.config;
        let given = self.given_with(settings.as_ref().map(|(_, settings)| settings));
        let zone = match (&settings, &config.time_zone) {
            (Some((_, settings)), None) => Some(settings.time_zone.clone().ok_or_else(|| {
                Error::usage("the settings keep local time, but TIME_ZONE does not say of which zone")
                    .hint("name it: --time-zone Europe/Berlin")
            })?),
            (_, zone) => zone.clone(),
        };
        let time = zone.as_deref().map_or_else(|| Ok(TimeKeeping::utc()), TimeKeeping::local)?;
        // After the settings: what they create is the application's.
        let before = keep_files_private();
        let umask = self.umask.get().unwrap_or(before);
        self.umask.set(Some(umask));
        let notes = self.notes;
        let options = Options {
            absent,
            busy_timeout: config.busy_timeout,
            files: config.files,
            variables: self.environment.servers.clone(),
            time_zone: zone,
            interrupt: Interrupt::by_signals(),
            on_wait: OnWait::new(move || notes.note("waiting for the database lock")),
        };
        let application = settings
            .map(|(module, _)| -> Box<dyn Application> { Box::new(Models { module, python: self.python(), umask }) });
        Session::open(DatabaseConfig { target, options, given, time, application })
    }

    /// The first database that is named: by option, settings or environment;
    /// else the file that `startproject` creates.
    fn found(&self, absent: Absent) -> Result<Found> {
        if self.found.get().is_none() {
            // One thread, and nothing there: what is set is what is found.
            let _ = self.found.set(self.find(absent)?);
        }
        self.found.get().cloned().ok_or_else(|| Error::internal("the database was not found"))
    }

    fn find(&self, absent: Absent) -> Result<Found> {
        if let Some(typed) = &self.config.database {
            let target = Target::parse(typed)?;
            if target.holds_password() {
                return Err(Error::usage("a password on the command line can be seen by every user of this machine")
                    .hint("put the URL into the variable DATABASE_URL"));
            }
            // The settings then tell the time and the user model alone.
            let settings = self.config.settings.as_ref().map(|module| self.import(module)).transpose()?;
            return Ok(Found { target, settings });
        }
        if let Some(module) = &self.config.settings {
            return self.named_by(module);
        }
        if let Some(url) = &self.environment.database_url {
            return match Target::parse(url)? {
                target @ Target::Url(_) => Ok(Found { target, settings: None }),
                Target::File(_) => Err(Error::usage("the variable DATABASE_URL does not hold a URL")
                    .hint("sqlite:///relative/path or sqlite:////absolute/path; a plain path goes to --database")),
            };
        }
        if let Some(module) = &self.environment.settings_module {
            return self.named_by(module);
        }
        if absent == Absent::Refused && Path::new(DEFAULT_FILE).symlink_metadata().is_err() {
            return Err(Error::unusable(format!(
                "no database was named, and there is no {DEFAULT_FILE} in this folder"
            ))
            .hint("tried, in this order: --database, --settings, DATABASE_URL, DJANGO_SETTINGS_MODULE, ./db.sqlite3")
            .hint("name it: --database path/to/db.sqlite3, or --settings mysite.settings"));
        }
        Ok(Found { target: Target::File(DEFAULT_FILE.into()), settings: None })
    }

    fn named_by(&self, module: &OsString) -> Result<Found> {
        let (module, settings) = self.import(module)?;
        Ok(Found { target: settings.target(engine::scheme_of_backend)?, settings: Some((module, settings)) })
    }

    fn import(&self, module: &OsString) -> Result<(OsString, Settings)> {
        Ok((module.clone(), Settings::import(module, &self.python())?))
    }

    fn python(&self) -> Python {
        Python { program: self.environment.python.clone(), path: self.config.pythonpath.clone() }
    }
}
