//! The application's own receivers, run for users who were created.

use std::ffi::{OsStr, OsString};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::os::Interrupt;
use crate::settings::python::{Python, Running};

/// Loads the application and sends `post_save`.
const SCRIPT: &str = include_str!("receivers.py");

/// The description of the failure if the application was not loaded.
const NOT_LOADED: &str = "has an application that cannot be loaded";

/// The application, loaded and ready to run its receivers.
pub struct Receivers {
    running: Running,
    module: OsString,
    interrupt: Interrupt,
}

/// A user with a receiver that failed, or was not run.
#[derive(Clone, Debug)]
pub struct ReceiverFailure {
    /// The username.
    pub username: String,
    /// The exception, with its name.
    pub error: String,
    /// What happened to the changes of the user's receivers.
    pub changes: ReceiverChanges,
}

/// What happened to the changes of receivers that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverChanges {
    /// They were rolled back.
    RolledBack,
    /// They are committed: the failure came after the commit.
    Committed,
    /// This is unknown, or there were no changes.
    Unknown,
}

/// A line of the script.
#[derive(Deserialize)]
struct Outcome {
    error: Option<String>,
    is_undone: bool,
}

impl Receivers {
    /// Loads the application of a settings module, for users of the database of an
    /// alias. What the application creates has the permissions that `umask` leaves.
    ///
    /// # Errors
    /// Rejected if Python or the application is missing or fails; interrupted.
    pub fn load(
        module: &OsStr,
        python: &Python,
        umask: u32,
        alias: Option<&str>,
        interrupt: Interrupt,
    ) -> Result<Self> {
        let (umask, alias) = (OsString::from(umask.to_string()), OsStr::new(alias.unwrap_or_default()));
        let mut running = python.start(SCRIPT, module, &[&umask, alias])?;
        if running.line(&interrupt).is_none() {
            interrupt.check()?;
            return Err(running.end(&interrupt).failure(module, NOT_LOADED));
        }
        Ok(Self { running, module: module.to_owned(), interrupt })
    }

    /// Runs the `post_save` receivers for users, each in a transaction. Calls a
    /// function after each user. Returns the users with a failure.
    ///
    /// # Errors
    /// Internal if the usernames cannot be written as JSON.
    pub fn run(self, usernames: &[&str], on_user: &dyn Fn()) -> Result<Vec<ReceiverFailure>> {
        let Self { mut running, module, interrupt } = self;
        let input = serde_json::to_vec(usernames)
            .map_err(|error| Error::internal("the usernames cannot be written as JSON").caused_by(error))?;
        running.send(&input);
        let mut failures = Vec::new();
        let mut left = usernames.iter();
        for username in left.by_ref() {
            let line = running.line(&interrupt);
            let outcome = line.and_then(|line| serde_json::from_slice::<Outcome>(&line).ok());
            on_user();
            let (error, changes) = match outcome {
                Some(Outcome { error: None, .. }) => continue,
                Some(Outcome { error: Some(error), is_undone: true }) => (error, ReceiverChanges::RolledBack),
                Some(Outcome { error: Some(error), is_undone: false }) => (error, ReceiverChanges::Committed),
                None => {
                    let error = running.end(&interrupt).failure(&module, "has an application that failed").to_string();
                    let (username, changes) = ((*username).to_owned(), ReceiverChanges::Unknown);
                    failures.push(ReceiverFailure { username, error, changes });
                    break;
                }
            };
            failures.push(ReceiverFailure { username: (*username).to_owned(), error, changes });
        }
        for username in left {
            let (username, error) = ((*username).to_owned(), "the receivers were not run".to_owned());
            failures.push(ReceiverFailure { username, error, changes: ReceiverChanges::Unknown });
        }
        Ok(failures)
    }
}
