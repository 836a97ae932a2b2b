//! Issuing tokens: new ones, the ones that are there, and other keys for them.

use std::collections::HashMap;
use std::time::SystemTime;

use jiff::civil::DateTime;

use super::Store;
use super::bulk::{self, ONE_TRANSACTION, Summary};
use super::transaction::Change;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::process;
use crate::schema::layout::Layout;
use crate::sql::Value;

/// What to do where a foreign key of the application's is in the way.
pub(super) const REFERRED: &str = "another table refers to the old key: replace it in the application";

/// The tokens that are wanted, all of them or none.
#[derive(Debug)]
pub struct Order {
    /// The users, in the order of the answer.
    pub usernames: Vec<Username>,
    /// Whether a token that is there gets another key.
    pub reset: bool,
    /// The key to give, where it is not to be random.
    pub preset: Option<TokenKey>,
    /// Whether it is one transaction, however many the users are.
    pub at_once: bool,
    /// The wall clock.
    pub now: SystemTime,
}

/// A user's token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The user's key.
    pub user: Value,
    /// The user, as asked for, or as found.
    pub username: Value,
    /// The key that authenticates.
    pub key: TokenKey,
    /// When the token was made.
    pub created: String,
    /// What was done.
    pub outcome: Outcome,
    /// Whether the application would let the user in.
    pub is_active: bool,
}

/// What was done for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was no token, and one was made.
    Created,
    /// There was a token, and it stays.
    Existing,
    /// The token has another key.
    Reset,
}

impl Outcome {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Reset => "reset",
        }
    }
}

/// A source of random keys.
pub(super) type Keys<'a> = dyn FnMut() -> Result<TokenKey> + 'a;

/// What is to be done, and where.
pub(super) struct Work<'a> {
    pub(super) place: Place<'a>,
    pub(super) order: &'a Order,
}

/// Where a token is written, and since when it is there.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) layout: &'a Layout,
    /// The time of creation, as it is stored.
    pub(super) stored: DateTime,
}

/// Tokens for some users of an order.
struct Issuing<'a, 'b> {
    order: &'a Order,
    usernames: &'a [Username],
    keys: &'a mut Keys<'b>,
    stored: DateTime,
    issued: &'a mut Issued,
}

/// What was issued so far in an order, by the user's key: a key once given has
/// to stay good, whatever the spelling by which the database knows the same
/// user again.
pub(super) type Issued = HashMap<Vec<u8>, IssuedToken>;

impl Store {
    /// Gives every user of the order a token, in one transaction; where they
    /// are very many, in some. What is done is handed over once it is durable.
    ///
    /// # Errors
    /// Rejected, if a user does not exist; conflict, if a preset key is taken;
    /// busy or unusable, with nothing changed but what was handed over;
    /// unknown, if the database could not be asked whether the commit went
    /// through; else what `on_batch` says.
    pub fn issue_tokens(
        &mut self,
        order: &Order,
        keys: &mut Keys<'_>,
        on_batch: &mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
    ) -> Result<Summary> {
        let stored = self.time.stored(order.now)?;
        let most = usize::try_from(ONE_TRANSACTION).unwrap_or(usize::MAX);
        let size = if order.at_once { usize::MAX } else { most };
        if order.usernames.len() > size
            && let Some(unknown) = self.unknown(&order.usernames)?.first()
        {
            let layout = self.layout()?;
            return Err(super::issuing::not_found(&layout.users, unknown.as_str()));
        }
        let mut summary = Summary::default();
        let mut issued = Issued::new();
        for (at, usernames) in order.usernames.chunks(size).enumerate() {
            if at > 0 {
                process::heed_signals()?;
                bulk::leave_to_others();
            }
            let mut issuing = Issuing { order, usernames, keys, stored, issued: &mut issued };
            let made =
                self.transaction(&mut issuing, "run the command again without -r: it prints the token that is valid")?;
            on_batch(made.done)?;
            summary.notices = made.layout.notices;
            summary.warnings.extend(made.doubt);
        }
        Ok(summary)
    }
}

impl Change for Issuing<'_, '_> {
    type Done = Vec<IssuedToken>;

    fn make(&mut self, store: &mut Store, layout: &Layout) -> Result<Self::Done> {
        let work = Work { place: Place { layout, stored: self.stored }, order: self.order };
        let tokens = store.issue_all(&work, self.usernames, self.issued, self.keys)?;
        store.check_written(layout, &tokens)?;
        Ok(tokens)
    }

    /// A user's key broke, or one that refers to a token.
    fn broken(&mut self, store: &mut Store, layout: &Layout, error: Error) -> Error {
        let gone = self.usernames.iter().find_map(|username| store.holder(layout, username).err());
        match gone {
            Some(missing) if missing.kind() == Kind::NoSuchUser => missing.caused_by(error),
            _ => error.hint(REFERRED),
        }
    }

    fn is_made(&mut self, store: &mut Store, layout: &Layout, tokens: &mut Self::Done) -> Result<Option<bool>> {
        let changed = tokens.iter().filter(|token| token.outcome != Outcome::Existing);
        let there = changed.map(|token| store.holds(layout, token)).collect::<Result<Vec<_>>>()?;
        // Where nothing was to be changed, nothing can be missing.
        Ok(if there.is_empty() { Some(true) } else { super::all_or_none(&there) })
    }
}
