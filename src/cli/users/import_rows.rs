//! The rows of a file of users between the steps of an import, and their results.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::admin::tokens::IssuedToken;
use crate::admin::users::{RowResult, SavedUser, UserData, UserOutcome};
use crate::cli::args::plain_password::Password;
use crate::cli::users::record::UserRecord;
use crate::error::Error;
use crate::output::{Field, Record};
use crate::prompt::Place;

/// The number of rows that are checked or hashed together.
pub(super) const CHUNK: usize = 5_000;

/// A row of the file that is not saved yet.
#[derive(Deserialize, Serialize)]
pub(super) struct Pending {
    /// The line of the file.
    pub(super) place: Place,
    pub(super) user: PendingUser,
}

/// The user of a row, as far as it was checked.
#[derive(Deserialize, Serialize)]
pub(super) enum PendingUser {
    Accepted(AcceptedUser),
    Rejected(Rejection),
}

/// A user to save.
#[derive(Deserialize, Serialize)]
pub(super) struct AcceptedUser {
    pub(super) data: UserData,
    /// The password to hash.
    pub(super) password: Option<Password>,
}

/// Why a row is rejected.
#[derive(Deserialize, Serialize)]
pub(super) struct Rejection {
    username: String,
    /// The message of the error.
    message: String,
}

impl Pending {
    /// Returns a row to save.
    pub(super) fn accepted(place: Place, user: AcceptedUser) -> Self {
        Self { place, user: PendingUser::Accepted(user) }
    }

    /// Returns a rejected row.
    pub(super) fn rejected(place: Place, username: String, error: &Error) -> Self {
        Self { place, user: PendingUser::Rejected(Rejection { username, message: error.in_one_line() }) }
    }

    /// Returns whether it has a password to hash.
    pub(super) fn has_usable_password(&self) -> bool {
        self.user().is_some_and(|user| user.password.as_ref().is_some_and(Password::is_usable))
    }

    /// Returns the user, unless the row is rejected.
    pub(super) fn user(&self) -> Option<&AcceptedUser> {
        match &self.user {
            PendingUser::Accepted(user) => Some(user),
            PendingUser::Rejected(_) => None,
        }
    }
}

/// The outcome of a row.
#[derive(Deserialize, Serialize)]
pub(super) enum FileOutcome {
    Saved(UserOutcome),
    /// Rejected, with the message of the error.
    Rejected(String),
}

/// The result of a row.
#[derive(Deserialize, Serialize)]
pub(super) struct FileResult {
    pub(super) place: Place,
    pub(super) username: String,
    pub(super) outcome: FileOutcome,
    /// The generated password of the user.
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) key: Option<Zeroizing<String>>,
    /// Whether the application accepts the token.
    pub(super) is_active: bool,
}

impl FileResult {
    /// Returns the result of a row that the transaction saved or rejected.
    pub(super) fn new(place: Place, password: Option<Password>, result: RowResult) -> Self {
        let SavedUser { username, outcome, token, .. } = match result {
            RowResult::Saved(saved) => saved,
            RowResult::Rejected { username, error } => {
                let (username, message) = (username.to_string(), error.in_one_line());
                return Self::of_rejection(place, Rejection { username, message });
            }
        };
        let is_new = matches!(outcome, UserOutcome::Created | UserOutcome::Updated);
        Self {
            place,
            username: username.to_string(),
            outcome: FileOutcome::Saved(outcome),
            password: password.and_then(Password::into_generated).filter(|_| is_new),
            is_active: token.as_ref().is_none_or(|token| token.is_active),
            key: token.map(|token| Zeroizing::new(token.key.reveal().to_owned())),
        }
    }

    /// Returns the result of a row that the application rejected.
    pub(super) fn refused(place: Place, username: String, error: &Error) -> Self {
        Self::of_rejection(place, Rejection { username, message: error.in_one_line() })
    }

    /// Returns the result of a row that was rejected before.
    pub(super) fn of_rejection(place: Place, rejection: Rejection) -> Self {
        let Rejection { username, message } = rejection;
        let outcome = FileOutcome::Rejected(message);
        Self { place, username, outcome, password: None, key: None, is_active: true }
    }

    /// Returns whether the user was created.
    pub(super) fn is_created(&self) -> bool {
        matches!(self.outcome, FileOutcome::Saved(UserOutcome::Created))
    }

    /// Adds a token that was created later.
    pub(super) fn set_token(&mut self, token: &IssuedToken) {
        self.is_active = token.is_active;
        self.key = Some(Zeroizing::new(token.key.reveal().to_owned()));
    }

    pub(super) fn is_rejected(&self) -> bool {
        matches!(self.outcome, FileOutcome::Rejected(_))
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
            0 => Field::Number(i64::try_from(self.place.line).unwrap_or(i64::MAX)),
            1 => Field::text(self.username.as_str()),
            2 => match &self.outcome {
                FileOutcome::Saved(outcome) => Field::text(outcome.as_str()),
                FileOutcome::Rejected(_) => Field::text("rejected"),
            },
            3 => Field::optional(self.password()),
            4 => Field::optional(self.token()),
            _ => match &self.outcome {
                FileOutcome::Saved(_) => Field::Absent,
                FileOutcome::Rejected(message) => Field::text(message.as_str()),
            },
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        match &self.outcome {
            FileOutcome::Saved(outcome) => {
                let (username, password, key) = (self.username.as_str(), self.password(), self.token());
                UserRecord { username, outcome: *outcome, password, key }.sentences()
            }
            FileOutcome::Rejected(message) => {
                let user = if self.username.is_empty() { String::new() } else { format!("user {} of ", self.username) };
                vec![Zeroizing::new(format!("Rejected {user}{}: {message}", self.place))]
            }
        }
    }

    fn key(&self) -> Option<&str> {
        self.token().or(self.password())
    }
}
