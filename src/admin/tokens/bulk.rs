//! Issues tokens to all users that match a filter: new keys to those that hold
//! a token, or new tokens to those that do not.

use std::time::SystemTime;

use jiff::civil::DateTime;
use zeroize::Zeroizing;

use crate::admin::batch::{Conflicts, Pace};
use crate::admin::model::{StoredName, Summary, UserId};
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::admin::tokens::data::{IssuedToken, OnExisting, Outcome, Random, RotatedKey};
use crate::admin::tokens::issue::REFERRED;
use crate::admin::tokens::renewal;
use crate::admin::transaction::{Found, Transaction, Witness};
use crate::admin::work::{NewSpool, Work, check_all, each_page};
use crate::django::authorization::PresentedKey;
use crate::django::token_key::TokenKey;
use crate::engine::{Lock, Many, Value};
use crate::error::{Error, Result};
use crate::os::{Spool, SpoolReader};
use crate::query;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::{CellSet, Listed, ListedRow};
use crate::query::tokens::NewKey;
use crate::query::users::may_log_in;
use crate::schema::layout::UserTable;

/// A request for tokens for all users that match a filter.
pub struct BulkRequest {
    /// The users.
    pub filter: Filter,
    /// Whether those that hold a token get a new key, or those that hold none
    /// get a token.
    pub on_existing: OnExisting,
    /// How many transactions to use.
    pub pace: Pace,
    /// The number of matches that a person confirmed. If more match now, the
    /// request fails with a conflict.
    pub most: Option<u64>,
    /// The current time.
    pub now: SystemTime,
}

/// A user who gets a key.
pub(super) struct KeyTarget {
    user: UserId,
    username: StoredName,
    is_active: bool,
}

/// The work of a request.
struct Rotation<'a> {
    filter: Filter,
    outcome: Outcome,
    remaining: Option<u64>,
    stored: DateTime,
    /// The creation time, in a readable form.
    created: String,
    conflicts: Conflicts,
    /// The first user whose key the transaction replaces, with the former key.
    replaced: Option<(UserId, Value)>,
    keys: &'a mut Random<'a>,
    on_batch: &'a mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
}

impl Session {
    /// Issues tokens to all users of the request. Delivers them as soon as they
    /// are committed.
    ///
    /// # Errors
    /// Busy or unusable, with nothing changed except what was delivered;
    /// unknown if the outcome of a commit is unknown; any error of `on_batch`.
    pub fn issue_in_bulk<'a>(
        &mut self,
        request: BulkRequest,
        keys: &'a mut Random<'a>,
        new_spool: &mut NewSpool<'_, RotatedKey>,
        on_batch: &'a mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
    ) -> Result<Summary> {
        self.layout()?.single_tokens()?;
        let is_reset = request.on_existing == OnExisting::Reset;
        let stored = self.config.time.stored(request.now)?;
        let mut rotation = Rotation {
            filter: Filter { has_token: Some(is_reset), ..request.filter },
            outcome: if is_reset { Outcome::Reset } else { Outcome::Created },
            remaining: request.most,
            created: self.config.time.moment(stored).unwrap_or_else(|| stored.to_string()),
            stored,
            conflicts: Conflicts::new(),
            replaced: None,
            keys,
            on_batch,
        };
        self.work(&mut rotation, request.pace, new_spool)
    }
}

impl Rotation<'_> {
    /// Returns the rows with their new keys.
    fn planned(&mut self, targets: Vec<KeyTarget>) -> Result<Vec<RotatedKey>> {
        let mut planned = Vec::with_capacity(targets.len());
        for KeyTarget { user, username, is_active } in targets {
            let key = Zeroizing::new((self.keys)()?.reveal().to_owned());
            planned.push(RotatedKey { user, username, is_active, key });
        }
        Ok(planned)
    }

    /// Returns the first of these users with the key that is about to be replaced.
    fn former_key(&self, transaction: &mut Transaction<'_>, planned: &[RotatedKey]) -> Result<Option<(UserId, Value)>> {
        let Some(first) = planned.first().filter(|_| self.outcome == Outcome::Reset) else { return Ok(None) };
        let tokens = transaction.layout().tokens()?;
        let mut held = transaction.snapshot().held(tokens, &[first.user.to_value()], None, None)?;
        Ok(held.remove(&first.user).map(|(key, _)| (first.user.clone(), key)))
    }

    fn write(&mut self, transaction: &mut Transaction<'_>, planned: &[RotatedKey]) -> Result<()> {
        let keys: Vec<NewKey> =
            planned.iter().map(|given| NewKey { key: Value::text(&given.key), user: given.user.to_value() }).collect();
        let tokens = transaction.layout().tokens()?;
        let is_first = |(user, _): &&(UserId, Value)| planned.first().is_some_and(|first| first.user == *user);
        let replaced = self.replaced.as_ref().filter(is_first).map(|(_, key)| key.clone());
        let written = transaction.write_keys(tokens, self.outcome, &keys, replaced, self.stored, None);
        written.map_err(|error| self.conflicts.retried(error))
    }

    /// Returns whether every existing token gets a new key, and the table can
    /// be replaced as a whole: no trigger and no foreign key depends on its
    /// rows.
    fn is_free(&self, transaction: &Transaction<'_>) -> Result<bool> {
        let tokens = transaction.layout().tokens()?;
        let everything = Filter { has_token: None, ..self.filter.clone() };
        Ok(self.outcome == Outcome::Reset
            && transaction.dialect().many == Many::One
            && everything.is_empty()
            && tokens.is_plain
            && !tokens.shape.has_dependents)
    }
}

