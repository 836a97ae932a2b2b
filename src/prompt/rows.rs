//! Files full of rows with named columns: CSV, or an object a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::name_of;
use crate::error::{Error, Result};

/// The longest row, in bytes.
const LONGEST: u64 = 65_536;

/// What a spreadsheet puts before a file of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A row. May hold secrets: has no `Debug`.
pub struct Row {
    /// The values that it has, by column.
    pub values: Vec<(String, Zeroizing<String>)>,
}

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
        _ => separated(source, &name, on_columns, on_row),
    }
}

fn separated(
    source: impl Read,
    name: &str,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(u64, Result<Row>) -> Result<()>,
) -> Result<()> {
    // Every line ends alike, the last one too, so that they can be counted.
    let source = source.chain(&b"\n"[..]);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(source);
    let mut record = csv::ByteRecord::new();
    let mut columns: Option<Vec<String>> = None;
    while reader.read_byte_record(&mut record).map_err(|_| Error::rejected(format!("{name} cannot be read")))? {
        let inside: usize = record.iter().map(|value| value.split(|byte| *byte == b'\n').count() - 1).sum();
        let line = reader.position().line().saturating_sub(1 + u64::try_from(inside).unwrap_or_default());
        let values = values_of(&record);
        match (&columns, values) {
            (_, Ok(values)) if matches!(values.as_slice(), [only] if only.is_empty()) => {}
            (None, values) => {
                let header: Vec<String> = values?.iter().map(|column| column.trim().to_owned()).collect();
                on_columns(&header)?;
                columns = Some(header);
            }
            (Some(columns), values) => on_row(line, values.and_then(|values| row_of(columns, values)))?,
        }
    }
    Ok(())
}

/// The values of a line, without the first half of a line end of two.
fn values_of(record: &csv::ByteRecord) -> Result<Vec<Zeroizing<String>>> {
    let text = |value: &[u8]| std::str::from_utf8(value).map(|text| Zeroizing::new(text.to_owned()));
    let values: Result<Vec<_>, _> = record.iter().map(text).collect();
    let mut values = values.map_err(|_| Error::rejected("it is not UTF-8"))?;
    if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
        last.pop();
    }
    Ok(values)
}

fn row_of(columns: &[String], values: Vec<Zeroizing<String>>) -> Result<Row> {
    if values.len() != columns.len() {
        return Err(Error::rejected("it has not as many values as there are columns"));
    }
    Ok(Row { values: columns.iter().cloned().zip(values).collect() })
}

fn objects(
    mut source: impl BufRead,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(u64, Result<Row>) -> Result<()>,
) -> Result<()> {
    for line in 1.. {
        let mut text = Zeroizing::new(Vec::new());
        let wrong = || Error::rejected("it is not a JSON object of plain values");
        let length = (&mut source).take(LONGEST).read_until(b'\n', &mut text).map_err(|_| wrong())?;
        if length == 0 {
            break;
        }
        if text.trim_ascii().is_empty() {
            continue;
        }
        let object: Result<BTreeMap<String, Cell>> = serde_json::from_slice(&text).map_err(|_| wrong());
        let row = match object {
            Ok(object) => {
                on_columns(&object.keys().cloned().collect::<Vec<_>>())?;
                Ok(Row {
                    values: object.into_iter().filter_map(|(column, cell)| Some((column, cell.text()?))).collect(),
                })
            }
            Err(error) => Err(error),
        };
        on_row(line, row)?;
    }
    Ok(())
}

impl Cell {
    fn text(self) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(match self {
            Self::Null(()) => return None,
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
            Self::List(texts) => texts.join(";"),
        }))
    }
}
