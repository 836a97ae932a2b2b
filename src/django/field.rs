//! Typed text as the value of a column, as Django's field of the column's type
//! reads and stores it.
//!
//! Mirrors `Field.clean` and `Field.get_db_prep_save`.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::de::IgnoredAny;

use crate::django::timestamp::TimeKeeping;
use crate::django::validators;
use crate::engine::{Column, ColumnKind, Table, Value, moment};
use crate::error::{Error, Result};

/// The length of a UUID.
pub const UUID_BYTES: usize = 16;

/// The columns of `AbstractUser` that are true or false, whatever the type of the
/// column.
const FLAGS: [&str; 3] = ["is_active", "is_staff", "is_superuser"];

/// Converts typed text to the value of a column.
///
/// # Errors
/// Rejected, naming the column, if its type has no such value, or drfctl cannot
/// write the type.
pub fn to_value(table: &Table, column: &Column, typed: &str, time: &TimeKeeping) -> Result<Value> {
    // The form field of a nullable CharField converts an empty text to NULL.
    let has_empty_text =
        column.kind == ColumnKind::Text && column.max_length().is_none() && !table.is_unique(&column.name);
    if typed.is_empty() && !column.not_null && !has_empty_text {
        return Ok(Value::Null);
    }
    let value = match &column.kind {
        ColumnKind::Integer | ColumnKind::BigInteger if FLAGS.contains(&column.name.as_str()) => boolean(typed),
        ColumnKind::Integer | ColumnKind::BigInteger => integer(column, typed).map(Value::Integer),
        ColumnKind::Boolean => boolean(typed),
        ColumnKind::Uuid => uuid(typed),
        ColumnKind::DateTime => datetime(typed, time).map(Value::DateTime),
        ColumnKind::Date => date(typed).map(|date| Value::text(&date.to_string())),
        ColumnKind::Time => clock(typed),
        ColumnKind::Decimal => decimal(column, typed),
        ColumnKind::Float => float(typed),
        ColumnKind::IpAddress => ip_address(column, typed),
        ColumnKind::Json => serde_json::from_str::<IgnoredAny>(typed).ok().map(|_| Value::text(typed)),
        ColumnKind::Text => return text(column, typed),
        // The server reads it.
        ColumnKind::Other(_) => Some(Value::text(typed)),
        ColumnKind::Unknown(declared) => {
            return Err(Error::rejected(format!(
                "the column {} has the type {}, which is not supported",
                column.name,
                if declared.is_empty() { "(none)" } else { declared }
            )));
        }
    };
    value.ok_or_else(|| unexpected(&column.name, &expected(column)))
}

/// Returns the error for typed text that is not what a column expects. It does not
/// repeat the text, which may be a secret in the wrong place.
#[must_use]
pub fn unexpected(column: &str, expected: &str) -> Error {
    Error::rejected(format!("column {column}: expected {expected}"))
}

/// Reads an integer as Python's `int` does, except for underscores.
///
/// Mirrors `IntegerField.to_python`.
#[must_use]
pub fn integer(column: &Column, typed: &str) -> Option<i64> {
    typed.trim().parse().ok().filter(|number| column.holds(*number))
}

fn text(column: &Column, typed: &str) -> Result<Value> {
    let limit = column.max_length().and_then(|length| usize::try_from(length).ok());
    let complaint = validators::max_length(typed, limit).or_else(|| validators::prohibit_null_characters(typed));
    match complaint {
        Some(complaint) => Err(Error::rejected(complaint).at(&column.name)),
        None => Ok(Value::text(typed)),
    }
}

fn boolean(typed: &str) -> Option<Value> {
    match typed.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "yes" => Some(Value::Integer(1)),
        "false" | "f" | "0" | "no" => Some(Value::Integer(0)),
        _ => None,
    }
}

/// Mirrors `uuid.UUID`, as a database without a UUID type stores it.
fn uuid(typed: &str) -> Option<Value> {
    let typed = typed.to_ascii_lowercase();
    let plain = typed.trim_start_matches("urn:").trim_start_matches("uuid:").trim_matches(['{', '}']).replace('-', "");
    hex::decode(&plain).ok().filter(|bytes| bytes.len() == UUID_BYTES).map(|_| Value::text(&plain))
}

