//! JSON: an object in each line, or an array of objects.

use std::cell::Cell as Counter;
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::prompt::row::{LONGEST, OnColumns, OnRow, Place, Row, too_long};

/// An object of JSON, with all of its names.
struct Object(Vec<(String, Cell)>);

/// A value of a column.
enum Cell {
    Null,
    Text(Zeroizing<String>),
    List(Zeroizing<Vec<String>>),
}

impl Cell {
    /// Reads a value. Keeps the text of a number and of a truth value: a conversion
    /// could change the digits.
    fn of(json: &RawValue) -> serde_json::Result<Self> {
        let text = json.get();
        match text.as_bytes().first() {
            Some(b'n') => Ok(Self::Null),
            Some(b'"') => serde_json::from_str(text).map(|text| Self::Text(Zeroizing::new(text))),
            Some(b'[') => serde_json::from_str(text).map(|texts| Self::List(Zeroizing::new(texts))),
            // The message is not shown.
            Some(b'{') => Err(serde::de::Error::custom("an object")),
            _ => Ok(Self::Text(Zeroizing::new(text.to_owned()))),
        }
    }
}

/// Passes the object of each line to the functions.
pub(super) fn lines(mut source: impl BufRead, on_columns: &mut OnColumns<'_>, on_row: &mut OnRow<'_>) -> Result<()> {
    for line in 1.. {
        let mut text = Zeroizing::new(Vec::new());
        let limit = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        let length = (&mut source).take(limit).read_until(b'\n', &mut text).map_err(|_| no_object())?;
        if length == 0 {
            break;
        }
        if length > LONGEST && text.last() != Some(&b'\n') {
            on_row(Place::of_line(line), Err(too_long()))?;
            source.skip_until(b'\n').map_err(|_| no_object())?;
            continue;
        }
        if !text.trim_ascii().is_empty() {
            pass(Place::of_line(line), &text, on_columns, on_row)?;
        }
    }
    Ok(())
}

/// Passes each object of an array to the functions, as it is read.
pub(super) fn array(source: impl BufRead, on_columns: &mut OnColumns<'_>, on_row: &mut OnRow<'_>) -> Result<()> {
    let (line, left) = (Counter::new(1), Counter::new(LONGEST));
    let mut stopped = None;
    let counted = Counted { source, line: &line, left: &left };
    let mut json = serde_json::Deserializer::from_reader(counted);
    let elements = Elements { line: &line, left: &left, number: 0, on_columns, on_row, stopped: &mut stopped };
    let outcome = json.deserialize_seq(elements).and_then(|()| json.end());
    match (stopped, outcome) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(_)) if left.get() == 0 => Err(too_long().at(format!("line {}", line.get()))),
        (None, Err(error)) if error.is_io() => Err(Error::rejected("the JSON array cannot be read").caused_by(error)),
        // The message of the parser may repeat a password.
        (None, Err(_)) => Err(Error::rejected("invalid JSON").at(format!("line {}", line.get()))),
    }
}

/// A reader that counts lines, and the bytes that an element may still have.
struct Counted<'a, R> {
    source: R,
    line: &'a Counter<u64>,
    left: &'a Counter<usize>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("too long"));
        }
        let most = buffer.len().min(self.left.get());
        let length = self.source.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - length);
        let ends: u64 = buffer[..length].iter().map(|byte| u64::from(*byte == b'\n')).sum();
        self.line.set(self.line.get() + ends);
        Ok(length)
    }
}

/// Reads an array element by element.
struct Elements<'a, 'f> {
    line: &'a Counter<u64>,
    left: &'a Counter<usize>,
    /// The number of the element that was read last.
    number: u64,
    on_columns: &'a mut OnColumns<'f>,
    on_row: &'a mut OnRow<'f>,
    /// The error of a function, which ends the reading.
    stopped: &'a mut Option<Error>,
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while elements.next_element_seed(&mut self)?.is_some() {
            self.left.set(LONGEST);
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        // The first byte of the element has been read.
        let line = self.line.get();
        self.number += 1;
        self.left.set(LONGEST);
        let text: Box<str> = Box::<RawValue>::deserialize(deserializer)?.into();
        let text = Zeroizing::new(String::from(text));
        pass(Place { line, element: Some(self.number) }, text.as_bytes(), self.on_columns, self.on_row).map_err(
            |error| {
                *self.stopped = Some(error);
                serde::de::Error::custom("stopped")
            },
        )
    }
}

/// Passes an object to the functions, or why it is rejected.
fn pass(place: Place, text: &[u8], on_columns: &mut OnColumns<'_>, on_row: &mut OnRow<'_>) -> Result<()> {
    match serde_json::from_slice(text) {
        Ok(Object(cells)) if has_twice(&cells) => on_row(place, Err(Error::rejected("duplicate name in the object"))),
        Ok(Object(cells)) => {
            on_columns(&cells.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())?;
            on_row(place, Ok(row_of_cells(cells)))
        }
        Err(_) => on_row(place, Err(no_object())),
    }
}

fn no_object() -> Error {
    Error::rejected("expected a JSON object of plain values")
}

fn has_twice(cells: &[(String, Cell)]) -> bool {
    cells.iter().enumerate().any(|(at, (name, _))| cells[..at].iter().any(|(before, _)| before == name))
}

fn row_of_cells(cells: Vec<(String, Cell)>) -> Row {
    let mut row = Row { values: Vec::new(), lists: Vec::new() };
    for (column, cell) in cells {
        let text = match cell {
            Cell::Null => continue,
            Cell::List(texts) => {
                row.lists.push((column, texts));
                continue;
            }
            Cell::Text(text) => text,
        };
        row.values.push((column, text));
    }
    row
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Cells)
    }
}

/// Reads an object name by name: a map would drop duplicate names.
struct Cells;

impl<'de> Visitor<'de> for Cells {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut cells = Vec::new();
        while let Some((name, json)) = map.next_entry::<String, &RawValue>()? {
            cells.push((name, Cell::of(json).map_err(serde::de::Error::custom)?));
        }
        Ok(Object(cells))
    }
}
