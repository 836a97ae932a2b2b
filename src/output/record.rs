//! What a command has to say: named fields, and for people sentences.

use std::borrow::Cow;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::model::{Moment, StoredName};
use crate::django::timestamp::rfc3339;
use crate::engine::{Cell, readable};

/// The sign that there is more.
pub(super) const MORE: &str = "…";

/// One result of a command.
pub trait Record {
    /// The names of the fields, in their order; the same for every record.
    fn columns(&self) -> Cow<'_, [&'static str]>;

    /// The field at a place among the columns.
    fn field(&self, at: usize) -> Field<'_>;

    /// The lines for people; without any, a line is written for each field.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        Vec::new()
    }

    /// The key, for scripts that want nothing else.
    fn key(&self) -> Option<&str> {
        None
    }

    /// Whether a table in color shows it fainter than others.
    fn is_faint(&self) -> bool {
        false
    }
}

/// A field's value. May be a secret, which the record holds: has no `Debug`.
pub enum Field<'a> {
    /// Nothing is known or there is nothing.
    Absent,
    /// A number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// Text.
    Text(Cow<'a, str>),
    /// The beginning of a text, and a sign that there is more.
    Shortened(&'a str),
    /// Some texts.
    List(&'a [String]),
    /// What a database holds where there should be text.
    Bytes(&'a [u8]),
    /// A moment.
    Moment(Timestamp),
    /// How long ago something was, in seconds.
    Age(i64),
}

/// Units of time and their seconds, the longest first; months and years are
/// those of the average calendar.
const UNITS: [(&str, i64); 6] =
    [("year", 31_556_952), ("month", 2_629_746), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

impl<'a> Field<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A text, if there is one.
    pub fn optional(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    /// A truth, if it is known.
    #[must_use]
    pub fn known(flag: Option<bool>) -> Self {
        flag.map_or(Self::Absent, Self::Flag)
    }

    /// What a database holds in a column for text, whatever that is.
    #[must_use]
    pub fn stored(cell: &'a Cell<'_>) -> Self {
        match cell {
            Cell::Null => Self::Absent,
            Cell::Integer(number) => Self::Number(*number),
            Cell::Text(text) => std::str::from_utf8(text).map_or(Self::Bytes(text), Self::text),
            Cell::Bytes(bytes) => Self::Bytes(bytes),
            Cell::Real(_) | Cell::DateTime(_) | Cell::Uuid(_) => Self::Text(cell.readable()),
        }
    }

    /// A username, whatever a database holds there.
    #[must_use]
    pub fn name(name: &'a StoredName) -> Self {
        match name {
            StoredName::Missing => Self::Absent,
            StoredName::Number(number) => Self::Number(*number),
            StoredName::Text(text) => Self::text(text.as_str()),
            StoredName::Bytes(bytes) => Self::Bytes(bytes),
        }
    }

    /// A moment that a database holds, or what it holds instead.
    #[must_use]
    pub fn moment(stored: Option<&'a Moment<'_>>) -> Self {
        match stored {
            None => Self::Absent,
            Some(Moment::At(at)) => Self::Moment(*at),
            Some(Moment::Other(cell)) => Self::Text(cell.readable()),
        }
    }

    /// The value in one cell, not escaped.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Number(number) | Self::Age(number) => number.to_string().into(),
            Self::Flag(flag) => if *flag { "true" } else { "false" }.into(),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Shortened(text) => [text, MORE].concat().into(),
            Self::List(texts) => texts.join(" ").into(),
            Self::Bytes(bytes) => readable(bytes),
            Self::Moment(moment) => rfc3339(*moment).into(),
        }
    }

    /// The value for the eyes of a person, not escaped.
    pub(super) fn glance(&self) -> Cow<'_, str> {
        match self {
            Self::Age(seconds) => age(*seconds).into(),
            // To the minute: what follows makes a table wide and nobody wiser.
            Self::Moment(moment) => {
                let mut text = rfc3339(*moment);
                text.truncate("2026-01-31T09:00".len());
                text.replace('T', " ").into()
            }
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            other => other.plain(),
        }
    }
}

/// The longest unit that a time fills.
fn age(seconds: i64) -> String {
    let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("second", 1));
    let count = seconds / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_longest_unit() {
        for (seconds, told) in [
            (-5, "-5 seconds"),
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "1 minute"),
            (7_200, "2 hours"),
            (86_400 * 29, "29 days"),
            (2_629_746, "1 month"),
            (31_556_952 * 3, "3 years"),
        ] {
            assert_eq!(age(seconds), told);
        }
    }
}
