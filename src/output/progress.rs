//! How far a long piece of work is, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Notes;

/// A bar with the rate and the time left. Shown on a terminal alone, and not
/// with verbosity 0.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many steps.
    #[must_use]
    pub fn new(what: &'static str, steps: usize, notes: Notes) -> Self {
        let shown = notes.verbosity > 0 && !notes.silent;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), target).with_message(what);
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {per_sec} {eta} left");
        Self(style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style)))
    }

    /// One more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
