//! Lines of separated values: CSV and TSV.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use crate::output::escape::Escaping;
use crate::output::formula;

/// Whether a spreadsheet may open the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// An apostrophe precedes what it would run as a formula.
    Formulas,
    /// Nothing: the values are for programs.
    Nothing,
}

/// How the values of a line are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separation {
    /// RFC 4180, with control characters escaped.
    Csv(Escaping),
    /// RFC 4180 with values unchanged, for programs.
    RawCsv,
    /// Tabs between values; tabs and line ends within them are escaped.
    Tsv(Escaping, Guard),
    /// Tabs between values, which are unchanged except for NUL; a NUL after each
    /// line.
    Null,
}

/// A value of a line.
pub(super) enum Separated<'a> {
    /// A number, which is no formula even if it is negative, or a random key,
    /// which is of no use if it is changed.
    Exact(Cow<'a, str>),
    /// Any other value.
    Text(Cow<'a, str>),
}

impl<'a> Separated<'a> {
    /// Returns the value as it is.
    fn plain(&self) -> &str {
        match self {
            Self::Exact(text) | Self::Text(text) => text,
        }
    }

    /// Returns the value as a spreadsheet may open it.
    fn guarded(&'a self, escaping: Escaping) -> Cow<'a, str> {
        match self {
            Self::Text(text) if !formula::is_harmless(text) => formula::guarded(text, escaping).into(),
            value => value.plain().into(),
        }
    }
}

impl Separation {
    /// Appends one line.
    pub(super) fn line(self, values: &[Separated<'_>], bytes: &mut Vec<u8>) {
        match self {
            Self::Csv(escaping) => comma_separated(values.iter().map(|value| value.guarded(escaping)), bytes),
            Self::RawCsv => comma_separated(values.iter().map(|value| value.plain().into()), bytes),
            Self::Tsv(escaping, Guard::Formulas) => {
                tab_separated(values.iter().map(|value| value.guarded(escaping)), b'\n', bytes);
            }
            Self::Tsv(escaping, Guard::Nothing) => {
                tab_separated(values.iter().map(|value| escaping.escape(value.plain())), b'\n', bytes);
            }
            Self::Null => {
                tab_separated(values.iter().map(|value| value.plain().replace('\0', "\\u{0}").into()), b'\0', bytes);
            }
        }
    }
}

fn comma_separated<'a>(cells: impl Iterator<Item = Cow<'a, str>>, bytes: &mut Vec<u8>) {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
    // Writing into memory does not fail.
    for cell in cells {
        let _ = writer.write_field(cell.as_bytes());
    }
    let _ = writer.write_record(None::<&[u8]>);
    let _ = writer.flush();
}

fn tab_separated<'a>(cells: impl Iterator<Item = Cow<'a, str>>, end: u8, bytes: &mut Vec<u8>) {
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            bytes.push(b'\t');
        }
        bytes.extend_from_slice(cell.as_bytes());
    }
    bytes.push(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(separation: Separation, values: &[&str]) -> String {
        let values: Vec<_> = values.iter().map(|value| Separated::Text((*value).into())).collect();
        let mut bytes = Vec::new();
        separation.line(&values, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_format_separates_and_ends_its_lines() {
        let values = ["a", "=1", "b\0c"];
        for (separation, wanted) in [
            (Separation::Csv(Escaping::Hidden), "a,'=1,b\\u{0}c\r\n"),
            (Separation::RawCsv, "a,=1,b\0c\r\n"),
            (Separation::Tsv(Escaping::Hidden, Guard::Formulas), "a\t'=1\tb\\u{0}c\n"),
            (Separation::Tsv(Escaping::Hidden, Guard::Nothing), "a\t=1\tb\\u{0}c\n"),
            (Separation::Null, "a\t=1\tb\\u{0}c\0"),
        ] {
            assert_eq!(line(separation, &values), wanted);
        }
    }
}
