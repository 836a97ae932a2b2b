//! The verbs, in the words of the domain. One transaction a command.
//!
//! No SQL text and no engine's name: statements come from `sql`, and run on
//! whatever `engine` connected to.

mod bulk;
mod findings;
mod issuing;
mod judging;
mod listing;
mod migrating;
mod packed;
mod paging;
mod recognition;
mod renewal;
mod revoking;
mod rotating;
mod saving;
mod served;
mod suggesting;
mod survey;
mod tokens;
mod transaction;
mod twins;
mod users;
mod verifying;

use crate::database_url::Target;
use crate::django::timestamp::{self, TimeKeeping};
use crate::engine::{self, Connection, Options};
use crate::error::{Error, Kind, Result};
use crate::migrations;
use crate::schema::catalog::Catalog;
use crate::schema::detect;
use crate::schema::history::{History, Recorded};
use crate::schema::layout::{HISTORY_TABLE, Layout, Overrides};
use crate::sql::{self, Statement, Value};

pub use bulk::{ONE_TRANSACTION, Pace, Summary};
pub use findings::Findings;
pub use listing::{ListOrder, ONE_STATEMENT, Stored, TokenRow, UserRow};
pub use migrating::{Faking, MigrateOrder, Migrated, Planned, Step};
pub use revoking::{Revocation, RevokedToken};
pub use rotating::BulkOrder;
pub use saving::exists_already;
pub use suggesting::no_such_user;
pub use tokens::{IssuedToken, Order, Outcome};
pub use users::{Existing, Passage, Random, SavedUser, UserData, UserOrder, UserOutcome};
pub use verifying::{Accepted, Login, UserModelFacts};

/// A database with its tokens and users.
pub struct Store {
    connection: Box<dyn Connection>,
    overrides: Overrides,
    time: TimeKeeping,
}

impl Store {
    /// Connects to the database that `target` names.
    ///
    /// # Errors
    /// As [`engine::connect`].
    pub fn open(target: Target, options: Options, overrides: Overrides, time: TimeKeeping) -> Result<Self> {
        Ok(Self { connection: engine::connect(target, options)?, overrides, time })
    }

    /// What a person should know of the state that the database is left in.
    pub fn farewell(&mut self) -> Vec<String> {
        self.connection.farewell()
    }

    /// Reads the catalog and the history, and finds where things are.
    ///
    /// Inside a transaction, so that what was found still holds when it is
    /// written to.
    fn layout(&mut self) -> Result<Layout> {
        let catalog = self.catalog()?;
        let history = self.history(&catalog)?;
        self.fit(&catalog, &history)
    }

    fn fit(&self, catalog: &Catalog, history: &History) -> Result<Layout> {
        history.check(catalog)?;
        let mut layout = detect::detect(catalog, &self.overrides)?;
        layout.notices.extend(history.notice());
        Ok(layout)
    }

    /// The catalog with no table described yet.
    fn table_names(&mut self) -> Result<Catalog> {
        Ok(Catalog { names: self.connection.table_names()?, ..Catalog::default() })
    }

    fn catalog(&mut self) -> Result<Catalog> {
        let mut catalog = self.table_names()?;
        while let Some(name) = detect::next_table(&catalog, &self.overrides) {
            let table = self.connection.describe(&name)?;
            catalog.tables.insert(name, table);
        }
        Ok(catalog)
    }

    fn history(&mut self, catalog: &Catalog) -> Result<History> {
        let mut history = History::default();
        if catalog.spelling(HISTORY_TABLE).is_none() {
            return Ok(history);
        }
        let statement = sql::history::applied(self.connection.dialect(), &migrations::apps());
        for row in self.rows(&statement)? {
            if let [app, name, applied] = row.as_slice()
                && let (Some(app), Some(name)) = (app.as_str(), name.as_str())
            {
                let stored = match applied {
                    Value::DateTime(stored) => timestamp::to_text(*stored),
                    other => other.as_str().unwrap_or_default().to_owned(),
                };
                let applied = self.moment(applied);
                history.applied.push(Recorded { app: app.to_owned(), name: name.to_owned(), applied, stored });
            }
        }
        Ok(history)
    }

    /// The moment that a stored time stands for, or what is stored instead.
    fn moment(&self, stored: &Value) -> String {
        self.stored(stored).map(|stored| stored.text).unwrap_or_default()
    }

    /// Writes one row, which a trigger may swallow.
    fn write_one(&mut self, statement: &Statement, what: &str) -> Result<()> {
        if self.connection.execute(statement)? == 1 {
            return Ok(());
        }
        Err(Error::rejected(format!("a trigger of the database keeps a row out of {what}")))
    }

    /// The rows of a result that is known to be short.
    fn rows(&mut self, statement: &Statement) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        self.connection.query(statement, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    fn count(&mut self, table: &str) -> Result<i64> {
        let statement = sql::tokens::count(self.connection.dialect(), table);
        let rows = self.rows(&statement)?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
        count.ok_or_else(|| Error::internal("a count came back without a number"))
    }
}

/// What a commit that failed midway has come to, where a new connection was
/// asked: whether all of the change is there, or none, if that can be told.
fn resolved(is_made: Option<bool>, error: Error, hint: &str) -> Result<String> {
    match is_made {
        Some(true) => {
            Ok(format!("the change is made, but a power cut in this moment could undo it: {}", error.message()))
        }
        Some(false) => Err(error),
        None => {
            Err(Error::new(Kind::Unknown, "whether the change was made cannot be told").caused_by(error).hint(hint))
        }
    }
}

/// Whether all parts are there, or none; nothing, where they differ or there
/// are no parts to tell by.
fn all_or_none(parts: &[bool]) -> Option<bool> {
    let first = parts.first()?;
    parts.iter().all(|part| part == first).then_some(*first)
}
