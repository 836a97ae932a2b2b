//! Requests and results of saving users.

use serde::{Deserialize, Serialize};

use crate::admin::tokens::IssuedToken;
use crate::django::password::EncodedPassword;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Setting};

/// What to do with a user who exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExistingUser {
    /// Fail.
    Refuse,
    /// Keep the user unchanged.
    Keep,
    /// Update the columns that were given.
    Update,
}

/// What to do with a user who does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissingUser {
    /// Create the user.
    Create,
    /// Fail.
    Refuse,
}

/// What to do with a group that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMissingGroup {
    /// Fail.
    Refuse,
    /// Create it.
    Create,
}

/// Whether each user gets a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithToken {
    /// Each user gets a token, or keeps the existing one.
    Yes,
    /// No token is created.
    No,
}

/// Which passwords may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacing {
    /// Those that Django's hashers read, unless the new hash would be weaker.
    Comparable,
    /// Every password: the hasher was chosen for it.
    Any,
}

/// What to do when a user cannot be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// Save none.
    Stop,
    /// Skip that user and save the others.
    Skip,
}

/// The columns of a user to save. A column that is not given stays unchanged,
/// or gets Django's default in a new user.
#[derive(Clone, Deserialize, Serialize)]
pub struct UserData {
    /// The username.
    pub username: Username,
    /// The encoded password.
    pub password: Option<EncodedPassword>,
    /// Other columns, as typed.
    pub columns: Vec<(String, String)>,
    /// The names of groups to join.
    pub groups: Vec<String>,
}

impl UserData {
    /// Returns a user with this name and nothing else.
    #[must_use]
    pub fn new(username: Username) -> Self {
        Self { username, password: None, columns: Vec::new(), groups: Vec::new() }
    }
}

/// What was done with a user.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum UserOutcome {
    /// The user was created.
    Created,
    /// The user existed and was kept.
    Existing,
    /// The user existed and was updated.
    Updated,
}

impl UserOutcome {
    /// Returns the outcome as records spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Updated => "updated",
        }
    }
}

/// What became of a user of a request.
#[derive(Debug)]
pub enum RowResult {
    /// The user was saved.
    Saved(SavedUser),
    /// The user was skipped.
    Rejected {
        /// The username.
        username: Username,
        /// Why.
        error: Error,
    },
}

/// A user who was saved.
#[derive(Clone, Debug)]
pub struct SavedUser {
    /// The username.
    pub username: Username,
    /// What was done.
    pub outcome: UserOutcome,
    /// Whether the user could log in before, if the user existed.
    pub was_active: Option<bool>,
    /// The token, if one was requested.
    pub token: Option<IssuedToken>,
}

/// Why users were not saved.
#[derive(Debug)]
pub struct SaveError {
    /// The error.
    pub error: Error,
    /// The index of the user who caused it, if one did.
    pub index: Option<usize>,
}

impl From<Error> for SaveError {
    fn from(error: Error) -> Self {
        Self { error, index: None }
    }
}

/// The users of a request, and the receiver of their results. A transaction
/// that runs again begins with [`UserSource::rewind`].
pub trait UserSource {
    /// Goes back to the first user and discards the results.
    ///
    /// # Errors
    /// Unusable if it cannot.
    fn rewind(&mut self) -> Result<()>;

    /// Returns the next user, if there is one.
    ///
    /// # Errors
    /// Unusable if it cannot be read.
    fn next(&mut self) -> Result<Option<UserData>>;

    /// Takes the result of a user, which is not committed yet.
    ///
    /// # Errors
    /// Unusable if there is no space for it.
    fn take_result(&mut self, result: RowResult) -> Result<()>;

    /// Prepares for the commit, after which nothing may fail for lack of space.
    ///
    /// # Errors
    /// Unusable if there is no space.
    fn settle(&mut self) -> Result<()>;
}

/// A source of random bytes.
pub type RandomBytes<'a> = dyn FnMut(&mut [u8]) -> Result<()> + 'a;

/// Returns the error for a user who already exists.
#[must_use]
pub fn exists_already(username: &str) -> Error {
    Error::new(Kind::Conflict, format!("user {username} already exists"))
        .hint(Hint::option(Setting::IfNotExists).lead("keep the user unchanged"))
        .hint(Hint::option(Setting::Update).lead("update the user"))
}
