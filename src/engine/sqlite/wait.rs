//! Waits for locks: with one deadline, a report if it takes long, and an end on
//! an interrupt.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Result};

use crate::engine::options::{Options, REPORT_AFTER};
use crate::engine::sqlite::errors::is_locked;
use crate::os::Interrupt;

/// The pauses between attempts, in milliseconds. Most locks are short.
const DELAYS: [u64; 8] = [1, 2, 5, 10, 20, 25, 50, 100];

/// How many steps a statement runs between checks for an interrupt.
const STEPS: i32 = 10_000;

/// How long a commit waits for readers, because new readers have to wait for
/// it.
const COMMIT: Duration = Duration::from_millis(200);

/// The timeout for locks, and when the wait began.
pub(super) struct Wait {
    timeout: Duration,
    started: Cell<Instant>,
    /// How long the library itself waits for each lock.
    alone: Arc<Mutex<Duration>>,
}

impl Wait {
    /// Starts the timeout.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, started: Cell::new(Instant::now()), alone: Arc::default() }
    }

    /// Restarts the timeout.
    pub(super) fn renew(&self) {
        self.started.set(Instant::now());
    }

    /// Makes the connection wait for locks, and stop on an interrupt.
    ///
    /// # Errors
    /// The error of the library.
    pub(super) fn install(&self, connection: &mut Connection, interrupt: &Interrupt) -> Result<()> {
        let (alone, stop) = (Arc::clone(&self.alone), interrupt.clone());
        let mut since = Instant::now();
        connection.busy_handler(Some(move |looks| {
            if looks == 0 {
                since = Instant::now();
            }
            let left = lock(&alone).saturating_sub(since.elapsed());
            if left.is_zero() || stop.is_requested() {
                return false;
            }
            let delay = usize::try_from(looks).ok().and_then(|looks| DELAYS.get(looks));
            thread::sleep(Duration::from_millis(delay.copied().unwrap_or(100)).min(left));
            true
        }))?;
        let stop = interrupt.clone();
        connection.progress_handler(STEPS, Some(move || stop.is_requested()))
    }

    fn left(&self) -> Duration {
        self.timeout.saturating_sub(self.started.get().elapsed())
    }

    fn wait_alone(&self, left: Duration) {
        *lock(&self.alone) = left;
    }

    /// Tries until it succeeds, fails for a reason other than a lock, or the
    /// timeout ends. No lock is held between attempts, so the wait may be
    /// reported.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub(super) fn attempt<T>(
        &self,
        connection: &Connection,
        options: &Options,
        operation: impl Fn(&Connection) -> Result<T>,
    ) -> Result<T> {
        loop {
            let left = self.left();
            self.wait_alone(if options.on_wait.was_reported() { left } else { left.min(REPORT_AFTER) });
            let outcome = operation(connection);
            let is_busy = outcome.as_ref().is_err_and(is_locked) && !options.interrupt.is_requested();
            if !is_busy || left.is_zero() {
                self.wait_alone(self.left());
                return outcome;
            }
            if self.started.get().elapsed() >= REPORT_AFTER {
                options.on_wait.report();
            }
            // SQLite does not wait for some locks itself.
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Commits, or fails after a short wait.
    ///
    /// # Errors
    /// The error of the library.
    pub(super) fn commit(&self, connection: &Connection) -> Result<()> {
        self.wait_alone(self.left().min(COMMIT));
        let outcome = connection.execute_batch("COMMIT");
        self.wait_alone(self.left());
        outcome
    }
}

fn lock(alone: &Mutex<Duration>) -> MutexGuard<'_, Duration> {
    alone.lock().unwrap_or_else(PoisonError::into_inner)
}
