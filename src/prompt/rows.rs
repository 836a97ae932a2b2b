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

/// A row. May hold secrets: has no `Debug`.
pub struct Row {
    /// Its line in the file.
    pub line: u64,
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

/// Hands the columns, then every row to the functions; `-` is standard input.
/// A file that begins with `{` has an object a line, any other is CSV.
///
/// # Errors
/// Rejected, if it cannot be read; else what a function says. No message
/// repeats the content.
pub fn rows(
    path: &Path,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<()> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let unreadable =
        |error: std::io::Error| Error::rejected(format!("{name} cannot be read: {error}")).caused_by(error);
    let source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(stdin()) } else { Box::new(File::open(path).map_err(unreadable)?) };
    let mut source = BufReader::new(source);
    let start = source.fill_buf().map_err(unreadable)?;
    if start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
        objects(source, &name, on_columns, on_row)
    } else {
        separated(source, &name, on_columns, on_row)
    }
}

fn separated(
    source: impl Read,
    name: &str,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<()> {
    let mut reader = csv::Reader::from_reader(source);
    let wrong = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { .. } => "it has not as many values as there are columns",
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
            _ => "it cannot be read",
        };
        Error::rejected(format!("line {line} of {name}: {what}"))
    };
    let columns: Vec<String> =
        reader.headers().map_err(|error| wrong(&error))?.iter().map(|column| column.trim().to_owned()).collect();
    on_columns(&columns)?;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| wrong(&error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let values = columns.iter().cloned().zip(record.iter().map(|value| Zeroizing::new(value.to_owned()))).collect();
        on_row(Row { line, values })?;
    }
    Ok(())
}

fn objects(
    mut source: impl BufRead,
    name: &str,
    on_columns: &mut dyn FnMut(&[String]) -> Result<()>,
    on_row: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<()> {
    for line in 1.. {
        let mut text = Zeroizing::new(String::new());
        let wrong = || Error::rejected(format!("line {line} of {name} is not a JSON object of plain values"));
        let length = (&mut source).take(LONGEST).read_line(&mut text).map_err(|_| wrong())?;
        if length == 0 {
            break;
        }
        if text.trim().is_empty() {
            continue;
        }
        let object: BTreeMap<String, Cell> = serde_json::from_str(&text).map_err(|_| wrong())?;
        on_columns(&object.keys().cloned().collect::<Vec<_>>())?;
        let values = object.into_iter().filter_map(|(column, cell)| Some((column, cell.text()?))).collect();
        on_row(Row { line, values })?;
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
