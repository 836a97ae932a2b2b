//! The values of a user's columns.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::admin::users::data::{RandomBytes, UserData};
use crate::django::timestamp::TimeKeeping;
use crate::django::validators;
use crate::engine::{Column, ColumnKind, Value, moment};
use crate::error::{Error, Result};
use crate::query::names::name_value;
use crate::schema::layout::{ColumnRef, UserTable};

/// The length of a UUID.
const UUID_BYTES: usize = 16;

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
    if column_ref == users.display_column() {
        let value = name_value(users, column_ref, user.username.as_str());
        return value.map(Some).ok_or_else(|| wrong(column, &whole_number(column), user.username.as_str()));
    }
    if users.find_column("password").as_ref() == Some(column_ref) {
        return Ok(user.password.as_ref().map(|password| Value::text(password.reveal())));
    }
    let typed = user.columns.iter().rev().find(|(name, _)| users.find_column(name).as_ref() == Some(column_ref));
    typed.map(|(_, typed)| value_of(typed, column, time)).transpose()
}

/// Converts a typed value to the column's type.
fn value_of(typed: &str, column: &Column, time: &TimeKeeping) -> Result<Value> {
    let wrong = |what: &str| wrong(column, what, typed);
    if typed.is_empty() && !column.not_null && column.kind != ColumnKind::Text {
        return Ok(Value::Null);
    }
    Ok(match column.kind {
        ColumnKind::Integer | ColumnKind::BigInteger => {
            let number = typed.parse().ok().filter(|number| column.holds(*number));
            Value::Integer(number.ok_or_else(|| wrong(&whole_number(column)))?)
        }
        ColumnKind::Boolean => Value::Integer(match typed.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => 1,
            "false" | "0" | "no" => 0,
            _ => return Err(wrong("true or false")),
        }),
        ColumnKind::Uuid => {
            let digits = typed.replace('-', "").to_ascii_lowercase();
            match hex::decode(&digits) {
                Ok(bytes) if bytes.len() == UUID_BYTES => Value::text(&digits),
                _ => return Err(wrong("a UUID")),
            }
        }
        ColumnKind::DateTime => Value::DateTime(match typed.parse::<Timestamp>() {
            Ok(at) => time.stored_at(at),
            Err(_) => moment::from_text(typed).ok_or_else(|| wrong("a date with a time: 2026-01-31 09:00:00"))?,
        }),
        ColumnKind::Text | ColumnKind::Other(_) => {
            let limit = column.max_length().and_then(|length| usize::try_from(length).ok());
            let complaint = validators::max_length(typed, limit).filter(|_| column.kind == ColumnKind::Text);
            match complaint {
                Some(complaint) => return Err(Error::rejected(complaint).at(&column.name)),
                None => Value::text(typed),
            }
        }
    })
}

/// Returns what a column of integers takes.
fn whole_number(column: &Column) -> String {
    let between = |range: &RangeInclusive<i64>| format!("a whole number from {} to {}", range.start(), range.end());
    column.range.as_ref().map_or_else(|| "a whole number".to_owned(), between)
}

fn wrong(column: &Column, what: &str, typed: &str) -> Error {
    Error::rejected(format!("the column {} takes {what}, not {typed}", column.name))
}

/// Returns Django's default for a column of `AbstractUser`.
pub(super) fn default(name: &str, column: &Column, now: DateTime) -> Option<Value> {
    match name {
        "is_active" => Some(Value::Integer(1)),
        "is_superuser" | "is_staff" => Some(Value::Integer(0)),
        "date_joined" => Some(Value::DateTime(now)),
        "first_name" | "last_name" | "email" if column.kind == ColumnKind::Text => Some(Value::text("")),
        _ => None,
    }
}

/// Returns a random primary key.
///
/// Mirrors `uuid.uuid4`, as a database without a UUID type stores it.
pub(super) fn uuid(random: &mut RandomBytes<'_>) -> Result<Value> {
    let mut bytes = [0_u8; UUID_BYTES];
    random(&mut bytes)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Ok(Value::text(&hex::encode(bytes)))
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
    use super::*;

    #[test]
    fn values_that_a_collation_may_take_for_the_same_do_not_certainly_differ() {
        let text = Value::text;
        assert!(certainly_differs(&text("alice"), &text("bob")));
        assert!(certainly_differs(&Value::Null, &text("")));
        assert!(certainly_differs(&Value::Integer(0), &Value::Integer(1)));
        for (stored, new) in [("Alice", "alice"), ("alice ", "alice"), ("é", "e")] {
            assert!(!certainly_differs(&text(stored), &text(new)), "{stored}");
        }
        assert!(!certainly_differs(&text("2026-01-31 09:00:00"), &Value::DateTime(DateTime::default())));
    }
}
