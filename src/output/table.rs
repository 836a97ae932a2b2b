//! Tables for people, written a page at a time so that memory stays bounded.
//! On a terminal they are no wider than its window.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

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
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let mut styles = Vec::with_capacity(rows.len() + 2);
        if is_first && *has_header {
            table.add_row(shown.iter().map(|at| columns[*at].header.as_str()));
            table.add_row(widths.iter().map(|width| rule.repeat(*width)));
            styles.extend([Style::new().bold(), Style::new().dimmed()]);
        }
        let mut long = LongTexts::default();
        for mut row in rows {
            styles.push(if row.is_faint { Style::new().dimmed() } else { Style::new() });
            table.add_row(shown.iter().zip(&widths).map(|(at, width)| {
                let cell = &mut row.cells[*at];
                if window.is_some() {
                    cell.shorten(*width, mark);
                }
                long.replace(std::mem::take(&mut cell.text))
            }));
        }
        for (column, width) in table.column_iter_mut().zip(&widths) {
            let width = u16::try_from(width + GAP).unwrap_or(u16::MAX);
            column.set_padding((0, u16::try_from(GAP).unwrap_or_default()));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
        for (line, style) in table.lines().zip(styles) {
            let line = long.restore(line);
            let style = if *has_color { style } else { Style::new() };
            bytes.extend_from_slice(format!("{style}{}{style:#}\n", line.trim_end()).as_bytes());
        }
    }
}

/// The texts wider than [`LONGEST`] of a page, from left to right and from top to
/// bottom. comfy-table counts widths in 16 bits, so it gets NULs in their place:
/// an escaped text contains none.
#[derive(Debug, Default)]
struct LongTexts(VecDeque<String>);

impl LongTexts {
    /// Returns what comfy-table gets for a text.
    fn replace(&mut self, text: String) -> String {
        if fit::width(&text) <= LONGEST {
            return text;
        }
        self.0.push_back(text);
        "\0".repeat(LONGEST)
    }

    /// Returns a line of comfy-table with the texts in their places.
    fn restore(&mut self, mut line: String) -> String {
        while line.contains('\0')
            && let Some(text) = self.0.pop_front()
        {
            line = line.replacen(&"\0".repeat(LONGEST), &text, 1);
        }
        line
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &'static str) -> Column {
        Column { name, header: name.to_owned(), priority: Priority::Required }
    }

    fn row(texts: [&str; 3]) -> Row {
        Row { cells: texts.map(|text| Cell { text: text.to_owned(), is_shortenable: false }).into(), is_faint: false }
    }

    #[test]
    fn a_page_is_full_with_its_last_row_or_byte() {
        let half = "x".repeat(PAGE_BYTES / 2);
        for (texts, rows) in [(["a", "b", "c"], PAGE), ([&half, "", ""], 2), ([&half, "", &half], 1)] {
            let appearance = Appearance { has_color: false, has_header: false, rule: "-", mark: "...", window: None };
            let mut pages = Pages::new(appearance);
            let full: Vec<bool> = (0..rows).map(|_| pages.row(row(texts))).collect();
            assert_eq!(full.iter().position(|is_full| *is_full), Some(rows - 1), "{rows}");
        }
    }

    /// N87
    #[test]
    fn a_cell_wider_than_16_bits_moves_only_the_rest_of_its_line() {
        let blanks = " ".repeat(LONGEST - 1);
        for length in [LONGEST, LONGEST + 1, 65_533, 65_534, 65_535, 65_536, 200_000] {
            for window in [None, Some(Window::new(usize::from(u16::MAX)))] {
                let appearance = Appearance { has_color: false, has_header: false, rule: "-", mark: "...", window };
                let mut pages = Pages::new(appearance);
                let (x, y) = ("x".repeat(length), "y".repeat(length));
                for texts in [["a", "b", "c"], ["d", &x, "e"], [&y, &x, &y], ["f", "g", "h"]] {
                    pages.row(row(texts));
                }
                let mut bytes = Vec::new();
                pages.page(&["one", "two", "three"].map(column), &mut bytes);
                let wanted =
                    format!("a{blanks}  b{blanks}  c\nd{blanks}  {x}  e\n{y}  {x}  {y}\nf{blanks}  g{blanks}  h\n");
                assert!(String::from_utf8(bytes).unwrap() == wanted, "{length}");
            }
        }
    }
}
