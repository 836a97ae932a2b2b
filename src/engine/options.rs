//! Options of a connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::engine::variables::Variables;
use crate::hint::{Action, Hint, Program};
use crate::os::{Interrupt, StepDown};

/// What to do with a database that does not exist, or is an empty file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Fail.
    Refused,
    /// Treat an empty file as a database without tables.
    Empty,
    /// Create it. Remove it again unless something is committed.
    Created,
}

impl Absent {
    /// Returns what to do about the path of a database that does not exist.
    #[must_use]
    pub fn advice(self) -> Hint {
        match self {
            Self::Created => Hint::advice("check the path; drfctl does not create directories"),
            Self::Refused | Self::Empty => Hint::action(Action::Words("check the path; only".into()))
                .and(Action::Run(Program::Migrate))
                .trail("creates a database"),
        }
    }
}

/// Which database files to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilePolicy {
    /// What to do with a file of another account.
    pub other_owner: OtherOwner,
    /// What to do with a file that has several names.
    pub aliases: Aliases,
    /// What root does before it opens a file of another account.
    pub step_down: StepDown,
}

/// What to do with a database file that belongs to another account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherOwner {
    /// Refuse it: files that drfctl creates next to it could lock the
    /// application out.
    #[default]
    Refused,
    /// Open it.
    Opened,
}

/// What to do with a database file that has several names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aliases {
    /// Refuse it: two names have two journals.
    #[default]
    Refused,
    /// Open it.
    Opened,
}

/// Options of a connection.
#[derive(Clone)]
pub struct Options {
    /// What to do with a database that does not exist.
    pub absent: Absent,
    /// How long to wait for a lock, or for a free connection of a server.
    pub busy_timeout: Duration,
    /// Which database files to open.
    pub files: FilePolicy,
    /// The environment variables about servers.
    pub variables: Variables,
    /// The time zone in which the application stores times; `None` is UTC.
    pub time_zone: Option<String>,
    /// Shows whether a signal has asked the program to end.
    pub interrupt: Interrupt,
    /// Reports that drfctl waits for a lock.
    pub on_wait: OnWait,
}

/// How long drfctl waits before it reports the wait.
pub(crate) const REPORT_AFTER: Duration = Duration::from_secs(2);

/// Reports, once, that drfctl waits for a lock. Never called while a
/// transaction is open: the stream that it writes to may block longer than any
/// lock.
#[derive(Clone)]
pub struct OnWait(Arc<Report>);

struct Report {
    was_reported: AtomicBool,
    report: Box<dyn Fn() + Send + Sync>,
}

impl OnWait {
    /// Returns an `OnWait` that calls this function.
    pub fn new(report: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Report { was_reported: AtomicBool::new(false), report: Box::new(report) }))
    }

    /// Returns whether the wait was reported.
    #[must_use]
    pub fn was_reported(&self) -> bool {
        self.0.was_reported.load(Ordering::Relaxed)
    }

    /// Reports the wait, the first time only.
    pub fn report(&self) {
        if !self.0.was_reported.swap(true, Ordering::Relaxed) {
            (self.0.report)();
        }
    }
}

impl Default for OnWait {
    fn default() -> Self {
        Self::new(|| {})
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("busy_timeout", &self.busy_timeout).finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Options {
    /// Returns options for a test: an existing database of the same account, without variables.
    pub(crate) fn for_test(busy_timeout: Duration) -> Self {
        Self {
            absent: Absent::Refused,
            busy_timeout,
            files: FilePolicy::default(),
            variables: Variables::default(),
            time_zone: None,
            interrupt: Interrupt::default(),
            on_wait: OnWait::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[test]
    fn a_wait_is_reported_once() {
        let reports = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&reports);
        let on_wait = OnWait::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        assert!(!on_wait.was_reported());
        for reporter in [&on_wait, &on_wait.clone()] {
            reporter.report();
            assert!(on_wait.was_reported());
            assert_eq!(reports.load(Ordering::SeqCst), 1);
        }
    }

    #[test]
    fn the_variables_of_options_are_not_shown_by_debug() {
        let variables = Variables::of([("PGPASSWORD".into(), "s3cret".into())].into_iter());
        let options = Options { variables, ..Options::for_test(Duration::ZERO) };
        assert_eq!(format!("{options:?}"), "Options { busy_timeout: 0ns, .. }");
    }
}
