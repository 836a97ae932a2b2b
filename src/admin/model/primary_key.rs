//! Primary keys of any type, small enough to keep millions in memory.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::engine::{Cell, Value};

/// A primary key of any table.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub(in crate::admin) enum PrimaryKey {
    /// A number.
    Number(i64),
    /// A UUID, whether the engine has a type for it or not.
    Uuid([u8; 16]),
    /// Any other text.
    Text(Box<[u8]>),
    /// Anything else.
    Bytes(Box<[u8]>),
}

impl PrimaryKey {
    /// Returns the primary key in a cell; `None` for NULL.
    #[must_use]
    pub(in crate::admin) fn of_cell(cell: &Cell<'_>) -> Option<Self> {
        Some(match cell {
            Cell::Null => return None,
            Cell::Integer(number) => Self::Number(*number),
            Cell::Uuid(bytes) => Self::Uuid(*bytes),
            Cell::Text(text) => uuid(text).map_or_else(|| Self::Text(text.as_ref().into()), Self::Uuid),
            Cell::Bytes(bytes) => Self::Bytes((*bytes).into()),
            Cell::Real(_) | Cell::DateTime(_) => match cell.to_value() {
                Value::Text(text) => Self::Text(text.as_slice().into()),
                _ => Self::Text(cell.readable().as_bytes().into()),
            },
        })
    }

    /// Returns the primary key as a parameter.
    #[must_use]
    pub(in crate::admin) fn to_value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Integer(*number),
            Self::Uuid(bytes) => Value::text(&hex::encode(bytes)),
            Self::Text(text) => Value::bytes(text),
            Self::Bytes(bytes) => Value::Other(bytes.to_vec()),
        }
    }

    /// Compares two primary keys of one type as the database orders them.
    #[must_use]
    pub(in crate::admin) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Uuid(one), Self::Uuid(other)) => one.cmp(other),
            _ => self.bytes().cmp(&other.bytes()),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Number(number) => number.to_be_bytes().to_vec(),
            Self::Uuid(bytes) => hex::encode(bytes).into_bytes(),
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.to_vec(),
        }
    }
}

impl Zeroize for PrimaryKey {
    fn zeroize(&mut self) {
        match self {
            Self::Number(number) => number.zeroize(),
            Self::Uuid(bytes) => bytes.zeroize(),
            Self::Text(bytes) | Self::Bytes(bytes) => bytes.zeroize(),
        }
    }
}

/// Parses a UUID as Django writes it into a text column: 32 lower-case digits.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let is_lower = !text.iter().any(u8::is_ascii_uppercase);
    (is_lower && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_key_survives_a_round_trip() {
        let hex = "6fa459eaee8a4ca4894edb77e160355e";
        for value in [Value::Integer(-7), Value::text(hex), Value::text(&hex.to_uppercase()), Value::text("U-1")] {
            let id = PrimaryKey::of_cell(&value.as_cell()).unwrap();
            assert_eq!(format!("{:?}", PrimaryKey::of_cell(&id.to_value().as_cell())), format!("{:?}", Some(&id)));
            assert_eq!(id.to_value().as_str(), value.as_str());
            assert_eq!(id.to_value().as_integer(), value.as_integer());
        }
        assert_eq!(
            PrimaryKey::of_cell(&Cell::Uuid([0xab; 16])),
            PrimaryKey::of_cell(&Cell::from("ab".repeat(16).as_str()))
        );
        assert_eq!(PrimaryKey::of_cell(&Cell::Null), None);
    }

    #[test]
    fn a_wiped_key_has_none_of_its_bytes() {
        for cell in [Cell::Integer(7), Cell::Uuid([7; 16]), Cell::from("s3cret"), Cell::Bytes(b"s3cret")] {
            let mut key = PrimaryKey::of_cell(&cell).unwrap();
            key.zeroize();
            assert!(key.bytes().iter().all(|byte| matches!(byte, 0 | b'0')), "{key:?}");
        }
    }

    #[test]
    fn a_primary_key_takes_at_most_24_bytes() {
        assert_eq!(size_of::<PrimaryKey>(), 24);
    }

    #[test]
    fn primary_keys_sort_as_in_the_database() {
        let number = |n| PrimaryKey::Number(n);
        assert_eq!(number(2).order(&number(10)), Ordering::Less);
        let text = |text: &str| PrimaryKey::of_cell(&Cell::from(text)).unwrap();
        assert_eq!(text("2").order(&text("10")), Ordering::Greater);
    }
}
