//! Issues tokens: creates new ones, returns existing ones, and resets keys.

use std::collections::{HashMap, HashSet};

use jiff::civil::DateTime;

use crate::admin::batch::{Conflicts, ONE_TRANSACTION, Pace, leave_to_others};
use crate::admin::model::{Summary, UserId};
use crate::admin::open_transaction::Change;
use crate::admin::session::Session;
use crate::admin::tokens::data::{IssueRequest, IssuedToken, OnExisting, Outcome, Random};
use crate::admin::tokens::existing::kept;
use crate::admin::tokens::write::NewKeys;
use crate::admin::transaction::Transaction;
use crate::admin::users::find::FoundUser;
use crate::admin::users::unknown::none_found;
use crate::django::key_shape::{KeyComparison, KeyShape};
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::engine::{Lock, Purpose, Value};
use crate::error::{Error, Kind, Result};
use crate::hint::Hint;
use crate::query::tokens::NewKey;

/// What to do if a foreign key of the application prevents a new key.
pub(super) const REFERRED: &str = "replace the token in the application, because another table references its key";

/// The tokens issued so far, by user. A user who is named twice, in any
/// spelling, gets one key, so that no printed key becomes invalid.
#[derive(Default)]
pub(in crate::admin) struct Issued {
    committed: HashMap<UserId, IssuedToken>,
    /// The tokens of the open transaction, which may run again.
    pending: HashMap<UserId, IssuedToken>,
}

impl Issued {
    /// Forgets the tokens of a transaction that begins, for the first time or
    /// again.
    fn begin(&mut self) {
        self.pending.clear();
    }

    /// Keeps the tokens of the committed transaction.
    fn commit(&mut self) {
        self.committed.extend(self.pending.drain());
    }

    pub(in crate::admin) fn get(&self, user: &UserId) -> Option<&IssuedToken> {
        self.pending.get(user).or_else(|| self.committed.get(user))
    }
}

/// How tokens are issued.
pub(in crate::admin) struct Issuing<'a, 'k> {
    pub(in crate::admin) on_existing: OnExisting,
    pub(in crate::admin) preset: Option<&'a TokenKey>,
    /// The creation time, as it is stored.
    pub(in crate::admin) stored: DateTime,
    pub(in crate::admin) keys: &'a mut Random<'k>,
    pub(in crate::admin) conflicts: &'a mut Conflicts,
}

/// Whether stored keys are checked before the first new key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyCheck {
    Needed,
    Done,
}

/// What a transaction has done.
enum Progress {
    Issued(Vec<IssuedToken>),
    /// Nothing: the stored keys are of another kind than a new one.
    Foreign(KeyShape),
}

impl Session {
    /// Issues a token to every user of the request, in one transaction or, for
    /// very many users, in several. Delivers tokens as soon as they are
    /// committed. Calls `on_foreign` before the first random key is written where
    /// the stored keys are of another kind.
    ///
    /// # Errors
    /// Rejected if a user does not exist; conflict if a preset key belongs to
    /// another user; busy or unusable, with nothing changed except what was
    /// delivered; unknown if the outcome of a commit is unknown; any error of
    /// `on_batch`.
    pub fn issue_tokens(
        &mut self,
        request: &IssueRequest,
        keys: &mut Random<'_>,
        on_foreign: &mut dyn FnMut(&KeyShape),
        on_batch: &mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
    ) -> Result<Summary> {
        let stored = self.config.time.stored(request.now)?;
        let most = usize::try_from(ONE_TRANSACTION).unwrap_or(usize::MAX);
        let size = if request.pace == Pace::Single { usize::MAX } else { most };
        if request.usernames.len() > size {
            let mut snapshot = self.snapshot()?;
            let unknown: Vec<&str> = snapshot.unknown(&request.usernames)?.into_iter().map(Username::as_str).collect();
            if !unknown.is_empty() {
                return Err(none_found(&snapshot.layout().users, &unknown));
            }
        }
        let again = Hint::advice("run the command again without the reset to print the current token");
        let change = Change { purpose: Purpose::Writing, prevented: Some(REFERRED), again };
        let mut warnings = Vec::new();
        let mut issued = Issued::default();
        let mut check = if request.preset.is_some() { KeyCheck::Done } else { KeyCheck::Needed };
        let mut chunks = request.usernames.chunks(size).peekable();
        let mut is_first = true;
        while let Some(usernames) = chunks.peek() {
            if !std::mem::take(&mut is_first) {
                self.config.options.interrupt.check()?;
                leave_to_others();
            }
            let mut conflicts = Conflicts::new();
            let mut tried = Vec::new();
            let outcome = self.transaction(&change, &mut |transaction| {
                let (on_existing, preset) = (request.on_existing, request.preset.as_ref());
                let mut keys = || keys().inspect(|key| tried.push(key.clone()));
                let conflicts = &mut conflicts;
                let mut issuing = Issuing { on_existing, preset, stored, keys: &mut keys, conflicts };
                issued.begin();
                transaction.issue(usernames, &mut issuing, &mut issued, check)
            });
            let committed = match outcome {
                Err(error) if error.kind() == Kind::Conflict => return Err(self.explain_conflict(error, &tried)),
                outcome => outcome?,
            };
            match committed.value {
                // Nothing was written.
                Progress::Foreign(shape) => {
                    on_foreign(&shape);
                    (check, is_first) = (KeyCheck::Done, true);
                }
                Progress::Issued(tokens) => {
                    issued.commit();
                    warnings.extend(committed.warning);
                    if tokens.iter().any(|token| token.outcome != Outcome::Existing) {
                        check = KeyCheck::Done;
                    }
                    on_batch(tokens)?;
                    chunks.next();
                }
            }
        }
        self.summary(warnings)
    }

