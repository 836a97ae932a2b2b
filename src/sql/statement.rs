//! A statement with its parameters, and the values that go in and come out.

use std::fmt;

use jiff::civil::DateTime;
use zeroize::Zeroizing;

use crate::django::timestamp;
use crate::sql::Dialect;

/// A value of a parameter or of a result's column.
#[derive(Clone)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// An integer of any size; also a boolean where the engine has none.
    Integer(i64),
    /// Text, or what a database gave as text: it need not be UTF-8.
    Text(Zeroizing<Vec<u8>>),
    /// A time as Django keeps it: UTC, or local in a site without `USE_TZ`.
    DateTime(DateTime),
    /// Bytes, or a value of a type that Django would not have stored.
    Other(Vec<u8>),
}

impl Value {
    /// A text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Zeroizing::new(text.as_bytes().to_vec()))
    }

    /// The text, if it is some and is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The value for a person: `\xff` for each byte that is no text.
    #[must_use]
    pub fn readable(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Integer(integer) => integer.to_string(),
            Self::Text(bytes) => readable(bytes),
            Self::DateTime(stored) => stored.to_string(),
            Self::Other(bytes) => readable(bytes),
        }
    }

    /// The time as Django keeps it, if it is one.
    #[must_use]
    pub fn as_datetime(&self) -> Option<DateTime> {
        match self {
            Self::DateTime(stored) => Some(*stored),
            other => other.as_str().and_then(timestamp::from_text),
        }
    }

    /// Bytes that are equal for equal values.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        match self {
            Self::Null => vec![0],
            Self::Integer(integer) => [&[1][..], &integer.to_be_bytes()].concat(),
            Self::Text(text) => [&[2][..], text].concat(),
            Self::DateTime(stored) => [&[3][..], stored.to_string().as_bytes()].concat(),
            Self::Other(bytes) => [&[4][..], bytes].concat(),
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    /// Names the kind alone: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Integer(_) => "Integer",
            Self::Text(_) => "Text",
            Self::DateTime(_) => "DateTime",
            Self::Other(_) => "Other",
        })
    }
}

/// Text where it is UTF-8, and `\xff` for each byte that is not.
#[must_use]
pub fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str("\\x");
            text.push_str(&hex::encode([*byte]));
        }
    }
    text
}

/// The name of our savepoint.
const SAVEPOINT: &str = "drfctl";

/// One statement. Values travel as parameters only, never in the text.
#[derive(Debug)]
pub struct Statement {
    /// The SQL.
    pub text: String,
    /// Its parameters, in order.
    pub parameters: Vec<Value>,
}

impl Statement {
    /// Marks a point in the transaction to go back to.
    #[must_use]
    pub fn savepoint() -> Self {
        Self { text: format!("SAVEPOINT {SAVEPOINT}"), parameters: Vec::new() }
    }

    /// Goes back to the point.
    #[must_use]
    pub fn go_back() -> Self {
        Self { text: format!("ROLLBACK TO SAVEPOINT {SAVEPOINT}"), parameters: Vec::new() }
    }

    /// Forgets the point, and keeps what came after it.
    #[must_use]
    pub fn release() -> Self {
        Self { text: format!("RELEASE SAVEPOINT {SAVEPOINT}"), parameters: Vec::new() }
    }

    /// A new row of a table, by column.
    #[must_use]
    pub fn insert<'a>(dialect: &Dialect, table: &str, values: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let values: Vec<_> = values.into_iter().collect();
        let columns = values.iter().map(|(column, _)| dialect.name(column)).collect::<Vec<_>>().join(", ");
        let parameters = (1..=values.len()).map(|n| dialect.parameter(n)).collect::<Vec<_>>().join(", ");
        Self {
            text: format!("INSERT INTO {} ({columns}) VALUES ({parameters})", dialect.name(table)),
            parameters: values.into_iter().map(|(_, value)| value).collect(),
        }
    }

    /// Other values in the row of a key.
    #[must_use]
    pub fn update<'a>(
        dialect: &Dialect,
        table: &str,
        values: impl IntoIterator<Item = (&'a str, Value)>,
        (key, of): (&str, Value),
    ) -> Self {
        let (columns, mut parameters): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        let set = |(n, column): (usize, &&str)| format!("{} = {}", dialect.name(column), dialect.parameter(n + 1));
        let sets = columns.iter().enumerate().map(set).collect::<Vec<_>>().join(", ");
        parameters.push(of);
        Self {
            text: format!(
                "UPDATE {} SET {sets} WHERE {} = {}",
                dialect.name(table),
                dialect.name(key),
                dialect.parameter(parameters.len())
            ),
            parameters,
        }
    }
}
