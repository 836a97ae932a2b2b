//! Types for the primary keys of users, tokens and groups.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::admin::model::primary_key::PrimaryKey;
use crate::engine::{Cell, Value};
use crate::query::filter::RowKey;

/// The primary key of a user.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub struct UserId(PrimaryKey);

/// The primary key of a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::admin) struct GroupId(PrimaryKey);

/// The primary key of a token. With DRF's model it is the token's key, a
/// secret: `Debug` hides it, and the memory is wiped when it is dropped.
#[derive(Clone, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub struct TokenId(PrimaryKey);

/// What identifies a row of one list: the primary key of a user or of a token,
/// for all of its rows alike. Wiped as a [`TokenId`] is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(in crate::admin) struct RowId(PrimaryKey);

impl UserId {
    /// Returns the primary key in a cell; `None` for NULL.
    #[must_use]
    pub fn of_cell(cell: &Cell<'_>) -> Option<Self> {
        PrimaryKey::of_cell(cell).map(Self)
    }

    /// Returns the primary key as a parameter.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.to_value()
    }

    /// Returns the primary key, if it is a number.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self.0 {
            PrimaryKey::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl GroupId {
    /// Returns the primary key in a cell; `None` for NULL.
    pub(in crate::admin) fn of_cell(cell: &Cell<'_>) -> Option<Self> {
        PrimaryKey::of_cell(cell).map(Self)
    }

    /// Returns the primary key as a parameter.
    pub(in crate::admin) fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

impl TokenId {
    /// Returns the primary key in a cell; `None` for NULL.
    #[must_use]
    pub fn of_cell(cell: &Cell<'_>) -> Option<Self> {
        PrimaryKey::of_cell(cell).map(Self)
    }

    /// Returns the primary key as a parameter.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenId([redacted])")
    }
}

impl Drop for TokenId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl RowId {
    /// Returns what identifies the row of a user and a token; `None` if it is
    /// NULL.
    pub(in crate::admin) fn new(row_key: RowKey, user: &Cell<'_>, token: &Cell<'_>) -> Option<Self> {
        let cell = match row_key {
            RowKey::User => user,
            RowKey::Token => token,
        };
        PrimaryKey::of_cell(cell).map(Self)
    }

    /// Returns the primary key as a parameter.
    pub(in crate::admin) fn to_value(&self) -> Value {
        self.0.to_value()
    }

    /// Compares two rows of one list as the database orders their primary keys.
    pub(in crate::admin) fn order(&self, other: &Self) -> Ordering {
        self.0.order(&other.0)
    }
}

impl Drop for RowId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_id_is_not_shown_by_debug() {
        let id = TokenId::of_cell(&Cell::from("s3cret")).unwrap();
        assert_eq!(format!("{id:?}"), "TokenId([redacted])");
    }
}
