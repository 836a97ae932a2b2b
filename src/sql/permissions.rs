//! Statements on content types and permissions.

use crate::schema::layout::{CONTENT_TYPE_TABLE, PERMISSION_TABLE};
use crate::sql::{Dialect, Statement, Value};

/// The key of a model's content type.
#[must_use]
pub fn content_type(dialect: &Dialect, app: &str, model: &str) -> Statement {
    let table = dialect.name(CONTENT_TYPE_TABLE);
    let [id, label, name] = ["id", "app_label", "model"].map(|column| dialect.name(column));
    let [first, second] = [1, 2].map(|n| dialect.parameter(n));
    Statement {
        text: format!("SELECT {id} FROM {table} WHERE {label} = {first} AND {name} = {second}"),
        parameters: vec![Value::text(app), Value::text(model)],
    }
}

/// A content type for a model.
#[must_use]
pub fn insert_content_type(dialect: &Dialect, app: &str, model: &str) -> Statement {
    Statement::insert(dialect, CONTENT_TYPE_TABLE, [("app_label", Value::text(app)), ("model", Value::text(model))])
}

/// The codenames of the permissions that stand at a content type.
#[must_use]
pub fn codenames(dialect: &Dialect, content_type: Value) -> Statement {
    let table = dialect.name(PERMISSION_TABLE);
    let [codename, owner] = ["codename", "content_type_id"].map(|column| dialect.name(column));
    Statement {
        text: format!("SELECT {codename} FROM {table} WHERE {owner} = {}", dialect.parameter(1)),
        parameters: vec![content_type],
    }
}

/// A permission of a model.
#[must_use]
pub fn insert_permission(dialect: &Dialect, content_type: Value, codename: &str, name: &str) -> Statement {
    let values = [("content_type_id", content_type), ("codename", Value::text(codename)), ("name", Value::text(name))];
    Statement::insert(dialect, PERMISSION_TABLE, values)
}
