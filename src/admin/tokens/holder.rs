//! Looks up which users hold which keys. Never writes.

use std::collections::HashMap;

use crate::admin::model::{Moment, StoredName, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::users::find::not_found;
use crate::django::authorization::PresentedKey;
use crate::django::token_key::TokenKey;
use crate::engine::{Lock, Statement, Value};
use crate::error::{Error, Result};
use crate::query;
use crate::query::tokens::HeldRow;
use crate::schema::layout::TokenTable;

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

    /// Returns the tokens of some users, by user.
    pub(super) fn held(
        &mut self,
        tokens: &TokenTable,
        users: &[Value],
        lock: Option<Lock>,
    ) -> Result<HashMap<UserId, (Value, String)>> {
        let mut held = HashMap::with_capacity(users.len());
        let time = self.time();
        for some in users.chunks(self.dialect().many.asked()) {
            let statement = query::tokens::held(tokens, self.dialect(), some.to_vec(), lock);
            self.each(&statement, &mut |row| {
                let row = HeldRow::new(row)?;
                let created = Moment::of_cell(row.created()?, time);
                let created = created.map(|created| created.text().into_owned()).unwrap_or_default();
                if let Some(user) = UserId::of_cell(&row.user()?) {
                    held.insert(user, (row.key()?.to_value(), created));
                }
                Ok(())
            })?;
        }
        Ok(held)
    }

    /// Returns for each key the user that the application authenticates with
    /// it, if there is one.
    pub(in crate::admin) fn accepted(&mut self, keys: &[PresentedKey]) -> Result<Vec<Option<UserId>>> {
        let mut users: HashMap<&str, Option<UserId>> = keys.iter().map(|key| (key.reveal(), None)).collect();
        for some in keys.chunks(self.dialect().many.asked()) {
            let statement = self.accepted_statement(some)?;
            self.each(&statement, &mut |row| {
                let row = HeldRow::new(row)?;
                let key = row.key()?.to_value();
                if let Some(user) = key.as_str().and_then(|key| users.get_mut(key)) {
                    *user = UserId::of_cell(&row.user()?);
                }
                Ok(())
            })?;
        }
        Ok(keys.iter().map(|key| users.get(key.reveal()).cloned().flatten()).collect())
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

    fn accepted_statement(&self, keys: &[PresentedKey]) -> Result<Statement> {
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
