//! What is found in a database, for a person to look at. Never writes.

use super::Store;
use crate::error::{Error, Result};
use crate::schema::layout::Layout;
use crate::sql::{self, Value};

/// What was found, as far as it could be found.
#[derive(Debug)]
pub struct Findings {
    /// What the engine says of itself and of its files, by name.
    pub engine: Vec<(&'static str, String)>,
    /// Where tokens and users are.
    pub layout: Option<Layout>,
    /// How many users there are.
    pub users: Option<i64>,
    /// How many tokens there are.
    pub tokens: Option<i64>,
    /// Known migrations that are not applied, as `app.name`.
    pub pending_migrations: Vec<String>,
    /// Applied migrations that drfctl does not know, as `app.name`.
    pub unknown_migrations: Vec<String>,
    /// What a person should see to in how the database is kept.
    pub concerns: Vec<String>,
    /// Why tokens cannot be made here.
    pub problem: Option<Error>,
}

impl Store {
    /// Looks at the database.
    ///
    /// # Errors
    /// Unusable or busy, if it cannot be read at all; tables that do not fit
    /// are a [`Findings::problem`].
    pub fn inspect(&mut self) -> Result<Findings> {
        let engine = self.connection.facts()?;
        let catalog = self.catalog()?;
        let history = self.history(&catalog)?;
        let mut findings = Findings {
            engine,
            layout: None,
            users: None,
            tokens: None,
            pending_migrations: history.pending().map(|migration| migration.to_string()).collect(),
            unknown_migrations: history.unknown().map(ToString::to_string).collect(),
            concerns: self.connection.concerns(),
            problem: None,
        };
        match self.fit(&catalog, &history) {
            Ok(layout) => {
                findings.problem = self.check_writing(&layout).err();
                findings.users = Some(self.count(layout.users.name())?);
                findings.tokens = Some(self.count(&layout.tokens.name)?);
                findings.layout = Some(layout);
            }
            Err(problem) => findings.problem = Some(problem),
        }
        Ok(findings)
    }

    /// Whether the statements of `create-token` could run: an index or a check
    /// may need a function that only the application has.
    fn check_writing(&mut self, layout: &Layout) -> Result<()> {
        for build in [sql::tokens::insert, sql::tokens::rotate] {
            let statement = build(layout, self.connection.dialect(), Value::Null, Value::Null, Value::Null);
            self.connection.check(&statement)?;
        }
        Ok(())
    }
}
