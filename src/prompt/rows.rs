//! Files full of rows with named columns: CSV, or an object a line.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use csv_core::ReadRecordResult;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::prompt::input::name_of;

/// The longest row, in bytes: a file without line ends must not fill the memory.
const LONGEST: usize = 65_536;

/// The most values of a row.
const MOST_VALUES: usize = 4_096;

/// What a spreadsheet puts before a file of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A row. May hold secrets: has no `Debug`.
pub struct Row {
    /// The values that it has, by column. An empty cell of CSV and a null of
    /// JSON are none.
    pub values: Vec<(String, Zeroizing<String>)>,
    /// The lists that it has, by column.
    pub lists: Vec<(String, Vec<String>)>,
}

/// An object of JSON, with every name that it has.
struct Object(Vec<(String, Cell)>);

/// A value of JSON that stands in a column.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Null(()),
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
}

impl Row {
    /// The value of a column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str())
    }
}

/// Hands the columns, then every row with its line to the functions; `-` is standard input.
/// A file that begins with `{` has an object a line, any other is CSV.
///
/// # Errors
/// Rejected, if it cannot be read; else what a function says. No message
/// repeats the content.
pub fn rows(
    path: &Path,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(u64, Result<Row>) -> Result<()>,
) -> Result<()> {
    let name = name_of(path);
    let unreadable =
        |error: std::io::Error| Error::rejected(format!("{name} cannot be read: {error}")).caused_by(error);
    let source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(stdin()) } else { Box::new(File::open(path).map_err(unreadable)?) };
    let mut source = BufReader::new(source);
    if source.fill_buf().map_err(unreadable)?.starts_with(BYTE_ORDER_MARK) {
        source.consume(BYTE_ORDER_MARK.len());
    }
    match source.fill_buf().map_err(unreadable)?.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => objects(source, on_columns, on_row),
        Some(b'[') => Err(Error::rejected(format!("{name} is a JSON array")).hint("write an object a line")),
        _ => separated(source, &unreadable, on_columns, on_row),
    }
}

fn separated(
    source: impl BufRead,
    unreadable: &dyn Fn(std::io::Error) -> Error,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(u64, Result<Row>) -> Result<()>,
) -> Result<()> {
    let mut separated = Separated::new(source);
    let mut columns: Option<Vec<String>> = None;
    while let Some((line, values)) = separated.next().map_err(unreadable)? {
        match (&columns, values) {
            (_, Ok(values)) if matches!(values.as_slice(), [only] if only.is_empty()) => {}
            (None, values) => {
                let header: Vec<String> = values?.iter().map(|column| column.trim().to_owned()).collect();
                // What follows a line end that is not known may be a password: it is not repeated.
                if header.iter().any(|column| column.contains(char::is_control)) {
                    return Err(Error::rejected("the first line does not end, or has control characters")
                        .hint("end each line with a line feed, or a carriage return and a line feed"));
                }
                on_columns(&header)?;
                columns = Some(header);
            }
            (Some(columns), values) => on_row(line, values.and_then(|values| row_of(columns, values)))?,
        }
    }
    Ok(())
}

/// The values of a row, in the order of the columns.
type Values = Vec<Zeroizing<String>>;

/// CSV, row by row, in a memory of bounds.
struct Separated<R> {
    source: R,
    reader: csv_core::Reader,
    /// The values of the row, one after the other, and where each ends.
    text: Zeroizing<Vec<u8>>,
    ends: Vec<usize>,
    /// Whether what comes is the rest of a row that was too long.
    is_rest: bool,
}

impl<R: BufRead> Separated<std::io::Chain<R, &[u8]>> {
    fn new(source: R) -> Self {
        Self {
            // Every line ends alike, the last one too, so that they can be counted.
            source: source.chain(&b"\n"[..]),
            reader: csv_core::ReaderBuilder::new().terminator(csv_core::Terminator::Any(b'\n')).build(),
            text: Zeroizing::new(vec![0; LONGEST + 1]),
            ends: vec![0; MOST_VALUES + 1],
            is_rest: false,
        }
    }

    /// The next row: the line that it begins on, and its values.
    fn next(&mut self) -> std::io::Result<Option<(u64, Result<Values>)>> {
        let (mut length, mut count, mut lines) = (0, 0, 0);
        loop {
            let input = self.source.fill_buf()?;
            // A quote that is never closed: no line end was left to end the row.
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

/// The values of a row, without the first half of a line end of two.
fn values_of(text: &[u8], ends: &[usize]) -> Result<Values> {
    let starts = std::iter::once(&0).chain(ends);
    let text = |(start, end): (&usize, &usize)| {
        std::str::from_utf8(&text[*start..*end]).map(|text| Zeroizing::new(text.to_owned()))
    };
    let values: Result<Vec<_>, _> = starts.zip(ends).map(text).collect();
    let mut values = values.map_err(|_| Error::rejected("it is not UTF-8"))?;
    if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
        last.pop();
    }
    Ok(values)
}

fn row_of(columns: &[String], values: Values) -> Result<Row> {
    if values.len() != columns.len() {
        return Err(Error::rejected("it has not as many values as there are columns"));
    }
    let values = columns.iter().cloned().zip(values).filter(|(_, value)| !value.is_empty());
    Ok(Row { values: values.collect(), lists: Vec::new() })
}

fn too_long() -> Error {
    Error::rejected(format!("it is longer than {LONGEST} bytes, or has more than {MOST_VALUES} values"))
}

fn objects(
    mut source: impl BufRead,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(u64, Result<Row>) -> Result<()>,
) -> Result<()> {
    let wrong = || Error::rejected("it is not a JSON object of plain values");
    for line in 1.. {
        let mut text = Zeroizing::new(Vec::new());
        let limit = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        let length = (&mut source).take(limit).read_until(b'\n', &mut text).map_err(|_| wrong())?;
        if length == 0 {
            break;
        }
        if length > LONGEST && text.last() != Some(&b'\n') {
            on_row(line, Err(too_long()))?;
            source.skip_until(b'\n').map_err(|_| wrong())?;
            continue;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(&text) {
            Ok(Object(cells)) if has_twice(&cells) => on_row(line, Err(Error::rejected("it has a name twice")))?,
            Ok(Object(cells)) => {
                on_columns(&cells.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())?;
                on_row(line, Ok(row_of_cells(cells)))?;
            }
            Err(_) => on_row(line, Err(wrong()))?,
        }
    }
    Ok(())
}

fn has_twice(cells: &[(String, Cell)]) -> bool {
    cells.iter().enumerate().any(|(at, (name, _))| cells[..at].iter().any(|(before, _)| before == name))
}

fn row_of_cells(cells: Vec<(String, Cell)>) -> Row {
    let mut row = Row { values: Vec::new(), lists: Vec::new() };
    for (column, cell) in cells {
        let text = match cell {
            Cell::Null(()) => continue,
            Cell::List(texts) => {
                row.lists.push((column, texts));
                continue;
            }
            Cell::Flag(flag) => flag.to_string(),
            Cell::Number(number) => number.to_string(),
            Cell::Text(text) => text,
        };
        row.values.push((column, Zeroizing::new(text)));
    }
    row
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Cells)
    }
}

/// Reads an object name by name; a map would drop all but the last of one.
struct Cells;

impl<'de> Visitor<'de> for Cells {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut cells = Vec::new();
        while let Some(cell) = map.next_entry()? {
            cells.push(cell);
        }
        Ok(Object(cells))
    }
}
