//! Usernames as values of a column.

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
        Some(column) => integer(name).filter(|number| column.holds(*number)).map(Value::Integer),
        None => Some(Value::text(name)),
    }
}

/// Parses an integer as Python's `int` does, except for underscores.
fn integer(typed: &str) -> Option<i64> {
    typed.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_python_reads_it() {
        assert_eq!(["1", "+7", " 42 ", "-5"].map(integer), [Some(1), Some(7), Some(42), Some(-5)]);
        assert_eq!(["1x", "", "1.0", "0x10", "9223372036854775808"].map(integer), [None; 5]);
    }
}
