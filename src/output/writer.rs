//! Turns records into bytes, page by page, in one of the formats.

use clap::ValueEnum;
use zeroize::Zeroizing;

use crate::output::escape::Escaping;
use crate::output::fit::Priority;
use crate::output::json;
use crate::output::record::{ColumnKind, Field, MORE, Record};
use crate::output::separated::{Guard, Separated, Separation};
use crate::output::table::{Appearance, Cell, Column, Pages, Row, Window};

/// A format of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: sentences, or a line for each field
    Text,
    /// Keys only, one per line
    Raw,
    /// An array of objects
    Json,
    /// One object per line
    Jsonl,
    /// Comma-separated values, safe to open in a spreadsheet
    Csv,
    /// Tab-separated values, safe to open in a spreadsheet
    Tsv,
    /// A table that fits the terminal
    Table,
}

/// How records are written.
#[derive(Clone, Debug)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// The fields to write, in this order; if empty, all of them.
    pub columns: Vec<&'static str>,
    /// Whether a table keeps every column, however narrow the window is.
    pub keeps_columns: bool,
    /// Whether a line of column names comes first.
    pub header: bool,
    /// Whether characters outside ASCII are escaped.
    pub ascii: bool,
    /// Whether CSV and TSV have formulas of spreadsheets unchanged.
    pub raw: bool,
    /// Whether lines end with NUL and have values unchanged.
    pub null: bool,
    /// Whether a table has colors.
    pub color: bool,
    /// The window that a table fits; none, if it is written in full.
    pub window: Option<Window>,
}

impl Style {
    /// Returns the style, limited to those fields.
    #[must_use]
    pub fn of(style: impl Into<Self>, columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), ..style.into() }
    }
}

impl From<Format> for Style {
    fn from(format: Format) -> Self {
        Self {
            format,
            columns: Vec::new(),
            keeps_columns: false,
            header: true,
            ascii: false,
            raw: false,
            null: false,
            color: false,
            window: None,
        }
    }
}

/// Writes any number of records.
#[derive(Debug)]
pub(super) struct Writer {
    style: Style,
    /// The index of each selected column in a record, and its name; read from
    /// the first record.
    columns: Vec<(usize, &'static str)>,
    /// The columns of a table; read from the first record.
    table_columns: Vec<Column>,
    /// The number of records so far.
    written: usize,
    table: Pages,
}

/// The index of a column that a record does not have.
const MISSING: usize = usize::MAX;

/// The columns of secrets.
const SECRETS: [&str; 2] = ["key", "password"];

impl Writer {
    /// Returns a writer without records.
    pub(super) fn new(style: Style) -> Self {
        let table = Pages::new(Appearance {
            has_color: style.color,
            has_header: style.header,
            rule: if style.ascii { "-" } else { "─" },
            mark: mark(&style),
            window: style.window.clone(),
        });
        Self { style, columns: Vec::new(), table_columns: Vec::new(), written: 0, table }
    }

    /// Appends a record; a table may keep it until the end of the page.
    pub(super) fn record(&mut self, record: &dyn Record, bytes: &mut Vec<u8>) {
        if self.columns.is_empty() {
            self.columns = self.selected(&record.columns());
        }
        match self.style.format {
            Format::Text => self.text(record, bytes),
            // Commands without a secret reject this format.
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
                if self.table_columns.is_empty() {
                    self.table_columns = self.table_columns(record);
                }
                let cells = self.fields(record).map(|(name, field)| self.cell(name, &field)).collect();
                if self.table.row(Row { cells, is_faint: record.is_faint() }) {
                    self.end_page(bytes);
                }
            }
        }
        self.written += 1;
    }

    /// Appends the rows that a table has kept.
    pub(super) fn end_page(&mut self, bytes: &mut Vec<u8>) {
        if self.style.format == Format::Table {
            self.table.page(&self.table_columns, bytes);
        }
    }

    /// Appends what follows the last record.
    pub(super) fn end(&mut self, bytes: &mut Vec<u8>) {
        self.end_page(bytes);
        match self.style.format {
            Format::Json => bytes.extend_from_slice(if self.written == 0 { b"[]\n" } else { b"\n]\n" }),
            Format::Csv | Format::Tsv if self.written == 0 => self.header(&self.style.columns, bytes),
            _ => {}
        }
    }

