//! Files full of rows with named columns: CSV, or an object a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use serde::Deserialize;
use zeroize::Zeroizing;

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
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
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
    let mut reader = csv::Reader::from_reader(source);
    let wrong = |error: &csv::Error| {
        Error::rejected(match error.kind() {
            csv::ErrorKind::UnequalLengths { .. } => "it has not as many values as there are columns",
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
            _ => "it cannot be read",
        })
    };
    let header = reader.headers().map_err(|error| wrong(&error).at(format!("the first line of {name}")))?;
    let columns: Vec<String> = header.iter().map(|column| column.trim().to_owned()).collect();
    on_columns(&columns)?;
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        let row = match reader.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let values = record.iter().map(|value| Zeroizing::new(value.to_owned()));
                Ok(Row { values: columns.iter().cloned().zip(values).collect() })
            }
            Err(error) if matches!(error.kind(), csv::ErrorKind::Io(_)) => return Err(wrong(&error).at(name)),
            Err(error) => Err(wrong(&error)),
        };
        let line = record.position().filter(|_| row.is_ok()).map_or(line, csv::Position::line);
        on_row(line, row)?;
    }
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
        let row = object.and_then(|object| {
            on_columns(&object.keys().cloned().collect::<Vec<_>>())?;
            Ok(Row { values: object.into_iter().filter_map(|(column, cell)| Some((column, cell.text()?))).collect() })
        });
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
