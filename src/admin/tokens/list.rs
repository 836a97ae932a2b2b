//! Lists tokens with their users. Never writes.

use crate::admin::listing::{ListRequest, Listing};
use crate::admin::model::{Moment, TokenId, UserCells};
use crate::admin::session::Session;
use crate::engine::Cell;
use crate::error::Result;
use crate::query;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::Listed;

/// A token with its user, valid while its row is read.
#[derive(Clone, Copy)]
pub struct TokenRow<'a> {
    /// The user.
    pub user: UserCells<'a>,
}

impl<'a> TokenRow<'a> {
    /// Returns the token's key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn key(&self) -> Result<Cell<'a>> {
        self.user.get(Listed::Key)
    }

    /// Returns the token's primary key.
    ///
    /// # Errors
    /// Same as [`TokenRow::key`].
    pub fn id(&self) -> Result<Option<TokenId>> {
        Ok(TokenId::of_cell(&self.user.get(Listed::Token)?))
    }

    /// Returns when the token was created.
    ///
    /// # Errors
    /// Same as [`TokenRow::key`].
    pub fn created(&self) -> Result<Option<Moment<'a>>> {
        self.user.moment(Listed::Created)
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
                Listing::Row(row) => Listing::Row(TokenRow { user: UserCells::new(row, users, time) }),
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
