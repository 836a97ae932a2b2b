//! Timestamps as a database stores them.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::django::timestamp::{self, TimeKeeping};
use crate::engine::Cell;

/// A stored timestamp, or what is stored instead of one.
#[derive(Clone)]
pub enum Moment<'a> {
    /// A valid timestamp.
    At(Timestamp),
    /// Anything else.
    Other(Cell<'a>),
}

impl<'a> Moment<'a> {
    /// Returns the timestamp in a cell; `None` for NULL.
    #[must_use]
    pub fn of_cell(cell: Cell<'a>, time: &TimeKeeping) -> Option<Self> {
        if cell.is_null() {
            return None;
        }
        let at = cell.as_datetime().and_then(|stored| time.timestamp(stored));
        Some(at.map_or(Self::Other(cell), Self::At))
    }

    /// Returns the timestamp as RFC 3339 in UTC, or what is stored instead.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::At(at) => timestamp::rfc3339(*at).into(),
            Self::Other(cell) => cell.readable(),
        }
    }

    /// Returns the timestamp, if it is valid.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::At(at) => Some(*at),
            Self::Other(_) => None,
        }
    }
}
