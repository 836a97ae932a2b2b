//! The user model as the application's code defines it.

use std::ffi::{OsStr, OsString};

use serde::Deserialize;

use crate::error::Result;
use crate::settings::python::Python;

/// Loads the application and prints its user model as JSON.
const SCRIPT: &str = include_str!("models.py");

/// A user model, with the facts that only its code has.
#[derive(Clone, Debug, Deserialize)]
pub struct UserModel {
    /// `_meta.db_table`
    pub table: String,
    /// The column of `USERNAME_FIELD`.
    pub username: String,
    /// Its fields that have a column.
    pub fields: Vec<ModelField>,
}

/// The facts of a field that only the code has.
#[derive(Clone, Debug, Deserialize)]
pub struct ModelField {
    /// Its column.
    pub column: String,
    /// Its default as typed text, unless it differs each time.
    pub default: Option<String>,
    /// Its choices as typed text. Empty if every value may be chosen.
    pub choices: Vec<String>,
    /// Whether `REQUIRED_FIELDS` has it.
    pub is_required: bool,
    /// The digits of a decimal number, and how many of them follow the point.
    pub precision: Option<(usize, usize)>,
}

impl UserModel {
    /// Loads the application of a settings module and reads its user model. The
    /// application runs with this umask.
    ///
    /// # Errors
    /// Rejected, if Python or the application is missing or fails.
    pub fn ask(module: &OsStr, python: &Python, umask: u32) -> Result<Self> {
        python.ask(SCRIPT, module, &[&OsString::from(umask.to_string())], "has an application that cannot be loaded")
    }
}
