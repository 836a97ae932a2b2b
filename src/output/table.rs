//! A table with borders, for people: a page at a time, so that its memory is
//! bounded.

use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};

use super::escape::Escaping;
use super::record::Field;

/// How many rows are laid out together.
pub(super) const PAGE: usize = 1000;

/// The blanks beside the content of a cell.
const PADDING: u16 = 2;

/// The rows above the first one: border, header, border.
const HEAD: usize = 3;

/// A row, and whether it is shown fainter.
pub(super) type Row<'a> = (Vec<(&'static str, Field<'a>)>, bool);

/// A table that is being written.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The widest content of each column so far: no later page is narrower.
    widths: Vec<u16>,
    /// The border to end with.
    last: Option<String>,
}

impl Pages {
    /// Writes rows, after the header if they are the first.
    pub(super) fn page(&mut self, rows: &[Row<'_>], escaping: Escaping, color: bool, bytes: &mut Vec<u8>) {
        let Some((first, _)) = rows.first() else { return };
        let mut table = Table::new();
        // Never wrapped: a key that is broken in two cannot be copied.
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(first.iter().map(|(name, _)| *name));
        for (row, _) in rows {
            table.add_row(row.iter().map(|(_, field)| escaping.escape(&field.glance()).to_string()));
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
            let is_faint = at.checked_sub(HEAD).and_then(|at| rows.get(at)).is_some_and(|(_, is_faint)| *is_faint);
            let style = match (color, at, is_faint) {
                (true, 1, _) => Style::new().bold(),
                (true, _, true) => Style::new().dimmed(),
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
