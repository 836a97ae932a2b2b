//! The rows of a list.

use crate::engine::{Cell, Row, Value};
use crate::error::Result;
use crate::query::row_check::check;

/// A row of [`sort_keys`](crate::query::listing::sort_keys).
#[derive(Clone, Copy)]
pub struct SortedRow<'a>(pub Row<'a>);

impl<'a> SortedRow<'a> {
    /// Returns the sort value.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn sort(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns the user's primary key.
    ///
    /// # Errors
    /// Same as [`SortedRow::sort`].
    pub fn user(&self) -> Result<Cell<'a>> {
        self.0.get(1)
    }

    /// Returns the token's primary key, or NULL.
    ///
    /// # Errors
    /// Same as [`SortedRow::sort`].
    pub fn token(&self) -> Result<Cell<'a>> {
        self.0.get(2)
    }
}

/// A row of [`page`](crate::query::listing::page) or
/// [`of_keys`](crate::query::listing::of_keys). Decodes a cell when it is asked
/// for.
#[derive(Clone, Copy)]
pub struct ListedRow<'a>(Row<'a>);

/// The cells of a row that are read; the others are NULL. Always includes those
/// that the next page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSet(u16);

impl CellSet {
    /// Returns the set of these cells.
    #[must_use]
    pub fn of(cells: &[Listed]) -> Self {
        let mut bits = 0;
        for cell in [Listed::Sort, Listed::User].iter().chain(cells) {
            bits |= 1 << *cell as u16;
        }
        Self(bits)
    }

    /// Returns whether a cell is read.
    pub(super) fn has(self, cell: Listed) -> bool {
        self.0 & 1 << cell as u16 != 0
    }
}

impl Default for CellSet {
    /// Returns all cells.
    fn default() -> Self {
        Self(u16::MAX)
    }
}

/// The cells of a [`ListedRow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The sort value.
    Sort,
    /// The user's primary key.
    User,
    /// The token's primary key.
    Token,
    /// The username.
    Username,
    /// The token's key.
    Key,
    /// When the token was created.
    Created,
    /// Whether the user holds a token.
    HasToken,
    /// `email`
    Email,
    /// `is_active`
    IsActive,
    /// `is_staff`
    IsStaff,
    /// `is_superuser`
    IsSuperuser,
    /// `date_joined`
    DateJoined,
    /// `last_login`
    LastLogin,
    /// `password`
    Password,
    /// Whether the row is the one that an index was searched for.
    Sound,
}

/// The number of cells of a [`ListedRow`].
const CELLS: usize = Listed::Sound as usize + 1;

impl<'a> ListedRow<'a> {
    /// Returns the row.
    ///
    /// # Errors
    /// Unusable if a damaged index led to it.
    pub fn new(row: Row<'a>) -> Result<Self> {
        check(row, Listed::Sound as usize).map(|()| Self(row))
    }

    /// Copies the cells.
    ///
    /// # Errors
    /// Same as [`ListedRow::get`].
    pub fn to_values(&self) -> Result<Vec<Value>> {
        let mut values = Vec::with_capacity(CELLS);
        for at in 0..CELLS {
            values.push(self.0.get(at)?.to_value());
        }
        Ok(values)
    }

    /// Returns a cell; NULL if the model has no such column.
    ///
    /// # Errors
    /// Internal if it cannot be decoded.
    pub fn get(&self, cell: Listed) -> Result<Cell<'a>> {
        self.0.get(cell as usize)
    }

    /// Returns the size of the text in its cells, in bytes.
    ///
    /// # Errors
    /// Same as [`ListedRow::get`].
    pub fn size(&self) -> Result<usize> {
        let mut size = 0;
        for at in 0..CELLS {
            size += match self.0.get(at)? {
                Cell::Text(text) => text.len(),
                Cell::Bytes(bytes) => bytes.len(),
                _ => 0,
            };
        }
        Ok(size)
    }

    /// Returns the cursor of a page that ends with this row.
    ///
    /// # Errors
    /// Same as [`ListedRow::get`].
    pub fn cursor(&self) -> Result<Cursor> {
        Ok(Cursor {
            sort: self.get(Listed::Sort)?.to_value(),
            user: self.get(Listed::User)?.to_value(),
            token: self.get(Listed::Token)?.to_value(),
        })
    }
}

/// The position of a page's last row.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The sort value.
    pub sort: Value,
    /// The user's primary key.
    pub user: Value,
    /// The token's primary key; NULL in a list of users.
    pub token: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Cells;

    /// A row whose cells are text and bytes of these lengths, and numbers.
    struct Lengths(usize, usize);

    impl Cells for Lengths {
        fn cell(&self, at: usize) -> Result<Cell<'_>> {
            const LETTERS: &[u8] = b"abcdefghij";
            Ok(match at {
                0 => Cell::Text(LETTERS[..self.0].into()),
                1 => Cell::Bytes(LETTERS[..self.1].into()),
                _ => Cell::Integer(1),
            })
        }
    }

    #[test]
    fn the_size_of_a_row_is_that_of_its_text_and_bytes() {
        assert_eq!(ListedRow(Row::new(&Lengths(2, 3))).size().unwrap(), 5);
    }

    #[test]
    fn a_cell_set_includes_the_cells_of_the_cursor() {
        let cells = CellSet::of(&[Listed::Username]);
        for (cell, is_read) in
            [(Listed::Sort, true), (Listed::User, true), (Listed::Username, true), (Listed::IsActive, false)]
        {
            assert_eq!(cells.has(cell), is_read, "{}", cell as u16);
        }
    }
}
