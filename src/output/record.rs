//! The result of a command: named fields, and sentences for people.

use std::borrow::Cow;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::model::{Moment, StoredName};
use crate::django::timestamp::rfc3339;
use crate::engine::{Cell, readable};

/// What a shortened text ends with.
pub(super) const MORE: &str = "…";

/// One result of a command.
pub trait Record {
    /// Returns the names of the fields; the same for every record of a command.
    fn columns(&self) -> Cow<'_, [&'static str]>;

    /// Returns the field of the column with that index.
    fn field(&self, at: usize) -> Field<'_>;

    /// Returns the columns that a table omits where the terminal is too narrow,
    /// the least important one first.
    fn optional_columns(&self) -> &'static [&'static str] {
        &[]
    }

    /// Returns the lines for people; without any, a line is written for each
    /// field.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        Vec::new()
    }

    /// Returns the key, which `--format raw` prints alone.
    fn key(&self) -> Option<&str> {
        None
    }

    /// Returns whether a table with colors prints it fainter than others.
    fn is_faint(&self) -> bool {
        false
    }
}

/// What a column contains. A name means the same in every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// Times, which tables show to the minute, in UTC.
    Time,
    /// Secrets and outcomes, which are of no use if a part is missing.
    Whole,
    /// Anything else.
    Text,
}

impl ColumnKind {
    /// Returns what the column of that name contains.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "created" | "date_joined" | "last_login" => Self::Time,
            "key" | "password" | "outcome" => Self::Whole,
            _ => Self::Text,
        }
    }
}

/// The value of a field. It may be a secret of the record, so there is no
/// `Debug`.
pub enum Field<'a> {
    /// Unknown or empty.
    Absent,
    /// A number.
    Number(i64),
    /// True or false.
    Flag(bool),
    /// Text.
    Text(Cow<'a, str>),
    /// The first characters of a text, printed with a mark that more follow.
    Shortened(&'a str),
    /// Several texts.
    List(&'a [String]),
    /// Bytes that a database has in place of text.
    Bytes(&'a [u8]),
    /// A time.
    Moment(Timestamp),
    /// An age in seconds.
    Age(i64),
}

/// Units of time and their seconds, the longest first; months and years are
/// averages of the calendar.
const UNITS: [(&str, i64); 6] =
    [("year", 31_556_952), ("month", 2_629_746), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

impl<'a> Field<'a> {
    /// Returns a text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// Returns a text; [`Field::Absent`] for `None`.
    pub fn optional(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    /// Returns a flag; [`Field::Absent`] for `None`.
    #[must_use]
    pub fn known(flag: Option<bool>) -> Self {
        flag.map_or(Self::Absent, Self::Flag)
    }

    /// Returns the value of a column for text, of whatever type it is.
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

    /// Returns a username, of whatever type it is.
    #[must_use]
    pub fn name(name: &'a StoredName) -> Self {
        match name {
            StoredName::Missing => Self::Absent,
            StoredName::Number(number) => Self::Number(*number),
            StoredName::Text(text) => Self::text(text.as_str()),
            StoredName::Bytes(bytes) => Self::Bytes(bytes),
        }
    }

    /// Returns a stored time, or the value that is stored instead.
    #[must_use]
    pub fn moment(stored: Option<&'a Moment<'_>>) -> Self {
        match stored {
            None => Self::Absent,
            Some(Moment::At(at)) => Self::Moment(*at),
            Some(Moment::Other(cell)) => Self::Text(cell.readable()),
        }
    }

    /// Returns the value in full, not escaped.
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

    /// Returns the value as a table shows it, not escaped.
    pub(super) fn brief(&self, kind: ColumnKind) -> Cow<'_, str> {
        match self {
            Self::Age(seconds) => age(*seconds).into(),
            Self::Moment(moment) => to_the_minute(&rfc3339(*moment)).into(),
            Self::Text(text) if kind == ColumnKind::Time && is_rfc3339(text) => to_the_minute(text).into(),
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            other => other.plain(),
        }
    }

    /// Returns whether the value is text of any length.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::List(_) | Self::Bytes(_))
    }
}

/// Returns whether a text is a time as [`rfc3339`] writes it.
fn is_rfc3339(text: &str) -> bool {
    text.parse::<Timestamp>().is_ok_and(|moment| rfc3339(moment) == text)
}

/// Returns a time of RFC 3339 without seconds and zone.
fn to_the_minute(text: &str) -> String {
    let minute = text.get(.."2026-01-31T09:00".len()).unwrap_or(text);
    minute.replace('T', " ")
}

/// Returns an age in the longest unit that it fills.
fn age(seconds: i64) -> String {
    let (unit, length) = UNITS.into_iter().find(|(_, length)| seconds >= *length).unwrap_or(("second", 1));
    let count = seconds / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_the_longest_unit_that_it_fills() {
        for (seconds, expected) in [
            (-5, "-5 seconds"),
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "1 minute"),
            (7_200, "2 hours"),
            (86_400 * 29, "29 days"),
            (2_629_746, "1 month"),
            (31_556_952 * 3, "3 years"),
        ] {
            assert_eq!(age(seconds), expected);
        }
    }

    #[test]
    fn a_time_in_a_table_has_no_seconds_and_other_text_is_unchanged() {
        for (text, kind, expected) in [
            ("2026-01-02T03:04:05.000007Z", ColumnKind::Time, "2026-01-02 03:04"),
            ("2026-01-02T03:04:05Z", ColumnKind::Text, "2026-01-02T03:04:05Z"),
            ("2026-01-02T03:04:05+02:00", ColumnKind::Time, "2026-01-02T03:04:05+02:00"),
            ("yesterday", ColumnKind::Time, "yesterday"),
        ] {
            assert_eq!(Field::text(text).brief(kind), expected);
        }
    }
}
