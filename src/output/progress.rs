//! The progress of long work, on a terminal.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::notes::Notes;

/// Shorter work has no bar.
const AFTER: Duration = Duration::from_secs(1);

/// A bar with the rate and the time left, for work that takes more than a
/// second; only on a terminal, and not at verbosity 0.
pub struct Progress {
    bar: ProgressBar,
    since: Instant,
    /// Whether verbosity allows it.
    is_allowed: bool,
    shown: Once,
}

impl Progress {
    /// Returns a bar for that number of steps.
    #[must_use]
    pub fn new(what: &'static str, steps: usize, notes: Notes) -> Self {
        let bar =
            ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::hidden()).with_message(what);
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {per_sec} {eta} left");
        let bar = style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style));
        Self { bar, since: Instant::now(), is_allowed: notes.verbosity > 0 && !notes.silent, shown: Once::new() }
    }

    /// Sets the number of steps.
    pub fn expect(&self, steps: u64) {
        self.bar.set_length(steps);
    }

    /// Advances by one step.
    pub fn step(&self) {
        self.advance(1);
    }

    /// Advances by several steps.
    pub fn advance(&self, steps: usize) {
        self.bar.inc(u64::try_from(steps).unwrap_or_default());
        if self.is_allowed && self.since.elapsed() >= AFTER {
            self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
