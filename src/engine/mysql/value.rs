//! Converts values to and from MySQL's.

use std::borrow::Cow;

use mysql_async::Column;
use mysql_async::consts::ColumnType;

use crate::engine::row::{Cells, no_cell};
use crate::engine::statement::Statement;
use crate::engine::value::{Cell, Value};
use crate::error::{Error, Result};

/// The number of the character set `binary`.
const BINARY: u16 = 63;

/// Returns a parameter.
pub(super) fn to_mysql(value: &Value) -> mysql_async::Value {
    match value {
        Value::Null => mysql_async::Value::NULL,
        Value::Integer(number) => mysql_async::Value::Int(*number),
        Value::Text(text) => mysql_async::Value::Bytes(text.to_vec()),
        Value::Other(bytes) => mysql_async::Value::Bytes(bytes.clone()),
        Value::DateTime(at) => {
            let part = |part: i8| u8::try_from(part).unwrap_or_default();
            mysql_async::Value::Date(
                u16::try_from(at.year()).unwrap_or_default(),
                part(at.month()),
                part(at.day()),
                part(at.hour()),
                part(at.minute()),
                part(at.second()),
                u32::try_from(at.subsec_nanosecond() / 1_000).unwrap_or_default(),
            )
        }
    }
}

/// Returns a statement with its parameters in the place of the question marks, as
/// the driver escapes them: with backslashes.
///
/// # Errors
/// Internal if their numbers differ.
pub(super) fn with_literals(statement: &Statement) -> Result<String> {
    let mut text = String::with_capacity(statement.text.len() + 48 * statement.parameters.len());
    let mut parameters = statement.parameters.iter();
    let mut quote = None;
    for letter in statement.text.chars() {
        match (letter, quote) {
            ('?', None) => {
                let value = parameters.next().ok_or_else(|| Error::internal("a statement has too few parameters"))?;
                text.push_str(&to_mysql(value).as_sql(false));
                continue;
            }
            ('\'' | '"' | '`', None) => quote = Some(letter),
            (closing, Some(opening)) if closing == opening => quote = None,
            _ => {}
        }
        text.push(letter);
    }
    match parameters.next() {
        None => Ok(text),
        Some(_) => Err(Error::internal("a statement has too many parameters")),
    }
}

/// A row of MySQL.
pub(super) struct MySqlRow<'a>(pub(super) &'a mysql_async::Row);

impl Cells for MySqlRow<'_> {
    fn cell(&self, at: usize) -> Result<Cell<'_>> {
        let column = self.0.columns_ref().get(at).ok_or_else(no_cell)?;
        Ok(match self.0.as_ref(at).ok_or_else(no_cell)? {
            mysql_async::Value::NULL => Cell::Null,
            mysql_async::Value::Bytes(bytes) if is_binary(column) => Cell::Bytes(bytes),
            mysql_async::Value::Bytes(bytes) => of_text(column.column_type(), bytes),
            _ => return Err(Error::internal("the server sent a value that is not text")),
        })
    }
}

/// Returns a cell of the text protocol.
fn of_text(kind: ColumnType, bytes: &[u8]) -> Cell<'_> {
    use ColumnType::{
        MYSQL_TYPE_DATETIME, MYSQL_TYPE_DOUBLE, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
        MYSQL_TYPE_SHORT, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_TINY, MYSQL_TYPE_YEAR,
    };
    let text = str::from_utf8(bytes).unwrap_or_default();
    let cell = match kind {
        MYSQL_TYPE_TINY | MYSQL_TYPE_SHORT | MYSQL_TYPE_INT24 | MYSQL_TYPE_LONG | MYSQL_TYPE_LONGLONG
        | MYSQL_TYPE_YEAR => text.parse().ok().map(Cell::Integer),
        MYSQL_TYPE_DOUBLE => text.parse().ok().map(Cell::Real),
        MYSQL_TYPE_DATETIME | MYSQL_TYPE_TIMESTAMP => text.parse().ok().map(Cell::DateTime),
        _ => None,
    };
    cell.unwrap_or(Cell::Text(Cow::Borrowed(bytes)))
}

