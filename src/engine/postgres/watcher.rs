//! Cancels a statement on an interrupt: while a statement runs, another thread
//! checks for an interrupt and asks the server to cancel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use postgres::{CancelToken, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::os::Interrupt;

/// How often the thread checks.
const LOOK: Duration = Duration::from_millis(100);

/// Checks for an interrupt while it exists.
pub(super) struct Watcher {
    is_running: Arc<AtomicBool>,
    _end: Sender<()>,
}

/// What cancels a statement.
pub(super) struct Cancel {
    pub(super) token: CancelToken,
    /// The TLS connector; `None` for a Unix socket.
    pub(super) connector: Option<MakeRustlsConnect>,
}

impl Watcher {
    pub(super) fn new(cancel: Cancel, interrupt: Interrupt) -> Self {
        let is_running = Arc::new(AtomicBool::new(false));
        let (end, ended) = channel();
        let running = Arc::clone(&is_running);
        thread::spawn(move || watch(&ended, &running, &cancel, &interrupt));
        Self { is_running, _end: end }
    }

    /// Runs a statement that may be canceled.
    pub(super) fn watched<T>(&self, run: impl FnOnce() -> T) -> T {
        self.is_running.store(true, Ordering::SeqCst);
        let outcome = run();
        self.is_running.store(false, Ordering::SeqCst);
        outcome
    }
}

fn watch(ended: &Receiver<()>, is_running: &AtomicBool, cancel: &Cancel, interrupt: &Interrupt) {
    while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if is_running.load(Ordering::SeqCst) && interrupt.is_requested() {
            // If the statement cannot be canceled, a second signal ends the
            // program.
            let _ = match &cancel.connector {
                Some(connector) => cancel.token.cancel_query(connector.clone()),
                None => cancel.token.cancel_query(NoTls),
            };
        }
    }
}
