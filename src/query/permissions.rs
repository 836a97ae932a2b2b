//! Statements on content types and permissions.

use crate::engine::{Cell, Dialect, Row, Statement, Value};
use crate::error::Result;
use crate::query::builder::{Builder, Operand};
use crate::query::rows;
use crate::schema::tables::{CONTENT_TYPE_TABLE, PERMISSION_TABLE};

/// Selects a model's content type; see [`ContentTypeRow`].
#[must_use]
pub fn content_type(dialect: &Dialect, app: &str, model: &str) -> Statement {
    let mut builder = Builder::new(dialect);
    let [id, table] = ["id", CONTENT_TYPE_TABLE].map(|name| dialect.name(name));
    let app = builder.equal(&Operand::bare(dialect, "app_label", None), Value::text(app));
    let model = builder.equal(&Operand::bare(dialect, "model", None), Value::text(model));
    builder.statement(format!("SELECT {id} FROM {table} WHERE {app} AND {model}"))
}

/// A row of [`content_type`].
#[derive(Clone, Copy)]
pub struct ContentTypeRow<'a>(pub Row<'a>);

impl<'a> ContentTypeRow<'a> {
    /// Returns its primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn id(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }
}

/// Inserts a content type for a model.
#[must_use]
pub fn insert_content_type(dialect: &Dialect, app: &str, model: &str) -> Statement {
    rows::insert(dialect, CONTENT_TYPE_TABLE, &["app_label", "model"], vec![Value::text(app), Value::text(model)])
}

/// Inserts a content type for a model, where the table still has a column for a
/// name.
#[must_use]
pub fn insert_named_content_type(dialect: &Dialect, app: &str, model: &str) -> Statement {
    let row = vec![Value::text(""), Value::text(app), Value::text(model)];
    rows::insert(dialect, CONTENT_TYPE_TABLE, &["name", "app_label", "model"], row)
}

/// Selects the permissions of a content type; see [`PermissionRow`].
#[must_use]
pub fn codenames(dialect: &Dialect, content_type: Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let [codename, table] = ["codename", PERMISSION_TABLE].map(|name| dialect.name(name));
    let condition = builder.equal(&Operand::bare(dialect, "content_type_id", None), content_type);
    builder.statement(format!("SELECT {codename} FROM {table} WHERE {condition}"))
}

/// A row of [`codenames`].
#[derive(Clone, Copy)]
pub struct PermissionRow<'a>(pub Row<'a>);

impl PermissionRow<'_> {
    /// Returns its codename.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn codename(&self) -> Result<String> {
        self.0.text(0)
    }
}

/// Inserts a permission of a model.
#[must_use]
pub fn insert_permission(dialect: &Dialect, content_type: Value, codename: &str, name: &str) -> Statement {
    let row = vec![content_type, Value::text(codename), Value::text(name)];
    rows::insert(dialect, PERMISSION_TABLE, &["content_type_id", "codename", "name"], row)
}