/// Returns whether a column holds bytes that are not text.
fn is_binary(column: &Column) -> bool {
    use ColumnType::{
        MYSQL_TYPE_BIT, MYSQL_TYPE_BLOB, MYSQL_TYPE_LONG_BLOB, MYSQL_TYPE_MEDIUM_BLOB, MYSQL_TYPE_STRING,
        MYSQL_TYPE_TINY_BLOB, MYSQL_TYPE_VAR_STRING, MYSQL_TYPE_VARCHAR,
    };
    let holds_bytes = matches!(
        column.column_type(),
        MYSQL_TYPE_BLOB
            | MYSQL_TYPE_LONG_BLOB
            | MYSQL_TYPE_MEDIUM_BLOB
            | MYSQL_TYPE_TINY_BLOB
            | MYSQL_TYPE_STRING
            | MYSQL_TYPE_VAR_STRING
            | MYSQL_TYPE_VARCHAR
    );
    column.column_type() == MYSQL_TYPE_BIT || (holds_bytes && column.character_set() == BINARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_outside_of_quotes_is_a_parameter() {
        let parameters = || vec![Value::text("O'Neil\\?"), Value::Integer(-7)];
        let text = "SELECT '?' FROM `a?` WHERE n = ? AND \"?\" = ?".to_owned();
        let statement = Statement { text, parameters: parameters() };
        assert_eq!(with_literals(&statement).unwrap(), r#"SELECT '?' FROM `a?` WHERE n = 'O\'Neil\\?' AND "?" = -7"#);
        assert!(with_literals(&Statement { text: "?".to_owned(), parameters: parameters() }).is_err());
        assert!(with_literals(&Statement::plain("?")).is_err());
    }

    #[test]
    fn a_cell_of_the_text_protocol_has_the_type_of_its_column() {
        for (kind, text, cell) in [
            (ColumnType::MYSQL_TYPE_TINY, "1", Cell::Integer(1)),
            (
                ColumnType::MYSQL_TYPE_LONGLONG,
                "18446744073709551615",
                Cell::Text(Cow::Borrowed(b"18446744073709551615")),
            ),
            (
                ColumnType::MYSQL_TYPE_DATETIME,
                "2026-11-24 09:08:07.000123",
                Cell::DateTime("2026-11-24T09:08:07.000123".parse().unwrap()),
            ),
            (ColumnType::MYSQL_TYPE_DATETIME, "0000-00-00 00:00:00", Cell::Text(Cow::Borrowed(b"0000-00-00 00:00:00"))),
            (ColumnType::MYSQL_TYPE_VAR_STRING, "7", Cell::Text(Cow::Borrowed(b"7"))),
        ] {
            assert_eq!(of_text(kind, text.as_bytes()).readable(), cell.readable(), "{text}");
            assert_eq!(std::mem::discriminant(&of_text(kind, text.as_bytes())), std::mem::discriminant(&cell));
        }
    }

    #[test]
    fn a_value_is_sent_as_the_driver_writes_it() {
        let at = "2026-01-31T09:08:07.000123".parse().unwrap();
        for (value, sent) in [
            (Value::Null, "NULL"),
            (Value::Integer(-7), "-7"),
            (Value::text("O'Neil"), r"'O\'Neil'"),
            (Value::Other(b"x".to_vec()), "'x'"),
            (Value::DateTime(at), "'2026-01-31 09:08:07.000123'"),
        ] {
            assert_eq!(to_mysql(&value).as_sql(false), sent);
        }
    }

    #[test]
    fn only_bytes_without_a_character_set_are_binary() {
        for (kind, character_set, expected) in [
            (ColumnType::MYSQL_TYPE_BLOB, BINARY, true),
            (ColumnType::MYSQL_TYPE_BLOB, 45, false),
            (ColumnType::MYSQL_TYPE_VAR_STRING, BINARY, true),
            (ColumnType::MYSQL_TYPE_VAR_STRING, 45, false),
            (ColumnType::MYSQL_TYPE_LONG, BINARY, false),
            (ColumnType::MYSQL_TYPE_BIT, BINARY, true),
        ] {
            let column = Column::new(kind).with_character_set(character_set);
            assert_eq!(is_binary(&column), expected, "{kind:?} {character_set}");
        }
    }
}
