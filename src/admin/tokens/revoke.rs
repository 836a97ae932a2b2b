//! Revokes tokens.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::admin::batch::Pace;
use crate::admin::model::{Moment, StoredName, Summary, TokenId};
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::admin::tokens::references::referred_to;
use crate::admin::transaction::{Found, Transaction, Witness};
use crate::admin::work::{NewSpool, Work};
use crate::django::authorization::PresentedKey;
use crate::django::timestamp::TimeKeeping;
use crate::django::token_key::shortened;
use crate::engine::{Lock, Value};
use crate::error::{Error, Kind, Result};
use crate::query;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::{CellSet, Listed, ListedRow};
use crate::query::tokens::TokenRow;
use crate::schema::layout::UserTable;

/// A request to revoke tokens.
pub struct RevokeRequest {
    /// The tokens to revoke.
    pub filter: Filter,
    /// How many transactions to use.
    pub pace: Pace,
    /// The number of matches that a person confirmed. If more match now, the
    /// request fails with a conflict.
    pub most: Option<u64>,
}

/// A token that was revoked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RevokedToken {
    /// Its primary key.
    token: Option<TokenId>,
    /// The username.
    pub username: StoredName,
    /// The beginning of its key.
    pub key: String,
    /// When it was created, as RFC 3339 or as stored.
    pub created: Option<String>,
}

struct Revoking<'a> {
    filter: Filter,
    remaining: Option<u64>,
    time: TimeKeeping,
    /// The tokens that were skipped, because rows of other tables reference
    /// them.
    left: HashMap<TokenId, (StoredName, String)>,
    on_batch: &'a mut dyn FnMut(Vec<RevokedToken>) -> Result<()>,
}

impl Session {
    /// Revokes tokens. Delivers them as soon as they are committed. Leaves
    /// those that rows of other tables reference. If tokens are selected only
    /// by name or key, it fails instead.
    ///
    /// # Errors
    /// Busy or unusable, with nothing changed except what was delivered;
    /// rejected if a trigger or a foreign key of the application keeps a token;
    /// unknown if the outcome of a commit is unknown; any error of `on_batch`.
    pub fn revoke_tokens(
        &mut self,
        request: RevokeRequest,
        new_spool: &mut NewSpool<'_, RevokedToken>,
        on_batch: &mut dyn FnMut(Vec<RevokedToken>) -> Result<()>,
    ) -> Result<Summary> {
        let RevokeRequest { filter, pace, most } = request;
        let (time, left) = (self.config.time.clone(), HashMap::new());
        let mut revoking = Revoking { filter, remaining: most, time, left, on_batch };
        let mut summary = self.work(&mut revoking, pace, new_spool)?;
        for (username, by) in revoking.left.values() {
            summary.left.push((username.readable().into_owned(), by.clone()));
        }
        summary.left.sort();
        Ok(summary)
    }
}

impl Snapshot<'_> {
    /// Returns the indexes of the keys that belong to no user's token.
    ///
    /// # Errors
    /// Busy or unusable if the database cannot be read.
    pub fn unknown_keys(&mut self, keys: &[PresentedKey]) -> Result<Vec<usize>> {
        let accepted = self.accepted(keys)?;
        let unknown: Vec<usize> = (0..keys.len()).filter(|at| accepted[*at].is_none()).collect();
        let others: Vec<PresentedKey> = unknown.iter().map(|at| keys[*at].clone()).collect();
        if !self.accepts_any(&others)? {
            return Ok(unknown);
        }
        let mut left = Vec::with_capacity(unknown.len());
        for (at, key) in unknown.into_iter().zip(&others) {
            if !self.accepts_any(std::slice::from_ref(key))? {
                left.push(at);
            }
        }
        Ok(left)
    }
}

