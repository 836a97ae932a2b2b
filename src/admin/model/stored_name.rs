//! Usernames as a database stores them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::engine::{Cell, Value, readable};

/// A username as a database stores it, which need not be text.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub enum StoredName {
    /// NULL.
    Missing,
    /// A number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes that are not UTF-8.
    Bytes(Vec<u8>),
}

impl StoredName {
    /// Returns the name in a cell.
    #[must_use]
    pub fn of_cell(cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Missing,
            Cell::Integer(number) => Self::Number(*number),
            Cell::Text(text) => std::str::from_utf8(text)
                .map_or_else(|_| Self::Bytes(text.to_vec()), |text| Self::Text(text.to_owned())),
            Cell::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Cell::Real(_) | Cell::DateTime(_) | Cell::Uuid(_) => Self::Text(cell.readable().into_owned()),
        }
    }

    /// Returns the name for display, with `\xff` for each byte that is not
    /// UTF-8.
    #[must_use]
    pub fn readable(&self) -> Cow<'_, str> {
        match self {
            Self::Missing => Cow::Borrowed(""),
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Bytes(bytes) => readable(bytes),
        }
    }

    /// Returns the name as a cell.
    #[must_use]
    pub fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Missing => Cell::Null,
            Self::Number(number) => Cell::Integer(*number),
            Self::Text(text) => Cell::Text(Cow::Borrowed(text.as_bytes())),
            Self::Bytes(bytes) => Cell::Text(Cow::Borrowed(bytes)),
        }
    }

    /// Returns the name as a parameter.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.as_cell().to_value()
    }
}

impl From<&str> for StoredName {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
