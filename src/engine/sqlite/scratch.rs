//! An in-memory database that shows the result of statements.

use crate::engine::dialect::Dialect;
use crate::engine::sqlite::dialect::DIALECT;
use crate::engine::sqlite::{catalog, rebuild};
use crate::engine::table::{Table, TableName};
use crate::error::{Error, Result};

/// An in-memory database, at first without tables.
#[derive(Debug)]
pub struct Scratch(rusqlite::Connection);

impl Scratch {
    /// Creates one.
    ///
    /// # Errors
    /// Internal, if it cannot be created.
    pub fn new() -> Result<Self> {
        let connection = rusqlite::Connection::open_in_memory().map_err(fault)?;
        connection.execute_batch(rebuild::PRAGMAS).map_err(fault)?;
        Ok(Self(connection))
    }

    /// Returns its dialect.
    #[must_use]
    pub fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    /// Runs statements.
    ///
    /// # Errors
    /// Internal, if they fail.
    pub fn run(&self, script: &str) -> Result<()> {
        self.0.execute_batch(script).map_err(fault)
    }

    /// Returns the tables, except those of the library.
    ///
    /// # Errors
    /// Internal, if they cannot be described.
    pub fn tables(&self) -> Result<(Vec<TableName>, Vec<Table>)> {
        let names = catalog::tables(&self.0).map_err(fault)?;
        let own = names.iter().map(|table| table.name.clone()).filter(|name| !name.starts_with("sqlite_"));
        let tables = catalog::describe_all(&self.0, &own.collect::<Vec<_>>()).map_err(fault)?;
        Ok((names, tables))
    }
}

fn fault(error: rusqlite::Error) -> Error {
    Error::internal("a database in memory cannot be used").caused_by(error)
}
