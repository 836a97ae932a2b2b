//! Lines of separated values: CSV and TSV.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use crate::output::escape::Escaping;

/// How the values of a line are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separation {
    /// RFC 4180, with an apostrophe before formulas of spreadsheets, and control
    /// characters escaped.
    Csv(Escaping),
    /// RFC 4180 with values unchanged, for programs.
    RawCsv,
    /// Tabs between values; tabs and line ends within them are escaped.
    Tsv(Escaping),
    /// Tabs between values, which are unchanged except for NUL; a NUL after each
    /// line.
    Null,
}

impl Separation {
    /// Appends one line.
    pub(super) fn line(self, cells: &[Cow<'_, str>], bytes: &mut Vec<u8>) {
        match self {
            Self::Csv(escaping) => comma_separated(cells.iter().map(|cell| guarded(cell, escaping)), bytes),
            Self::RawCsv => comma_separated(cells.iter().cloned(), bytes),
            Self::Tsv(escaping) => {
                let cells: Vec<_> = cells.iter().map(|cell| escaping.escape(cell)).collect();
                tab_separated(&cells, b'\n', bytes);
            }
            Self::Null => {
                let without_end = |cell: &Cow<'_, str>| cell.replace('\0', "\\u{0}").into();
                tab_separated(&cells.iter().map(without_end).collect::<Vec<_>>(), b'\0', bytes);
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

fn tab_separated(cells: &[Cow<'_, str>], end: u8, bytes: &mut Vec<u8>) {
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            bytes.push(b'\t');
        }
        bytes.extend_from_slice(cell.as_bytes());
    }
    bytes.push(end);
}

fn guarded(cell: &str, escaping: Escaping) -> Cow<'_, str> {
    let escaped = escaping.escape(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']);
    if formula { format!("'{escaped}").into() } else { escaped }
}
