//! Rows of other tables that reference tokens.

use std::collections::HashMap;

use crate::admin::model::{TokenId, UserId};
use crate::admin::snapshot::Snapshot;
use crate::admin::transaction::Transaction;
use crate::engine::{Query, Reference, Statement, Value};
use crate::error::{Error, Kind, Result};
use crate::query;
use crate::query::references::ReferredRow;
use crate::query::tokens::NewKey;
use crate::schema::layout::TokenTable;

impl Snapshot<'_> {
    /// Returns the foreign keys that lead to tokens.
    fn token_references(&mut self, tokens: &TokenTable) -> Result<Vec<Reference>> {
        if !tokens.shape.has_dependents {
            return Ok(Vec::new());
        }
        self.referring(&[tokens.name().to_owned()])
    }

    /// Returns the tokens among these that cannot be deleted, with the table
    /// and the column that reference them.
    pub(super) fn undeletable(&mut self, tokens: &TokenTable, ids: &[Value]) -> Result<HashMap<TokenId, String>> {
        let mut references = self.token_references(tokens)?;
        references.retain(|reference| reference.prevents_deletion);
        let mut referred = HashMap::new();
        if references.is_empty() || ids.is_empty() {
            return Ok(referred);
        }
        let statement = query::references::referred(tokens, self.dialect(), &references, ids);
        self.each(&statement, &mut |row| {
            let row = ReferredRow(row);
            if let (Some(token), Some(reference)) = (TokenId::of_cell(&row.token()?), references.get(row.reference()?))
            {
                referred.insert(token, format!("{}.{}", reference.table, reference.column));
            }
            Ok(())
        })?;
        Ok(referred)
    }
}

impl Transaction<'_> {
    /// Runs a statement that replaces keys, and updates the rows that reference
    /// an old key. Then runs `check`: in the same round trip if no row
    /// references a key.
    pub(super) fn replace_keys(
        &mut self,
        tokens: &TokenTable,
        keys: &[NewKey],
        statement: &Statement,
        check: Option<Query<'_>>,
    ) -> Result<()> {
        let mut references = self.snapshot().token_references(tokens)?;
        references.retain(|reference| reference.to_column == tokens.key);
        if references.is_empty() {
            return self.execute_then(statement, check);
        }
        let users: Vec<Value> = keys.iter().map(|new| new.user.clone()).collect();
        let mut held = self.snapshot().held(tokens, &users, None, None)?;
        let deferral = self.dialect().deferral;
        self.execute(&Statement::plain(deferral.begin.to_owned()))?;
        let mut replace = || {
            self.execute(statement)?;
            for NewKey { key: new, user } in keys {
                let Some((old, _)) = UserId::of_cell(&user.as_cell()).and_then(|user| held.remove(&user)) else {
                    continue;
                };
                for reference in &references {
                    let carry = query::references::carry(reference, self.dialect(), old.clone(), new.clone());
                    self.execute(&carry)?;
                }
            }
            Ok(())
        };
        let replaced: Result<()> = replace();
        let restored = match deferral.end {
            Some(end) => self.execute(&Statement::plain(end.to_owned())).map(drop),
            None => Ok(()),
        };
        restored.and(replaced)?;
        match check {
            Some(check) => self.snapshot().all(&mut [check]),
            None => Ok(()),
        }
    }
}

/// Returns the error for a token that a row of another table references.
pub(super) fn referred_to(username: &str, by: &str) -> Error {
    Error::new(Kind::Conflict, format!("the token of user {username} cannot be revoked: it is referenced by {by}"))
        .hint("delete the rows that reference it, or revoke the token in the application")
}
