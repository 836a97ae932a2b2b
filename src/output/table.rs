//! A table with borders, for people: a page at a time, so that its memory is
//! bounded.

use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

/// How many rows are laid out together.
const PAGE: usize = 1000;

/// The blanks beside the content of a cell.
const PADDING: u16 = 2;

/// The rows above the first one: border, header, border.
const HEAD: usize = 3;

/// A row, as it is shown.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// Whether it is shown fainter than others.
    pub(super) is_faint: bool,
}

/// Whether a table is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coloring {
    Colored,
    Plain,
}

/// A table that is being written.
#[derive(Debug)]
pub(super) struct Pages {
    coloring: Coloring,
    /// The widest content of each column so far: no later page is narrower.
    widths: Vec<u16>,
    /// The rows of the page.
    rows: Vec<Row>,
    /// The border to end with.
    last: Option<String>,
}

impl Pages {
    /// A table without rows.
    pub(super) fn new(coloring: Coloring) -> Self {
        Self { coloring, widths: Vec::new(), rows: Vec::new(), last: None }
    }

    /// Adds a row; whether the page is full.
    pub(super) fn row(&mut self, row: Row) -> bool {
        self.rows.push(row);
        self.rows.len() == PAGE
    }

    /// Writes the rows of the page, after the names of the columns if they are
    /// the first.
    pub(super) fn page(&mut self, names: &[&str], bytes: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        // Never wrapped: a key that is broken in two cannot be copied.
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(names);
        let mut faint = Vec::with_capacity(rows.len());
        for row in rows {
            faint.push(row.is_faint);
            table.add_row(row.cells);
        }
        let found = table.column_max_content_widths();
        self.widths.resize(found.len(), 0);
        for ((width, found), column) in self.widths.iter_mut().zip(found).zip(table.column_iter_mut()) {
            *width = found.max(*width);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*width + PADDING)));
        }
        let mut lines: Vec<String> = table.lines().collect();
        let is_first = self.last.is_none();
        self.last = lines.pop();
        for (at, line) in lines.iter().enumerate().skip(if is_first { 0 } else { HEAD }) {
            let is_faint = at.checked_sub(HEAD).and_then(|at| faint.get(at)).is_some_and(|is_faint| *is_faint);
            let style = match (self.coloring, at, is_faint) {
                (Coloring::Colored, 1, _) => Style::new().bold(),
                (Coloring::Colored, _, true) => Style::new().dimmed(),
                _ => Style::new(),
            };
            bytes.extend_from_slice(format!("{style}{line}{style:#}\n").as_bytes());
        }
    }

    /// Ends the table.
    pub(super) fn end(&mut self, bytes: &mut Vec<u8>) {
        if let Some(last) = self.last.take() {
            bytes.extend_from_slice(last.as_bytes());
            bytes.push(b'\n');
        }
    }
}
