//! CSV, separated by commas, semicolons or tabs.

use std::io::{BufRead, Cursor, Read};

use csv_core::ReadRecordResult;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::prompt::row::{LONGEST, MOST_VALUES, OnColumns, OnRow, Place, Row, too_long};

/// Passes the columns and the rows to the functions. Returns whether there is a
/// header.
pub(super) fn rows(
    mut source: impl BufRead,
    unreadable: &dyn Fn(std::io::Error) -> Error,
    on_columns: &mut OnColumns<'_>,
    on_row: &mut OnRow<'_>,
) -> Result<bool> {
    let header = header(&mut source).map_err(unreadable)?;
    let delimiter = delimiter(&header);
    let mut separated = Separated::new(Cursor::new(header).chain(source), delimiter);
    let mut columns: Option<Vec<String>> = None;
    while let Some((line, values)) = separated.next().map_err(unreadable)? {
        match (&columns, values) {
            (_, Ok(values)) if matches!(values.as_slice(), [only] if only.is_empty()) => {}
            (None, values) => {
                let values = values.map_err(|error| error.at(Place::of_line(line).to_string()))?;
                let header: Vec<String> = values.iter().map(|column| column.trim().to_owned()).collect();
                // What follows an unknown line end may be a password, and is not repeated.
                if header.iter().any(|column| column.contains(char::is_control)) {
                    return Err(Error::rejected("the first line has control characters or an unknown line end")
                        .hint("end each line with a line feed, or a carriage return and a line feed"));
                }
                on_columns(&header)?;
                columns = Some(header);
            }
            (Some(columns), values) => on_row(Place::of_line(line), values.and_then(|values| row_of(columns, values)))?,
        }
    }
    Ok(columns.is_some())
}

/// Reads to the end of the first line that is not blank. Blank lines before it are
/// kept as line ends, so that lines can be counted.
fn header(source: &mut impl BufRead) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut lines = Zeroizing::new(Vec::new());
    loop {
        let before = lines.len();
        let limit = u64::try_from((LONGEST + 1).saturating_sub(before)).unwrap_or(u64::MAX);
        let length = source.take(limit).read_until(b'\n', &mut lines)?;
        if length == 0 || !lines[before..].trim_ascii().is_empty() {
            return Ok(lines);
        }
        lines.truncate(before);
        lines.push(b'\n');
    }
}

/// Returns what separates the columns of a header. A spreadsheet writes
/// semicolons where the comma is the decimal separator.
fn delimiter(header: &[u8]) -> u8 {
    let has = |delimiter: &u8| header.contains(delimiter);
    [b',', b';', b'\t'].into_iter().find(has).unwrap_or(b',')
}

/// The values of a row, in the order of the columns.
type Values = Vec<Zeroizing<String>>;

/// CSV, row by row, with bounded memory.
struct Separated<R> {
    source: R,
    reader: csv_core::Reader,
    /// The values of the row, one after the other, and the end of each.
    text: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
    /// Whether the rest of a row that is too long follows.
    is_rest: bool,
}

impl<R: BufRead> Separated<std::io::Chain<R, &[u8]>> {
    fn new(source: R, delimiter: u8) -> Self {
        let terminator = csv_core::Terminator::Any(b'\n');
        Self {
            // Every line has an end, so that lines can be counted.
            source: source.chain(&b"\n"[..]),
            reader: csv_core::ReaderBuilder::new().delimiter(delimiter).terminator(terminator).build(),
            text: Zeroizing::new(vec![0; LONGEST + 1]),
            ends: vec![0; MOST_VALUES + 1],
            is_rest: false,
        }
    }

    /// Returns the next row: the line on which it begins, and its values.
    fn next(&mut self) -> std::io::Result<Option<(u64, Result<Values>)>> {
        let (mut length, mut count, mut lines) = (0, 0, 0);
        loop {
            let input = self.source.fill_buf()?;
            // The input ends within quotes.
            let is_cut = input.is_empty();
            let (what, read, written, ended) =
                self.reader.read_record(input, &mut self.text[length..], &mut self.ends[count..]);
            self.source.consume(read);
            let written = length..length + written;
            lines += self.text[written.clone()].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            (length, count) = (written.end, count + ended);
            match what {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record if self.is_rest => {
                    self.is_rest = false;
                    (length, count, lines) = (0, 0, 0);
                }
                ReadRecordResult::Record => {
                    let line = self.reader.line().saturating_sub(u64::from(!is_cut) + lines);
                    return Ok(Some((line, values_of(&self.text, &self.ends[..count]))));
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull if self.is_rest => {
                    (length, count) = (0, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    self.is_rest = true;
                    return Ok(Some((self.reader.line().saturating_sub(lines), Err(too_long()))));
                }
            }
        }
    }
}

/// Returns the values of a row, without the carriage return of its end.
fn values_of(text: &[u8], ends: &[usize]) -> Result<Values> {
    let starts = std::iter::once(&0).chain(ends);
    let text = |(start, end): (&usize, &usize)| {
        std::str::from_utf8(&text[*start..*end]).map(|text| Zeroizing::new(text.to_owned()))
    };
    let values: Result<Vec<_>, _> = starts.zip(ends).map(text).collect();
    let mut values = values.map_err(|_| Error::rejected("not UTF-8"))?;
    if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
        last.pop();
    }
    Ok(values)
}

fn row_of(columns: &[String], values: Values) -> Result<Row> {
    if values.len() != columns.len() {
        return Err(Error::rejected(format!("expected {} values, found {}", columns.len(), values.len())));
    }
    let values = columns.iter().cloned().zip(values).filter(|(_, value)| !value.is_empty());
    Ok(Row { values: values.collect(), lists: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N72.
    #[test]
    fn a_header_names_its_delimiter() {
        for (header, expected) in [
            ("username,groups", b','),
            ("username;email", b';'),
            ("username\temail", b'\t'),
            ("\"a;b\",c", b','),
            ("username", b','),
            ("", b','),
        ] {
            assert_eq!(delimiter(header.as_bytes()), expected, "{header}");
        }
    }
}
