//! A row of a file, and what receives it.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The maximum length of a row in bytes, so that a file without line ends does
/// not fill the memory.
pub(super) const LONGEST: usize = 65_536;

/// The maximum number of values of a row.
pub(super) const MOST_VALUES: usize = 4_096;

/// A row. May hold secrets, so that it has no `Debug`.
pub struct Row {
    /// The values, by column. An empty cell of CSV and a null of JSON have none.
    pub values: Vec<(String, Zeroizing<String>)>,
    /// The lists, by column.
    pub lists: Vec<(String, Zeroizing<Vec<String>>)>,
}

impl Row {
    /// Returns the value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str())
    }
}

/// Receives the names of the columns.
pub(super) type OnColumns<'a> = dyn FnMut(&[String]) -> Result<()> + 'a;

/// Where a row is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The number in a JSON array, from 1; several elements may be in one line.
    pub element: Option<u64>,
}

impl Place {
    /// Returns the place of a line.
    #[must_use]
    pub fn of_line(line: u64) -> Self {
        Self { line, element: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        self.element.map_or(Ok(()), |element| write!(f, " (element {element})"))
    }
}

/// Receives each row with its place, or why it is rejected.
pub(super) type OnRow<'a> = dyn FnMut(Place, Result<Row>) -> Result<()> + 'a;

/// Returns the error for a row beyond the limits.
pub(super) fn too_long() -> Error {
    Error::rejected(format!("longer than {LONGEST} bytes, or has more than {MOST_VALUES} values"))
}
