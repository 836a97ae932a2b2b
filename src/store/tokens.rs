//! Issuing tokens: new ones, the ones that are there, and other keys for them.

use std::time::SystemTime;

use jiff::civil::DateTime;

use super::Store;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::engine::CommitFailure;
use crate::error::{Error, Kind, Result};
use crate::schema::layout::Layout;

/// The tokens that are wanted, all of them or none.
#[derive(Debug)]
pub struct Order {
    /// The users, in the order of the answer.
    pub usernames: Vec<Username>,
    /// Whether a token that is there gets another key.
    pub reset: bool,
    /// The key to give, where it is not to be random.
    pub preset: Option<TokenKey>,
    /// The wall clock.
    pub now: SystemTime,
}

/// The answer to an [`Order`].
#[derive(Debug)]
pub struct IssuedTokens {
    /// A token for every name.
    pub tokens: Vec<IssuedToken>,
    /// What is unusual in the database but does no harm.
    pub notices: Vec<String>,
    /// What a person should see to.
    pub warnings: Vec<String>,
}

/// A user's token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The user, as asked for.
    pub username: Username,
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
    pub(super) layout: &'a Layout,
    pub(super) order: &'a Order,
    /// The time of creation, as it is stored.
    pub(super) stored: DateTime,
}

impl Store {
    /// Gives every user of the order a token, in one transaction.
    ///
    /// # Errors
    /// Rejected, if a user does not exist; conflict, if a preset key is taken;
    /// busy or unusable, with nothing changed; unknown, if the database could
    /// not be asked whether the commit went through.
    pub fn issue_tokens(&mut self, order: &Order, keys: &mut Keys<'_>) -> Result<IssuedTokens> {
        let stored = self.time.stored(order.now)?;
        self.connection.begin()?;
        let issued = self.layout().and_then(|layout| {
            let tokens = self.issue_all(&Work { layout: &layout, order, stored }, keys)?;
            self.check_written(&layout, &tokens)?;
            Ok((layout, tokens))
        });
        let (layout, tokens) = issued.inspect_err(|_| self.connection.roll_back())?;
        let doubt = match self.connection.commit() {
            Ok(()) => None,
            Err(CommitFailure::Undone(error)) => return Err(error),
            Err(CommitFailure::ForeignKey(error)) => {
                let reason = self.broken_reference(&layout, order, error);
                self.connection.roll_back();
                return Err(reason);
            }
            Err(CommitFailure::Unclear(error)) => Some(self.resolve(&layout, &tokens, error)?),
        };
        Ok(IssuedTokens { tokens, notices: layout.notices, warnings: doubt.into_iter().collect() })
    }

    /// Which foreign key broke: a user's, or one that refers to a token.
    fn broken_reference(&mut self, layout: &Layout, order: &Order, error: Error) -> Error {
        let gone = order.usernames.iter().find_map(|username| self.holder(layout, username).err());
        match gone {
            Some(missing) if missing.kind() == Kind::NoSuchUser => missing.caused_by(error),
            _ => error.hint("another table refers to the old key: replace it in the application"),
        }
    }

    /// A commit failed midway: asks a new connection what became of it.
    fn resolve(&mut self, layout: &Layout, tokens: &[IssuedToken], error: Error) -> Result<String> {
        let changed: Vec<_> = tokens.iter().filter(|token| token.outcome != Outcome::Existing).collect();
        let is_made = self.connection.reopen().and_then(|()| {
            let there = changed.iter().map(|token| self.holds(layout, token));
            there.collect::<Result<Vec<_>>>().map(|there| super::all_or_none(&there))
        });
        super::resolved(
            is_made.ok().flatten(),
            error,
            "run the command again without -r: it prints the token that is valid",
        )
    }
}
