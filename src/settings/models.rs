//! The application's user model, as its code has it.

use std::ffi::{OsStr, OsString};

use serde::Deserialize;

use crate::error::Result;
use crate::settings::python::Python;

/// Loads the application and prints its user model as JSON.
const SCRIPT: &str = include_str!("models.py");

/// The names of a user model in the database.
#[derive(Clone, Debug, Deserialize)]
pub struct UserModelNames {
    /// `_meta.db_table`
    pub table: String,
    /// The column of `USERNAME_FIELD`.
    pub username: String,
}

impl UserModelNames {
    /// Loads the application of a settings module, and asks it. What the
    /// application creates has the permissions that `umask` leaves.
    ///
    /// # Errors
    /// Rejected, if Python or the application is missing or fails.
    pub fn ask(module: &OsStr, python: &Python, umask: u32) -> Result<Self> {
        python.ask(SCRIPT, module, &[&OsString::from(umask.to_string())], "has an application that cannot be loaded")
    }
}
