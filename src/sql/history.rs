//! Statements on Django's migration history.

use crate::schema::layout::HISTORY_TABLE;
use crate::sql::{Dialect, Statement, Value};

/// What is applied of some apps: app label and name, in order.
///
/// Mirrors `MigrationRecorder.applied_migrations`.
#[must_use]
pub fn applied(dialect: &Dialect, apps: &[&str]) -> Statement {
    let table = dialect.name(HISTORY_TABLE);
    let [app, name, id] = ["app", "name", "id"].map(|column| dialect.name(column));
    let wanted: Vec<String> = (1..=apps.len()).map(|n| dialect.parameter(n)).collect();
    let wanted = wanted.join(", ");
    Statement {
        text: format!("SELECT {app}, {name} FROM {table} WHERE {app} IN ({wanted}) ORDER BY {id}"),
        parameters: apps.iter().map(|app| Value::text(app)).collect(),
    }
}
