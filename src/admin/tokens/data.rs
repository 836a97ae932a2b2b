//! Which tokens are wanted, and what became of them.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::admin::batch::Pace;
use crate::admin::model::{StoredName, UserId};
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::Result;

/// What happens to a token that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExisting {
    /// It is kept.
    Keep,
    /// It gets another key.
    Reset,
}

/// Which tokens are wanted, all of them or none.
#[derive(Debug)]
pub struct IssueRequest {
    /// The users, in the order of the answer.
    pub usernames: Vec<Username>,
    /// What happens to a token that exists.
    pub on_existing: OnExisting,
    /// The key to give to the only user, where it is not to be random.
    pub preset: Option<TokenKey>,
    /// In how many transactions.
    pub pace: Pace,
    /// The wall clock.
    pub now: SystemTime,
}

/// A user's token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The user's key.
    pub user: UserId,
    /// The user, as asked for, or as stored.
    pub username: StoredName,
    /// The key that authenticates.
    pub key: TokenKey,
    /// When the token was created, as RFC 3339 or as stored.
    pub created: String,
    /// What was done.
    pub outcome: Outcome,
    /// Whether the application would let the user in.
    pub is_active: bool,
}

/// What was done for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A token was created.
    Created,
    /// The token existed, and is kept.
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
pub type Random<'a> = dyn FnMut() -> Result<TokenKey> + 'a;

/// A user with the key that was given.
#[derive(Clone, Deserialize, Serialize)]
pub struct KeyGiven {
    pub(super) user: UserId,
    pub(super) username: StoredName,
    pub(super) is_active: bool,
    pub(super) key: Zeroizing<String>,
}
