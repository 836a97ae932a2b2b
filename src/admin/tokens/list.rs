//! Lists tokens with their users. Never writes.

use crate::admin::listing::{ListRequest, Listing};
use crate::admin::model::{Moment, TokenId};
use crate::admin::session::Session;
use crate::django::timestamp::TimeKeeping;
use crate::engine::Cell;
use crate::error::Result;
use crate::query;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::{Listed, ListedRow};
use crate::schema::layout::UserTable;

/// A token with its user, valid while its row is read.
#[derive(Clone, Copy)]
pub struct TokenRow<'a> {
    row: ListedRow<'a>,
    users: &'a UserTable,
    time: &'a TimeKeeping,
}

impl<'a> TokenRow<'a> {
    /// Returns the user's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn user(&self) -> Result<Cell<'a>> {
        self.row.get(Listed::User)
    }

    /// Returns the username, which need not be text.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn username(&self) -> Result<Cell<'a>> {
        self.row.get(Listed::Username)
    }

    /// Returns the token's key.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn key(&self) -> Result<Cell<'a>> {
        self.row.get(Listed::Key)
    }

    /// Returns the token's primary key.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn id(&self) -> Result<Option<TokenId>> {
        Ok(TokenId::of_cell(&self.row.get(Listed::Token)?))
    }

    /// Returns when the token was created.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn created(&self) -> Result<Option<Moment<'a>>> {
        Ok(Moment::of_cell(self.row.get(Listed::Created)?, self.time))
    }

    /// Returns whether the user may log in.
    ///
    /// Mirrors `AbstractBaseUser.is_active`, which is true without a column.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn is_active(&self) -> Result<bool> {
        Ok(self.users.is_active.is_none() || self.row.get(Listed::IsActive)?.as_bool().unwrap_or_default())
    }

    /// Returns whether the user may log into the admin site; `None` if the
    /// model has no such column.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn is_staff(&self) -> Result<Option<bool>> {
        Ok(self.row.get(Listed::IsStaff)?.as_bool())
    }

    /// Returns whether the user has all permissions; `None` if the model has no
    /// such column.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn is_superuser(&self) -> Result<Option<bool>> {
        Ok(self.row.get(Listed::IsSuperuser)?.as_bool())
    }

    /// Returns when the user last logged in.
    ///
    /// # Errors
    /// Same as [`TokenRow::user`].
    pub fn last_login(&self) -> Result<Option<Moment<'a>>> {
        Ok(Moment::of_cell(self.row.get(Listed::LastLogin)?, self.time))
    }
}

impl Session {
    /// Lists tokens, page by page.
    ///
    /// # Errors
    /// Rejected if the user model lacks a column of the request; busy or
    /// unusable if the database cannot be read; any error of `on_event`.
    pub fn list_tokens(
        &mut self,
        request: &ListRequest,
        on_event: &mut dyn FnMut(Listing<TokenRow<'_>>) -> Result<()>,
    ) -> Result<()> {
        self.layout()?.tokens()?;
        self.list(Subject::Tokens, request, &mut |event, users, time| {
            on_event(match event {
                Listing::Row(row) => Listing::Row(TokenRow { row, users, time }),
                Listing::EndOfPage => Listing::EndOfPage,
            })
        })
    }

    /// Returns the number of tokens.
    ///
    /// # Errors
    /// Same as [`Session::list_tokens`].
    pub fn count_tokens(&mut self, filter: &Filter) -> Result<u64> {
        self.layout()?.tokens()?;
        self.count_rows(Subject::Tokens, filter)
    }

    /// Returns the number of tokens. Without a filter it includes those without
    /// a user: joining all users would take too long.
    ///
    /// # Errors
    /// Same as [`Session::list_tokens`].
    pub fn estimate_tokens(&mut self, filter: &Filter) -> Result<u64> {
        if !filter.is_empty() {
            return self.count_tokens(filter);
        }
        let mut snapshot = self.snapshot()?;
        let tokens = snapshot.layout().tokens()?;
        let statement = query::rows::count(snapshot.dialect(), tokens.name());
        snapshot.count(&statement)
    }
}