impl Work for Rotation<'_> {
    type Target = KeyTarget;
    type Done = RotatedKey;

    fn filter(&self) -> &Filter {
        &self.filter
    }

    fn subject(&self) -> Subject {
        if self.outcome == Outcome::Reset { Subject::Tokens } else { Subject::Users }
    }

    fn cells() -> CellSet {
        CellSet::of(&[Listed::Username, Listed::IsActive])
    }

    fn remaining(&mut self) -> &mut Option<u64> {
        &mut self.remaining
    }

    fn read(&self, users: &UserTable, row: ListedRow<'_>) -> Result<KeyTarget> {
        let user = UserId::of_cell(&row.get(Listed::User)?).ok_or_else(|| Error::unusable("a user has no new key"))?;
        let is_active = may_log_in(users, &row.get(Listed::IsActive)?);
        Ok(KeyTarget { user, username: StoredName::of_cell(&row.get(Listed::Username)?), is_active })
    }

    fn apply(&mut self, transaction: &mut Transaction<'_>, targets: Vec<KeyTarget>) -> Result<Vec<RotatedKey>> {
        let planned = self.planned(targets)?;
        self.replaced = self.former_key(transaction, &planned)?;
        self.write(transaction, &planned)?;
        Ok(planned)
    }

    /// Replaces the whole table if all of its rows change, which is faster.
    fn apply_all(
        &mut self,
        transaction: &mut Transaction<'_>,
        spool: Spool<RotatedKey>,
    ) -> Result<SpoolReader<RotatedKey>> {
        let mut spool = spool;
        let is_free = self.is_free(transaction)?;
        self.replaced = None;
        each_page(transaction, self, &mut |work, transaction, targets| {
            let planned = work.planned(targets)?;
            if work.replaced.is_none() {
                work.replaced = work.former_key(transaction, &planned)?;
            }
            if !is_free {
                work.write(transaction, &planned)?;
            }
            planned.iter().try_for_each(|row| spool.push(row))
        })?;
        let mut spooled = spool.read()?;
        if is_free {
            renewal::replace(transaction, self.stored, &mut spooled)?;
        }
        check_all(&mut transaction.snapshot(), self, &mut spooled)?;
        Ok(spooled)
    }

    const PREVENTED: &'static str = REFERRED;

    fn check(&mut self, snapshot: &mut Snapshot<'_>, rows: &[RotatedKey]) -> Result<()> {
        let keys: Vec<PresentedKey> = rows.iter().map(|row| PresentedKey::new(&row.key)).collect();
        let accepted = snapshot.accepted(&keys)?;
        for (row, user) in rows.iter().zip(accepted) {
            if user.as_ref() != Some(&row.user) {
                return Err(snapshot.changed_by_trigger(&row.user, &row.username)?);
            }
        }
        Ok(())
    }

    fn witness(&self, transaction: &Transaction<'_>, row: &RotatedKey) -> Result<Witness> {
        let tokens = transaction.layout().tokens()?;
        let holders = |key| query::tokens::holders(tokens, transaction.dialect(), vec![key], Some(Lock::Update));
        let replaced = self.replaced.iter().find(|(user, _)| *user == row.user);
        let former = replaced.map(|(_, key)| holders(key.clone()));
        Ok(Witness::new(holders(Value::text(&row.key)), Found::Row).with_former(former))
    }

    fn deliver(&mut self, rows: Vec<RotatedKey>) -> Result<()> {
        let mut issued = Vec::with_capacity(rows.len());
        for RotatedKey { user, username, is_active, key } in rows {
            let (key, created, outcome) = (TokenKey::stored(&key), self.created.clone(), self.outcome);
            issued.push(IssuedToken { user, username, key, created, outcome, is_active });
        }
        (self.on_batch)(issued)
    }
}
