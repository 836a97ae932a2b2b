//! Runs receivers and creates tokens after users were saved.

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
use crate::os::Interrupt;
use crate::output::Progress;
use crate::settings::{ReceiverChanges, ReceiverFailure, Receivers};

/// The maximum number of users with a failure that a message names.
const NAMED: usize = 5;

/// The results of what follows after users are saved.
#[derive(Default)]
pub(super) struct AfterSave {
    /// The tokens, by username.
    pub(super) tokens: HashMap<String, IssuedToken>,
    failed: Vec<ReceiverFailure>,
    /// Why no tokens were created.
    no_tokens: Option<Error>,
}

/// Runs the application's receivers for the users who were created. Then creates
/// the tokens of all that were saved, where they are requested: a receiver may have
/// created some. Failures are reported later by [`AfterSave::check`].
pub(super) fn run_after_save(
    receivers: Receivers,
    created: &[&str],
    saved: Vec<Username>,
    args: &Args,
    session: &mut Session,
    context: &Context,
) -> AfterSave {
    let mut after = AfterSave::default();
    let _held = Interrupt::by_signals().hold();
    // A receiver may write to the same database.
    session.suspend();
    let progress = Progress::new("running receivers", created.len(), context.notes());
    match receivers.run(created, &|| progress.step()) {
        Ok(failed) => after.failed = failed,
        Err(error) => after.no_tokens = Some(error),
    }
    drop(progress);
    if args.with_token() == WithToken::Yes && !saved.is_empty() && after.no_tokens.is_none() {
        let request = IssueRequest {
            usernames: saved,
            on_existing: OnExisting::Keep,
            preset: None,
            pace: Pace::Single,
            now: context.now(),
        };
        let mut on_foreign = |shape: &KeyShape| warn_of_foreign_keys(shape, context);
        let issued = session.issue_tokens(&request, &mut random::key, &mut on_foreign, &mut |tokens| {
            for token in tokens {
                after.tokens.insert(token.username.readable().into_owned(), token);
            }
            Ok(())
        });
        after.no_tokens = issued.err();
    }
    let has_failed = |name: &str| after.failed.iter().any(|failure| failure.username == name);
    if let Some(complete) = created.iter().find(|name| !has_failed(name)) {
        warn_of_missing_rows(complete, created.len(), session, context);
    }
    after
}

/// Warns if a user that the application completed lacks what nearly every other user
/// has: it may be a view of the application that creates it. `created` is the number
/// of new users.
pub(super) fn warn_of_missing_rows(username: &str, created: usize, session: &mut Session, context: &Context) {
    let lacks = session.snapshot().and_then(|mut snapshot| snapshot.lacks(username, created));
    match lacks {
        Ok(lacks) if lacks.is_empty() => {}
        Ok(lacks) => {
            let text = format!("user {username} lacks what nearly every user has: {}", lacks.join(", "));
            context.notes().warning(&text);
            context.notes().hint("create them in the application");
        }
        Err(error) => context.notes().note(&format!("user {username} was not compared with the others: {error}")),
    }
}

impl AfterSave {
    /// Reports what failed.
    ///
    /// # Errors
    /// In part, if something did: the users are saved.
    pub(super) fn check(self) -> Result<()> {
        let receivers = self.receivers_failed();
        match (receivers, self.no_tokens) {
            (None, None) => Ok(()),
            (Some(error), None) => Err(error),
            (None, Some(error)) => {
                Err(Error::new(Kind::Partial, format!("the users are saved, but not the tokens: {error}")))
            }
            (Some(receivers), Some(error)) => Err(receivers.hint(format!("no tokens were created: {error}"))),
        }
    }

    fn receivers_failed(&self) -> Option<Error> {
        let first = self.failed.first()?;
        let message = if let [failure] = self.failed.as_slice() {
            format!(
                "user {} was created, but a receiver of the application failed: {}",
                failure.username, failure.error
            )
        } else {
            let mut named: Vec<&str> =
                self.failed.iter().take(NAMED).map(|failure| failure.username.as_str()).collect();
            if self.failed.len() > NAMED {
                named.push("…");
            }
            format!(
                "{} users were created, but a receiver of the application failed for them: {}; the first: {}",
                self.failed.len(),
                named.join(", "),
                first.error
            )
        };
        let error = Error::new(Kind::Partial, message);
        let are_undone = self.failed.iter().all(|failure| failure.changes == ReceiverChanges::RolledBack);
        Some(error.hint(if are_undone {
            "create the missing rows in the application; the changes of the failed receivers were rolled back"
        } else {
            "look in the application what these users lack; some changes of the receivers may be committed"
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: usize, changes: ReceiverChanges, no_tokens: Option<Error>) -> AfterSave {
        let failure = |at| ReceiverFailure { username: format!("u{at}"), error: format!("KeyError: {at}"), changes };
        AfterSave { failed: (1..=failures).map(failure).collect(), no_tokens, ..AfterSave::default() }
    }

    #[test]
    fn failed_receivers_are_reported_with_at_most_5_users() {
        let many = "users were created, but a receiver of the application failed for them";
        for (failures, message) in [
            (1, "user u1 was created, but a receiver of the application failed: KeyError: 1".to_owned()),
            (2, format!("2 {many}: u1, u2; the first: KeyError: 1")),
            (5, format!("5 {many}: u1, u2, u3, u4, u5; the first: KeyError: 1")),
            (6, format!("6 {many}: u1, u2, u3, u4, u5, …; the first: KeyError: 1")),
        ] {
            let error = after(failures, ReceiverChanges::RolledBack, None).check().unwrap_err();
            assert_eq!((error.kind(), error.to_string()), (Kind::Partial, message));
        }
    }

    #[test]
    fn the_hint_says_whether_changes_of_receivers_were_rolled_back() {
        for (changes, words) in [
            (ReceiverChanges::RolledBack, "were rolled back"),
            (ReceiverChanges::Committed, "may be committed"),
            (ReceiverChanges::Unknown, "may be committed"),
        ] {
            let error = after(2, changes, Some(Error::rejected("no table"))).check().unwrap_err();
            let hints: Vec<String> = error.hints().iter().map(|hint| hint.lead.to_string()).collect();
            assert!(hints[0].ends_with(words), "{hints:?}");
            assert_eq!(hints[1..], ["no tokens were created: no table"]);
        }
    }

    #[test]
    fn tokens_that_were_not_created_are_an_error_after_the_users() {
        assert!(after(0, ReceiverChanges::Unknown, None).check().is_ok());
        let error = after(0, ReceiverChanges::Unknown, Some(Error::rejected("no table"))).check().unwrap_err();
        assert_eq!(error.kind(), Kind::Partial);
        assert_eq!(error.to_string(), "the users are saved, but not the tokens: no table");
    }
}
