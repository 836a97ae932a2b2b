//! Records become bytes, page by page, in one of the formats.

use std::borrow::Cow;

use clap::ValueEnum;
use zeroize::Zeroizing;

use super::escape::Escaping;
use super::json;
use super::record::{Field, Record};
use super::separated::Separation;
use super::table;

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
    /// Whether a table is coloured.
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
    /// How many records are written.
    written: usize,
    table: table::Pages,
}

impl Writer {
    pub(super) fn new(style: Style) -> Self {
        Self { style, written: 0, table: table::Pages::default() }
    }

    /// Appends records.
    pub(super) fn page(&mut self, records: &[&dyn Record], bytes: &mut Vec<u8>) {
        match self.style.format {
            Format::Text => records.iter().for_each(|record| self.text(*record, bytes)),
            // A command refuses the format where it has no secret to show.
            Format::Raw => records.iter().filter_map(|record| record.key()).for_each(|key| {
                bytes.extend_from_slice(self.escaping().escape(key).as_bytes());
                bytes.push(b'\n');
            }),
            Format::Json => records.iter().for_each(|record| {
                bytes.extend_from_slice(if self.written == 0 { b"[\n  " } else { b",\n  " });
                self.written += 1;
                json::object(&self.fields(*record), self.escaping(), bytes);
            }),
            Format::Jsonl => records.iter().for_each(|record| {
                json::object(&self.fields(*record), self.escaping(), bytes);
                bytes.push(b'\n');
            }),
            Format::Csv | Format::Tsv => records.iter().for_each(|record| self.line(*record, bytes)),
            Format::Table => {
                for page in records.chunks(table::PAGE) {
                    let rows: Vec<_> = page.iter().map(|record| (self.fields(*record), record.is_faint())).collect();
                    self.table.page(&rows, self.escaping(), self.style.color, bytes);
                }
            }
        }
    }

    /// Appends what comes after the last record.
    pub(super) fn end(&mut self, bytes: &mut Vec<u8>) {
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

    /// The fields that are wanted, in the order in which they are.
    fn fields<'a>(&self, record: &'a dyn Record) -> Vec<(&'static str, Field<'a>)> {
        let mut fields = record.fields();
        if self.style.columns.is_empty() {
            return fields;
        }
        let take = |wanted: &&'static str| {
            let field = fields.iter_mut().find(|(name, _)| name == wanted);
            (*wanted, field.map_or(Field::Absent, |(_, field)| std::mem::replace(field, Field::Absent)))
        };
        self.style.columns.iter().map(take).collect()
    }

    fn header(&self, names: &[&'static str], bytes: &mut Vec<u8>) {
        if self.style.header && !self.style.null && !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| Cow::Borrowed(*name)).collect();
            self.separation().line(&names, bytes);
        }
    }

    fn line(&mut self, record: &dyn Record, bytes: &mut Vec<u8>) {
        let fields = self.fields(record);
        if self.written == 0 {
            let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
            self.header(&names, bytes);
        }
        self.written += 1;
        let cells: Vec<_> = fields.iter().map(|(_, field)| field.plain()).collect();
        self.separation().line(&cells, bytes);
    }

    fn text(&mut self, record: &dyn Record, bytes: &mut Vec<u8>) {
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
        self.written += 1;
        for (name, field) in self.fields(record) {
            let line = Zeroizing::new(format!("{name}: {}\n", self.escaping().escape(&field.plain())));
            bytes.extend_from_slice(line.as_bytes());
        }
    }
}
