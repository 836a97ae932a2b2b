//! What is told of a user who was saved: the record of the commands that make
//! users.

use zeroize::Zeroizing;

use crate::commands::create_token;
use crate::commands::password::Password;
use crate::output::{Field, Record};
use crate::store::{SavedUser, UserOutcome};

/// What became of a user.
pub(super) struct Told<'a> {
    pub(super) username: &'a str,
    pub(super) outcome: UserOutcome,
    /// A generated password.
    pub(super) password: Option<&'a str>,
    /// The key of a token.
    pub(super) key: Option<&'a str>,
}

impl<'a> Told<'a> {
    /// What is told of a user who was saved with that password.
    pub(super) fn of(saved: &'a SavedUser, password: Option<&'a Password>) -> Self {
        Self {
            username: &saved.username,
            outcome: saved.outcome,
            password: password.and_then(Password::to_tell),
            key: saved.token.as_ref().map(|token| token.key.reveal()),
        }
    }
}

impl Record for Told<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::text(self.username)),
            ("outcome", Field::text(self.outcome.as_str())),
            ("password", Field::optional(self.password)),
            ("key", Field::optional(self.key)),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let name = self.username;
        let what = match self.outcome {
            UserOutcome::Created => format!("Created user {name}"),
            UserOutcome::Existing => format!("User {name} exists already"),
            UserOutcome::Updated => format!("Updated user {name}"),
        };
        let password = self.password.map(|password| format!("Generated password {password} for user {name}"));
        let token = self.key.map(|key| create_token::sentence(key, name));
        let rest = password.map(Zeroizing::new).into_iter().chain(token);
        std::iter::once(Zeroizing::new(what)).chain(rest).collect()
    }

    fn key(&self) -> Option<&str> {
        self.key.or(self.password)
    }
}
