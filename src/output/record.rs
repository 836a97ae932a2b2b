//! What a command has to say: named fields, and for people sentences.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::sql::{Value, readable};

/// One result of a command.
pub trait Record {
    /// The fields, in their order; the same names for every record.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)>;

    /// The lines for people; without any, a line is written for each field.
    fn sentences(&self) -> Vec<Zeroizing<String>> {
        Vec::new()
    }

    /// The key, for scripts that want nothing else.
    fn key(&self) -> Option<&str> {
        None
    }

    /// Whether a table in colour shows it fainter than others.
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
    /// Some texts.
    List(Vec<String>),
    /// What a database holds where there should be text.
    Bytes(&'a [u8]),
    /// A moment, as RFC 3339 in UTC.
    Moment(Cow<'a, str>),
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
    pub fn stored(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Absent,
            Value::Integer(number) => Self::Number(*number),
            Value::Text(bytes) => value.as_str().map_or(Self::Bytes(bytes), Self::text),
            Value::DateTime(stored) => Self::text(stored.to_string()),
            Value::Other(bytes) => Self::Bytes(bytes),
        }
    }

    /// The value in one cell, not escaped.
    pub(super) fn plain(&self) -> Cow<'_, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Number(number) | Self::Age(number) => number.to_string().into(),
            Self::Flag(flag) => if *flag { "true" } else { "false" }.into(),
            Self::Text(text) | Self::Moment(text) => Cow::Borrowed(text),
            Self::List(texts) => texts.join(" ").into(),
            Self::Bytes(bytes) => readable(bytes).into(),
        }
    }

    /// The value for the eyes of a person, not escaped.
    pub(super) fn glance(&self) -> Cow<'_, str> {
        match self {
            Self::Age(seconds) => age(*seconds).into(),
            // To the minute: what follows makes a table wide and nobody wiser.
            Self::Moment(moment) if moment.is_ascii() && moment.len() >= 16 => moment[..16].replace('T', " ").into(),
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
