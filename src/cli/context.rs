//! What a command is handed: the database (opened when first asked for), the
//! clock, and a way to speak.

use std::cell::{Cell, OnceCell};
use std::ffi::OsString;
use std::time::SystemTime;

use crate::admin::identity::{Asking, ModelOptions};
use crate::admin::{Application, DatabaseConfig, Installed, Session};
use crate::cli::config::Config;
use crate::cli::hints::Invocation;
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
use crate::settings::{Manager, ManagerOutcome, ManagerRequest, Receivers, Settings};
use crate::terminal::{Environment, Superuser};

/// What a command is handed.
#[derive(Debug)]
pub struct Context {
    config: Config,
    environment: Environment,
    notes: Notes,
    /// The window that tables fit; none, if they are written in full.
    window: Option<Window>,
    now: SystemTime,
    /// The database, as it was found first: a command may open it twice.
    found: OnceCell<Found>,
    /// The permissions that new files of the application do not have.
    umask: Cell<Option<u32>>,
    password_validators: OnceCell<Vec<Validator>>,
    is_database_noted: Cell<bool>,
}

impl Context {
    /// A context for one command.
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
        }
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

    /// Finds the database and opens it, to change it. Notes first which one it is,
    /// unless the command line names it: an error of opening then has its source.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn session_to_change(&self) -> Result<Session> {
        let found = self.found(Absent::Refused)?;
        self.note_database(&found);
        self.open(found, Absent::Refused)
    }

    /// Finds the database and opens it; creates it where there is none. Notes
    /// which one it is, unless the command line names it.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn session_to_migrate(&self) -> Result<Session> {
        let found = self.found(Absent::Created)?;
        self.note_database(&found);
        self.open(found, Absent::Created)
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

    /// The password validators of the settings; without settings, those of a new
    /// project. Validators of the application's own are not supported: the user
    /// is warned of each.
    ///
    /// # Errors
    /// As [`Context::session`].
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

    /// The apps of the settings; none, without settings.
    ///
    /// # Errors
    /// As [`Context::session`].
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
            asking: self.config.asking,
            password_hashers: settings.and_then(|settings| settings.password_hashers.clone()),
        }
    }

    /// The zone that times are kept in, if an option or the settings name it.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn time_zone(&self) -> Result<Option<String>> {
        self.zone_with(self.found(Absent::Empty)?.settings.as_ref().map(|(_, settings)| settings))
    }

    fn zone_with(&self, settings: Option<&Settings>) -> Result<Option<String>> {
        match (settings, self.config.time_zone.as_ref().or(self.environment.time_zone.as_ref())) {
            (Some(settings), None) => settings.time_zone.clone().map(Some).ok_or_else(|| {
                Error::usage("the settings keep local time, but TIME_ZONE does not say of which zone")
                    .hint("name it: --time-zone Europe/Berlin")
            }),
            (_, zone) => Ok(zone.cloned()),
        }
    }

    /// What the settings say of Django's own apps.
    ///
    /// # Errors
    /// As [`Context::session`].
    pub fn installed(&self) -> Result<Option<Installed>> {
        let found = self.found(Absent::Empty)?;
        Ok(found.settings.as_ref().and_then(|(_, settings)| installed(settings)))
    }

    fn open(&self, found: Found, absent: Absent) -> Result<Session> {
        let Found { target, settings, .. } = found;
        let config = &self.config;
        let given = self.given_with(settings.as_ref().map(|(_, settings)| settings));
        let zone = self.zone_with(settings.as_ref().map(|(_, settings)| settings))?;
        let installed = settings.as_ref().and_then(|(_, settings)| installed(settings));
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
        let application: Option<Box<dyn Application>> = match settings {
            Some((module, _)) => {
                let python = self.selection().python(&module)?;
                Some(Box::new(Models { module, python, umask }))
            }
            None => None,
        };
        if config.asking == Asking::Always && application.is_none() {
            return Err(Error::usage("--ask-django needs a settings module")
                .hint(Hint::option(Setting::Settings).lead("name it")));
        }
        Session::open(DatabaseConfig { target, options, given, time, installed, application })
    }

    /// Whether the application is asked about its models.
    #[must_use]
    pub fn asking(&self) -> Asking {
        self.config.asking
    }

    /// Loads the application, so that its receivers can be run for new users.
    ///
    /// # Errors
    /// Same as [`Context::application_of_database`] and [`Receivers::load`].
    pub fn receivers(&self) -> Result<Receivers> {
        let module = self.application_of_database()?;
        let python = self.selection().python(&module)?;
        let (umask, alias) = (self.umask.get().unwrap_or_default(), self.config.alias.as_deref());
        Receivers::load(&module, &python, umask, alias, Interrupt::by_signals())
    }

    /// Saves users through the manager of the application's user model.
    ///
    /// # Errors
    /// Same as [`Context::application_of_database`] and [`Manager::save`].
    pub fn save_through_manager(&self, request: &ManagerRequest<'_>) -> Result<ManagerOutcome> {
        let module = self.application_of_database()?;
        let python = self.selection().python(&module)?;
        let (umask, alias) = (self.umask.get().unwrap_or_default(), self.config.alias.as_deref());
        let (busy_timeout, interrupt) = (self.config.busy_timeout, Interrupt::by_signals());
        let _held = interrupt.hold();
        let manager = Manager { module: &module, python: &python, umask, alias, busy_timeout, interrupt };
        manager.save(request)
    }

    /// Returns the settings module that names the database.
    ///
    /// # Errors
    /// Usage if another one was named, which does not have the new users for the
    /// application.
    pub fn application_of_database(&self) -> Result<OsString> {
        let found = self.found(Absent::Refused)?;
        match found.settings {
            Some((module, _)) if found.is_of_settings => Ok(module),
            _ => Err(Error::usage("--signals and --through-django need the database that the settings name")
                .hint(Hint::option(Setting::Settings).lead("name the settings in place of the database"))),
        }
    }

    fn note_database(&self, found: &Found) {
        if found.source != Source::CommandLine && !self.is_database_noted.replace(true) {
            self.notes.note(&format!("using {found}"));
        }
    }

    /// The first database that is named: by option, settings or environment;
    /// else the file that `startproject` creates.
    fn found(&self, absent: Absent) -> Result<Found> {
        if self.found.get().is_none() {
            // One thread, and nothing there: what is set is what is found.
            let _ = self.found.set(self.selection().find(absent)?);
        }
        self.found.get().cloned().ok_or_else(|| Error::internal("the database was not found"))
    }

    fn selection(&self) -> Selection<'_> {
        Selection { config: &self.config, environment: &self.environment }
    }
}
