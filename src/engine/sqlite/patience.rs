//! Waiting for locks: one deadline for a transaction, a word to the person when
//! it takes long, and an end to it when a signal comes.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Result};

use super::naming::is_busy;
use crate::process;

/// How long a person waits before being told why.
const SAY_AFTER: Duration = Duration::from_secs(2);

/// How long is waited before looking again, in milliseconds: a lock is mostly
/// held for a moment.
const DELAYS: [u64; 8] = [1, 2, 5, 10, 20, 25, 50, 100];

/// After so many steps of a statement it is looked whether a signal came.
const STEPS: i32 = 10_000;

/// How long may be waited for locks, and how long has been.
pub(super) struct Patience {
    timeout: Duration,
    started: Cell<Instant>,
    told: Cell<bool>,
    /// How long the library waits by itself for each lock.
    alone: Arc<Mutex<Duration>>,
}

impl Patience {
    /// Begins to wait.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, started: Cell::new(Instant::now()), told: Cell::new(false), alone: Arc::default() }
    }

    /// Begins to wait anew: every transaction has the whole time.
    pub(super) fn renew(&self) {
        self.started.set(Instant::now());
    }

    /// Has the connection wait, and stop at a signal.
    ///
    /// # Errors
    /// What the library says.
    pub(super) fn teach(&self, connection: &mut Connection) -> Result<()> {
        let alone = Arc::clone(&self.alone);
        let mut since = Instant::now();
        connection.busy_handler(Some(move |looks| {
            if looks == 0 {
                since = Instant::now();
            }
            let left = lock(&alone).saturating_sub(since.elapsed());
            if left.is_zero() || process::is_to_end() {
                return false;
            }
            let delay = usize::try_from(looks).ok().and_then(|looks| DELAYS.get(looks));
            thread::sleep(Duration::from_millis(delay.copied().unwrap_or(100)).min(left));
            true
        }))?;
        connection.progress_handler(STEPS, Some(process::is_to_end))
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.get().elapsed())
    }

    fn wait_alone(&self, left: Duration) {
        *lock(&self.alone) = left;
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
            self.wait_alone(if self.told.get() { left } else { left.min(SAY_AFTER) });
            match operation(connection) {
                Err(error) if is_busy(&error) && !left.is_zero() => {
                    if self.started.get().elapsed() >= SAY_AFTER && !self.told.replace(true) {
                        on_wait();
                    }
                    // Some of SQLite's refusals do not wait by themselves.
                    thread::sleep(Duration::from_millis(2));
                }
                outcome => {
                    self.wait_alone(self.left());
                    return outcome;
                }
            }
        }
    }
}

fn lock(alone: &Mutex<Duration>) -> MutexGuard<'_, Duration> {
    alone.lock().unwrap_or_else(PoisonError::into_inner)
}