    fn escaping(&self) -> Escaping {
        if self.style.ascii { Escaping::NonAscii } else { Escaping::Hidden }
    }

    fn separation(&self) -> Separation {
        match (self.style.null, self.style.format, self.style.raw) {
            (true, ..) => Separation::Null,
            (_, Format::Csv, true) => Separation::RawCsv,
            (_, Format::Csv, false) => Separation::Csv(self.escaping()),
            (_, _, true) => Separation::Tsv(self.escaping(), Guard::Nothing),
            _ => Separation::Tsv(self.escaping(), Guard::Formulas),
        }
    }

    /// Returns the selected columns of a record.
    fn selected(&self, known: &[&'static str]) -> Vec<(usize, &'static str)> {
        if self.style.columns.is_empty() {
            return known.iter().copied().enumerate().collect();
        }
        let index = |wanted: &str| known.iter().position(|name| *name == wanted).unwrap_or(MISSING);
        self.style.columns.iter().map(|name| (index(name), *name)).collect()
    }

    fn names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|(_, name)| *name).collect()
    }

    /// Returns the selected fields of a record.
    fn fields<'a>(&'a self, record: &'a dyn Record) -> impl Iterator<Item = (&'static str, Field<'a>)> {
        self.columns.iter().map(|(at, name)| (*name, if *at == MISSING { Field::Absent } else { record.field(*at) }))
    }

    /// Returns the columns of a table of such records.
    fn table_columns(&self, record: &dyn Record) -> Vec<Column> {
        let optional = record.optional_columns();
        let column = |(_, name): &(usize, &'static str)| {
            let is_time = ColumnKind::of(name) == ColumnKind::Time;
            let priority = match optional.iter().position(|optional| optional == name) {
                _ if self.style.keeps_columns => Priority::Required,
                Some(rank) => Priority::Optional(rank),
                None if is_time => Priority::Useful,
                None => Priority::Required,
            };
            let header = if is_time { format!("{name} (UTC)") } else { (*name).to_owned() };
            Column { name, header, priority }
        };
        self.columns.iter().map(column).collect()
    }

    /// Returns a cell of a table.
    fn cell(&self, name: &str, field: &Field<'_>) -> Cell {
        let kind = ColumnKind::of(name);
        let text = match field {
            Field::Shortened(text) => [&*self.escaping().escape(text), mark(&self.style)].concat(),
            field => self.escaping().escape(&field.brief(kind)).into_owned(),
        };
        Cell { text, is_shortenable: kind == ColumnKind::Text && field.is_text() }
    }

    fn header(&self, names: &[&'static str], bytes: &mut Vec<u8>) {
        if self.style.header && !self.style.null && !names.is_empty() {
            let names: Vec<_> = names.iter().map(|name| Separated::Text((*name).into())).collect();
            self.separation().line(&names, bytes);
        }
    }

    fn line(&self, record: &dyn Record, bytes: &mut Vec<u8>) {
        if self.written == 0 {
            self.header(&self.names(), bytes);
        }
        let fields: Vec<_> = self.fields(record).collect();
        let values: Vec<_> = fields.iter().map(|(name, field)| separated(name, field, &self.style)).collect();
        self.separation().line(&values, bytes);
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

/// Returns the value of a field for a line of separated values.
fn separated<'a>(name: &str, field: &'a Field<'_>, style: &Style) -> Separated<'a> {
    match field {
        Field::Shortened(text) => Separated::Text([text, mark(style)].concat().into()),
        Field::Number(number) | Field::Age(number) => Separated::Exact(number.to_string().into()),
        field => {
            let text = field.plain();
            if SECRETS.contains(&name) && text.bytes().all(is_of_secrets) {
                Separated::Exact(text)
            } else {
                Separated::Text(text)
            }
        }
    }
}

/// Returns whether a character is of the alphabet of random keys, base64url. A key
/// may begin with `-`, and would be of no use with an apostrophe.
fn is_of_secrets(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Returns what a shortened text ends with.
fn mark(style: &Style) -> &'static str {
    if style.ascii { "..." } else { MORE }
}

#[cfg(test)]
mod tests;
