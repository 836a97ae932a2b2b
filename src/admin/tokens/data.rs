//! Requests and results of issuing tokens.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::admin::batch::Pace;
use crate::admin::model::{StoredName, UserId};
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::Result;

/// What to do with an existing token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExisting {
    /// Keep it.
    Keep,
    /// Give it a new key.
    Reset,
}

/// A request for tokens for named users.
#[derive(Debug)]
pub struct IssueRequest {
    /// The users, in the order of the results.
    pub usernames: Vec<Username>,
    /// What to do with an existing token.
    pub on_existing: OnExisting,
    /// The key for the only user, instead of a random one.
    pub preset: Option<TokenKey>,
    /// How many transactions to use.
    pub pace: Pace,
    /// The current time.
    pub now: SystemTime,
}

/// An issued token.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The user's primary key.
    pub user: UserId,
    /// The username, as requested or as stored.
    pub username: StoredName,
    /// The key that authenticates.
    pub key: TokenKey,
    /// When the token was created, as RFC 3339 or as stored.
    pub created: String,
    /// What was done.
    pub outcome: Outcome,
    /// Whether the user may log in.
    pub is_active: bool,
}

/// What was done for a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A token was created.
    Created,
    /// The token existed and was kept.
    Existing,
    /// The token got a new key.
    Reset,
}

impl Outcome {
    /// Returns the outcome as records spell it.
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

/// A user with a new key.
#[derive(Clone, Deserialize, Serialize)]
pub struct RotatedKey {
    pub(super) user: UserId,
    pub(super) username: StoredName,
    pub(super) is_active: bool,
    pub(super) key: Zeroizing<String>,
}
