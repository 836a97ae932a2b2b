//! The application's own receivers, run for users who were created.

use std::ffi::{OsStr, OsString};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::settings::python::Python;

/// Loads the application and sends `post_save`.
const SCRIPT: &str = include_str!("receivers.py");

/// A user for whom a receiver failed.
#[derive(Clone, Debug, Deserialize)]
pub struct ReceiverFailure {
    /// The username.
    pub username: String,
    /// The exception, with its name.
    pub error: String,
}

/// Runs the `post_save` receivers of the application of a settings module for
/// users of the database of an alias, each in a transaction. Returns those for whom
/// one failed. What the application creates has the permissions that `umask`
/// leaves.
///
/// # Errors
/// Rejected if Python or the application is missing or fails.
pub fn run_receivers(
    module: &OsStr,
    python: &Python,
    umask: u32,
    alias: Option<&str>,
    usernames: &[&str],
) -> Result<Vec<ReceiverFailure>> {
    let input = serde_json::to_vec(usernames)
        .map_err(|error| Error::internal("the usernames cannot be written as JSON").caused_by(error))?;
    let (umask, alias) = (OsString::from(umask.to_string()), OsStr::new(alias.unwrap_or_default()));
    python.ask_about(SCRIPT, module, &[&umask, alias], &input, "has an application that cannot be loaded")
}
