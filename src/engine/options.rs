//! How to connect.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::engine::url::Variables;
use crate::os::{Interrupt, StepDown};

/// What becomes of a database that does not exist, or is an empty file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It is an error.
    Refused,
    /// An empty file is a database without tables.
    Empty,
    /// It is created. It is removed again unless something is committed.
    Created,
}

/// Which files are opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilePolicy {
    /// What happens to a file of another account.
    pub other_owner: OtherOwner,
    /// What happens to a file that has more than one name.
    pub aliases: Aliases,
    /// What root does before it opens a file of another account.
    pub step_down: StepDown,
}

/// What happens to a database file that belongs to another account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherOwner {
    /// It is refused: files beside it could lock the application out.
    #[default]
    Refused,
    /// It is opened.
    Opened,
}

/// What happens to a database file that has more than one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aliases {
    /// It is refused: two names have two journals.
    #[default]
    Refused,
    /// It is opened.
    Opened,
}

/// How to connect.
#[derive(Clone)]
pub struct Options {
    /// What becomes of a database that does not exist.
    pub absent: Absent,
    /// How long to wait for a lock, or for a place on a full server.
    pub busy_timeout: Duration,
    /// Which files are opened.
    pub files: FilePolicy,
    /// What the environment says of servers.
    pub variables: Variables,
    /// The zone in which the application keeps its times; none is UTC.
    pub time_zone: Option<String>,
    /// Tells when to stop.
    pub interrupt: Interrupt,
    /// Tells a person when a lock keeps us waiting.
    pub on_wait: OnWait,
}

/// How long a person waits before being told why.
pub(crate) const SAY_AFTER: Duration = Duration::from_secs(2);

/// Tells a person, once, that a lock keeps us waiting. Never called while a
/// transaction is open: what it writes to may be slower than any lock.
#[derive(Clone)]
pub struct OnWait(Arc<Telling>);

struct Telling {
    is_told: AtomicBool,
    tell: Box<dyn Fn() + Send + Sync>,
}

impl OnWait {
    /// Tells by calling that function.
    pub fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(Telling { is_told: AtomicBool::new(false), tell: Box::new(tell) }))
    }

    /// Whether it was told already.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.0.is_told.load(Ordering::Relaxed)
    }

    /// Tells it, the first time.
    pub fn tell(&self) {
        if !self.0.is_told.swap(true, Ordering::Relaxed) {
            (self.0.tell)();
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
