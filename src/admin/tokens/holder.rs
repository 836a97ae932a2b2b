//! Looks up which users hold which keys. Never writes.

use std::collections::HashMap;

use crate::admin::model::{Moment, StoredName, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::tokens::key_shape::{COMPARED, compare};
use crate::admin::users::find::not_found;
use crate::django::authorization::PresentedKey;
use crate::django::key_shape::KeyComparison;
use crate::django::token_key::TokenKey;
use crate::engine::{Lock, Query, Row, Statement, Value};
use crate::error::{Error, Result};
use crate::query;
use crate::query::tokens::{HeldRow, outermost_keys};
use crate::schema::layout::TokenTable;

/// Which user each of some keys authenticates.
pub(super) struct Acceptance<'k> {
    users: HashMap<&'k str, Option<UserId>>,
}

impl<'k> Acceptance<'k> {
    pub(super) fn of(keys: &'k [PresentedKey]) -> Self {
        Self { users: keys.iter().map(|key| (key.reveal(), None)).collect() }
    }

    /// Adds a row of [`query::tokens::accepted`].
    pub(super) fn add(&mut self, row: Row<'_>) -> Result<()> {
        let row = HeldRow::new(row)?;
        let key = row.key()?.to_value();
        if let Some(user) = key.as_str().and_then(|key| self.users.get_mut(key)) {
            *user = UserId::of_cell(&row.user()?);
        }
        Ok(())
    }

    pub(super) fn user(&self, key: &str) -> Option<&UserId> {
        self.users.get(key)?.as_ref()
    }
}

impl Snapshot<'_> {
    /// Returns the user who holds a key, if there is one.
    pub(in crate::admin) fn holder(&mut self, key: &TokenKey) -> Result<Option<UserId>> {
        let tokens = self.layout().tokens()?;
        let statement = query::tokens::holders(tokens, self.dialect(), vec![Value::text(key.reveal())], None);
        let mut holder = None;
        self.each(&statement, &mut |row| {
            holder = UserId::of_cell(&HeldRow::new(row)?.user()?);
            Ok(())
        })?;
        Ok(holder)
    }

    /// Returns the tokens of some users, by user. Adds the keys of the first and the
    /// last users to a comparison, in the same round trip.
    pub(super) fn held(
        &mut self,
        tokens: &TokenTable,
        users: &[Value],
        lock: Option<Lock>,
        comparison: Option<&mut KeyComparison>,
    ) -> Result<HashMap<UserId, (Value, String)>> {
        let mut held = HashMap::with_capacity(users.len());
        let (time, dialect) = (self.time(), self.dialect());
        let compared = outermost_keys(tokens, dialect, COMPARED);
        let mut comparison = comparison;
        for some in users.chunks(dialect.many.asked()) {
            let statement = query::tokens::held(tokens, dialect, some.to_vec(), lock);
            let mut on_row = |row: Row<'_>| {
                let row = HeldRow::new(row)?;
                let created = Moment::of_cell(row.created()?, time);
                let created = created.map(|created| created.text().into_owned()).unwrap_or_default();
                if let Some(user) = UserId::of_cell(&row.user()?) {
                    held.insert(user, (row.key()?.to_value(), created));
                }
                Ok(())
            };
            let held = Query { statement: &statement, on_row: &mut on_row };
            match comparison.take() {
                Some(comparison) => {
                    let mut on_row = |row: Row<'_>| compare(comparison, row);
                    self.all(&mut [held, Query { statement: &compared, on_row: &mut on_row }])?;
                }
                None => self.all(&mut [held])?,
            }
        }
        Ok(held)
    }

    /// Returns for each key the user that the application authenticates with
    /// it, if there is one.
    pub(in crate::admin) fn accepted(&mut self, keys: &[PresentedKey]) -> Result<Vec<Option<UserId>>> {
        let mut acceptance = Acceptance::of(keys);
        for some in keys.chunks(self.dialect().many.asked()) {
            let statement = self.accepted_statement(some)?;
            self.each(&statement, &mut |row| acceptance.add(row))?;
        }
        Ok(keys.iter().map(|key| acceptance.user(key.reveal()).cloned()).collect())
    }

    /// Returns whether the database's own comparison finds a token for one of
    /// these keys. A collation may match another spelling, as it does for the
    /// application.
    pub(super) fn accepts_any(&mut self, keys: &[PresentedKey]) -> Result<bool> {
        for some in keys.chunks(self.dialect().many.asked()) {
            let statement = self.accepted_statement(some)?;
            if self.has_row(&statement)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Selects the users that these keys authenticate.
    pub(super) fn accepted_statement(&self, keys: &[PresentedKey]) -> Result<Statement> {
        let layout = self.layout();
        let values = keys.iter().map(|key| Value::text(key.reveal())).collect();
        Ok(query::tokens::accepted(layout, layout.tokens()?, self.dialect(), values))
    }

    /// Returns the error for a token that a trigger has changed after it was
    /// written.
    pub(super) fn changed_by_trigger(&mut self, user: &UserId, username: &StoredName) -> Result<Error> {
        let (layout, dialect) = (self.layout(), self.dialect());
        let users = &layout.users;
        let name = username.readable();
        if !self.has_row(&query::users::of_keys(users, dialect, vec![user.to_value()]))? {
            return Ok(not_found(users, &name));
        }
        Ok(Error::rejected(format!("a database trigger changed or removed the new token of user {name}")))
    }
}
