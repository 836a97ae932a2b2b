//! Converts values to and from `SQLite`'s.

use std::borrow::Cow;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::engine::moment;
use crate::engine::row::{Cells, no_cell};
use crate::engine::value::{Cell, Value};
use crate::error::Result;

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(integer) => ToSqlOutput::Borrowed(ValueRef::Integer(*integer)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Self::DateTime(stored) => ToSqlOutput::from(moment::to_text(*stored)),
            Self::Other(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// A row of `SQLite`.
pub(super) struct SqliteRow<'a>(pub(super) &'a rusqlite::Row<'a>);

impl Cells for SqliteRow<'_> {
    fn cell(&self, at: usize) -> Result<Cell<'_>> {
        let value = self.0.get_ref(at).map_err(|error| no_cell().caused_by(error))?;
        Ok(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(integer) => Cell::Integer(integer),
            ValueRef::Text(text) => Cell::Text(Cow::Borrowed(text)),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes),
            ValueRef::Real(real) => Cell::Real(real),
        })
    }
}
