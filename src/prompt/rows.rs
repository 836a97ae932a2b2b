//! Files of rows with named columns: CSV, JSON objects one per line, or a JSON
//! array of objects.

mod json;
mod separated;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::Path;

use crate::error::{Error, Result};
use crate::prompt::input::{BYTE_ORDER_MARK, name_of};
use crate::prompt::row::{OnColumns, OnRow};

/// Passes the columns, then each row with its line to the functions; `-` is
/// standard input. A file that begins with `{` has a JSON object in each line, one
/// that begins with `[` is a JSON array, any other is CSV.
///
/// # Errors
/// Usage if the input is empty; rejected if it cannot be read; any error of a
/// function. No message repeats the content.
pub fn rows(path: &Path, on_columns: &mut OnColumns<'_>, on_row: &mut OnRow<'_>) -> Result<()> {
    let name = name_of(path);
    let unreadable =
        |error: std::io::Error| Error::rejected(format!("{name} cannot be read: {error}")).caused_by(error);
    let source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(stdin()) } else { Box::new(File::open(path).map_err(unreadable)?) };
    let mut source = BufReader::new(source);
    if source.fill_buf().map_err(unreadable)?.starts_with(BYTE_ORDER_MARK) {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let start = source.fill_buf().map_err(unreadable)?.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    match start {
        Some(b'{') => json::lines(source, on_columns, on_row),
        Some(b'[') => json::array(source, on_columns, on_row),
        _ if separated::rows(source, &unreadable, on_columns, on_row)? => Ok(()),
        _ => Err(Error::usage(format!("{name} is empty: there is no header"))
            .hint("begin CSV with a line of column names; an empty list of JSON is []")),
    }
}
