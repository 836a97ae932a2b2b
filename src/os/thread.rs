//! Threads, which the system may refuse to start.

use std::thread::{Builder, JoinHandle};

use crate::error::{Error, Result};

/// Starts a thread.
///
/// # Errors
/// Unusable if the system starts no more.
pub fn spawn_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>> {
    Builder::new().spawn(work).map_err(|error| {
        Error::unusable(format!("no thread can be started: {error}"))
            .caused_by(error)
            .hint("raise the limit of processes: ulimit -u, or the limits of the container")
    })
}
