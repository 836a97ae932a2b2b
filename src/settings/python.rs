//! Starting Python in the application's surroundings.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Seek, Write};
use std::process::{Command, Stdio};
use std::thread;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};

/// Has an exception end with one line that says what it is.
const PRELUDE: &str = include_str!("prelude.py");

/// How to ask.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter; none means `python3`.
    pub program: Option<OsString>,
    /// A folder to import from, before the others.
    pub path: Option<OsString>,
    /// Variables of its environment. `Debug` does not show them.
    pub variables: PythonVariables,
}

/// Variables of the environment in which Python runs, besides those of drfctl.
#[derive(Clone, Default)]
pub struct PythonVariables(pub Vec<(OsString, OsString)>);

impl fmt::Debug for PythonVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Python {
    /// What a script answers about a settings module, as JSON. The script is given
    /// the module, the further arguments, and the folder to import from.
    ///
    /// # Errors
    /// Rejected, if Python or the module is missing or fails, which `failed` says
    /// in words; the message has the exception's own line, the causes have all
    /// of Python's words.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        script: &str,
        module: &OsStr,
        arguments: &[&OsStr],
        failed: &str,
    ) -> Result<T> {
        self.ask_about(script, module, arguments, &[], failed)
    }

    /// The same, of a script that reads its standard input, which may hold secrets.
    pub(super) fn ask_about<T: DeserializeOwned>(
        &self,
        script: &str,
        module: &OsStr,
        arguments: &[&OsStr],
        input: &[u8],
        failed: &str,
    ) -> Result<T> {
        let ended = self.run(script, module, arguments, input)?;
        if !ended.is_success {
            return Err(ended.failure(module, failed));
        }
        serde_json::from_slice(&ended.stdout).map_err(|error| {
            let module = module.to_string_lossy();
            Error::rejected(format!("the settings module {module} has settings that cannot be read"))
                .caused_by(error)
                .hint(Hint::option(Setting::Database).lead("name the database"))
        })
    }

    /// Runs a script to its end.
    ///
    /// # Errors
    /// Rejected, if Python cannot be started.
    pub(super) fn run(&self, script: &str, module: &OsStr, arguments: &[&OsStr], input: &[u8]) -> Result<Ended> {
        let program = self.program.clone().unwrap_or_else(|| "python3".into());
        let shown = program.display();
        let cannot_start = |error: std::io::Error| {
            Error::rejected(format!("{shown} cannot be started to read the settings: {error}")).caused_by(error).hint(
                Hint::option(Setting::Database)
                    .lead("set PYTHON to the application's interpreter, or name the database"),
            )
        };
        // A file, not a pipe: what the module starts may hold it open for long.
        let mut complaint = tempfile::tempfile().map_err(cannot_start)?;
        // -B: no byte code, which only root could use afterwards.
        let mut child = Command::new(&program)
            .args([OsStr::new("-B"), OsStr::new("-c"), OsStr::new(&format!("{PRELUDE}{script}")), module])
            .args(arguments)
            .args(&self.path)
            .envs(self.variables.0.iter().map(|(name, value)| (name, value)))
            // A secret that is ours alone, and not the module's.
            .env_remove("DJANGO_SUPERUSER_PASSWORD")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaint.try_clone().map_err(cannot_start)?)
            .spawn()
            .map_err(cannot_start)?;
        let stdin = child.stdin.take();
        let output = thread::scope(|scope| {
            scope.spawn(move || {
                // A script that ends early says why.
                let _ = stdin.map(|mut stdin| stdin.write_all(input));
            });
            child.wait_with_output()
        })
        .map_err(cannot_start)?;
        let mut words = Vec::new();
        complaint.rewind().and_then(|()| complaint.read_to_end(&mut words)).map_err(cannot_start)?;
        Ok(Ended { is_success: output.status.success(), stdout: Zeroizing::new(output.stdout), words })
    }
}

/// A script that has ended.
pub(super) struct Ended {
    is_success: bool,
    /// What it answered, which may hold secrets.
    pub(super) stdout: Zeroizing<Vec<u8>>,
    /// What Python printed beside it.
    words: Vec<u8>,
}

impl Ended {
    /// Returns the error of a script that failed, which `failed` says in words.
    pub(super) fn failure(&self, module: &OsStr, failed: &str) -> Error {
        let words = String::from_utf8_lossy(&self.words);
        let mut lines: Vec<&str> = words.trim().lines().collect();
        // What the prelude adds is mostly what the traceback ends with.
        if lines.len() > 1 && lines[lines.len() - 1] == lines[lines.len() - 2] {
            lines.pop();
        }
        let words = lines.join("\n");
        let last = words.lines().last().unwrap_or("Python printed no error").to_owned();
        let (module, hint) = (module.to_string_lossy(), fitting(&last));
        Error::rejected(format!("the settings module {module} {failed}: {last}"))
            .caused_by(anyhow::Error::msg(words))
            .hint(hint)
    }
}

/// Returns what to do about an exception, by the last line of its traceback.
fn fitting(last: &str) -> Hint {
    let exception = last.split(':').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    match exception {
        "ModuleNotFoundError" | "ImportError" => Hint::option(Setting::PythonPath)
            .lead("set PYTHON to the application's interpreter, and name the project's folder"),
        "KeyError" | "ImproperlyConfigured" | "UndefinedValueError" | "EnvError" | "ValidationError" => {
            Hint::option(Setting::Database)
                .lead("set the variables that the application runs with, or name the database")
        }
        _ => Hint::option(Setting::Database).lead("to skip the settings, name the database"),
    }
}
