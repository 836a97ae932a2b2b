//! Running the application's own code for new users: its receivers and its
//! manager.

use std::ffi::OsString;

use crate::cli::context::Context;
use crate::cli::selection::Source;
use crate::engine::Absent;
use crate::error::{Error, Result};
use crate::os::Interrupt;
use crate::settings::{Manager, ManagerOutcome, ManagerRequest, Receivers};

impl Context {
    /// Loads the application, to run its receivers for new users.
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
            _ => Err(Error::usage("--signals and --through-django need the database that the settings name").hint(
                match found.source {
                    Source::CommandLine => "use --settings MODULE without --database",
                    _ => "name the settings module: --settings MODULE",
                },
            )),
        }
    }
}
