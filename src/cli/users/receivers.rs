//! What follows when users were saved: the application's receivers run, then
//! tokens are created, unless a receiver has done that.

use std::collections::HashMap;

use crate::admin::tokens::{IssueRequest, IssuedToken, OnExisting};
use crate::admin::users::WithToken;
use crate::admin::{Pace, Session};
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::summary::warn_of_foreign_keys;
use crate::cli::users::create_args::Args;
use crate::django::key_shape::KeyShape;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::settings::ReceiverFailure;

/// How many users with a failure are named.
const NAMED: usize = 5;

/// What became of users after they were saved.
#[derive(Default)]
pub(super) struct Followed {
    /// The tokens, by username.
    pub(super) tokens: HashMap<String, IssuedToken>,
    failed: Vec<ReceiverFailure>,
}

/// Runs the application's receivers for the users who were created, and creates
/// the tokens of all that were saved, where they are requested.
///
/// # Errors
/// Same as [`Session::issue_tokens`]. A receiver that fails is told later, by
/// [`Followed::check`].
pub(super) fn follow(
    created: &[&str],
    saved: Vec<Username>,
    args: &Args,
    session: &mut Session,
    context: &Context,
) -> Result<Followed> {
    let mut followed = Followed::default();
    // A receiver may write to the same database.
    session.suspend();
    if !created.is_empty() {
        followed.failed = match context.run_receivers(created) {
            Ok(failed) => failed,
            Err(error) => {
                let message = error.to_string();
                let failure = |name: &&str| ReceiverFailure { username: (*name).to_owned(), error: message.clone() };
                created.iter().map(failure).collect()
            }
        };
    }
    if args.with_token() == WithToken::Yes && !saved.is_empty() {
        let request = IssueRequest {
            usernames: saved,
            on_existing: OnExisting::Keep,
            preset: None,
            pace: Pace::Single,
            now: context.now(),
        };
        let mut on_foreign = |shape: &KeyShape| warn_of_foreign_keys(shape, context);
        session.issue_tokens(&request, &mut random::key, &mut on_foreign, &mut |tokens| {
            for token in tokens {
                followed.tokens.insert(token.username.readable().into_owned(), token);
            }
            Ok(())
        })?;
    }
    Ok(followed)
}

impl Followed {
    /// Reports the users for whom a receiver failed.
    ///
    /// # Errors
    /// In part, if there is one: the users are saved.
    pub(super) fn check(&self) -> Result<()> {
        let Some(first) = self.failed.first() else { return Ok(()) };
        let error = if let [failure] = self.failed.as_slice() {
            Error::new(
                Kind::InPart,
                format!(
                    "user {} was created, but a receiver of the application failed: {}",
                    failure.username, failure.error
                ),
            )
        } else {
            let mut named: Vec<&str> =
                self.failed.iter().take(NAMED).map(|failure| failure.username.as_str()).collect();
            if self.failed.len() > NAMED {
                named.push("…");
            }
            Error::new(
                Kind::InPart,
                format!(
                    "{} users were created, but a receiver of the application failed for them: {}; the first: {}",
                    self.failed.len(),
                    named.join(", "),
                    first.error
                ),
            )
        };
        Err(error
            .hint("what a receiver does for one user is undone if it fails: create in the application what is missing"))
    }
}