impl Revoking<'_> {
    /// Skips the tokens that rows of other tables reference.
    ///
    /// # Errors
    /// Conflict if there is one, and tokens are selected by name or key alone.
    fn without_referred(
        &mut self,
        transaction: &mut Transaction<'_>,
        targets: Vec<RevokedToken>,
    ) -> Result<Vec<RevokedToken>> {
        let tokens = transaction.layout().tokens()?;
        // The transaction may run again, and find other rows.
        for token in targets.iter().filter_map(|target| target.token.as_ref()) {
            self.left.remove(token);
        }
        let mut referred = transaction.snapshot().undeletable(tokens, &pks(&targets))?;
        if referred.is_empty() {
            return Ok(targets);
        }
        let is_by_name = !self.filter.is_empty() && !self.filter.has_conditions();
        let mut free = Vec::with_capacity(targets.len());
        for target in targets {
            match target.token.as_ref().and_then(|token| referred.remove(token)) {
                Some(by) if is_by_name => return Err(referred_to(&target.username.readable(), &by)),
                Some(by) => {
                    self.left.extend(target.token.map(|token| (token, (target.username, by))));
                }
                None => free.push(target),
            }
        }
        Ok(free)
    }
}

impl Work for Revoking<'_> {
    type Target = RevokedToken;
    type Done = RevokedToken;

    fn filter(&self) -> &Filter {
        &self.filter
    }

    fn subject(&self) -> Subject {
        Subject::Tokens
    }

    fn cells() -> CellSet {
        CellSet::of(&[Listed::Token, Listed::Username, Listed::Key, Listed::Created])
    }

    fn remaining(&mut self) -> &mut Option<u64> {
        &mut self.remaining
    }

    fn read(&self, _: &UserTable, row: ListedRow<'_>) -> Result<RevokedToken> {
        let created = Moment::of_cell(row.get(Listed::Created)?, &self.time);
        Ok(RevokedToken {
            token: TokenId::of_cell(&row.get(Listed::Token)?),
            username: StoredName::of_cell(&row.get(Listed::Username)?),
            key: shortened(row.get(Listed::Key)?.as_str().unwrap_or_default()),
            created: created.map(|created| created.text().into_owned()),
        })
    }

    fn apply(&mut self, transaction: &mut Transaction<'_>, targets: Vec<RevokedToken>) -> Result<Vec<RevokedToken>> {
        let tokens = transaction.layout().tokens()?;
        let targets = self.without_referred(transaction, targets)?;
        for some in targets.chunks(transaction.dialect().many.rows()) {
            let statement = query::tokens::delete(tokens, transaction.dialect(), pks(some));
            let deleted = transaction
                .execute(&statement)
                .map_err(|error| if error.kind() == Kind::Conflict { error.hint(Self::PREVENTED) } else { error })?;
            if usize::try_from(deleted).ok() != Some(some.len()) {
                self.check(&mut transaction.snapshot(), some)?;
                return Err(some.first().map_or_else(|| Error::internal("no row to revoke"), kept));
            }
        }
        Ok(targets)
    }

    const PREVENTED: &'static str = "revoke the token in the application, because another table references it";

    fn check(&mut self, snapshot: &mut Snapshot<'_>, rows: &[RevokedToken]) -> Result<()> {
        let tokens = snapshot.layout().tokens()?;
        for some in rows.chunks(snapshot.dialect().many.asked()) {
            let statement = query::tokens::existing(tokens, snapshot.dialect(), pks(some), None);
            let mut existing = None;
            snapshot.each(&statement, &mut |row| {
                existing = TokenId::of_cell(&TokenRow(row).id()?);
                Ok(())
            })?;
            if let Some(row) = existing.and_then(|token| some.iter().find(|row| row.token.as_ref() == Some(&token))) {
                return Err(kept(row));
            }
        }
        Ok(())
    }

    fn witness(&self, transaction: &Transaction<'_>, row: &RevokedToken) -> Result<Witness> {
        let tokens = transaction.layout().tokens()?;
        let pks = pks(std::slice::from_ref(row));
        let statement = query::tokens::existing(tokens, transaction.dialect(), pks, Some(Lock::Update));
        Ok(Witness::new(statement, Found::Nothing))
    }

    fn deliver(&mut self, rows: Vec<RevokedToken>) -> Result<()> {
        (self.on_batch)(rows)
    }
}

fn pks(rows: &[RevokedToken]) -> Vec<Value> {
    rows.iter().filter_map(|row| row.token.as_ref()).map(TokenId::to_value).collect()
}

/// Returns the error for a token that still exists.
fn kept(row: &RevokedToken) -> Error {
    let name = row.username.readable();
    Error::rejected(format!("a database trigger prevents deleting the token of user {name}"))
}
