//! The context of a command: the database, which is opened on demand, the clock
//! and the messages.

use std::cell::{Cell, OnceCell};
use std::time::SystemTime;

use crate::admin::identity::{AskDjango, ModelOptions};
use crate::admin::{Application, DatabaseConfig, Installed, Session};
use crate::cli::config::Config;
use crate::cli::hints::Invocation;
use crate::cli::in_use::note_in_use;
use crate::cli::models::{Models, installed};
use crate::cli::selection::{Found, Selection, Source};
use crate::cli::validators::supported;
use crate::django::apps::Apps;
use crate::django::password_validation::Validator;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{self, Absent, OnWait, Options};
use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};
use crate::os::{Interrupt, keep_files_private};
use crate::output::{Format, Notes, Style, Window};
use crate::settings::Settings;
use crate::terminal::{Environment, Superuser};

/// The verbosity from which on the database, tables and columns are named.
const IN_USE: u8 = 2;

/// The context of a command.
#[derive(Debug)]
pub struct Context {
    pub(super) config: Config,
    environment: Environment,
    notes: Notes,
    /// The window that tables fit; none, if they are written in full.
    window: Option<Window>,
    now: SystemTime,
    /// The selected database: a command may open it twice.
    found: OnceCell<Found>,
    /// The umask of the process, for files that the application creates.
    pub(super) umask: Cell<Option<u32>>,
    password_validators: OnceCell<Vec<Validator>>,
    is_database_noted: Cell<bool>,
    is_in_use_noted: Cell<bool>,
}

impl Context {
    /// Returns the context of one command.
    #[must_use]
    pub fn new(config: Config, environment: Environment, notes: Notes) -> Self {
        Self {
            window: config.window(),
            config,
            environment,
            notes,
            now: SystemTime::now(),
            found: OnceCell::new(),
            umask: Cell::new(None),
            password_validators: OnceCell::new(),
            is_database_noted: Cell::new(false),
            is_in_use_noted: Cell::new(false),
        }
    }

