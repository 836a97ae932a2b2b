//! The cells of a user, in a list of users or of tokens.

use crate::admin::model::moment::Moment;
use crate::django::timestamp::TimeKeeping;
use crate::engine::Cell;
use crate::error::Result;
use crate::query::listed::{Listed, ListedRow};
use crate::query::users::may_log_in;
use crate::schema::layout::UserTable;

/// A user in a list, valid while its row is read.
#[derive(Clone, Copy)]
pub struct UserCells<'a> {
    row: ListedRow<'a>,
    users: &'a UserTable,
    time: &'a TimeKeeping,
}

impl<'a> UserCells<'a> {
    pub(in crate::admin) fn new(row: ListedRow<'a>, users: &'a UserTable, time: &'a TimeKeeping) -> Self {
        Self { row, users, time }
    }

    /// Returns a cell of the row.
    pub(in crate::admin) fn get(&self, cell: Listed) -> Result<Cell<'a>> {
        self.row.get(cell)
    }

    /// Returns the timestamp in a cell of the row; `None` for NULL.
    pub(in crate::admin) fn moment(&self, cell: Listed) -> Result<Option<Moment<'a>>> {
        Ok(Moment::of_cell(self.row.get(cell)?, self.time))
    }

    pub(in crate::admin) fn table(&self) -> &'a UserTable {
        self.users
    }

    /// Returns the primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn id(&self) -> Result<Cell<'a>> {
        self.get(Listed::User)
    }

    /// Returns the username, which need not be text.
    ///
    /// # Errors
    /// Same as [`UserCells::id`].
    pub fn username(&self) -> Result<Cell<'a>> {
        self.get(Listed::Username)
    }

    /// Returns whether the user may log in.
    ///
    /// # Errors
    /// Same as [`UserCells::id`].
    pub fn is_active(&self) -> Result<bool> {
        Ok(may_log_in(self.users, &self.get(Listed::IsActive)?))
    }

    /// Returns whether the user may log into the admin site; `None` if the
    /// model has no such column.
    ///
    /// # Errors
    /// Same as [`UserCells::id`].
    pub fn is_staff(&self) -> Result<Option<bool>> {
        Ok(self.get(Listed::IsStaff)?.as_bool())
    }

    /// Returns whether the user has all permissions; `None` if the model has no
    /// such column.
    ///
    /// # Errors
    /// Same as [`UserCells::id`].
    pub fn is_superuser(&self) -> Result<Option<bool>> {
        Ok(self.get(Listed::IsSuperuser)?.as_bool())
    }

    /// Returns when the user last logged in.
    ///
    /// # Errors
    /// Same as [`UserCells::id`].
    pub fn last_login(&self) -> Result<Option<Moment<'a>>> {
        self.moment(Listed::LastLogin)
    }
}
