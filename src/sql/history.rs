//! Statements on Django's migration history.

use crate::migrations::Migration;
use crate::schema::layout::HISTORY_TABLE;
use crate::sql::{Dialect, Statement, Value};

/// What is applied of some apps: app label, name and time, in order.
///
/// Mirrors `MigrationRecorder.applied_migrations`.
#[must_use]
pub fn applied(dialect: &Dialect, apps: &[&str]) -> Statement {
    let table = dialect.name(HISTORY_TABLE);
    let [app, name, applied, id] = ["app", "name", "applied", "id"].map(|column| dialect.name(column));
    let wanted: Vec<String> = (1..=apps.len()).map(|n| dialect.parameter(n)).collect();
    let wanted = wanted.join(", ");
    Statement {
        text: format!("SELECT {app}, {name}, {applied} FROM {table} WHERE {app} IN ({wanted}) ORDER BY {id}"),
        parameters: apps.iter().map(|app| Value::text(app)).collect(),
    }
}

/// Records that a migration is applied.
///
/// Mirrors `MigrationRecorder.record_applied`.
#[must_use]
pub fn record(dialect: &Dialect, migration: Migration, applied: Value) -> Statement {
    let values = [("app", Value::text(migration.app)), ("name", Value::text(migration.name)), ("applied", applied)];
    Statement::insert(dialect, HISTORY_TABLE, values)
}
