//! A Django settings module and the application's models, read through Python.
//! This is the only place that starts another program.

mod code_owner;
mod env_file;
mod manager;
mod models;
mod project;
mod python;
mod receivers;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::engine::{Backend, DatabaseUrl, Target};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};

pub use env_file::EnvFile;
pub use manager::{
    Manager, ManagerChange, ManagerOnExisting, ManagerOutcome, ManagerRefusal, ManagerRequest, ManagerResult,
    ManagerUser,
};
pub use models::{ModelField, UserModel};
pub use project::Project;
pub use python::{Python, PythonVariables};
pub use receivers::{ReceiverChanges, ReceiverFailure, Receivers};

/// Imports the module and prints its settings as JSON.
const SCRIPT: &str = include_str!("module.py");

/// The settings of the database, with Django's defaults.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// The settings module.
    #[serde(skip)]
    module: String,
    /// The requested alias.
    #[serde(skip)]
    alias: Option<String>,
    /// The aliases of `DATABASES` that have an `ENGINE`.
    aliases: Vec<String>,
    /// Whether `DATABASE_ROUTERS` is set.
    has_routers: bool,
    engine: String,
    name: Option<String>,
    host: String,
    port: String,
    user: String,
    password: Secret,
    options: BTreeMap<String, String>,
    /// The zone of stored times: UTC with `USE_TZ`, else `TIME_ZONE`.
    pub time_zone: Option<String>,
    /// The apps of `INSTALLED_APPS` that are Django's or DRF's own and have
    /// migrations, in its order.
    pub own_apps: Vec<InstalledApp>,
    /// `SITE_ID`
    pub site_id: i64,
    /// `AUTH_USER_MODEL`.
    pub auth_user_model: String,
    /// `DEFAULT_AUTO_FIELD`.
    pub default_auto_field: String,
    /// `PASSWORD_HASHERS`, or the default of that Django. `None` if the
    /// settings have none and Python finds no Django.
    pub password_hashers: Option<Vec<String>>,
    /// `INSTALLED_APPS`
    pub installed_apps: Vec<String>,
    /// `DEFAULT_AUTHENTICATION_CLASSES` of `REST_FRAMEWORK`. `None` for DRF's
    /// default.
    pub authentication_classes: Option<Vec<String>>,
    /// `AUTH_PASSWORD_VALIDATORS`
    pub password_validators: Vec<PasswordValidator>,
}

/// An app of Django's or DRF's own that an application has installed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct InstalledApp {
    /// Its label.
    pub label: String,
    /// The names of the migrations that the installed version has. `None` if
    /// Python does not find it.
    pub migrations: Option<Vec<String>>,
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

/// Rejects text that Python cannot import, and does not repeat it: it may be a
/// database URL with a password.
fn check_module_name(module: &OsStr) -> Result<()> {
    let name = module.to_string_lossy();
    if name.contains("://") {
        let hint = Hint::option(Setting::Database).lead("put the URL into DATABASE_URL, or name the database");
        return Err(Error::usage("the settings module is a URL").hint(hint));
    }
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "/\\:@".contains(c)) {
        return Err(Error::usage("the settings module is not a dotted Python name")
            .hint(Hint::option(Setting::Settings).lead("write it as Python imports it")));
    }
    Ok(())
}

impl Settings {
    /// Imports the settings module in the current folder's Python, and reads the
    /// database of an alias, or of `default`.
    ///
    /// # Errors
    /// Rejected, if Python or the module is missing or fails; the message has
    /// the line of the exception, and the causes have the whole traceback.
    pub fn import(module: &OsStr, alias: Option<&str>, python: &Python) -> Result<Self> {
        check_module_name(module)?;
        let settings: Self = python.ask(SCRIPT, module, &[alias.unwrap_or_default().as_ref()], "cannot be imported")?;
        let module = module.to_string_lossy().into_owned();
        Ok(Self { module, alias: alias.map(str::to_owned), ..settings })
    }

    /// Returns the database of the alias. `backend` returns the engine that
    /// supports a Django backend.
    ///
    /// # Errors
    /// Usage, if no engine supports it, no database is named, or the routers of
    /// the settings decide which one has the users.
    pub fn target(&self, backend: impl Fn(&str) -> Result<Backend>) -> Result<Target> {
        let module = &self.module;
        let alias = self.alias.as_deref().unwrap_or("default");
        if self.engine.is_empty() {
            let error = Error::usage(format!("the settings module {module} has no ENGINE in DATABASES['{alias}']"));
            return Err(if self.aliases.is_empty() { error } else { error.hint(self.name_an_alias()) });
        }
        if self.has_routers && self.alias.is_none() && self.aliases.len() > 1 {
            return Err(Error::usage(format!(
                "the settings module {module} has several databases, and its DATABASE_ROUTERS choose between them"
            ))
            .hint(self.name_an_alias()));
        }
        let Backend { scheme, is_file } = backend(&self.engine)?;
        let name = self.name.as_deref().unwrap_or_default();
        // Django also accepts a service or an option file that names it.
        let is_elsewhere = ["service", "read_default_file"].iter().any(|option| self.options.contains_key(*option));
        if name.is_empty() && (is_file || !is_elsewhere) {
            return Err(Error::usage(format!("the settings module {module} has no NAME in DATABASES['{alias}']")));
        }
        if !name.is_empty() {
            // The path is checked like one on the command line.
            Target::parse(OsStr::new(name))?;
        }
        if is_file {
            // Django also ignores the other settings.
            let options = self.options.clone().into_iter().collect();
            let url = DatabaseUrl::of_file(scheme, PathBuf::from(name));
            return Ok(Target::Url(DatabaseUrl { options, is_typed: false, ..url }));
        }
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let url = DatabaseUrl {
            user: given(&self.user),
            password: given(&self.password.0).map(Zeroizing::new),
            host: given(&self.host),
            port: given(&self.port),
            options: self.options.clone().into_iter().collect(),
            is_typed: false,
            ..DatabaseUrl::of_file(scheme, PathBuf::from(name))
        };
        Ok(Target::Url(url.with_password_of_options()))
    }

    fn name_an_alias(&self) -> Hint {
        let actions = self.aliases.iter().map(|alias| Action::option(Setting::Alias, alias));
        actions.fold(Hint::advice("name the database"), Hint::or)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_password_of_settings() {
        assert_eq!(format!("{:?}", Secret(Zeroizing::new("marker".to_owned()))), "[redacted]");
    }
}