    /// Returns an internal error if the new keys exist already: random keys
    /// would not.
    fn explain_conflict(&mut self, error: Error, tried: &[TokenKey]) -> Error {
        let Some(key) = tried.last() else { return error };
        match self.snapshot().and_then(|mut snapshot| snapshot.holder(key)) {
            Ok(Some(_)) => {
                Error::internal("every new key already exists: the operating system's random numbers are not random")
            }
            _ => error,
        }
    }
}

impl Transaction<'_> {
    /// Issues a token for each name; returns them in the order of the names.
    fn issue(
        &mut self,
        usernames: &[Username],
        issuing: &mut Issuing<'_, '_>,
        issued: &mut Issued,
        check: KeyCheck,
    ) -> Result<Progress> {
        let found = self.snapshot().find_each(usernames, Some(Lock::Update))?;
        if let Some(shape) = self.issue_unless_foreign(&found, issuing, issued, check)? {
            return Ok(Progress::Foreign(shape));
        }
        let mut tokens = Vec::with_capacity(usernames.len());
        for (username, user) in usernames.iter().zip(&found) {
            let token = issued.get(&user.id).ok_or_else(|| Error::internal("a user was left without a token"))?;
            tokens.push(IssuedToken { username: username.as_str().into(), ..token.clone() });
        }
        Ok(Progress::Issued(tokens))
    }

    /// Issues a token to each user. The users' rows are locked.
    pub(in crate::admin) fn issue_to(
        &mut self,
        users: &[FoundUser],
        issuing: &mut Issuing<'_, '_>,
        issued: &mut Issued,
    ) -> Result<()> {
        self.issue_unless_foreign(users, issuing, issued, KeyCheck::Done).map(drop)
    }

    /// The same; if the stored keys are of another kind than a new one, returns
    /// what they are, and writes nothing.
    fn issue_unless_foreign(
        &mut self,
        users: &[FoundUser],
        issuing: &mut Issuing<'_, '_>,
        issued: &mut Issued,
        check: KeyCheck,
    ) -> Result<Option<KeyShape>> {
        let tokens = self.layout().single_tokens()?;
        let mut seen = HashSet::with_capacity(users.len());
        let new: Vec<&FoundUser> =
            users.iter().filter(|user| issued.get(&user.id).is_none() && seen.insert(&user.id)).collect();
        let lock = Some(Lock::Delete).filter(|_| issuing.on_existing == OnExisting::Reset);
        let ids: Vec<Value> = new.iter().map(|user| user.id.to_value()).collect();
        let mut comparison = KeyComparison::default();
        let compared = Some(&mut comparison).filter(|_| check == KeyCheck::Needed);
        let mut held = self.snapshot().held(tokens, &ids, lock, compared)?;
        self.check_preset(&new, issuing)?;
        let (mut created, mut reset) = (Vec::new(), Vec::new());
        let mut replaced = None;
        for user in new {
            let token = match (held.remove(&user.id), issuing.on_existing) {
                (Some(existing), OnExisting::Keep) => kept(user, existing, issuing.preset)?,
                (existing, _) => {
                    let key = issuing.preset.cloned().map_or_else(|| (issuing.keys)(), Ok)?;
                    let outcome = if existing.is_some() { Outcome::Reset } else { Outcome::Created };
                    let new = NewKey { key: Value::text(key.reveal()), user: user.id.to_value() };
                    replaced = replaced.or_else(|| existing.as_ref().map(|(key, _)| key.clone()));
                    if existing.is_some() {
                        reset.push(new);
                    } else {
                        created.push(new);
                    }
                    self.issued_token(user, key, outcome, issuing.stored)
                }
            };
            issued.pending.insert(user.id.clone(), token);
        }
        if created.is_empty() && reset.is_empty() {
            return Ok(None);
        }
        if let Some(shape) = comparison.shape() {
            return Ok(Some(shape));
        }
        let changed: Vec<&IssuedToken> = users
            .iter()
            .filter_map(|user| issued.get(&user.id))
            .filter(|token| token.outcome != Outcome::Existing)
            .collect();
        let written = self.write_and_check(tokens, NewKeys { created, reset, replaced }, &changed, issuing.stored);
        written.map_err(|error| issuing.conflicts.retried(error))?;
        Ok(None)
    }

    fn issued_token(&self, user: &FoundUser, key: TokenKey, outcome: Outcome, stored: DateTime) -> IssuedToken {
        let created = self.time().moment(stored).unwrap_or_else(|| stored.to_string());
        let (user, username, is_active) = (user.id.clone(), user.username.clone(), user.is_active);
        IssuedToken { user, username, key, created, outcome, is_active }
    }

    /// Rejects a preset key that belongs to another user.
    fn check_preset(&mut self, users: &[&FoundUser], issuing: &Issuing<'_, '_>) -> Result<()> {
        let (Some(preset), [user]) = (issuing.preset, users) else { return Ok(()) };
        if self.snapshot().holder(preset)?.is_none_or(|holder| holder == user.id) {
            return Ok(());
        }
        let name = user.username.readable();
        Err(Error::new(Kind::Conflict, format!("the key given for user {name} is already the token of another user")))
    }
}
