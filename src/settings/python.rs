//! Runs Python in the environment of the application.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};
use crate::os::{self, Interrupt, Privileges, StepDown};
use crate::settings::code_owner::{self, Code, CurrentFolder, Runner};

/// Makes an exception end with one line that describes it.
const PRELUDE: &str = include_str!("prelude.py");

/// Keeps the current folder out of the folders that modules are imported from.
const SKIP_CURRENT_FOLDER: &str = "import sys\nsys.path[:] = [folder for folder in sys.path if folder]\n";

/// How to run Python.
#[derive(Clone, Debug)]
pub struct Python {
    /// The interpreter: the files to try, in this order.
    pub programs: Vec<PathBuf>,
    /// A folder to import from, before the others.
    pub path: Option<OsString>,
    /// The folders of `PYTHONPATH`.
    pub import_folders: Vec<PathBuf>,
    /// Whether root runs the application's code as its owner.
    pub step_down: StepDown,
    /// Variables of its environment. `Debug` does not show them.
    pub variables: PythonVariables,
}

/// Environment variables for Python, in addition to those of drfctl.
#[derive(Clone, Default)]
pub struct PythonVariables(pub Vec<(OsString, OsString)>);

impl fmt::Debug for PythonVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Python {
    /// Returns the JSON answer of a script about a settings module. The
    /// arguments of the script are the module, `arguments`, and the folder to
    /// import from.
    ///
    /// # Errors
    /// Rejected, if Python or the module is missing or fails, which `failed`
    /// describes; the message has the line of the exception, and the causes
    /// have the whole traceback.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        script: &str,
        module: &OsStr,
        arguments: &[&OsStr],
        failed: &str,
    ) -> Result<T> {
        let mut running = self.start(script, module, arguments)?;
        running.send(&[]);
        let ended = running.end(&Interrupt::default());
        if !ended.is_success() {
            return Err(ended.failure(module, failed));
        }
        serde_json::from_slice(&ended.stdout).map_err(|error| {
            let module = module.to_string_lossy();
            Error::rejected(format!("the settings module {module} has settings that cannot be read"))
                .caused_by(error)
                .hint(Hint::option(Setting::Database).lead("name the database"))
        })
    }

    /// Returns what Python runs.
    fn code<'a>(&'a self, program: &'a Path, module: &'a OsStr) -> Code<'a> {
        // Only a program that is missing has no directory.
        let program = Some(program).filter(|program| program.components().count() > 1);
        let first = self.path.as_deref().map(Path::new).filter(|folder| !folder.as_os_str().is_empty());
        Code { module, program, first, folders: self.import_folders.iter().map(PathBuf::as_path).collect() }
    }

    /// Starts a script.
    ///
    /// # Errors
    /// Rejected, if Python cannot be started.
    pub(super) fn start(&self, script: &str, module: &OsStr, arguments: &[&OsStr]) -> Result<Running> {
        // A file, not a pipe, because processes that the module starts may keep
        // a pipe open.
        let complaint = os::temporary_file()?;
        let (mut child, account) = self.spawn(script, module, arguments, &complaint)?;
        let (send, answer) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            // The thread ends when the last process closes the pipe, which may
            // be after the script.
            let reader = os::spawn_thread(move || {
                for line in BufReader::new(stdout).split(b'\n').map_while(std::io::Result::ok) {
                    if send.send(Zeroizing::new(line)).is_err() {
                        break;
                    }
                }
            });
            if let Err(error) = reader {
                // It has no input yet, and so has changed nothing.
                let _ = child.kill().and_then(|()| child.wait());
                return Err(error);
            }
        }
        Ok(Running { child, answer, complaint, account })
    }

    /// Starts the first interpreter that the account of the code may run. Returns
    /// that account, too, if it is another one.
    fn spawn(
        &self,
        script: &str,
        module: &OsStr,
        arguments: &[&OsStr],
        complaint: &File,
    ) -> Result<(Child, Option<Privileges>)> {
        let mut skipped = Error::internal("no interpreter is named");
        for program in &self.programs {
            let Runner { account, current_folder } = match self.step_down {
                StepDown::Never => Runner::OURSELVES,
                StepDown::Process => code_owner::runner(&self.code(program, module))?,
            };
            let current_folder = match current_folder {
                CurrentFolder::Imported => "",
                CurrentFolder::Skipped => SKIP_CURRENT_FOLDER,
            };
            let mut command = Command::new(program);
            if let Some(Privileges { user, group }) = account {
                // It gets no other groups.
                command.uid(user).gid(group);
            }
            // -B writes no byte code, which only root could read afterwards.
            command
                .args(["-B", "-c", &format!("{current_folder}{PRELUDE}{script}")])
                .arg(module)
                .args(arguments)
                .args(&self.path)
                .envs(self.variables.0.iter().map(|(name, value)| (name, value)))
                // This secret is for drfctl only.
                .env_remove("DJANGO_SUPERUSER_PASSWORD")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            match complaint.try_clone().and_then(|complaint| command.stderr(complaint).spawn()) {
                Ok(child) => return Ok((child, account)),
                // As `execvp` does, tries the next directory of PATH.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
                    skipped = cannot_start(program, error, account);
                }
                Err(error) => return Err(cannot_start(program, error, account)),
            }
        }
        Err(skipped)
    }
}

