//! What a command is handed: the database (opened when first asked for), the
//! clock, randomness, and a way to speak.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::time::{Duration, SystemTime};

use rand::TryRng;
use rand::rngs::SysRng;

use crate::database_url::Target;
use crate::django::password::RANDOM_BYTES;
use crate::django::timestamp::TimeKeeping;
use crate::django::token_key::{KEY_BYTES, TokenKey};
use crate::engine::{self, Absent, Options};
use crate::error::{Error, Result};
use crate::output::{Format, Notes};
use crate::process;
use crate::schema::layout::Overrides;
use crate::settings::{Python, Settings};
use crate::spool::{SECRET_BYTES, Spool};
use crate::store::Store;
use crate::terminal::{self, Colors, Environment, Superuser};
use zeroize::Zeroizing;

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
    /// `--user-table` and `--username-field`
    pub overrides: Overrides,
    /// `--time-zone`
    pub time_zone: Option<String>,
    /// `--format`
    pub format: Option<Format>,
    /// `--no-color` and `--force-color`
    pub colors: Colors,
    /// `--busy-timeout`
    pub busy_timeout: Duration,
    /// `--allow-other-owner`
    pub allow_other_owner: bool,
    /// `--allow-aliases`
    pub allow_aliases: bool,
    /// The whole command line, quoted for a shell.
    pub invocation: String,
}

/// What a command is handed.
#[derive(Debug)]
pub struct Context {
    config: Config,
    environment: Environment,
    notes: Notes,
    /// The database, as it was found first: a command may open it twice.
    found: OnceCell<(Target, Option<Settings>)>,
}

impl Context {
    /// A context for one command.
    #[must_use]
    pub fn new(config: Config, environment: Environment, notes: Notes) -> Self {
        Self { config, environment, notes, found: OnceCell::new() }
    }

