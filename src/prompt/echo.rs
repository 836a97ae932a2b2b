//! The terminal while drfctl waits for an answer. If a signal ends or stops
//! drfctl, the terminal gets its previous settings; back in the foreground, drfctl
//! repeats the question.

use std::io::{Write, stderr, stdin};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg, raise};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

use crate::os::{end_by_signal, spawn_thread};

/// The signals that end, stop or continue a program at the terminal. Those that
/// stop a program in the background are not included: it has not changed the
/// terminal.
const SIGNALS: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGCONT];

/// The question in progress.
static ASKING: Mutex<Option<Asking>> = Mutex::new(None);

struct Asking {
    /// The question as it is printed.
    shown: String,
    /// The previous settings of the terminal.
    before: Termios,
    /// The settings while the answer is typed.
    during: Termios,
}

/// Whether the terminal shows typed characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    On,
    Off,
}

/// Waiting for an answer; ends when dropped.
pub(super) struct Waiting {
    /// The signals that were blocked before.
    mask: Option<SigSet>,
}

/// Stores the settings of the terminal, and sets its echo.
pub(super) fn wait(shown: &str, echo: Echo) -> Waiting {
    static IS_WATCHED: OnceLock<bool> = OnceLock::new();
    if !is_ours() {
        // The current settings are those of the shell: read them in the foreground.
        let _ = killpg(getpgrp(), Signal::SIGTTIN);
    }
    let signals: SigSet = SIGNALS.into_iter().collect();
    let mut mask = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
    if let Some(before) = &mask
        && !*IS_WATCHED.get_or_init(|| watch(signals))
    {
        // Without a thread that handles them, signals have their default effect.
        let _ = before.thread_set_mask();
        mask = None;
    }
    if let Ok(before) = tcgetattr(stdin()) {
        let mut during = before.clone();
        if echo == Echo::Off {
            during.local_flags.remove(LocalFlags::ECHO);
        }
        let mut asking = asking();
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &during);
        *asking = Some(Asking { shown: shown.to_owned(), before, during });
    }
    Waiting { mask }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut asking = asking();
        if let Some(asked) = asking.take() {
            // If it cannot be set, it was not changed either.
            let _ = tcsetattr(stdin(), SetArg::TCSANOW, &asked.before);
        }
        drop(asking);
        if let Some(mask) = &self.mask {
            // A program that is started from here would inherit it.
            let _ = mask.thread_set_mask();
        }
    }
}

fn asking() -> MutexGuard<'static, Option<Asking>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns whether drfctl is in the foreground and may set the terminal.
fn is_ours() -> bool {
    tcgetpgrp(stdin()) == Ok(getpgrp())
}

/// Handles the signals in a thread of its own, where every function is allowed; all
/// other threads block them. Returns whether the thread was started.
fn watch(signals: SigSet) -> bool {
    let watching = spawn_thread(move || {
        while let Ok(signal) = signals.wait() {
            if signal != Signal::SIGCONT {
                pass_on(signal, signals);
            }
            ask_again(signals);
        }
    });
    watching.is_ok()
}

/// Lets a signal have its default effect, with the previous settings of the
/// terminal. Returns if the program was only stopped, or ignores the signal.
fn pass_on(signal: Signal, signals: SigSet) {
    if let Some(asked) = &*asking()
        && is_ours()
    {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &asked.before);
        let _ = stderr().write_all(b"\n");
    }
    // All signals: the one that continues the program is handled here too, so that
    // one stop repeats the question once.
    let _ = signals.thread_unblock().and_then(|()| raise(signal)).and_then(|()| signals.thread_block());
    // If signals are held, one that arrives during a question is not lost.
    end_by_signal();
}

/// Repeats the question. In the background, setting the terminal stops the program
/// until it is in the foreground again. A signal to a program that is stopped takes
/// effect then.
fn ask_again(signals: SigSet) {
    if let Some(asked) = &*asking() {
        let is_away = !is_ours();
        if is_away {
            let _ = signals.thread_unblock();
        }
        let is_set = tcsetattr(stdin(), SetArg::TCSANOW, &asked.during).is_ok();
        if is_away {
            let _ = signals.thread_block();
        }
        if is_set {
            let _ = stderr().write_all(asked.shown.as_bytes());
        }
    }
}
