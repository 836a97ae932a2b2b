//! Signals that ask the process to end or to stop, and how they wait.
#![allow(unsafe_code, reason = "a signal's disposition has no safe form; each use says why it is sound")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction, signal};

/// The signals that ask the program to end.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// The signal that is waiting, or 0.
static PENDING: AtomicI32 = AtomicI32::new(0);

/// Whether a stop was requested while it had to wait.
static STOP_PENDING: AtomicBool = AtomicBool::new(false);

/// A file that means nothing unless it is filled.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// From now on the process ends quietly when its output is not read any more,
/// as the other programs of a pipeline do.
pub fn end_with_closed_pipe() {
    // SAFETY: the default action installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
}

/// The signal that is waiting, if there is one.
pub(super) fn pending() -> Option<Signal> {
    Signal::try_from(PENDING.load(Ordering::SeqCst)).ok()
}

/// From now on a signal that asks the program to end waits: nothing is lost
/// between a commit and its printing. A second one ends the program at once.
/// One that was ignored before stays ignored.
pub fn hold() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for ending in ENDING {
            install(ending, SigHandler::Handler(keep));
        }
    });
}

/// Installs a handler; where the signal was ignored, it stays ignored. Returns
/// what was there before, if that has changed.
fn install(caught: Signal, handler: SigHandler) -> Option<SigAction> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file touch atomic values alone, or call what
    // is allowed there.
    let before = unsafe { sigaction(caught, &action) }.ok()?;
    if matches!(before.handler(), SigHandler::SigIgn) {
        restore(caught, &before);
        return None;
    }
    Some(before)
}

fn restore(caught: Signal, before: &SigAction) {
    // SAFETY: it was there before.
    let _ = unsafe { sigaction(caught, before) };
}

extern "C" fn keep(number: libc::c_int) {
    if PENDING.swap(number, Ordering::SeqCst) != 0 {
        end_with(number);
    }
}

/// Ends the process by a signal; in its own handler, when that returns.
fn end_with(number: libc::c_int) {
    // SAFETY: both calls are allowed in a handler, and the default action
    // installs none.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
    }
}

/// While this lives, the process cannot be stopped from its terminal: it would
/// keep its locks. A stop that was requested meanwhile takes place when it is
/// dropped.
#[must_use]
pub(super) struct HeldStops {
    before: [(Signal, Option<SigAction>); 3],
}

/// Has SIGTSTP wait, and SIGTTOU ignored: a background process that writes to
/// its terminal is not stopped for it. SIGCONT cancels a stop that is waiting.
/// (SIGSTOP cannot wait.)
pub(super) fn hold_stops() -> HeldStops {
    let kept = SigHandler::Handler(keep_stop);
    let handlers = [(Signal::SIGTSTP, kept), (Signal::SIGTTOU, SigHandler::SigIgn), (Signal::SIGCONT, kept)];
    HeldStops { before: handlers.map(|(signal, handler)| (signal, install(signal, handler))) }
}

extern "C" fn keep_stop(number: libc::c_int) {
    STOP_PENDING.store(number == libc::SIGTSTP, Ordering::SeqCst);
}

impl Drop for HeldStops {
    fn drop(&mut self) {
        // SIGCONT is the last one, so that it can cancel the stop until then.
        for (signal, before) in &self.before {
            if *signal == Signal::SIGCONT && STOP_PENDING.swap(false, Ordering::SeqCst) {
                // Where it is ignored, nothing happens, as if it had come now.
                let _ = raise(Signal::SIGTSTP);
            }
            if let Some(before) = before {
                restore(*signal, before);
            }
        }
    }
}

/// A signal that ends the process removes this file, until it is none.
pub fn set_unfinished(path: Option<&Path>) {
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = path.map(Path::to_owned);
}

/// Ends the process by the signal that is waiting, if there is one: its caller
/// sees that.
pub fn end_by_signal() {
    let Some(signal) = pending() else { return };
    if let Some(path) = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // Where it may not be removed, it is empty.
        let _ = fs::remove_file(path);
    }
    end_with(signal as libc::c_int);
}
