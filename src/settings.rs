//! A Django settings module, asked through Python: the one place where another
//! program is started.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Seek};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::database_url::{DatabaseUrl, Target};
use crate::error::{Error, Result};

/// Imports the module and prints its settings as JSON.
const SCRIPT: &str = include_str!("settings.py");

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
}

/// A password; its `Debug` does not show it.
#[derive(Clone, Default, Deserialize)]
struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// How to ask.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter; none means `python3`.
    pub program: Option<OsString>,
    /// A folder to import from, before the others.
    pub path: Option<OsString>,
}

impl Settings {
    /// Imports the settings module in the current folder's Python.
    ///
    /// # Errors
    /// Rejected, if Python or the module is missing or fails; the message has
    /// the exception's own line, the causes have all of Python's words.
    pub fn import(module: &OsStr, python: &Python) -> Result<Self> {
        let program = python.program.clone().unwrap_or_else(|| "python3".into());
        let shown = program.display();
        let cannot_start = |error: std::io::Error| {
            Error::rejected(format!("{shown} cannot be started to read the settings: {error}"))
                .caused_by(error)
                .hint("set PYTHON to the application's interpreter, or name the database: --database PATH")
        };
        // A file, not a pipe: what the module starts may hold it open for long.
        let mut complaint = tempfile::tempfile().map_err(cannot_start)?;
        // -B: no byte code, which only root could use afterwards.
        let output = Command::new(&program)
            .args([OsStr::new("-B"), OsStr::new("-c"), OsStr::new(SCRIPT), module])
            .args(&python.path)
            // A secret that is ours alone, and not the module's.
            .env_remove("DJANGO_SUPERUSER_PASSWORD")
            .stdin(Stdio::null())
            .stderr(complaint.try_clone().map_err(cannot_start)?)
            .output()
            .map_err(cannot_start)?;
        let module = module.to_string_lossy().into_owned();
        if !output.status.success() {
            let mut words = Vec::new();
            complaint.rewind().and_then(|()| complaint.read_to_end(&mut words)).map_err(cannot_start)?;
            let words = String::from_utf8_lossy(&words).trim().to_owned();
            let last = words.lines().last().unwrap_or("Python said nothing").to_owned();
            return Err(Error::rejected(format!("the settings module {module} cannot be imported: {last}"))
                .caused_by(anyhow::Error::msg(words))
                .hint("set PYTHON to the application's interpreter, and --pythonpath to the project's folder"));
        }
        let settings: Self = serde_json::from_slice(&output.stdout).map_err(|error| {
            Error::rejected(format!("the settings module {module} has settings that cannot be read"))
                .caused_by(error)
                .hint("name the database: --database PATH")
        })?;
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
