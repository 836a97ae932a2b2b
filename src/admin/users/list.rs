//! Lists users. Never writes.

use crate::admin::listing::{ListRequest, Listing};
use crate::admin::model::Moment;
use crate::admin::session::Session;
use crate::django::password::StoredPassword;
use crate::django::timestamp::TimeKeeping;
use crate::engine::Cell;
use crate::error::Result;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::{Listed, ListedRow};
use crate::schema::layout::UserTable;

/// A user, valid while its row is read.
#[derive(Clone, Copy)]
pub struct UserRow<'a> {
    row: ListedRow<'a>,
    users: &'a UserTable,
    time: &'a TimeKeeping,
}

impl<'a> UserRow<'a> {
    /// Returns the username, which need not be text.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn username(&self) -> Result<Cell<'a>> {
        self.row.get(Listed::Username)
    }

    /// Returns the e-mail address.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn email(&self) -> Result<Cell<'a>> {
        self.row.get(Listed::Email)
    }

    /// Returns whether the user may log in.
    ///
    /// Mirrors `AbstractBaseUser.is_active`, which is true without a column.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn is_active(&self) -> Result<bool> {
        Ok(self.users.is_active.is_none() || self.row.get(Listed::IsActive)?.as_bool().unwrap_or_default())
    }

    /// Returns whether the user may log into the admin site; `None` if the
    /// model has no such column.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn is_staff(&self) -> Result<Option<bool>> {
        Ok(self.row.get(Listed::IsStaff)?.as_bool())
    }

    /// Returns whether the user has all permissions; `None` if the model has no
    /// such column.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn is_superuser(&self) -> Result<Option<bool>> {
        Ok(self.row.get(Listed::IsSuperuser)?.as_bool())
    }

    /// Returns when the user was created.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn date_joined(&self) -> Result<Option<Moment<'a>>> {
        Ok(Moment::of_cell(self.row.get(Listed::DateJoined)?, self.time))
    }

    /// Returns when the user last logged in.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn last_login(&self) -> Result<Option<Moment<'a>>> {
        Ok(Moment::of_cell(self.row.get(Listed::LastLogin)?, self.time))
    }

    /// Returns whether the user holds a token; `None` if there is no token
    /// table.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn has_token(&self) -> Result<Option<bool>> {
        Ok(self.row.get(Listed::HasToken)?.as_bool())
    }

    /// Returns the algorithm and work factor of the password, and nothing of
    /// the hash; `None` if the model has no passwords.
    ///
    /// # Errors
    /// Same as [`UserRow::username`].
    pub fn password(&self) -> Result<Option<String>> {
        if self.users.find_column("password").is_none() {
            return Ok(None);
        }
        Ok(Some(StoredPassword::of(self.row.get(Listed::Password)?.as_str().unwrap_or_default()).to_string()))
    }
}

impl Session {
    /// Lists users, page by page.
    ///
    /// # Errors
    /// Rejected if the user model lacks a column of the request; busy or
    /// unusable if the database cannot be read; any error of `on_event`.
    pub fn list_users(
        &mut self,
        request: &ListRequest,
        on_event: &mut dyn FnMut(Listing<UserRow<'_>>) -> Result<()>,
    ) -> Result<()> {
        self.list(Subject::Users, request, &mut |event, users, time| {
            on_event(match event {
                Listing::Row(row) => Listing::Row(UserRow { row, users, time }),
                Listing::EndOfPage => Listing::EndOfPage,
            })
        })
    }

    /// Returns the number of users.
    ///
    /// # Errors
    /// Same as [`Session::list_users`].
    pub fn count_users(&mut self, filter: &Filter) -> Result<u64> {
        self.count_rows(Subject::Users, filter)
    }
}
