//! Expectations about an outcome, and about the database after it.

use serde_json::Value;
use snapbox::{IntoData, assert_data_eq};

use super::invocation::Invocation;
use super::outcome::Outcome;
use super::output::is_active;
use super::sandbox::Sandbox;

impl Outcome {
    /// Asserts success without a word on standard error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status == "0" && self.stderr.is_empty(), "not a silent success\n{self}");
        self
    }

    /// Asserts exit status, standard output and standard error.
    #[track_caller]
    pub(crate) fn is(&self, status: &str, stdout: &str, stderr: &str) {
        let seen = (self.status.as_str(), self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(seen, (status, stdout, stderr), "{self}");
    }

    /// Asserts that exit status, nothing on standard output, an `error:` line first, and that
    /// standard error contains every one of `says`, in upper or lower case.
    #[track_caller]
    pub(crate) fn refused(&self, status: &str, says: &[&str]) {
        assert!(
            self.status == status && self.stdout.is_empty() && self.stderr.starts_with("error: "),
            "not refused with {status}\n{self}"
        );
        for part in says {
            assert!(self.stderr.to_lowercase().contains(&part.to_lowercase()), "does not say {part:?}\n{self}");
        }
    }

    /// Asserts that exit status, nothing on standard output, and that the first line on standard
    /// error is `error: ` and these words.
    #[track_caller]
    pub(crate) fn error_is(&self, status: &str, words: &str) {
        let first = self.stderr.lines().next().unwrap_or_default();
        let seen = (self.status.as_str(), self.stdout.as_str(), first);
        assert_eq!(seen, (status, "", format!("error: {words}").as_str()), "{self}");
    }

    /// Asserts that exit status, nothing on standard output, and that standard error begins with
    /// `error: ` and these words.
    #[track_caller]
    pub(crate) fn error_begins(&self, status: &str, words: &str) {
        assert_eq!((self.status.as_str(), self.stdout.as_str()), (status, ""), "{words}\n{self}");
        assert!(self.stderr.starts_with(&format!("error: {words}")), "{words}\n{self}");
    }

    /// Asserts that exit status, nothing on standard output, and that standard error matches a
    /// snapshot.
    #[track_caller]
    pub(crate) fn reports(&self, status: &str, stderr: impl IntoData) {
        assert_eq!((self.status.as_str(), self.stdout.as_str()), (status, ""), "{self}");
        assert_data_eq!(self.stderr.as_str(), stderr);
    }

    /// Asserts that nothing but line ends acts on a terminal.
    #[track_caller]
    pub(crate) fn harmless(&self) {
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.chars().any(|c| c != '\n' && is_active(c)), "{text:?}");
        }
    }
}

impl Invocation {
    /// Runs the call with `--format json`, asserts that exit status, and returns the records.
    #[track_caller]
    pub(crate) fn records(self, status: &str) -> Vec<Value> {
        let outcome = self.args(["--format", "json"]).run();
        assert_eq!(outcome.status, status, "{outcome}");
        serde_json::from_str(&outcome.stdout).unwrap()
    }
}

impl Sandbox {
    /// Runs the call, and asserts that no row has changed.
    #[track_caller]
    pub(crate) fn unchanged(&self, call: Invocation) -> Outcome {
        let before = self.dump();
        let outcome = call.run();
        assert!(self.dump() == before, "something was changed\n{outcome}");
        outcome
    }

    /// Asserts that every call is rejected because the database cannot be used, and that it writes
    /// nothing.
    #[track_caller]
    pub(crate) fn assert_unusable(&self, calls: &[&[&str]], says: &[&str]) {
        for call in calls {
            self.untouched(self.drfctl(*call)).refused("6", says);
        }
    }

    /// Runs the call, and asserts that no byte of any file in the folder has changed, and that no
    /// file has appeared.
    #[track_caller]
    pub(crate) fn untouched(&self, call: Invocation) -> Outcome {
        let before = self.files();
        let outcome = call.run();
        assert!(self.files() == before, "something was written\n{outcome}");
        outcome
    }
}
