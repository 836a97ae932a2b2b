//! The recorded history, and the plan of a migration. Never writes.

use crate::admin::identity::{self, Evidence, ModelOptions};
use crate::admin::installed::Installed;
use crate::admin::migrate::data::{FakeMode, Inventory, Plan, Planned};
use crate::admin::migrate::scope::Scope;
use crate::admin::migrate::survey::settled;
use crate::admin::session::Session;
use crate::engine::Purpose;
use crate::error::{Error, Result};
use crate::migrations::{self, UserModel};
use crate::schema::{Catalog, History};

impl Session {
    /// Returns the recorded history of the apps that drfctl knows.
    ///
    /// # Errors
    /// Unusable or busy if it cannot be read.
    pub fn recorded(&mut self) -> Result<History> {
        let catalog = self.table_names()?;
        self.history_of(&catalog, &migrations::apps())
    }

    /// Returns the migrations of some apps, or of all, and which are applied.
    ///
    /// # Errors
    /// Usage if the settings do not have an app of that label; unusable or busy
    /// if the history cannot be read.
    pub fn inventory(&mut self, labels: &[String]) -> Result<Inventory> {
        let mut catalog = self.table_names()?;
        let history = self.history_of(&catalog, &migrations::apps())?;
        let (scope, history) = self.scope(labels, &mut catalog, &history, &UserModel::stock())?;
        Ok(Inventory::new(scope, &history))
    }

    /// Returns what [`Session::migrate`] would do.
    ///
    /// # Errors
    /// Unusable if the migration could not be applied; busy if the database
    /// cannot be read; usage if the settings do not have an app of that label.
    pub fn plan(&mut self, labels: &[String], fake_mode: FakeMode) -> Result<Plan> {
        self.ask_for_user_model();
        self.retrying(&mut |session| {
            let (_open, survey) = settled(session, labels, fake_mode, &Purpose::Reading)?;
            let planned = Planned::all(&survey.pending);
            Ok(Plan { planned, newer: survey.scope.newer, assumed: survey.scope.assumed, notices: survey.notices })
        })
    }
}

impl Plan {
    /// Returns the plan for a database that does not exist yet.
    ///
    /// # Errors
    /// Unusable if [`Session::migrate`] could not apply it; usage if the settings
    /// do not have an app of that label.
    pub fn of_new_database(
        labels: &[String],
        fake_mode: FakeMode,
        given: &ModelOptions,
        installed: Option<&Installed>,
    ) -> Result<Self> {
        let (catalog, history) = (Catalog::default(), History::default());
        let users = identity::user_model(&Evidence { catalog: &catalog, history: &history, given, models: None })?;
        if fake_mode == FakeMode::All {
            return Err(Error::unusable(
                "the database does not exist, so it has no tables whose migrations could be recorded",
            ));
        }
        let scope = Scope::new(installed, labels, &history, &users)?;
        Ok(Self { planned: Planned::all(&scope.wanted), newer: scope.newer, ..Self::default() })
    }
}

impl Inventory {
    /// Returns the migrations for a database that does not exist yet.
    ///
    /// # Errors
    /// Usage if the settings do not have an app of that label.
    pub fn of_new_database(labels: &[String], installed: Option<&Installed>) -> Result<Self> {
        let history = History::default();
        let scope = Scope::new(installed, labels, &history, &UserModel::stock())?;
        Ok(Self::new(scope, &history))
    }

    fn new(scope: Scope, history: &History) -> Self {
        let mut migrations = scope.migrations;
        migrations.retain(|migration| scope.named.contains(&migration.app));
        let history = history.of_apps(&scope.named);
        Self { migrations, history, apps: scope.named }
    }
}
