//! Tables for people, written a page at a time so that memory stays bounded.
//! On a terminal they are no wider than its window.

use std::cell::RefCell;
use std::rc::Rc;

use anstyle::Style;

use crate::output::fit::{self, GAP, Measure, Priority};

/// The number of rows in a page, and of bytes, since a cell may have any length.
const PAGE: usize = 1000;
const PAGE_BYTES: usize = 1 << 20;

/// The widest column, in terminal columns. On a terminal, a longer text is
/// shortened in every layout; elsewhere, it moves the rest of its line.
const LONGEST: usize = 1000;

/// The terminal window that a table is printed in.
#[derive(Clone, Debug)]
pub struct Window {
    width: usize,
    omitted: Rc<RefCell<Vec<&'static str>>>,
}

impl Window {
    /// Returns a window with that number of columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, omitted: Rc::default() }
    }

    /// Returns the names of the columns that did not fit so far.
    #[must_use]
    pub fn omitted(&self) -> Vec<&'static str> {
        self.omitted.borrow().clone()
    }
}

/// A column of a table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) header: String,
    pub(super) priority: Priority,
}

/// A cell, escaped.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Whether the end may be omitted: never that of a key or a number.
    pub(super) is_shortenable: bool,
}

impl Cell {
    /// Omits the end of a text that is wider than the limit.
    fn shorten(&mut self, limit: usize, mark: &str) {
        if self.is_shortenable {
            self.text = fit::shortened(std::mem::take(&mut self.text), limit, mark);
        }
    }
}

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// Whether it is printed fainter than others.
    pub(super) is_faint: bool,
}

/// How a table looks.
#[derive(Debug)]
pub(super) struct Appearance {
    pub(super) has_color: bool,
    pub(super) has_header: bool,
    /// What the line below the header is drawn with.
    pub(super) rule: &'static str,
    /// What a shortened text ends with.
    pub(super) mark: &'static str,
    /// The window to fit; none, if every cell is written in full.
    pub(super) window: Option<Window>,
}

/// How the records of a table are laid out.
#[derive(Debug)]
enum Layout {
    /// A line for each record, with these columns.
    Lines(Vec<usize>),
    /// A line for each field, since not even the required columns fit.
    Fields,
}

/// A table that is being written.
#[derive(Debug)]
pub(super) struct Pages {
    appearance: Appearance,
    /// What the columns need; no page is laid out for less than those before it.
    measures: Vec<Measure>,
    /// The rows of the current page.
    rows: Vec<Row>,
    /// The size of their cells, in bytes.
    size: usize,
    /// Chosen for the first page: its header is that of the others.
    layout: Option<Layout>,
}

impl Pages {
    /// Returns a table without rows.
    pub(super) fn new(appearance: Appearance) -> Self {
        Self { appearance, measures: Vec::new(), rows: Vec::new(), size: 0, layout: None }
    }

    /// Adds a row, and returns whether the page is full.
    pub(super) fn row(&mut self, mut row: Row) -> bool {
        for cell in &mut row.cells {
            if self.appearance.window.is_some() {
                cell.shorten(LONGEST, self.appearance.mark);
            }
            self.size += cell.text.len();
        }
        self.rows.push(row);
        self.rows.len() == PAGE || self.size >= PAGE_BYTES
    }

    /// Writes the rows of the current page, after the header if it is the first.
    pub(super) fn page(&mut self, columns: &[Column], bytes: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.rows);
        self.size = 0;
        if rows.is_empty() {
            return;
        }
        self.measure(columns, &rows);
        let is_first = self.layout.is_none();
        if is_first {
            self.layout = Some(self.choose_layout(columns));
        }
        match &self.layout {
            Some(Layout::Lines(shown)) => self.write_lines(shown, columns, rows, is_first, bytes),
            _ => write_fields(columns, &rows, is_first, bytes),
        }
    }

    /// Widens the measures to what the rows of a page need.
    fn measure(&mut self, columns: &[Column], rows: &[Row]) {
        if self.measures.is_empty() {
            let has_header = self.appearance.has_header;
            let header = |column: &Column| if has_header { fit::width(&column.header) } else { 0 };
            let measure =
                |column| Measure { natural: header(column), fixed: header(column), priority: column.priority };
            self.measures = columns.iter().map(measure).collect();
        }
        for row in rows {
            for (measure, cell) in self.measures.iter_mut().zip(&row.cells) {
                // The other rows are not padded to the width of a huge cell.
                let width = fit::width(&cell.text).min(LONGEST);
                measure.natural = measure.natural.max(width);
                if !cell.is_shortenable {
                    measure.fixed = measure.fixed.max(width);
                }
            }
        }
    }

    fn choose_layout(&self, columns: &[Column]) -> Layout {
        let all = 0..columns.len();
        let Some(window) = &self.appearance.window else { return Layout::Lines(all.collect()) };
        let Some(shown) = fit::columns(&self.measures, window.width) else { return Layout::Fields };
        window.omitted.borrow_mut().extend(all.filter(|at| !shown.contains(at)).map(|at| columns[at].name));
        Layout::Lines(shown)
    }

    fn write_lines(&self, shown: &[usize], columns: &[Column], rows: Vec<Row>, is_first: bool, bytes: &mut Vec<u8>) {
        let Appearance { has_color, has_header, rule, mark, window } = &self.appearance;
        let measures: Vec<Measure> = shown.iter().map(|at| self.measures[*at]).collect();
        let widths = fit::widths(&measures, window.as_ref().map_or(usize::MAX, |window| window.width));
        let styled = |style| if *has_color { style } else { Style::new() };
        if is_first && *has_header {
            let headers = shown.iter().map(|at| columns[*at].header.as_str());
            write_line(headers, &widths, styled(Style::new().bold()), bytes);
            let rules: Vec<String> = widths.iter().map(|width| rule.repeat(*width)).collect();
            write_line(rules.iter().map(String::as_str), &widths, styled(Style::new().dimmed()), bytes);
        }
        for mut row in rows {
            if window.is_some() {
                for (at, width) in shown.iter().zip(&widths) {
                    row.cells[*at].shorten(*width, mark);
                }
            }
            let style = if row.is_faint { Style::new().dimmed() } else { Style::new() };
            write_line(shown.iter().map(|at| row.cells[*at].text.as_str()), &widths, styled(style), bytes);
        }
    }
}

/// Writes cells side by side, each padded to the width of its column except for
/// those at the end of the line.
fn write_line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize], style: Style, bytes: &mut Vec<u8>) {
    let mut line = String::new();
    let mut blanks = 0;
    for (cell, width) in cells.zip(widths) {
        line.extend(std::iter::repeat_n(' ', blanks));
        line.push_str(cell);
        blanks = width.saturating_sub(fit::width(cell)) + GAP;
    }
    bytes.extend_from_slice(format!("{style}{}{style:#}\n", line.trim_end()).as_bytes());
}

/// Writes a line for each field, and an empty line between records.
fn write_fields(columns: &[Column], rows: &[Row], is_first: bool, bytes: &mut Vec<u8>) {
    let widest = columns.iter().map(|column| fit::width(&column.header)).max().unwrap_or_default();
    for (row, is_first) in rows.iter().zip([is_first].into_iter().chain(std::iter::repeat(false))) {
        if !is_first {
            bytes.push(b'\n');
        }
        for (column, cell) in columns.iter().zip(&row.cells) {
            let blanks = widest - fit::width(&column.header) + GAP;
            let line = format!("{}{:blanks$}{}", column.header, "", cell.text);
            bytes.extend_from_slice(line.trim_end().as_bytes());
            bytes.push(b'\n');
        }
    }
}