fn cannot_start(program: &Path, error: std::io::Error, account: Option<Privileges>) -> Error {
    let owner = account.map(|account| format!(" as {}", os::name_of_account(account.user))).unwrap_or_default();
    let program = program.display();
    let error = Error::rejected(format!("{program} cannot be started{owner} to read the settings: {error}"))
        .caused_by(error)
        .hint(
            Hint::option(Setting::Database).lead("set PYTHON to the application's interpreter, or name the database"),
        );
    with_account(error, account)
}

/// Adds to the error of a script that root ran as another account how to run it
/// as root.
fn with_account(error: Error, account: Option<Privileges>) -> Error {
    match account {
        Some(_) => error.hint(Hint::option(Setting::AllowOtherOwner).lead("run the code as root, not as its owner")),
        None => error,
    }
}

/// How often the state of a process is checked.
const BETWEEN_CHECKS: Duration = Duration::from_millis(20);

/// How long to wait for the answer after the process has ended.
const UNDER_WAY: Duration = Duration::from_millis(500);

/// A script that runs.
pub(super) struct Running {
    child: Child,
    /// The lines of its answer.
    answer: Receiver<Zeroizing<Vec<u8>>>,
    /// Its standard error.
    complaint: File,
    /// The account that it runs as, if root does not.
    account: Option<Privileges>,
}

impl Running {
    /// Sends the script its whole input, which may contain secrets.
    pub(super) fn send(&mut self, input: &[u8]) {
        if let Some(mut stdin) = self.child.stdin.take() {
            // A script that ends early reports the reason.
            let _ = stdin.write_all(input);
        }
    }

    /// Waits for the next line of the answer; `None` if the script ends without
    /// one. An interrupt is passed on to the script, which may roll back.
    pub(super) fn line(&mut self, interrupt: &Interrupt) -> Option<Zeroizing<Vec<u8>>> {
        let mut is_passed_on = false;
        loop {
            match self.answer.recv_timeout(BETWEEN_CHECKS) {
                Ok(line) => return Some(line),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if !is_passed_on && interrupt.is_requested() {
                is_passed_on = true;
                os::interrupt(&self.child);
            }
            if !matches!(self.child.try_wait(), Ok(None)) {
                return self.answer.recv_timeout(UNDER_WAY).ok();
            }
        }
    }

    /// Waits for the end of the script.
    pub(super) fn end(mut self, interrupt: &Interrupt) -> Ended {
        let mut stdout = Zeroizing::new(Vec::new());
        while let Some(line) = self.line(interrupt) {
            stdout.extend_from_slice(&line);
            stdout.push(b'\n');
        }
        let status = self.child.wait().ok();
        let mut words = Vec::new();
        let _ = self.complaint.rewind().and_then(|()| self.complaint.read_to_end(&mut words));
        Ended { status, stdout, words, account: self.account }
    }
}

/// A script that has ended.
pub(super) struct Ended {
    status: Option<ExitStatus>,
    /// Its answer, which may contain secrets.
    pub(super) stdout: Zeroizing<Vec<u8>>,
    /// Its standard error.
    words: Vec<u8>,
    account: Option<Privileges>,
}

impl Ended {
    fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Returns the error of a script that failed; `failed` describes the
    /// failure.
    pub(super) fn failure(&self, module: &OsStr, failed: &str) -> Error {
        let words = String::from_utf8_lossy(&self.words);
        let mut lines: Vec<&str> = words.trim().lines().collect();
        // The line that the prelude adds mostly repeats the end of the
        // traceback.
        if lines.len() > 1 && lines[lines.len() - 1] == lines[lines.len() - 2] {
            lines.pop();
        }
        let words = lines.join("\n");
        let ended = || self.status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
        let last = words.lines().last().map_or_else(|| format!("Python printed no error ({})", ended()), str::to_owned);
        let (module, hint) = (module.to_string_lossy(), hint_for(&last));
        let error = Error::rejected(format!("the settings module {module} {failed}: {last}"));
        with_account(error.caused_by(anyhow::Error::msg(words)).hint(hint), self.account)
    }
}

/// Returns what to do about an exception, by the last line of its traceback.
fn hint_for(last: &str) -> Hint {
    let exception = last.split(':').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    match exception {
        "ModuleNotFoundError" | "ImportError" => Hint::option(Setting::PythonPath)
            .lead("set PYTHON to the application's interpreter, and name the project's directory"),
        "KeyError" | "ImproperlyConfigured" | "UndefinedValueError" | "EnvError" | "ValidationError" => {
            Hint::option(Setting::Database)
                .lead("set the variables that the application runs with, or name the database")
        }
        _ => Hint::option(Setting::Database).lead("name the database to skip the settings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_names_of_variables_only() {
        let variables = PythonVariables(vec![("NAME".into(), "marker".into())]);
        assert_eq!(format!("{variables:?}"), r#"{"NAME"}"#);
    }

    #[test]
    fn a_failure_shows_the_last_line_and_keeps_the_traceback_once() {
        for (words, cause) in
            [("trace\nKeyError: 'A'\nKeyError: 'A'\n", "trace\nKeyError: 'A'"), ("trace\nX: b", "trace\nX: b")]
        {
            let ended = Ended { status: None, stdout: Zeroizing::default(), words: words.into(), account: None };
            let error = ended.failure("shop".as_ref(), "failed");
            let last = cause.lines().last().unwrap();
            assert_eq!(error.to_string(), format!("the settings module shop failed: {last}"));
            assert_eq!(std::error::Error::source(&error).unwrap().to_string(), cause);
        }
    }
}
