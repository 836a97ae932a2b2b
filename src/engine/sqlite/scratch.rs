//! A database in memory, to see what statements leave behind.

use crate::engine::dialect::Dialect;
use crate::engine::sqlite::dialect::DIALECT;
use crate::engine::sqlite::{catalog, rebuild};
use crate::engine::table::{Table, TableName};
use crate::error::{Error, Result};

/// A database in memory, without tables at first. It is gone when it is
/// dropped.
#[derive(Debug)]
pub struct Scratch(rusqlite::Connection);

impl Scratch {
    /// Creates one.
    ///
    /// # Errors
    /// Internal, if there cannot be one.
    pub fn new() -> Result<Self> {
        let connection = rusqlite::Connection::open_in_memory().map_err(fault)?;
        connection.execute_batch(rebuild::PRAGMAS).map_err(fault)?;
        Ok(Self(connection))
    }

    /// Returns how its statements are spelled.
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

    /// Returns the tables that they have left, but for those of the library.
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
