//! Records become bytes, page by page, in one of the formats.

use std::borrow::Cow;

use clap::ValueEnum;
use zeroize::Zeroizing;

use crate::output::escape::Escaping;
use crate::output::json;
use crate::output::record::{Field, Record};
use crate::output::separated::Separation;
use crate::output::table::{self, Coloring};

/// The shape of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: a sentence or a line for each fact
    Text,
    /// The key alone, a line each
    Raw,
    /// An array of objects
    Json,
    /// An object a line
    Jsonl,
    /// Comma-separated, safe to open in a spreadsheet
    Csv,
    /// Tab-separated, a record a line
    Tsv,
    /// A table with borders
    Table,
}

/// How records are written.
#[derive(Clone, Debug)]
pub struct Style {
    /// The shape.
    pub format: Format,
    /// The fields to write, in this order; all of them, if none are named.
    pub columns: Vec<&'static str>,
    /// Whether lines of values have their names before them.
    pub header: bool,
    /// Whether what ASCII does not have is written out.
    pub ascii: bool,
    /// Whether CSV has the values as they are.
    pub csv_raw: bool,
    /// Whether lines of values end in a NUL, and have them as they are.
    pub null: bool,
    /// Whether a table is colored.
    pub color: bool,
}

impl Style {
    /// A format, with those fields.
    #[must_use]
    pub fn of(format: Format, columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), ..Self::from(format) }
    }
}

impl From<Format> for Style {
    fn from(format: Format) -> Self {
        Self { format, columns: Vec::new(), header: true, ascii: false, csv_raw: false, null: false, color: false }
    }
}

/// Writes records, as many as come.
#[derive(Debug)]
pub(super) struct Writer {
    style: Style,
    /// The wanted columns by their place among those of a record, and their
    /// names; known from the first record on.
    columns: Vec<(usize, &'static str)>,
    /// How many records are written.
    written: usize,
    table: table::Pages,
}

/// The place of a column that a record does not have.
const NOWHERE: usize = usize::MAX;

impl Writer {
    pub(super) fn new(style: Style) -> Self {
        let coloring = if style.color { Coloring::Colored } else { Coloring::Plain };
        Self { style, columns: Vec::new(), written: 0, table: table::Pages::new(coloring) }
    }

    /// Appends a record; in a table it may wait for the end of the page.
    pub(super) fn record(&mut self, record: &dyn Record, bytes: &mut Vec<u8>) {
        if self.columns.is_empty() {
            self.columns = self.wanted(&record.columns());
        }
        match self.style.format {
            Format::Text => self.text(record, bytes),
            // A command refuses the format where it has no secret to show.
            Format::Raw => {
                if let Some(key) = record.key() {
                    bytes.extend_from_slice(self.escaping().escape(key).as_bytes());
                    bytes.push(b'\n');
                }
            }
            Format::Json => {
                bytes.extend_from_slice(if self.written == 0 { b"[\n  " } else { b",\n  " });
                json::object(self.fields(record), self.escaping(), bytes);
            }
            Format::Jsonl => {
                json::object(self.fields(record), self.escaping(), bytes);
                bytes.push(b'\n');
            }
            Format::Csv | Format::Tsv => self.line(record, bytes),
            Format::Table => {
                let escaping = self.escaping();
                let mut cells = Vec::with_capacity(self.columns.len());
                for (_, field) in self.fields(record) {
                    cells.push(escaping.escape(&field.glance()).into_owned());
                }
                if self.table.row(table::Row { cells, is_faint: record.is_faint() }) {
                    self.end_page(bytes);
                }
            }
        }
        self.written += 1;
    }

    /// Appends what waits for the end of a page.
    pub(super) fn end_page(&mut self, bytes: &mut Vec<u8>) {
        if self.style.format == Format::Table {
            self.table.page(&self.names(), bytes);
        }
    }

    /// Appends what comes after the last record.
    pub(super) fn end(&mut self, bytes: &mut Vec<u8>) {
        self.end_page(bytes);
        match self.style.format {
            Format::Json => bytes.extend_from_slice(if self.written == 0 { b"[]\n" } else { b"\n]\n" }),
            Format::Csv | Format::Tsv if self.written == 0 => self.header(&self.style.columns, bytes),
            Format::Table => self.table.end(bytes),
            _ => {}
        }
    }

    fn escaping(&self) -> Escaping {
        if self.style.ascii { Escaping::NonAscii } else { Escaping::Hidden }
    }

    fn separation(&self) -> Separation {
        match (self.style.null, self.style.format, self.style.csv_raw) {
            (true, ..) => Separation::Null,
            (_, Format::Csv, true) => Separation::RawCsv,
            (_, Format::Csv, false) => Separation::Csv(self.escaping()),
            _ => Separation::Tsv(self.escaping()),
        }
    }

    /// The wanted columns of a record.
    fn wanted(&self, known: &[&'static str]) -> Vec<(usize, &'static str)> {
        if self.style.columns.is_empty() {
            return known.iter().copied().enumerate().collect();
        }
        let place = |wanted: &str| known.iter().position(|name| *name == wanted).unwrap_or(NOWHERE);
        self.style.columns.iter().map(|name| (place(name), *name)).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(_, name)| *name).collect()
    }

    /// The fields that are wanted, in the order in which they are.
    fn fields<'a>(&'a self, record: &'a dyn Record) -> impl Iterator<Item = (&'static str, Field<'a>)> {
        self.columns.iter().map(|(at, name)| (*name, if *at == NOWHERE { Field::Absent } else { record.field(*at) }))
    }

    fn header(&self, names: &[&'static str], bytes: &mut Vec<u8>) {
        if self.style.header && !self.style.null && !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| Cow::Borrowed(*name)).collect();
            self.separation().line(&names, bytes);
        }
    }

    fn line(&self, record: &dyn Record, bytes: &mut Vec<u8>) {
        if self.written == 0 {
            self.header(&self.names(), bytes);
        }
        let fields: Vec<_> = self.fields(record).collect();
        let cells: Vec<_> = fields.iter().map(|(_, field)| field.plain()).collect();
        self.separation().line(&cells, bytes);
    }

    fn text(&self, record: &dyn Record, bytes: &mut Vec<u8>) {
        let sentences = record.sentences();
        for sentence in &sentences {
            bytes.extend_from_slice(self.escaping().escape(sentence).as_bytes());
            bytes.push(b'\n');
        }
        if !sentences.is_empty() {
            return;
        }
        if self.written > 0 {
            bytes.push(b'\n');
        }
        for (name, field) in self.fields(record) {
            let line = Zeroizing::new(format!("{name}: {}\n", self.escaping().escape(&field.plain())));
            bytes.extend_from_slice(line.as_bytes());
        }
    }
}
