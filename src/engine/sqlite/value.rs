//! Values on their way into `SQLite` and out of it.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use zeroize::Zeroizing;

use crate::django::timestamp;
use crate::sql::Value;

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(integer) => ToSqlOutput::Borrowed(ValueRef::Integer(*integer)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Self::DateTime(stored) => ToSqlOutput::from(timestamp::to_text(*stored)),
            Self::Other(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

pub(super) fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Text(text) => Value::Text(Zeroizing::new(text.to_vec())),
        ValueRef::Blob(bytes) => Value::Other(bytes.to_vec()),
        // Exact: whoever binds it again finds the same row.
        ValueRef::Real(real) => Value::Text(Zeroizing::new(real.to_string().into_bytes())),
    }
}
