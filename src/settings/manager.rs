//! Users saved through the application's own manager.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Program};
use crate::os::Interrupt;
use crate::settings::python::Python;

/// Loads the application and saves users.
const SCRIPT: &str = include_str!("manager.py");

/// A request to save users, all in one transaction.
#[derive(Serialize)]
pub struct ManagerRequest<'a> {
    /// What to do with an existing user.
    pub on_existing: ManagerOnExisting,
    /// Whether the other users are saved if one cannot be.
    pub keeps_going: bool,
    /// Whether groups that do not exist are created.
    pub create_groups: bool,
    /// Whether each user gets a token.
    pub with_token: bool,
    /// Whether passwords are validated by the application's validators.
    pub validates: bool,
    /// The users.
    pub users: Vec<ManagerUser<'a>>,
}

/// What to do with an existing user.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagerOnExisting {
    /// Fail.
    Refuse,
    /// Keep the user unchanged.
    Keep,
    /// Update what is given.
    Update,
}

/// A user to save.
#[derive(Serialize)]
pub struct ManagerUser<'a> {
    /// The username.
    pub username: &'a str,
    /// The password. Without one, the application sets an unusable one.
    pub password: Option<&'a str>,
    /// Whether the password of an existing user is replaced.
    pub sets_password: bool,
    /// The columns, as typed.
    pub columns: &'a [(String, String)],
    /// The names of groups to join.
    pub groups: &'a [String],
}

/// The result of one user.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ManagerResult {
    /// The user was saved.
    Saved {
        /// What was done.
        outcome: ManagerChange,
        /// The token's key.
        key: Option<Zeroizing<String>>,
        /// Whether the user may log in.
        is_active: bool,
        /// The names of the groups that were created.
        created_groups: Vec<String>,
    },
    /// The user was not saved, because groups do not exist.
    MissingGroups {
        /// Their names.
        missing_groups: Vec<String>,
    },
    /// The user was not saved.
    Refused {
        /// The kind of the error.
        kind: ManagerRefusal,
        /// Why.
        error: String,
    },
}

/// What was done with a user.
#[derive(Clone, Copy, Debug, Deserialize)]
pub enum ManagerChange {
    /// The user was created.
    Created,
    /// The user existed and was kept.
    Existing,
    /// The user existed and was updated.
    Updated,
}

/// Why a user was not saved.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ManagerRefusal {
    /// The application or its database refuses a value.
    Rejected,
    /// The user exists.
    Exists,
    /// A value is a duplicate.
    Conflict,
}

/// The results of a request.
pub struct ManagerOutcome {
    /// The result of each user, up to the first rejected one if the others are
    /// not saved then.
    pub results: Vec<ManagerResult>,
    /// The exception of code that the application ran after the commit.
    pub after_commit: Option<String>,
}

/// Why no user was saved, or what failed after the commit.
#[derive(Deserialize)]
struct Failure {
    kind: FailureKind,
    error: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum FailureKind {
    Rejected,
    Conflict,
    Busy,
    Unusable,
    Interrupted,
    After,
}

/// How to save users.
pub struct Manager<'a> {
    /// The settings module.
    pub module: &'a OsStr,
    /// How to start Python.
    pub python: &'a Python,
    /// The umask of the application.
    pub umask: u32,
    /// The alias of the database.
    pub alias: Option<&'a str>,
    /// How long to wait for a lock.
    pub busy_timeout: Duration,
    /// Stops the transaction.
    pub interrupt: Interrupt,
}

impl Manager<'_> {
    /// Saves users through the manager of the user model, in one transaction.
    ///
    /// # Errors
    /// Rejected if Python or the application is missing or fails; conflict,
    /// busy, unusable or interrupted, with nothing changed; unknown if Python
    /// ended during the transaction.
    pub fn save(&self, request: &ManagerRequest<'_>) -> Result<ManagerOutcome> {
        let input = serde_json::to_vec(request)
            .map(Zeroizing::new)
            .map_err(|error| Error::internal("the users cannot be written as JSON").caused_by(error))?;
        let (umask, alias) = (OsString::from(self.umask.to_string()), OsStr::new(self.alias.unwrap_or_default()));
        let patience = OsString::from(self.busy_timeout.as_secs_f64().to_string());
        let mut running = self.python.start(SCRIPT, self.module, &[&umask, alias, &patience])?;
        running.send(&input);
        let ended = running.end(&self.interrupt);
        let mut lines = ended.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        if lines.next().is_none() {
            self.interrupt.check()?;
            return Err(ended.failure(self.module, "has an application that cannot be loaded"));
        }
        let (answer, after) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        if let Ok(results) = serde_json::from_slice(answer) {
            let after = serde_json::from_slice::<Failure>(after).ok();
            return Ok(ManagerOutcome { results, after_commit: after.map(|failure| failure.error) });
        }
        match serde_json::from_slice(answer) {
            Ok(Failure { kind: FailureKind::Interrupted, error }) => {
                self.interrupt.check()?;
                Err(Error::new(Kind::Interrupted, format!("interrupted: {error}")))
            }
            Ok(Failure { kind, error }) => Err(not_saved(kind, &error)),
            Err(_) => {
                let why = ended.failure(self.module, "has an application that failed");
                Err(Error::new(Kind::Unknown, format!("the outcome of the commit is unknown: {why}"))
                    .caused_by(anyhow::Error::new(why))
                    .hint(
                        Hint::run(Program::ListUsers).lead("check which users exist before you run the command again"),
                    ))
            }
        }
    }
}

/// Returns the error for a transaction that was rolled back.
fn not_saved(kind: FailureKind, error: &str) -> Error {
    match kind {
        FailureKind::Conflict => Error::new(Kind::Conflict, format!("the database rejected the users: {error}")),
        FailureKind::Busy => Error::new(Kind::Busy, format!("the database is locked by another session: {error}")),
        FailureKind::Unusable => Error::unusable(format!("the application cannot use its database: {error}")),
        FailureKind::Rejected | FailureKind::Interrupted | FailureKind::After => {
            Error::rejected(format!("the application rejected the users: {error}"))
        }
    }
}
