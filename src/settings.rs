//! A Django settings module, asked through Python: the one place where another
//! program is started.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::database_url::{DatabaseUrl, Target};
use crate::error::{Error, Result};

/// Imports the module and prints its settings as JSON.
const SCRIPT: &str = include_str!("settings.py");

/// The settings that matter here, Django's defaults filled in.
#[derive(Deserialize)]
pub struct Settings {
    database: Database,
    /// `USE_TZ`.
    pub use_tz: bool,
    /// `TIME_ZONE`.
    pub time_zone: Option<String>,
}

/// `DATABASES['default']`, as far as it tells where the database is.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
struct Database {
    #[serde(default)]
    engine: String,
    #[serde(default)]
    name: String,
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
        let output = Command::new(&program)
            .args([OsStr::new("-c"), OsStr::new(SCRIPT), module])
            .args(&python.path)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                Error::rejected(format!("{shown} cannot be started to read the settings: {error}"))
                    .caused_by(error)
                    .hint("set PYTHON to the application's interpreter, or name the database: --database PATH")
            })?;
        let module = module.display();
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let last = words.lines().last().unwrap_or("Python said nothing").to_owned();
            return Err(Error::rejected(format!("the settings module {module} cannot be imported: {last}"))
                .caused_by(anyhow::Error::msg(words))
                .hint("set PYTHON to the application's interpreter, and --pythonpath to the project's folder"));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| {
            Error::rejected(format!("the settings module {module} has settings that cannot be read"))
                .caused_by(anyhow::Error::msg(format!("line {} column {}", error.line(), error.column())))
        })
    }

    /// The database that `DATABASES['default']` names. `scheme_of` tells which
    /// URL scheme serves a Django backend.
    ///
    /// # Errors
    /// Usage, if no engine serves it, or no database is named.
    pub fn target(&self, scheme_of: impl Fn(&str) -> Result<&'static str>) -> Result<Target> {
        let scheme = scheme_of(&self.database.engine)?.to_owned();
        // The same refusals as for a path that is typed.
        Target::parse(OsStr::new(&self.database.name))?;
        let name = PathBuf::from(&self.database.name);
        Ok(Target::Url(DatabaseUrl { scheme, user: None, password: None, host: None, port: None, name }))
    }
}
