//! The rows of a file of users: how they wait between the steps that are taken
//! with all of them, and what is said of each in the end.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::admin::users::{SavedUser, UserData, UserOutcome};
use crate::cli::args::password::Password;
use crate::cli::users::record::UserRecord;
use crate::error::Error;
use crate::output::{Field, Record};

/// A row of the file, on the way into the database.
#[derive(Deserialize, Serialize)]
pub(super) struct Pending {
    /// The line of the file.
    pub(super) line: u64,
    /// The user; or the name, and why the row is rejected.
    pub(super) user: Result<PendingUser, (String, String)>,
}

/// A user of the file.
#[derive(Deserialize, Serialize)]
pub(super) struct PendingUser {
    pub(super) data: UserData,
    /// What is to be hashed.
    pub(super) password: Option<Password>,
}

impl Pending {
    /// A row that is rejected.
    pub(super) fn rejected(line: u64, username: String, error: &Error) -> Self {
        Self { line, user: Err((username, error.to_string())) }
    }
}

/// What became of a row.
#[derive(Deserialize, Serialize)]
pub(super) struct FileResult {
    line: u64,
    pub(super) username: String,
    /// What became of the user, or why the row was rejected.
    pub(super) outcome: Result<UserOutcome, String>,
    /// A generated password that is the user's now.
    password: Option<Zeroizing<String>>,
    pub(super) key: Option<Zeroizing<String>>,
    /// Whether the application takes the token.
    pub(super) is_active: bool,
}

impl FileResult {
    /// Of a row that was saved, or rejected at the last moment.
    pub(super) fn of_saved(line: u64, password: Option<Password>, saved: SavedUser) -> Self {
        let is_new = matches!(saved.outcome, Ok(UserOutcome::Created | UserOutcome::Updated));
        Self {
            line,
            username: saved.username.to_string(),
            outcome: saved.outcome,
            password: password.and_then(Password::into_generated).filter(|_| is_new),
            is_active: saved.token.as_ref().is_none_or(|token| token.is_active),
            key: saved.token.map(|token| Zeroizing::new(token.key.reveal().to_owned())),
        }
    }

    /// Of a row that was rejected before.
    pub(super) fn of_rejected(line: u64, username: String, error: String) -> Self {
        Self { line, username, outcome: Err(error), password: None, key: None, is_active: true }
    }

    fn password(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.as_str())
    }

    fn token(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.as_str())
    }
}

impl Record for FileResult {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["line", "username", "outcome", "password", "key", "error"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::Number(i64::try_from(self.line).unwrap_or(i64::MAX)),
            1 => Field::text(self.username.as_str()),
            2 => Field::text(self.outcome.as_ref().map_or("refused", |outcome| outcome.as_str())),
            3 => Field::optional(self.password()),
            4 => Field::optional(self.token()),
            _ => Field::optional(self.outcome.as_ref().err().map(String::as_str)),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        match &self.outcome {
            Ok(outcome) => {
                let (username, password, key) = (self.username.as_str(), self.password(), self.token());
                UserRecord { username, outcome: *outcome, password, key }.sentences()
            }
            Err(error) => {
                vec![Zeroizing::new(format!("Refused user {} of line {}: {error}", self.username, self.line))]
            }
        }
    }

    fn key(&self) -> Option<&str> {
        self.token().or(self.password())
    }
}
