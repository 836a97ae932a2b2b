//! A Django settings module, and the application's models, asked through
//! Python: the one place where another program is started.

mod models;
mod python;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::engine::{DatabaseUrl, Target};
use crate::error::{Error, Result};

pub use models::UserModelNames;
pub use python::Python;

/// Imports the module and prints its settings as JSON.
const SCRIPT: &str = include_str!("module.py");

/// What the settings say of the database, Django's defaults filled in.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// The module that says it.
    #[serde(skip)]
    module: String,
    engine: String,
    name: Option<String>,
    host: String,
    port: String,
    user: String,
    password: Secret,
    options: BTreeMap<String, String>,
    /// The zone that times are kept in: UTC with `USE_TZ`, else `TIME_ZONE`.
    pub time_zone: Option<String>,
    /// `AUTH_USER_MODEL`.
    pub auth_user_model: String,
    /// `DEFAULT_AUTO_FIELD`.
    pub default_auto_field: String,
    /// `PASSWORD_HASHERS`, where the settings have them.
    pub password_hashers: Vec<String>,
    /// `AUTH_PASSWORD_VALIDATORS`
    pub password_validators: Vec<PasswordValidator>,
}

/// A validator of `AUTH_PASSWORD_VALIDATORS`, with the options that Django's
/// own validators take.
#[derive(Clone, Debug, Deserialize)]
pub struct PasswordValidator {
    /// The path by which Python imports it.
    pub name: String,
    /// The option of this name.
    pub min_length: Option<usize>,
    /// The option of this name.
    pub max_similarity: Option<f64>,
    /// The option of this name.
    pub user_attributes: Option<Vec<String>>,
    /// The content of the file that `password_list_path` names.
    pub passwords: Option<HashSet<String>>,
}

/// A password; its `Debug` does not show it.
#[derive(Clone, Default, Deserialize)]
struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Settings {
    /// Imports the settings module in the current folder's Python.
    ///
    /// # Errors
    /// Rejected, if Python or the module is missing or fails; the message has
    /// the exception's own line, the causes have all of Python's words.
    pub fn import(module: &OsStr, python: &Python) -> Result<Self> {
        let settings: Self = python.ask(SCRIPT, module, &[], "cannot be imported")?;
        let module = module.to_string_lossy().into_owned();
        Ok(Self { module, ..settings })
    }

    /// The database that `DATABASES['default']` names. `scheme_of` tells which
    /// URL scheme serves a Django backend.
    ///
    /// # Errors
    /// Usage, if no engine serves it, or no database is named.
    pub fn target(&self, scheme_of: impl Fn(&str) -> Result<&'static str>) -> Result<Target> {
        let module = &self.module;
        if self.engine.is_empty() {
            return Err(Error::usage(format!("the settings module {module} has no ENGINE in DATABASES['default']")));
        }
        let scheme = scheme_of(&self.engine)?;
        let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) else {
            return Err(Error::usage(format!("the settings module {module} has no NAME in DATABASES['default']")));
        };
        // The same refusals as for a path that is typed.
        Target::parse(OsStr::new(name))?;
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let port = given(&self.port).map(|port| {
            port.parse()
                .map_err(|_| Error::usage(format!("the settings module {module} has a PORT that is none: {port}")))
        });
        Ok(Target::Url(DatabaseUrl {
            user: given(&self.user),
            password: given(&self.password.0).map(Zeroizing::new),
            host: given(&self.host),
            port: port.transpose()?,
            options: self.options.clone().into_iter().collect(),
            is_typed: false,
            ..DatabaseUrl::of_file(scheme, PathBuf::from(name))
        }))
    }
}