    /// The format that was asked for.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.config.format
    }

    /// Whether the result is to be coloured.
    #[must_use]
    pub fn stdout_has_color(&self) -> bool {
        terminal::stdout_has_color(self.config.colors)
    }

    /// The way to speak.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// The wall clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// A new random key, from the operating system.
    ///
    /// Mirrors `Token.generate_key`.
    ///
    /// # Errors
    /// Internal, if there is no randomness: nothing else takes its place.
    pub fn random_key(&self) -> Result<TokenKey> {
        self.random_keys(1).next().unwrap_or_else(|| Err(Error::internal("no key was made")))
    }

    /// New random keys without end, from the operating system, which is asked
    /// for so many at a time.
    pub fn random_keys(&self, at_once: usize) -> impl Iterator<Item = Result<TokenKey>> {
        let mut bytes = Zeroizing::new(vec![0; KEY_BYTES * at_once]);
        let mut used = bytes.len();
        std::iter::from_fn(move || {
            if used == bytes.len() {
                if let Err(error) = self.fill(&mut bytes) {
                    return Some(Err(error));
                }
                used = 0;
            }
            let (key, _) = bytes[used..].split_first_chunk()?;
            used += KEY_BYTES;
            Some(TokenKey::from_random(key))
        })
    }

    /// What a password's salt, or a password, is made from.
    ///
    /// # Errors
    /// As [`Context::random_key`].
    pub fn random(&self) -> Result<Zeroizing<[u8; RANDOM_BYTES]>> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        self.fill(bytes.as_mut_slice())?;
        Ok(bytes)
    }

    /// Fills bytes with randomness from the operating system.
    ///
    /// # Errors
    /// As [`Context::random_key`].
    pub fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(|error| {
            Error::internal("the operating system gives no random numbers")
                .caused_by(anyhow::Error::msg(error.to_string()))
        })
    }

    /// Where rows wait that are too many for memory.
    ///
    /// # Errors
    /// As [`Context::random_key`].
    pub fn spool(&self) -> Result<Spool> {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        self.fill(secret.as_mut_slice())?;
        Ok(Spool::new(&secret))
    }

    /// What the environment says of a superuser to be made.
    #[must_use]
    pub fn superuser(&self) -> &Superuser {
        &self.environment.superuser
    }

    /// Who sits at the terminal.
    #[must_use]
    pub fn login_name(&self) -> Option<OsString> {
        terminal::login_name()
    }

    /// Finds the database and opens it.
    ///
    /// # Errors
    /// Usage or unusable, if there is none to be found; else as
    /// [`Store::open`].
    pub fn store(&self) -> Result<Store> {
        let (target, settings) = self.target(Absent::Refused)?;
        self.open(target, settings, Absent::Refused)
    }

    /// Finds the database and opens it; makes it where there is none.
    ///
    /// # Errors
    /// As [`Context::store`].
    pub fn store_to_migrate(&self) -> Result<Store> {
        let (target, settings) = self.target(Absent::Made)?;
        self.open(target, settings, Absent::Made)
    }

    /// Finds the database to look at what is applied; none, if there is none
    /// yet. Makes nothing.
    ///
    /// # Errors
    /// As [`Context::store`].
    pub fn store_if_there(&self) -> Result<Option<Store>> {
        let (target, settings) = self.target(Absent::Empty)?;
        if engine::is_absent(&target)? {
            return Ok(None);
        }
        self.open(target, settings, Absent::Empty).map(Some)
    }

    /// What the command line and the settings say of the user model.
    ///
    /// # Errors
    /// As [`Context::store`].
    pub fn overrides(&self) -> Result<Overrides> {
        let (_, settings) = self.target(Absent::Empty)?;
        Ok(self.overridden(settings.as_ref()))
    }

    fn overridden(&self, settings: Option<&Settings>) -> Overrides {
        Overrides {
            user_model: settings.map(|settings| settings.auth_user_model.clone()),
            auto_field: settings.map(|settings| settings.default_auto_field.clone()),
            password_hasher: settings.and_then(|settings| settings.password_hashers.first().cloned()),
            ..self.config.overrides.clone()
        }
    }

    fn open(&self, target: Target, settings: Option<Settings>, absent: Absent) -> Result<Store> {
        let config = &self.config;
        let overrides = self.overridden(settings.as_ref());
        let zone = match settings {
            Some(settings) if config.time_zone.is_none() => Some(settings.time_zone.ok_or_else(|| {
                Error::usage("the settings keep local time, but TIME_ZONE does not say of which zone")
                    .hint("name it: --time-zone Europe/Berlin")
            })?),
            _ => config.time_zone.clone(),
        };
        let time_zone = zone.clone();
        let time = zone.map_or_else(|| Ok(TimeKeeping::utc()), |zone| TimeKeeping::local(&zone))?;
        // After the settings: what they make is the application's.
        process::keep_files_private();
        let notes = self.notes;
        let options = Options {
            absent,
            busy_timeout: config.busy_timeout,
            allow_other_owner: config.allow_other_owner,
            allow_aliases: config.allow_aliases,
            invocation: config.invocation.clone(),
            variables: self.environment.servers.clone(),
            time_zone,
            named_on_command_line: config.database.is_some() || config.settings.is_some(),
            on_wait: Box::new(move || notes.note("waiting for the database lock")),
        };
        Store::open(target, options, overrides, time)
    }

    /// The first database that is named: by option, settings or environment;
    /// else the file that `startproject` makes.
    fn target(&self, absent: Absent) -> Result<(Target, Option<Settings>)> {
        if self.found.get().is_none() {
            // One thread, and nothing there: what is set is what is found.
            let _ = self.found.set(self.find(absent)?);
        }
        self.found.get().cloned().ok_or_else(|| Error::internal("the database was not found"))
    }

    fn find(&self, absent: Absent) -> Result<(Target, Option<Settings>)> {
        if let Some(typed) = &self.config.database {
            let target = Target::parse(typed)?;
            if target.holds_password() {
                return Err(Error::usage("a password on the command line can be seen by every user of this machine")
                    .hint("put the URL into the variable DATABASE_URL"));
            }
            // The settings then tell the time alone.
            let settings = self.config.settings.as_ref().map(|module| self.import(module)).transpose()?;
            return Ok((target, settings));
        }
        if let Some(module) = &self.config.settings {
            return self.named_by(module);
        }
        if let Some(url) = &self.environment.database_url {
            return match Target::parse(url)? {
                target @ Target::Url(_) => Ok((target, None)),
                Target::File(_) => Err(Error::usage("the variable DATABASE_URL does not hold a URL")
                    .hint("sqlite:///relative/path or sqlite:////absolute/path; a plain path goes to --database")),
            };
        }
        if let Some(module) = &self.environment.settings_module {
            return self.named_by(module);
        }
        let file = Target::File(DEFAULT_FILE.into());
        if absent == Absent::Refused && std::path::Path::new(DEFAULT_FILE).symlink_metadata().is_err() {
            return Err(Error::unusable(format!(
                "no database was named, and there is no {DEFAULT_FILE} in this folder"
            ))
            .hint("tried, in this order: --database, --settings, DATABASE_URL, DJANGO_SETTINGS_MODULE, ./db.sqlite3")
            .hint("name it: --database path/to/db.sqlite3, or --settings mysite.settings"));
        }
        Ok((file, None))
    }

    fn named_by(&self, module: &OsString) -> Result<(Target, Option<Settings>)> {
        let settings = self.import(module)?;
        Ok((settings.target(engine::scheme_of_backend)?, Some(settings)))
    }

    fn import(&self, module: &OsString) -> Result<Settings> {
        let python = Python { program: self.environment.python.clone(), path: self.config.pythonpath.clone() };
        Settings::import(module, &python)
    }
}
