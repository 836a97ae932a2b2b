//! The record of the commands that create users.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::admin::users::{SavedUser, UserOutcome};
use crate::cli::args::plain_password::Password;
use crate::cli::tokens::issue::sentence;
use crate::output::{Field, Record};

/// The result of a user.
pub(in crate::cli) struct UserRecord<'a> {
    pub(in crate::cli) username: &'a str,
    pub(in crate::cli) outcome: UserOutcome,
    /// A generated password.
    pub(in crate::cli) password: Option<&'a str>,
    /// The key of a token.
    pub(in crate::cli) key: Option<&'a str>,
}

impl<'a> UserRecord<'a> {
    /// Returns the result of a saved user.
    pub(in crate::cli) fn of(user: &'a SavedUser, password: Option<&'a Password>) -> Self {
        Self {
            username: user.username.as_str(),
            outcome: user.outcome,
            password: password.and_then(Password::generated),
            key: user.token.as_ref().map(|token| token.key.reveal()),
        }
    }
}

impl Record for UserRecord<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["username", "outcome", "password", "key"])
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username),
            1 => Field::text(self.outcome.as_str()),
            2 => Field::optional(self.password),
            _ => Field::optional(self.key),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let name = self.username;
        let mut sentences = vec![Zeroizing::new(match self.outcome {
            UserOutcome::Created => format!("Created user {name}"),
            UserOutcome::Existing => format!("User {name} already exists"),
            UserOutcome::Updated => format!("Updated user {name}"),
        })];
        sentences.extend(
            self.password.map(|password| Zeroizing::new(format!("Generated password {password} for user {name}"))),
        );
        sentences.extend(self.key.map(|key| sentence(key, name)));
        sentences
    }

    fn key(&self) -> Option<&str> {
        self.key.or(self.password)
    }
}
