//! The output and the exit status of a call of drfctl.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

/// Output and exit status of a process.
#[must_use = "check the outcome"]
#[derive(Clone, Debug, Default, Eq)]
pub(crate) struct Outcome {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error, without the note that names the database.
    pub(crate) stderr: String,
    /// The note that names a changed database which the command line does not name.
    pub(crate) database_note: Option<String>,
    /// `0` to `255`, or `signal N`.
    pub(crate) status: String,
}

impl Outcome {
    pub(super) fn new(stdout: Vec<u8>, stderr: Vec<u8>, status: ExitStatus) -> Self {
        let (stdout, mut stderr) = (text(stdout), text(stderr));
        let note = stderr.lines().find(|line| is_database_note(line)).map(str::to_owned);
        if let Some(note) = &note {
            stderr = stderr.replacen(&format!("{note}\n"), "", 1);
        }
        Self { stdout, stderr, database_note: note, status: status_text(status) }
    }

    /// Returns the complete keys in standard output.
    pub(crate) fn keys(&self) -> Vec<String> {
        words(&self.stdout).filter(|word| is_key(word)).map(ToOwned::to_owned).collect()
    }

    /// Returns the last complete key in standard output.
    pub(crate) fn key(&self) -> String {
        self.keys().pop().unwrap_or_else(|| panic!("no key in\n{self}"))
    }

    /// Replaces every key by `KEY`, so that outcomes can be compared.
    pub(crate) fn mask_keys(mut self) -> Self {
        for key in self.keys() {
            self.stdout = self.stdout.replace(&key, "KEY");
        }
        self
    }

    /// H14: asserts that no key is on standard error and no password in any output.
    #[track_caller]
    pub(super) fn assert_discreet(&self, secrets: &[String]) {
        assert!(!words(&self.stderr).any(is_key), "a key on standard error\n{self}");
        // A short password may be a word of the message.
        for secret in secrets.iter().filter(|secret| secret.len() >= 10) {
            assert!(!self.stderr.contains(secret) && !self.stdout.contains(secret), "a password is repeated\n{self}");
        }
    }
}

/// Returns whether a line, colored or not, is the note that names the database.
pub(crate) fn is_database_note(line: &str) -> bool {
    line.split_once("using ").is_some_and(|(before, _)| before.contains("note: ") && before.len() < 20)
}

fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

/// Returns whether a word is a key as DRF writes it.
pub(crate) fn is_key(word: &str) -> bool {
    word.len() == 40 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn status_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => code.to_string(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// Ignores the note that names the database; tests compare it explicitly.
impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        let parts = |outcome: &Self| (outcome.stdout.clone(), outcome.stderr.clone(), outcome.status.clone());
        parts(self) == parts(other)
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self::new(output.stdout, output.stderr, output.status)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, stderr, status, .. } = self;
        write!(f, "exit: {status}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// Returns bytes that must be UTF-8 as text.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("the output is UTF-8")
}
