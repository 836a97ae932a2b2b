//! The recorded history, and the plan of a migration. Never writes.

use crate::admin::identity::{self, Evidence, ModelOptions};
use crate::admin::migrate::data::{FakeMode, Planned};
use crate::admin::migrate::survey::settled;
use crate::admin::session::Session;
use crate::engine::Purpose;
use crate::error::{Error, Result};
use crate::migrations::HISTORY;
use crate::schema::{Catalog, History};

impl Session {
    /// Returns the recorded history.
    ///
    /// # Errors
    /// Unusable or busy if it cannot be read.
    pub fn recorded(&mut self) -> Result<History> {
        let catalog = self.table_names()?;
        self.history(&catalog)
    }

    /// Returns what [`Session::migrate`] would apply, and notices about the
    /// database.
    ///
    /// # Errors
    /// Unusable if the migration could not be applied; busy if the database
    /// cannot be read.
    pub fn plan(&mut self, fake_mode: FakeMode) -> Result<(Vec<Planned>, Vec<String>)> {
        self.ask_for_user_model();
        self.retrying(&mut |session| {
            let (_open, survey) = settled(session, fake_mode, &Purpose::Reading)?;
            Ok((Planned::all(&survey.pending), survey.notices))
        })
    }
}

impl Planned {
    /// Returns the plan for a database that does not exist yet.
    ///
    /// # Errors
    /// Unusable if [`Session::migrate`] could not apply it.
    pub fn of_new_database(fake_mode: FakeMode, given: &ModelOptions) -> Result<Vec<Self>> {
        let (catalog, history) = (Catalog::default(), History::default());
        identity::user_model(&Evidence { catalog: &catalog, history: &history, given, models: None })?;
        if fake_mode == FakeMode::All {
            return Err(Error::unusable("there is no database yet, and so no table that could be taken as it is"));
        }
        Ok(Self::all(&HISTORY))
    }
}
