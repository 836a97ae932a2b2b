//! Users saved through the application's own manager.

use std::ffi::{OsStr, OsString};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::settings::python::Python;

/// Loads the application and saves users.
const SCRIPT: &str = include_str!("manager.py");

/// A request to save users, all in one transaction.
#[derive(Serialize)]
pub struct ManagerRequest<'a> {
    /// What to do with a user who exists.
    pub on_existing: ManagerOnExisting,
    /// Whether the others are saved if a user cannot be.
    pub keeps_going: bool,
    /// Whether each user gets a token.
    pub with_token: bool,
    /// Whether passwords are validated by the application's validators.
    pub validates: bool,
    /// The users.
    pub users: Vec<ManagerUser<'a>>,
}

/// What to do with a user who exists.
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
    /// Whether the password of a user who exists is replaced.
    pub sets_password: bool,
    /// The columns, as typed.
    pub columns: &'a [(String, String)],
    /// The names of groups to join.
    pub groups: &'a [String],
}

/// What became of a user.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum ManagerResult {
    /// The user was saved.
    Saved {
        /// What was done.
        outcome: ManagerOutcome,
        /// The token's key.
        key: Option<Zeroizing<String>>,
        /// Whether the user may log in.
        is_active: bool,
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
pub enum ManagerOutcome {
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

/// Saves users through the manager of the user model of a settings module, in one
/// transaction on the database of an alias. Returns what became of each, up to the
/// first who was refused if the others are not saved then. What the application
/// creates has the permissions that `umask` leaves.
///
/// # Errors
/// Rejected if Python or the application is missing or fails; unknown if it ended
/// after the transaction had begun.
pub fn save_through_manager(
    module: &OsStr,
    python: &Python,
    umask: u32,
    alias: Option<&str>,
    request: &ManagerRequest<'_>,
) -> Result<Vec<ManagerResult>> {
    let input = serde_json::to_vec(request)
        .map(Zeroizing::new)
        .map_err(|error| Error::internal("the users cannot be written as JSON").caused_by(error))?;
    let (umask, alias) = (OsString::from(umask.to_string()), OsStr::new(alias.unwrap_or_default()));
    let ended = python.run(SCRIPT, module, &[&umask, alias], &input)?;
    let mut lines = ended.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let (begun, results) = (lines.next(), lines.next());
    match results.and_then(|line| serde_json::from_slice(line).ok()) {
        Some(results) => Ok(results),
        None if begun.is_none() => Err(ended.failure(module, "has an application that cannot be loaded")),
        None => {
            let why = ended.failure(module, "has an application that failed");
            Err(Error::new(Kind::Unknown, format!("whether the users were saved is unknown: {why}"))
                .caused_by(anyhow::Error::new(why))
                .hint("look for the users before running the command again"))
        }
    }
}
