//! Assertions about an outcome, and about the database after a call.

use serde_json::Value;
use snapbox::{IntoData, assert_data_eq};

use super::invocation::Invocation;
use super::outcome::Outcome;
use super::output::is_active;
use super::sandbox::Sandbox;

impl Outcome {
    /// Asserts success and an empty standard error.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(self.status == "0" && self.stderr.is_empty(), "failed, or wrote to standard error\n{self}");
        self
    }

    /// Asserts exit status, standard output and standard error.
    #[track_caller]
    pub(crate) fn is(&self, status: &str, stdout: &str, stderr: &str) {
        let seen = (self.status.as_str(), self.stdout.as_str(), self.stderr.as_str());
        assert_eq!(seen, (status, stdout, stderr), "{self}");
    }

    /// Asserts the exit status, an empty standard output, and that standard error begins with
    /// `error: ` and contains each of `parts`, in upper or lower case.
    #[track_caller]
    pub(crate) fn refused(&self, status: &str, parts: &[&str]) {
        assert!(
            self.status == status && self.stdout.is_empty() && self.stderr.starts_with("error: "),
            "expected an error with status {status}\n{self}"
        );
        for part in parts {
            assert!(self.stderr.to_lowercase().contains(&part.to_lowercase()), "{part:?} is missing\n{self}");
        }
    }

    /// Asserts the exit status, an empty standard output, and that the first line of standard
    /// error is `error: ` followed by `message`.
    #[track_caller]
    pub(crate) fn error_is(&self, status: &str, message: &str) {
        let first = self.stderr.lines().next().unwrap_or_default();
        let seen = (self.status.as_str(), self.stdout.as_str(), first);
        assert_eq!(seen, (status, "", format!("error: {message}").as_str()), "{self}");
    }

    /// Asserts the exit status, an empty standard output, and that standard error begins with
    /// `error: ` followed by `message`.
    #[track_caller]
    pub(crate) fn error_begins(&self, status: &str, message: &str) {
        assert_eq!((self.status.as_str(), self.stdout.as_str()), (status, ""), "{message}\n{self}");
        assert!(self.stderr.starts_with(&format!("error: {message}")), "{message}\n{self}");
    }

    /// Asserts the exit status, an empty standard output, and that standard error matches a
    /// snapshot.
    #[track_caller]
    pub(crate) fn reports(&self, status: &str, stderr: impl IntoData) {
        assert_eq!((self.status.as_str(), self.stdout.as_str()), (status, ""), "{self}");
        assert_data_eq!(self.stderr.as_str(), stderr);
    }

    /// Asserts that the output contains no control characters except line ends.
    #[track_caller]
    pub(crate) fn harmless(&self) {
        for text in [&self.stdout, &self.stderr] {
            assert!(!text.chars().any(|c| c != '\n' && is_active(c)), "{text:?}");
        }
    }
}

impl Invocation {
    /// Runs the call with `--format json`, asserts the exit status, and returns the records.
    #[track_caller]
    pub(crate) fn records(self, status: &str) -> Vec<Value> {
        let outcome = self.args(["--format", "json"]).run();
        assert_eq!(outcome.status, status, "{outcome}");
        serde_json::from_str(&outcome.stdout).unwrap()
    }
}

impl Sandbox {
    /// Runs the call, and asserts that no row changed.
    #[track_caller]
    pub(crate) fn unchanged(&self, call: Invocation) -> Outcome {
        let before = self.dump();
        let outcome = call.run();
        assert!(self.dump() == before, "the database changed\n{outcome}");
        outcome
    }

    /// Asserts that each call fails with status 6 and changes no file.
    #[track_caller]
    pub(crate) fn assert_unusable(&self, calls: &[&[&str]], parts: &[&str]) {
        for call in calls {
            self.untouched(self.drfctl(*call)).refused("6", parts);
        }
    }

    /// Runs the call, and asserts that no file in the folder changed or appeared.
    #[track_caller]
    pub(crate) fn untouched(&self, call: Invocation) -> Outcome {
        let before = self.files();
        let outcome = call.run();
        assert!(self.files() == before, "a file changed\n{outcome}");
        outcome
    }
}
