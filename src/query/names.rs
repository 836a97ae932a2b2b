//! Usernames as values of a column.

use crate::django::field;
use crate::engine::Value;
use crate::schema::layout::{ColumnRef, UserTable};

/// Returns the values of a username column that could have these names. A name
/// that the column's type cannot represent has none.
pub fn name_values<'a>(users: &UserTable, column_ref: &ColumnRef, names: impl Iterator<Item = &'a str>) -> Vec<Value> {
    names.filter_map(|name| name_value(users, column_ref, name)).collect()
}

/// Returns the value that a column has for a name.
///
/// Mirrors `Field.get_prep_value` of the field's type.
#[must_use]
pub fn name_value(users: &UserTable, column_ref: &ColumnRef, name: &str) -> Option<Value> {
    match users.column(column_ref).filter(|column| column.kind.is_integer()) {
        Some(column) => field::integer(column, name).map(Value::Integer),
        None => Some(Value::text(name)),
    }
}
