//! Writes the keys of tokens.

use jiff::civil::DateTime;

use crate::admin::tokens::data::{IssuedToken, Outcome};
use crate::admin::tokens::holder::Acceptance;
use crate::admin::transaction::{Found, Transaction, Witness};
use crate::django::authorization::PresentedKey;
use crate::engine::{Lock, Query, Row, Value};
use crate::error::Result;
use crate::query;
use crate::query::tokens::NewKey;
use crate::schema::layout::TokenTable;

/// The keys that a transaction writes.
pub(super) struct NewKeys {
    /// Those of new tokens.
    pub(super) created: Vec<NewKey>,
    /// Those of existing tokens.
    pub(super) reset: Vec<NewKey>,
    /// The former key of the first token that is reset.
    pub(super) replaced: Option<Value>,
}

impl Transaction<'_> {
    /// Writes keys, and checks before the commit that the tokens authenticate: a
    /// trigger may have changed them, and drfctl prints no key that would not authenticate.
    pub(super) fn write_and_check(
        &mut self,
        tokens: &TokenTable,
        new: NewKeys,
        issued: &[&IssuedToken],
        stored: DateTime,
    ) -> Result<()> {
        let keys: Vec<PresentedKey> = issued.iter().map(|token| PresentedKey::new(token.key.reveal())).collect();
        let mut checks = Vec::new();
        for some in keys.chunks(self.dialect().many.asked()) {
            checks.push(self.snapshot().accepted_statement(some)?);
        }
        let mut acceptance = Acceptance::of(&keys);
        let mut checks = checks.iter();
        let mut on_row = |row: Row<'_>| acceptance.add(row);
        // The first check is sent with the last keys.
        let first = checks.next().map(|statement| Query { statement, on_row: &mut on_row });
        let (of_reset, of_created) = if new.created.is_empty() { (first, None) } else { (None, first) };
        self.write_keys(tokens, Outcome::Reset, &new.reset, new.replaced, stored, of_reset)?;
        self.write_keys(tokens, Outcome::Created, &new.created, None, stored, of_created)?;
        for statement in checks {
            self.snapshot().each(statement, &mut |row| acceptance.add(row))?;
        }
        for token in issued {
            if acceptance.user(token.key.reveal()) != Some(&token.user) {
                return Err(self.snapshot().changed_by_trigger(&token.user, &token.username)?);
            }
        }
        Ok(())
    }

    /// Writes keys with as few statements as the engine allows, and sends a query
    /// with the last of them. `replaced` is the former key of the first token.
    pub(super) fn write_keys(
        &mut self,
        tokens: &TokenTable,
        outcome: Outcome,
        keys: &[NewKey],
        replaced: Option<Value>,
        stored: DateTime,
        check: Option<Query<'_>>,
    ) -> Result<()> {
        let (created, size) = (Value::DateTime(stored), self.dialect().many.rows());
        let mut check = check;
        let mut chunks = keys.chunks(size).peekable();
        while let Some(some) = chunks.next() {
            let (layout, dialect) = (self.layout(), self.dialect());
            let check = if chunks.peek().is_none() { check.take() } else { None };
            match outcome {
                Outcome::Reset => {
                    let statement = query::tokens::reset(layout, tokens, dialect, some.to_vec(), &created);
                    self.replace_keys(tokens, some, &statement, check)?;
                }
                Outcome::Created | Outcome::Existing => {
                    let statement = query::tokens::insert(tokens, dialect, some.to_vec(), &created);
                    self.execute_then(&statement, check)?;
                }
            }
        }
        if let Some(first) = keys.first().filter(|_| self.wants_witness()) {
            let lock = Some(Lock::Update);
            let statement = query::tokens::holders(tokens, self.dialect(), vec![first.key.clone()], lock);
            let replaced = replaced.map(|key| query::tokens::holders(tokens, self.dialect(), vec![key], lock));
            self.witness(Witness::new(statement, Found::Row).with_former(replaced));
        }
        Ok(())
    }
}
