//! Statements on Django's migration history.

use crate::engine::{Cell, Dialect, Row, Statement, Value};
use crate::error::Result;
use crate::migrations::Migration;
use crate::query::builder::{Builder, Operand};
use crate::query::rows;
use crate::schema::tables::HISTORY_TABLE;

/// Selects the applied migrations of some apps, in order; see [`AppliedRow`].
///
/// Mirrors `MigrationRecorder.applied_migrations`.
#[must_use]
pub fn applied(dialect: &Dialect, apps: &[&str]) -> Statement {
    let mut builder = Builder::new(dialect);
    let [name, applied, id] = ["name", "applied", "id"].map(|column| dialect.name(column));
    let app = Operand::bare(dialect, "app", None);
    let condition = builder.one_of(&app, apps.iter().map(|app| Value::text(app)).collect());
    let table = dialect.name(HISTORY_TABLE);
    builder.statement(format!("SELECT {}, {name}, {applied} FROM {table} WHERE {condition} ORDER BY {id}", app.sql))
}

/// A row of [`applied`].
pub struct AppliedRow<'a>(pub Row<'a>);

impl<'a> AppliedRow<'a> {
    /// Returns the label of the app.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn app(&self) -> Result<String> {
        self.0.text(0)
    }

    /// Returns the name of the migration.
    ///
    /// # Errors
    /// Same as [`AppliedRow::app`].
    pub fn name(&self) -> Result<String> {
        self.0.text(1)
    }

    /// Returns when it was applied.
    ///
    /// # Errors
    /// Same as [`AppliedRow::app`].
    pub fn applied(&self) -> Result<Cell<'a>> {
        self.0.get(2)
    }
}

/// Records a migration as applied.
///
/// Mirrors `MigrationRecorder.record_applied`.
#[must_use]
pub fn record(dialect: &Dialect, migration: Migration, applied: Value) -> Statement {
    let row = vec![Value::text(migration.app), Value::text(migration.name), applied];
    rows::insert(dialect, HISTORY_TABLE, &["app", "name", "applied"], row)
}