    /// Returns the format of `--format`, if it is given.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.config.format
    }

    /// Returns the command line as it was typed.
    #[must_use]
    pub fn invocation(&self) -> &Invocation {
        &self.config.invocation
    }

    /// Returns the style of the result.
    #[must_use]
    pub fn style(&self) -> Style {
        self.config.style(self.window.clone())
    }

    /// Notes which columns did not fit the terminal.
    pub fn note_omitted_columns(&self) {
        if let Some(omitted) = self.window.as_ref().map(Window::omitted).filter(|names| !names.is_empty()) {
            self.notes.note(&format!("omitted columns: {}; --wide shows them", omitted.join(", ")));
        }
    }

    /// Returns how messages are written.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.notes
    }

    /// Returns the time at which the command began.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// Returns the variables `DJANGO_SUPERUSER_…`.
    #[must_use]
    pub fn superuser(&self) -> &Superuser {
        &self.environment.superuser
    }

    /// Selects the database and opens it.
    ///
    /// # Errors
    /// Usage or unusable if no database is named; otherwise the same as
    /// [`Session::open`].
    pub fn session(&self) -> Result<Session> {
        self.open(self.found(Absent::Refused)?, Absent::Refused)
    }

    /// Selects the database and opens it, to change it. First notes which one it
    /// is, unless the command line names it, so that an error of opening it is
    /// preceded by its source.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn session_to_change(&self) -> Result<Session> {
        let found = self.found(Absent::Refused)?;
        self.note_database(&found);
        self.open(found, Absent::Refused)
    }

    /// Selects the database and opens it; creates a missing file. Notes which one
    /// it is, unless the command line names it.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn session_to_migrate(&self) -> Result<Session> {
        let found = self.found(Absent::Created)?;
        self.note_database(&found);
        self.open(found, Absent::Created)
    }

    /// Selects the database and opens it to read its migrations; returns none if
    /// it does not exist. Creates nothing.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn session_if_exists(&self) -> Result<Option<Session>> {
        let found = self.found(Absent::Empty)?;
        if engine::is_absent(&found.target)? {
            return Ok(None);
        }
        self.open(found, Absent::Empty).map(Some)
    }

    /// Returns what the command line and the settings say about the user model.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn given(&self) -> Result<ModelOptions> {
        let found = self.found(Absent::Empty)?;
        Ok(self.given_with(found.settings.map(|(_, settings)| settings).as_ref()))
    }

    /// Returns the password validators of the settings; without settings, those
    /// of a new project. Warns of each validator that is not supported.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn password_validators(&self) -> Result<&[Validator]> {
        if self.password_validators.get().is_none() {
            let validators = match self.found(Absent::Empty)?.settings {
                Some((_, settings)) => supported(settings.password_validators, self.notes),
                None => Validator::of_new_project(),
            };
            let _ = self.password_validators.set(validators);
        }
        Ok(self.password_validators.get().map_or(&[], Vec::as_slice))
    }

    /// Returns the apps of the settings; none without settings.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn apps(&self) -> Result<Option<Apps>> {
        let settings = self.found(Absent::Empty)?.settings;
        Ok(settings.map(|(_, settings)| Apps::new(settings.installed_apps, settings.authentication_classes)))
    }

    fn given_with(&self, settings: Option<&Settings>) -> ModelOptions {
        ModelOptions {
            user_table: self.config.user_table.clone().or_else(|| self.environment.user_table.clone()),
            username_field: self.config.username_field.clone().or_else(|| self.environment.username_field.clone()),
            user_model: settings.map(|settings| settings.auth_user_model.clone()),
            auto_field: settings.map(|settings| settings.default_auto_field.clone()),
            ask_django: self.config.ask_django,
            password_hashers: settings.and_then(|settings| settings.password_hashers.clone()),
        }
    }

    /// Returns the zone of stored times, if an option or the settings name it.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn time_zone(&self) -> Result<Option<String>> {
        self.zone_with(self.found(Absent::Empty)?.settings.as_ref().map(|(_, settings)| settings))
    }

    fn zone_with(&self, settings: Option<&Settings>) -> Result<Option<String>> {
        match (settings, self.config.time_zone.as_ref().or(self.environment.time_zone.as_ref())) {
            (Some(settings), None) => settings.time_zone.clone().map(Some).ok_or_else(|| {
                Error::usage("the settings have USE_TZ = False and no TIME_ZONE")
                    .hint("name the zone of stored times: --time-zone Europe/Berlin")
            }),
            (_, zone) => Ok(zone.cloned()),
        }
    }

    /// Returns what the settings say about Django's own apps.
    ///
    /// # Errors
    /// Same as [`Context::session`].
    pub fn installed(&self) -> Result<Option<Installed>> {
        let found = self.found(Absent::Empty)?;
        Ok(found.settings.as_ref().and_then(|(_, settings)| installed(settings)))
    }

    fn open(&self, found: Found, absent: Absent) -> Result<Session> {
        // drf_create_token prints what Django's prints, and no more.
        let is_verbose = self.notes.verbosity >= IN_USE && !self.notes.django && !self.is_in_use_noted.replace(true);
        if is_verbose && !self.is_database_noted.replace(true) {
            self.notes.note(&format!("using {found}"));
        }
        let mut session = self.open_quietly(found, absent)?;
        if is_verbose {
            note_in_use(&mut session, self.notes)?;
        }
        Ok(session)
    }

    fn open_quietly(&self, found: Found, absent: Absent) -> Result<Session> {
        let Found { target, settings, .. } = found;
        let config = &self.config;
        let given = self.given_with(settings.as_ref().map(|(_, settings)| settings));
        let zone = self.zone_with(settings.as_ref().map(|(_, settings)| settings))?;
        let installed = settings.as_ref().and_then(|(_, settings)| installed(settings));
        let time = zone.as_deref().map_or_else(|| Ok(TimeKeeping::utc()), TimeKeeping::local)?;
        // After the import of settings, whose files get the umask of the process.
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
        let application: Option<Box<dyn Application>> = match settings {
            Some((module, _)) => {
                let python = self.selection().python(&module)?;
                Some(Box::new(Models { module, python, umask }))
            }
            None => None,
        };
        if config.ask_django == AskDjango::Always && application.is_none() {
            return Err(Error::usage("--ask-django needs a settings module")
                .hint(Hint::option(Setting::Settings).lead("name the settings module")));
        }
        Session::open(DatabaseConfig { target, options, given, time, installed, application })
    }

    /// Returns whether the application is asked about its models.
    #[must_use]
    pub fn ask_django(&self) -> AskDjango {
        self.config.ask_django
    }

    fn note_database(&self, found: &Found) {
        if found.source != Source::CommandLine && !self.is_database_noted.replace(true) {
            self.notes.note(&format!("using {found}"));
        }
    }

    /// Returns the selected database; selects it on first use.
    pub(super) fn found(&self, absent: Absent) -> Result<Found> {
        if self.found.get().is_none() {
            // There is one thread, so that the cell is still empty.
            let _ = self.found.set(self.selection().find(absent)?);
        }
        self.found.get().cloned().ok_or_else(|| Error::internal("no database is selected"))
    }

    pub(super) fn selection(&self) -> Selection<'_> {
        Selection { config: &self.config, environment: &self.environment }
    }
}
