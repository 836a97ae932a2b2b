//! Django's migration history against the migrations that drfctl knows.

use crate::error::{Error, Result};
use crate::migrations::HISTORY;
use crate::schema::catalog::Catalog;
use crate::schema::layout::{HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// The part of `django_migrations` that is about our three apps.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// App label and name, in the order of being applied.
    pub applied: Vec<(String, String)>,
}

impl History {
    /// The known migrations that are not applied, as `app.name`.
    #[must_use]
    pub fn pending(&self) -> Vec<String> {
        let missing = HISTORY.iter().filter(|(app, name)| !self.has(app, name));
        missing.map(|(app, name)| format!("{app}.{name}")).collect()
    }

    /// The applied migrations that drfctl does not know, as `app.name`.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let known = |app: &str, name: &str| HISTORY.contains(&(app, name));
        let unknown = self.applied.iter().filter(|(app, name)| !known(app, name));
        unknown.map(|(app, name)| format!("{app}.{name}")).collect()
    }

    /// Compares what the history says with the tables that are there.
    ///
    /// A database without any history is left to the shape of its tables.
    ///
    /// # Errors
    /// Unusable, if a table is missing that was made, or is there unrecorded.
    pub fn check(&self, catalog: &Catalog) -> Result<()> {
        if catalog.spelling(HISTORY_TABLE).is_none() {
            return Ok(());
        }
        for (app, table) in [("auth", STOCK_USER_TABLE), ("authtoken", TOKEN_TABLE)] {
            let recorded = self.has(app, "0001_initial");
            let there = catalog.spelling(table).is_some();
            if there && !recorded {
                return Err(Error::unusable(format!(
                    "half migrated: the table {table} is there, but {HISTORY_TABLE} does not record {app}.0001_initial"
                ))
                .hint(format!("python manage.py migrate --fake-initial {app}")));
            }
            // A custom user model records auth.0001_initial without its table.
            if recorded && !there && table == TOKEN_TABLE {
                return Err(Error::unusable(format!(
                    "half migrated: {HISTORY_TABLE} records {app}.0001_initial, but the table {table} is missing"
                ))
                .hint(format!("python manage.py migrate --fake {app} zero; then: python manage.py migrate {app}")));
            }
        }
        Ok(())
    }

    fn has(&self, app: &str, name: &str) -> bool {
        self.applied.iter().any(|(a, n)| a == app && n == name)
    }
}
