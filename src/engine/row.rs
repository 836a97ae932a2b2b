//! A row of a result, borrowed from the engine.

use crate::engine::value::Cell;
use crate::error::{Error, Result};

/// The cells of an engine's row.
pub trait Cells {
    /// Returns a cell by its index among the selected expressions.
    ///
    /// # Errors
    /// Internal if there is none, or it cannot be decoded.
    fn cell(&self, at: usize) -> Result<Cell<'_>>;
}

/// A row, valid while it is read. Copies nothing before it is asked for.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cells: &'a dyn Cells,
}

impl<'a> Row<'a> {
    /// Returns the row with these cells.
    #[must_use]
    pub fn new(cells: &'a dyn Cells) -> Self {
        Self { cells }
    }

    /// Returns a cell.
    ///
    /// # Errors
    /// Same as [`Cells::cell`].
    pub fn get(&self, at: usize) -> Result<Cell<'a>> {
        self.cells.cell(at)
    }

    /// Returns the text of a cell, with `\xff` for each byte that is not UTF-8.
    ///
    /// # Errors
    /// Same as [`Cells::cell`].
    pub fn text(&self, at: usize) -> Result<String> {
        Ok(self.get(at)?.readable().into_owned())
    }

    /// Returns the text of a cell; `None` for NULL.
    ///
    /// # Errors
    /// Same as [`Cells::cell`].
    pub fn optional_text(&self, at: usize) -> Result<Option<String>> {
        let cell = self.get(at)?;
        Ok(if cell.is_null() { None } else { Some(cell.readable().into_owned()) })
    }

    /// Returns whether a cell is true: 1, or the text `1`.
    ///
    /// # Errors
    /// Same as [`Cells::cell`].
    pub fn flag(&self, at: usize) -> Result<bool> {
        let cell = self.get(at)?;
        Ok(cell.as_integer() == Some(1) || cell.as_str() == Some("1"))
    }
}

/// Returns the error for a cell that was not selected.
#[must_use]
pub(in crate::engine) fn no_cell() -> Error {
    Error::internal("a row has fewer cells than were selected")
}
