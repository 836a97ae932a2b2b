//! Signals that ask the process to end or to stop, and how they are deferred.
#![allow(unsafe_code, reason = "a signal's disposition has no safe form; each use says why it is sound")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::{fs, io};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

/// The signals that ask the program to end.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// The deferred signal, or 0.
static PENDING: AtomicI32 = AtomicI32::new(0);

/// Whether a stop was requested while stops were deferred.
static STOP_PENDING: AtomicBool = AtomicBool::new(false);

/// Whether the end of the reader of the output ends the process.
static ENDS_WITH_PIPE: AtomicBool = AtomicBool::new(false);

/// A file to remove if the process ends before it is filled.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Ends the process silently when its output is closed, as other programs of a
/// pipeline do. SIGPIPE itself stays ignored: a server that closes a connection
/// would send it, too.
pub fn end_with_closed_pipe() {
    ENDS_WITH_PIPE.store(true, Ordering::SeqCst);
}

/// Ends the process by SIGPIPE if the error says that its output is closed, and
/// [`end_with_closed_pipe`] was called.
pub fn end_by_closed_pipe(error: &io::Error) {
    if error.kind() == io::ErrorKind::BrokenPipe && ENDS_WITH_PIPE.load(Ordering::SeqCst) {
        end_with(libc::SIGPIPE);
    }
}

/// Returns the deferred signal, if there is one.
pub(super) fn pending() -> Option<Signal> {
    Signal::try_from(PENDING.load(Ordering::SeqCst)).ok()
}

/// Defers signals that ask the program to end, so that the result of a commit
/// is still printed. A second signal ends the program at once. An ignored
/// signal stays ignored.
pub fn hold() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for ending in ENDING {
            install(ending, SigHandler::Handler(keep));
        }
    });
}

/// Installs a handler, unless the signal is ignored. Returns the previous
/// action if it was replaced.
fn install(caught: Signal, handler: SigHandler) -> Option<SigAction> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file only use atomic values and
    // async-signal-safe functions.
    let before = unsafe { sigaction(caught, &action) }.ok()?;
    if matches!(before.handler(), SigHandler::SigIgn) {
        restore(caught, &before);
        return None;
    }
    Some(before)
}

fn restore(caught: Signal, before: &SigAction) {
    // SAFETY: it restores an action that was installed before.
    let _ = unsafe { sigaction(caught, before) };
}

extern "C" fn keep(number: libc::c_int) {
    if PENDING.swap(number, Ordering::SeqCst) != 0 {
        end_with(number);
    }
}

/// Ends the process with a signal. Within the signal's own handler, this takes
/// effect when the handler returns.
fn end_with(number: libc::c_int) {
    // SAFETY: both calls are async-signal-safe, and the default action installs
    // no handler.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
    }
}

/// Prevents a stop from the terminal while it exists, because a stopped process
/// would keep its locks. A requested stop takes effect when this is dropped.
#[must_use]
pub(super) struct HeldStops {
    before: [(Signal, Option<SigAction>); 3],
}

/// Defers SIGTSTP and ignores SIGTTOU, so that a background process that writes
/// to its terminal is not stopped. SIGCONT before the stop takes effect cancels
/// it. (SIGSTOP cannot be deferred.)
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
        // SIGCONT is restored last, so that it can cancel the stop until then.
        for (signal, before) in &self.before {
            if *signal == Signal::SIGCONT && STOP_PENDING.swap(false, Ordering::SeqCst) {
                // If the signal is ignored, this has no effect.
                let _ = raise(Signal::SIGTSTP);
            }
            if let Some(before) = before {
                restore(*signal, before);
            }
        }
    }
}

/// Sets the file that is removed if a signal ends the process; `None` for no
/// file.
pub fn set_unfinished(path: Option<&Path>) {
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = path.map(Path::to_owned);
}

/// Ends the process with the deferred signal, if there is one, so that its
/// parent sees the signal.
pub fn end_by_signal() {
    let Some(signal) = pending() else { return };
    if let Some(path) = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // The file is empty, so it does no harm if it cannot be removed.
        let _ = fs::remove_file(path);
    }
    end_with(signal as libc::c_int);
}

/// Calls a function while a signal is deferred. It is deferred for the whole
/// process: no other unit test may end by a signal at the same time.
#[cfg(test)]
pub(super) fn while_deferred(signal: Signal, work: impl FnOnce()) {
    keep(signal as libc::c_int);
    work();
    PENDING.store(0, Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    static STOPS: AtomicI32 = AtomicI32::new(0);

    extern "C" fn count(_: libc::c_int) {
        STOPS.fetch_add(1, Ordering::SeqCst);
    }

    fn set(signal: Signal, handler: SigHandler) -> SigHandler {
        // SAFETY: the handlers of this file only use atomic values.
        unsafe { nix::sys::signal::signal(signal, handler) }.unwrap()
    }

    #[test]
    fn a_stop_is_deferred_and_can_be_canceled() {
        let before = set(Signal::SIGTSTP, SigHandler::Handler(count));
        let (stop, resume) = (Signal::SIGTSTP, Signal::SIGCONT);
        for (signals, stops) in [(&[][..], 0), (&[stop], 1), (&[stop, stop], 1), (&[stop, resume], 0), (&[resume], 0)] {
            let held = hold_stops();
            for signal in signals {
                raise(*signal).unwrap();
            }
            assert_eq!(STOPS.load(Ordering::SeqCst), 0, "{signals:?}");
            drop(held);
            assert_eq!(STOPS.swap(0, Ordering::SeqCst), stops, "{signals:?}");
        }
        set(Signal::SIGTSTP, before);
    }

    #[test]
    fn an_ignored_signal_stays_ignored() {
        let before = set(Signal::SIGWINCH, SigHandler::SigIgn);
        assert!(install(Signal::SIGWINCH, SigHandler::Handler(count)).is_none());
        assert!(matches!(set(Signal::SIGWINCH, SigHandler::SigDfl), SigHandler::SigIgn));
        let replaced = install(Signal::SIGWINCH, SigHandler::Handler(count)).unwrap();
        assert!(matches!(replaced.handler(), SigHandler::SigDfl));
        assert!(matches!(set(Signal::SIGWINCH, before), SigHandler::Handler(_)));
    }

    #[test]
    fn a_closed_pipe_without_a_request_does_not_end_the_process() {
        end_by_closed_pipe(&io::ErrorKind::BrokenPipe.into());
        assert!(!ENDS_WITH_PIPE.load(Ordering::SeqCst));
    }
}
