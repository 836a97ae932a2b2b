//! Calls of drfctl.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use super::outcome::Outcome;
use super::running::Running;

/// Returns the path of the drfctl under test: `DRFCTL_TEST_PROGRAM`, or the one that cargo built.
pub(crate) fn tested_program() -> &'static str {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| {
        std::env::var("DRFCTL_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_drfctl").to_owned())
    });
    &PROGRAM
}

/// A builder for a call of drfctl.
#[must_use = "call `run` or `spawn`"]
pub(crate) struct Invocation {
    wrapper: Vec<OsString>,
    program: PathBuf,
    args: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    cwd: PathBuf,
    stdin: Option<Vec<u8>>,
    stdout: Option<Stdio>,
}

impl Invocation {
    /// Returns a call without arguments in a folder.
    pub(crate) fn new(cwd: &Path) -> Self {
        Self {
            wrapper: Vec::new(),
            program: tested_program().into(),
            args: Vec::new(),
            environment: Vec::new(),
            cwd: cwd.to_path_buf(),
            stdin: None,
            stdout: None,
        }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    /// Adds arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// Adds an environment variable. Without this, the environment contains only `PATH`.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_os_string(), value.as_ref().to_os_string()));
        self
    }

    /// Sets the standard input. The default is the null device.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Replaces the program. The default is the drfctl under test.
    pub(crate) fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Changes the working directory.
    pub(crate) fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// Redirects standard output. The default is the outcome.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Runs drfctl through another program (`prlimit --fsize=0`, `unshare -Urm`), whose last
    /// arguments are drfctl and its arguments.
    pub(crate) fn through<I>(mut self, wrapper: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.wrapper.extend(wrapper.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// Returns the call as a [`Command`], for options that this builder does not have, without
    /// the input of [`Invocation::stdin`].
    pub(crate) fn command(self) -> Command {
        self.into_parts().0
    }

    fn into_parts(self) -> (Command, Option<Vec<u8>>) {
        let mut words = self.wrapper.into_iter().chain([self.program.into()]).chain(self.args);
        let mut command = Command::new(words.next().expect("at least drfctl"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment)
            .current_dir(self.cwd)
            .stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(self.stdout.unwrap_or_else(Stdio::piped))
            .stderr(Stdio::piped());
        (command, self.stdin)
    }

    /// Returns the secrets of the call, which drfctl must not print.
    fn secrets(&self) -> Vec<String> {
        let of_stdin = self.args.iter().any(|arg| arg == "--password-stdin").then_some(self.stdin.as_deref()).flatten();
        let of_environment = self
            .environment
            .iter()
            .filter(|(name, _)| name.to_str().is_some_and(|name| name.ends_with("PASSWORD") || name == "MYSQL_PWD"));
        let secrets = of_stdin.into_iter().chain(of_environment.map(|(_, value)| value.as_encoded_bytes()));
        secrets.map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned()).collect()
    }

    /// Starts the call and returns at once.
    pub(crate) fn spawn(self) -> Running {
        let secrets = self.secrets();
        let (command, input) = self.into_parts();
        Running::start(command, input, secrets)
    }

    /// Runs the call until it ends.
    pub(crate) fn run(self) -> Outcome {
        self.spawn().wait()
    }

    /// Runs the call with a standard output whose reader is closed.
    pub(crate) fn run_unread(self) -> Outcome {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.stdout(writer).run()
    }
}
