//! What users are to be, and what became of them.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::admin::tokens::IssuedToken;
use crate::django::password::EncodedPassword;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};

/// What happens to a user who exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExistingUser {
    /// It is an error.
    Refuse,
    /// The user is kept as it is.
    Keep,
    /// The user gets what was given.
    Update,
}

/// What happens to a user who does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissingUser {
    /// The user is created.
    Create,
    /// It is an error.
    Refuse,
}

/// Whether each user is to have a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithToken {
    /// Each gets one, or keeps the one it has.
    Yes,
    /// Nothing is done about tokens.
    No,
}

/// What happens when a user cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// None is saved.
    Stop,
    /// That user is skipped, and the others are saved.
    Skip,
}

/// What a user is to have. What is not given stays as it is, or gets Django's
/// default in a new user.
#[derive(Clone, Deserialize, Serialize)]
pub struct UserData {
    /// The name.
    pub username: Username,
    /// The encoded password.
    pub password: Option<EncodedPassword>,
    /// Other columns, as typed.
    pub columns: Vec<(String, String)>,
    /// The names of groups to join.
    pub groups: Vec<String>,
}

impl UserData {
    /// A user of that name, and nothing else.
    #[must_use]
    pub fn new(username: Username) -> Self {
        Self { username, password: None, columns: Vec::new(), groups: Vec::new() }
    }
}

/// Which users to create or to change.
#[derive(Clone, Copy, Debug)]
pub struct UserRequest {
    /// What happens to those that exist.
    pub on_existing: OnExistingUser,
    /// What happens to those that do not.
    pub on_missing: OnMissingUser,
    /// Whether each is to have a token.
    pub with_token: WithToken,
    /// What happens when one cannot be saved.
    pub on_error: OnError,
    /// How many there are, at the most.
    pub expected: u64,
    /// The time that is stored.
    pub now: SystemTime,
}

impl UserRequest {
    /// A request to change users who exist.
    #[must_use]
    pub fn change(expected: usize, now: SystemTime) -> Self {
        Self {
            on_existing: OnExistingUser::Update,
            on_missing: OnMissingUser::Refuse,
            with_token: WithToken::No,
            on_error: OnError::Stop,
            expected: u64::try_from(expected).unwrap_or(u64::MAX),
            now,
        }
    }
}

/// What became of a user.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum UserOutcome {
    /// The user was created.
    Created,
    /// The user existed, and was kept.
    Existing,
    /// The user existed, and was changed.
    Updated,
}

impl UserOutcome {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Updated => "updated",
        }
    }
}

/// A user of a request, with what became of it.
#[derive(Clone, Debug)]
pub struct SavedUser {
    /// The name.
    pub username: Username,
    /// What became of the user, or why it was skipped.
    pub outcome: Result<UserOutcome, String>,
    /// The token, where one was wanted.
    pub token: Option<IssuedToken>,
}

/// Why users were not saved.
#[derive(Debug)]
pub struct SaveError {
    /// Why.
    pub error: Error,
    /// The index of the user that it is about, if it is about one.
    pub index: Option<usize>,
}

impl From<Error> for SaveError {
    fn from(error: Error) -> Self {
        Self { error, index: None }
    }
}

/// The users of a request as they come, and where those go that are saved. All
/// of it may be run again: then it begins with [`Passage::rewind`].
pub trait Passage {
    /// Goes back to the first user, and forgets what was saved.
    ///
    /// # Errors
    /// Unusable, if it cannot.
    fn rewind(&mut self) -> Result<()>;

    /// The next user, if there is one.
    ///
    /// # Errors
    /// Unusable, if it cannot be read.
    fn next(&mut self) -> Result<Option<UserData>>;

    /// Takes a user that was saved; nothing is committed before the end.
    ///
    /// # Errors
    /// Unusable, if there is no room for it.
    fn saved(&mut self, user: SavedUser) -> Result<()>;

    /// All are saved, and about to be committed: nothing may fail afterwards for
    /// want of room.
    ///
    /// # Errors
    /// Unusable, if there is none.
    fn settle(&mut self) -> Result<()>;
}

/// Fills bytes with randomness.
pub type RandomBytes<'a> = dyn FnMut(&mut [u8]) -> Result<()> + 'a;

/// The error for a user who exists and should not.
#[must_use]
pub fn exists_already(username: &str) -> Error {
    Error::new(Kind::Conflict, format!("user {username} exists already"))
        .hint(Hint::option(Setting::IfNotExists).trail("leaves the user as it is"))
        .hint(Hint::option(Setting::Update).trail("changes it"))
}
