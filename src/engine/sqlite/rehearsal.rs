//! Django's migrations on a database in memory, to see the tables they leave.

use super::{DIALECT, catalog, rebuild};
use crate::error::{Error, Result};
use crate::migrations::{Migration, UserModel};
use crate::schema::catalog::Catalog;

/// The tables after each act.
///
/// # Errors
/// Internal, if a migration cannot be run.
pub(in crate::engine) fn rehearse(acts: &[Vec<Migration>], users: &UserModel) -> Result<Vec<Catalog>> {
    let fault = |error| Error::internal("the migrations cannot be rehearsed").caused_by(anyhow::Error::new(error));
    let connection = rusqlite::Connection::open_in_memory().map_err(fault)?;
    connection.execute_batch(rebuild::PRAGMAS).map_err(fault)?;
    connection.execute_batch(DIALECT.migrations.recorder).map_err(fault)?;
    let play = |act: &Vec<Migration>| {
        for migration in act {
            connection.execute_batch(&DIALECT.migration(*migration, users))?;
        }
        let mut tables = Catalog { names: catalog::table_names(&connection)?, ..Catalog::default() };
        for name in tables.names.iter().filter(|name| !name.starts_with("sqlite_")) {
            tables.tables.insert(name.clone(), catalog::describe(&connection, name)?);
        }
        Ok(tables)
    };
    acts.iter().map(|act| play(act).map_err(fault)).collect()
}
