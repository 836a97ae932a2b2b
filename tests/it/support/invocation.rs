//! Running drfctl, and all that a run leaves behind.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// A call of drfctl that is being put together.
#[must_use = "nothing runs before `run` or `spawn`"]
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
    /// drfctl without arguments in that folder.
    pub(crate) fn new(cwd: &Path) -> Self {
        Self {
            wrapper: Vec::new(),
            program: env!("CARGO_BIN_EXE_drfctl").into(),
            args: Vec::new(),
            environment: Vec::new(),
            cwd: cwd.to_path_buf(),
            stdin: None,
            stdout: None,
        }
    }

    /// One more argument.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_os_string());
        self
    }

    /// More arguments.
    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// A variable in its otherwise empty environment.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_os_string(), value.as_ref().to_os_string()));
        self
    }

    /// What stands on its standard input, which is otherwise the null device.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Another drfctl than the one that cargo has just built.
    pub(crate) fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self
    }

    /// Another working folder.
    pub(crate) fn cwd(mut self, cwd: impl Into<PathBuf>) -> Self {
        self.cwd = cwd.into();
        self
    }

    /// Where standard output goes, when it is not to be read by the test.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Runs drfctl through another program (`prlimit --fsize=0`, `unshare -Urm`), which is given
    /// drfctl and its arguments as its last arguments.
    pub(crate) fn through<I>(mut self, wrapper: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.wrapper.extend(wrapper.into_iter().map(|arg| arg.as_ref().to_os_string()));
        self
    }

    /// The call as a plain [`Command`], for what this builder cannot say. Input that was given
    /// with [`Invocation::stdin`] is not part of it.
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

    /// What it is told that it must not repeat.
    fn secrets(&self) -> Vec<String> {
        let of_stdin = self.args.iter().any(|arg| arg == "--password-stdin").then_some(self.stdin.as_deref()).flatten();
        let of_environment = self
            .environment
            .iter()
            .filter(|(name, _)| name.to_str().is_some_and(|name| name.ends_with("PASSWORD") || name == "MYSQL_PWD"));
        let told = of_stdin.into_iter().chain(of_environment.map(|(_, value)| value.as_encoded_bytes()));
        told.map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned()).collect()
    }

    /// Starts it and returns at once.
    pub(crate) fn spawn(self) -> Running {
        let secrets = self.secrets();
        let (mut command, input) = self.into_parts();
        let mut child = command.spawn().expect("drfctl starts");
        let writer = input.map(|bytes| {
            let mut stdin = child.stdin.take().expect("stdin is a pipe");
            // A thread, so that a child which reads nothing does not block the test.
            std::thread::spawn(move || {
                let _ = stdin.write_all(&bytes);
            })
        });
        Running { child, writer, secrets }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        self.spawn().wait()
    }
}

/// A drfctl that is running. Killed when dropped without [`Running::wait`].
pub(crate) struct Running {
    /// The process.
    pub(crate) child: Child,
    writer: Option<std::thread::JoinHandle<()>>,
    secrets: Vec<String>,
}

impl Running {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Outcome {
        let mut stderr = self.child.stderr.take();
        let errors = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(stream) = &mut stderr {
                stream.read_to_end(&mut bytes).expect("stderr is read");
            }
            bytes
        });
        let mut bytes = Vec::new();
        if let Some(stream) = &mut self.child.stdout.take() {
            stream.read_to_end(&mut bytes).expect("stdout is read");
        }
        let errors = errors.join().expect("the reader of stderr");
        let status = self.child.wait().expect("drfctl ends");
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the writer of stdin");
        }
        let outcome = Outcome { stdout: text(bytes), stderr: text(errors), status: status_text(status) };
        outcome.assert_discreet(&self.secrets);
        outcome
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// All that a call leaves behind.
#[must_use = "look at the outcome"]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// What was printed on standard output.
    pub(crate) stdout: String,
    /// What was printed on standard error.
    pub(crate) stderr: String,
    /// `0` to `255`, or `signal N`.
    pub(crate) status: String,
}

impl Outcome {
    /// The last whole key in standard output.
    pub(crate) fn key(&self) -> String {
        self.stdout
            .split(|c: char| !c.is_ascii_alphanumeric())
            .rfind(|word| is_key(word))
            .unwrap_or_else(|| panic!("no key in\n{self}"))
            .to_owned()
    }

    /// H14: whatever a test is about, no key is among the words, and no password anywhere.
    #[track_caller]
    fn assert_discreet(&self, secrets: &[String]) {
        let key = self.stderr.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| is_key(word));
        assert!(key.is_none(), "a key among the words\n{self}");
        // A short one may be a word of the message itself.
        for secret in secrets.iter().filter(|secret| secret.len() >= 10) {
            assert!(!self.stderr.contains(secret) && !self.stdout.contains(secret), "a password is repeated\n{self}");
        }
    }

    /// Asserts exit 0 and that nothing was said on standard error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status == "0" && self.stderr.is_empty(), "not a silent success\n{self}");
        self
    }

    /// The same with every key replaced by `KEY`, to compare what is otherwise equal.
    pub(crate) fn mask_keys(mut self) -> Self {
        let words: Vec<String> = self
            .stdout
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| is_key(word))
            .map(ToOwned::to_owned)
            .collect();
        for word in words {
            self.stdout = self.stdout.replace(&word, "KEY");
        }
        self
    }
}

/// Whether that is how Django REST framework writes a key.
fn is_key(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self { stdout: text(output.stdout), stderr: text(output.stderr), status: status_text(output.status) }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, stderr, status } = self;
        write!(f, "exit: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// Bytes that have to be UTF-8.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("what is printed is UTF-8")
}
