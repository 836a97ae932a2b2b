//! One row of a result, borrowed from the engine.

use crate::engine::value::Cell;
use crate::error::{Error, Result};

/// What an engine's row can do.
pub trait Cells {
    /// A cell by its place among the selected expressions.
    ///
    /// # Errors
    /// Internal, if there is none, or it cannot be decoded.
    fn cell(&self, at: usize) -> Result<Cell<'_>>;
}

/// A row, for as long as it is read. Nothing of it is copied before it is
/// asked for.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cells: &'a dyn Cells,
}

impl<'a> Row<'a> {
    /// A row of an engine.
    #[must_use]
    pub fn new(cells: &'a dyn Cells) -> Self {
        Self { cells }
    }

    /// A cell.
    ///
    /// # Errors
    /// As [`Cells::cell`].
    pub fn get(&self, at: usize) -> Result<Cell<'a>> {
        self.cells.cell(at)
    }

    /// The text of a cell, with what is no UTF-8 written out.
    ///
    /// # Errors
    /// As [`Cells::cell`].
    pub fn text(&self, at: usize) -> Result<String> {
        Ok(self.get(at)?.readable().into_owned())
    }

    /// The text of a cell, or none for NULL.
    ///
    /// # Errors
    /// As [`Cells::cell`].
    pub fn optional_text(&self, at: usize) -> Result<Option<String>> {
        let cell = self.get(at)?;
        Ok(if cell.is_null() { None } else { Some(cell.readable().into_owned()) })
    }

    /// Whether a cell holds a true value: 1, or the text `1`.
    ///
    /// # Errors
    /// As [`Cells::cell`].
    pub fn flag(&self, at: usize) -> Result<bool> {
        let cell = self.get(at)?;
        Ok(cell.as_integer() == Some(1) || cell.as_str() == Some("1"))
    }
}

/// The error for a cell that was not selected.
#[must_use]
pub(in crate::engine) fn no_cell() -> Error {
    Error::internal("a row has fewer cells than were selected")
}
