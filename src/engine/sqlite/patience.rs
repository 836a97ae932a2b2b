//! Waiting for locks: one deadline for a transaction, and a word to the person
//! when it takes long.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Result};

use super::naming::is_busy;

/// How long a person waits before being told why.
const SAY_AFTER: Duration = Duration::from_secs(2);

/// How long may be waited for locks, and how long has been.
pub(super) struct Patience {
    timeout: Duration,
    started: Cell<Instant>,
    told: Cell<bool>,
}

impl Patience {
    /// Begins to wait.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, started: Cell::new(Instant::now()), told: Cell::new(false) }
    }

    /// Begins to wait anew: every transaction has the whole time.
    pub(super) fn renew(&self) {
        self.started.set(Instant::now());
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.get().elapsed())
    }

    /// Tries until it succeeds, fails for another reason than a lock, or the
    /// time is up. `on_wait` is told once.
    ///
    /// # Errors
    /// What the last try said.
    pub(super) fn attempt<T>(
        &self,
        connection: &Connection,
        on_wait: &dyn Fn(),
        operation: impl Fn(&Connection) -> Result<T>,
    ) -> Result<T> {
        loop {
            let left = self.left();
            connection.busy_timeout(if self.told.get() { left } else { left.min(SAY_AFTER) })?;
            match operation(connection) {
                Err(error) if is_busy(&error) && !left.is_zero() => {
                    if self.started.get().elapsed() >= SAY_AFTER && !self.told.replace(true) {
                        on_wait();
                    }
                    // Some of SQLite's refusals do not wait by themselves.
                    std::thread::sleep(Duration::from_millis(2));
                }
                outcome => {
                    connection.busy_timeout(self.left())?;
                    return outcome;
                }
            }
        }
    }
}
