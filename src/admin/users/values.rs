//! The values of a user's columns.

use crate::admin::users::data::UserData;
use crate::django::field;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{Column, Value};
use crate::error::Result;
use crate::schema::layout::{ColumnRef, UserTable};

/// Returns the value that was given for a column, as the column's type.
///
/// # Errors
/// Rejected if it does not fit the column.
pub(super) fn given(
    user: &UserData,
    users: &UserTable,
    column_ref: &ColumnRef,
    column: &Column,
    time: &TimeKeeping,
) -> Result<Option<Value>> {
    let table = &users.chain[column_ref.table].shape;
    if column_ref == users.display_column() {
        return field::to_value(table, column, user.username.as_str(), time).map(Some);
    }
    if users.find_column("password").as_ref() == Some(column_ref) {
        return Ok(user.password.as_ref().map(|password| Value::text(password.reveal())));
    }
    let typed = user.columns.iter().rev().find(|(name, _)| users.find_column(name).as_ref() == Some(column_ref));
    typed.map(|(_, typed)| field::to_value(table, column, typed, time)).transpose()
}

/// Returns whether a stored value differs from a new one under every collation.
pub(super) fn certainly_differs(stored: &Value, new: &Value) -> bool {
    match (stored, new) {
        (Value::Null, Value::Null) => false,
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Integer(stored), Value::Integer(new)) => stored != new,
        (Value::Text(stored), Value::Text(new)) => {
            let is_plain = stored.is_ascii() && new.is_ascii();
            is_plain && !stored.trim_ascii_end().eq_ignore_ascii_case(new.trim_ascii_end())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;

    use super::*;

    #[test]
    fn values_that_a_collation_may_equate_may_be_equal() {
        let text = Value::text;
        assert!(certainly_differs(&text("alice"), &text("bob")));
        assert!(certainly_differs(&Value::Null, &text("")));
        assert!(!certainly_differs(&Value::Null, &Value::Null));
        assert!(!certainly_differs(&Value::Integer(1), &Value::Integer(1)));
        assert!(certainly_differs(&Value::Integer(0), &Value::Integer(1)));
        for (stored, new) in [("Alice", "alice"), ("alice ", "alice"), ("é", "e")] {
            assert!(!certainly_differs(&text(stored), &text(new)), "{stored}");
        }
        assert!(!certainly_differs(&text("2026-01-31 09:00:00"), &Value::DateTime(DateTime::default())));
    }
}