/// Mirrors `DateTimeField.to_python`: a date alone is its midnight.
fn datetime(typed: &str, time: &TimeKeeping) -> Option<DateTime> {
    let stored = match typed.parse::<Timestamp>() {
        Ok(at) => time.stored_at(at),
        Err(_) => moment::from_text(typed).or_else(|| date(typed).map(|date| date.at(0, 0, 0, 0)))?,
    };
    (1..=9999).contains(&stored.year()).then_some(stored)
}

/// Mirrors `parse_date`.
fn date(typed: &str) -> Option<Date> {
    let (year, rest) = typed.trim().split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let is_number = |digits: &str, most: usize| {
        (1..=most).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if year.len() != 4 || !is_number(year, 4) || !is_number(month, 2) || !is_number(day, 2) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (date.year() > 0).then_some(date)
}

/// Mirrors `parse_time`.
fn clock(typed: &str) -> Option<Value> {
    let typed = typed.trim();
    if !typed.bytes().all(|letter| letter.is_ascii_digit() || matches!(letter, b':' | b'.')) {
        return None;
    }
    // An hour of one digit.
    let padded = if typed.find(':') == Some(1) { format!("0{typed}") } else { typed.to_owned() };
    let time: Time = padded.parse().ok()?;
    let text = moment::to_text(Date::constant(2000, 1, 1).to_datetime(time));
    text.split_once(' ').map(|(_, clock)| Value::text(clock))
}

/// Mirrors `DecimalField.to_python` and `DecimalValidator`.
fn decimal(column: &Column, typed: &str) -> Option<Value> {
    let typed = typed.trim();
    let unsigned = typed.strip_prefix(['-', '+']).unwrap_or(typed);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    if precision(column).is_some_and(|precision| !has_precision(typed, precision)) {
        return None;
    }
    Some(Value::text(typed.trim_start_matches('+')))
}

/// Returns whether a decimal number fits a precision: its digits, and how many of
/// them follow the point.
///
/// Mirrors `DecimalValidator`.
#[must_use]
pub fn has_precision(number: &str, (digits, places): (usize, usize)) -> bool {
    let unsigned = number.trim().trim_start_matches(['-', '+']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    fraction.len() <= places && whole.trim_start_matches('0').len() <= digits.saturating_sub(places)
}

/// Returns the digits of a decimal, and how many of them follow the point:
/// `numeric(10,2)`. SQLite does not keep them.
#[must_use]
pub fn precision(column: &Column) -> Option<(usize, usize)> {
    let (_, arguments) = column.declared.split_once('(')?;
    let (digits, places) = arguments.trim_end_matches(')').split_once(',')?;
    Some((digits.trim().parse().ok()?, places.trim().parse().ok()?))
}

fn float(typed: &str) -> Option<Value> {
    let typed = typed.trim();
    typed.parse::<f64>().ok().filter(|number| number.is_finite()).map(|_| Value::text(typed))
}

/// Mirrors `GenericIPAddressField.to_python`. Django's `char(15)` is too short
/// for an IPv6 address.
fn ip_address(column: &Column, typed: &str) -> Option<Value> {
    let typed = typed.trim();
    let address = match column.declared.as_str() {
        "char(15)" => typed.parse::<Ipv4Addr>().map(IpAddr::V4),
        _ => typed.parse::<IpAddr>(),
    };
    address.ok().map(|address| Value::text(&address.to_string()))
}

/// Returns a description of the values that a column accepts.
fn expected(column: &Column) -> String {
    let between = |range: &RangeInclusive<i64>| format!("a whole number from {} to {}", range.start(), range.end());
    match &column.kind {
        _ if FLAGS.contains(&column.name.as_str()) => "true or false".to_owned(),
        ColumnKind::Integer | ColumnKind::BigInteger => {
            column.range.as_ref().map_or_else(|| "a whole number".to_owned(), between)
        }
        ColumnKind::Boolean => "true or false".to_owned(),
        ColumnKind::Uuid => "a UUID".to_owned(),
        ColumnKind::DateTime => "a date and time: 2026-01-31 09:00:00".to_owned(),
        ColumnKind::Date => "a date: 2026-01-31".to_owned(),
        ColumnKind::Time => "a time: 09:00:00".to_owned(),
        ColumnKind::Decimal => match precision(column) {
            Some((digits, places)) => {
                format!("a decimal number of at most {digits} digits, {places} of them after the point")
            }
            None => "a decimal number".to_owned(),
        },
        ColumnKind::Float => "a number".to_owned(),
        ColumnKind::IpAddress => "an IP address".to_owned(),
        ColumnKind::Json => "JSON".to_owned(),
        ColumnKind::Text | ColumnKind::Other(_) | ColumnKind::Unknown(_) => "another value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::*;

    fn column(declared: &str) -> Column {
        Column {
            name: "c".to_owned(),
            kind: ColumnKind::of_declared(declared),
            declared: declared.to_owned(),
            type_schema: None,
            range: None,
            not_null: true,
            has_default: false,
            is_generated: false,
            primary_key: false,
        }
    }

    fn read(declared: &str, typed: &str) -> Option<String> {
        let value = to_value(&Table::default(), &column(declared), typed, &TimeKeeping::utc()).ok()?;
        Some(value.as_cell().readable().into_owned())
    }

    #[test]
    fn a_number_is_read_as_python_reads_it() {
        for (typed, number) in [("1", "1"), ("+7", "7"), (" 42 ", "42"), ("-5", "-5")] {
            assert_eq!(read("bigint", typed).as_deref(), Some(number), "{typed}");
        }
        for typed in ["1x", "", "1.0", "0x10", "9223372036854775808"] {
            assert_eq!(read("bigint", typed), None, "{typed}");
        }
    }

    #[test]
    fn a_value_outside_of_its_type_is_refused() {
        for (declared, typed) in [
            ("date", "2026-02-30"),
            ("date", "31.01.2026"),
            ("date", "0000-01-01"),
            ("date", "226-01-31"),
            ("date", "2026-001-31"),
            ("date", "2026-01-+1"),
            ("time", "24:00"),
            ("time", "9 o'clock"),
            ("time", "2026-01-31T09:00:00"),
            ("datetime", "tomorrow"),
            ("decimal", "NaN"),
            ("decimal", "1,5"),
            ("decimal", "."),
            ("numeric(5,2)", "1000"),
            ("numeric(5,2)", "1.234"),
            ("double precision", "inf"),
            ("char(39)", "1.2.3"),
            ("char(15)", "::1"),
            ("json", "{"),
            ("uuid", "6fa459ea"),
            ("bool", "maybe"),
        ] {
            assert_eq!(read(declared, typed), None, "{declared} {typed}");
        }
        assert_eq!(expected(&Column { name: "is_staff".to_owned(), ..column("integer") }), "true or false");
    }

    #[test]
    fn values_are_stored_in_one_spelling() {
        for (declared, typed, stored) in [
            ("date", "2026-1-31", "2026-01-31"),
            ("time", "9:00", "09:00:00"),
            ("time without time zone", "09:00:00.5", "09:00:00.500000"),
            ("datetime", "2026-01-31", "2026-01-31T00:00:00"),
            ("datetime", "2026-01-31T09:00:00+01:00", "2026-01-31T08:00:00"),
            ("numeric(5,2)", "+12.5", "12.5"),
            ("inet", "2001:DB8:0::1", "2001:db8::1"),
            ("uuid", "{6FA459EA-EE8A-4CA4-894E-DB77E160355E}", "6fa459eaee8a4ca4894edb77e160355e"),
            ("real", " 1e3", "1e3"),
            ("bool", "T", "1"),
        ] {
            assert_eq!(read(declared, typed).as_deref(), Some(stored), "{declared} {typed}");
        }
    }

    #[test]
    fn an_empty_text_is_null_except_in_a_column_of_long_text() {
        for (declared, unique, is_null) in
            [("text", 0, false), ("text", 1, true), ("varchar(9)", 0, true), ("int", 0, true)]
        {
            let table = Table { unique: vec![vec!["c".to_owned()]; unique], ..Table::default() };
            let column = Column { not_null: false, ..column(declared) };
            let value = to_value(&table, &column, "", &TimeKeeping::utc()).unwrap();
            assert_eq!(matches!(value, Value::Null), is_null, "{declared} {unique}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_converted_without_a_panic(typed in ".{0,40}") {
            for declared in ["date", "time", "datetime", "numeric(5,2)", "real", "inet", "json", "uuid", "bool", "int"] {
                prop_assert!(read(declared, &typed).is_none_or(|stored| !stored.contains('\0')));
            }
        }
    }
}
