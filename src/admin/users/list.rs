//! Lists users. Never writes.

use crate::admin::listing::{ListRequest, Listing};
use crate::admin::model::{Moment, UserCells};
use crate::admin::session::Session;
use crate::django::password::StoredPassword;
use crate::engine::Cell;
use crate::error::Result;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::Listed;

/// A user, valid while its row is read.
#[derive(Clone, Copy)]
pub struct UserRow<'a> {
    /// What lists of tokens show of a user, too.
    pub user: UserCells<'a>,
}

impl<'a> UserRow<'a> {
    /// Returns the e-mail address.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn email(&self) -> Result<Cell<'a>> {
        self.user.get(Listed::Email)
    }

    /// Returns when the user was created.
    ///
    /// # Errors
    /// Same as [`UserRow::email`].
    pub fn date_joined(&self) -> Result<Option<Moment<'a>>> {
        self.user.moment(Listed::DateJoined)
    }

    /// Returns whether the user holds a token; `None` if there is no token
    /// table.
    ///
    /// # Errors
    /// Same as [`UserRow::email`].
    pub fn has_token(&self) -> Result<Option<bool>> {
        Ok(self.user.get(Listed::HasToken)?.as_bool())
    }

    /// Returns the algorithm and work factor of the password, and nothing of
    /// the hash; `None` if the model has no passwords.
    ///
    /// # Errors
    /// Same as [`UserRow::email`].
    pub fn password(&self) -> Result<Option<String>> {
        if self.user.table().find_column("password").is_none() {
            return Ok(None);
        }
        Ok(Some(StoredPassword::of(self.user.get(Listed::Password)?.as_str().unwrap_or_default()).to_string()))
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
                Listing::Row(row) => Listing::Row(UserRow { user: UserCells::new(row, users, time) }),
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
