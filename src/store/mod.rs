//! The verbs, in the words of the domain. One transaction a command.
//!
//! No SQL text and no engine's name: statements come from `sql`, and run on
//! whatever `engine` connected to.

mod findings;
mod issuing;
mod tokens;

use crate::database_url::Target;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{self, Connection, Options};
use crate::error::{Error, Result};
use crate::migrations::HISTORY;
use crate::schema::catalog::Catalog;
use crate::schema::detect;
use crate::schema::history::History;
use crate::schema::layout::{HISTORY_TABLE, Layout, Overrides};
use crate::sql::{self, Statement, Value};

pub use findings::Findings;
pub use tokens::{IssuedToken, IssuedTokens, Order, Outcome};

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
        let unknown = history.unknown();
        if !unknown.is_empty() {
            layout.notices.push(format!(
                "migrations newer than drfctl are applied, and the tables still fit: {}",
                unknown.join(", ")
            ));
        }
        Ok(layout)
    }

    fn catalog(&mut self) -> Result<Catalog> {
        let mut catalog = Catalog { names: self.connection.table_names()?, ..Catalog::default() };
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
        let mut apps: Vec<&str> = HISTORY.iter().map(|(app, _)| *app).collect();
        apps.sort_unstable();
        apps.dedup();
        let statement = sql::history::applied(self.connection.dialect(), &apps);
        for row in self.rows(&statement)? {
            if let [app, name] = row.as_slice()
                && let (Some(app), Some(name)) = (app.as_str(), name.as_str())
            {
                history.applied.push((app.to_owned(), name.to_owned()));
            }
        }
        Ok(history)
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
