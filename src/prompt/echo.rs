//! The terminal while a question waits: whatever ends or stops the program in
//! that time, the terminal is left as it was; and once the program is back in
//! the foreground, the question stands there again.

use std::io::{Write, stderr, stdin};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg, raise};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp};

use crate::os::end_by_signal;

/// The signals that end, stop or continue a program that asks something.
/// Those that stop a program in the background are not among them: it has
/// nothing to put in order on a terminal that is not its own.
const SIGNALS: [Signal; 6] =
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP, Signal::SIGCONT];

/// The question in progress.
static ASKING: Mutex<Option<Asking>> = Mutex::new(None);

struct Asking {
    /// The question as it stands on the terminal.
    shown: String,
    /// How the terminal was.
    before: Termios,
    /// How it is while the answer is typed.
    during: Termios,
}

/// Whether what is typed can be read on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    On,
    Off,
}

/// A question waits; over when dropped.
pub(super) struct Waiting {
    /// The signals that were blocked before.
    mask: Option<SigSet>,
}

/// Remembers how the terminal is, and sets its echo.
pub(super) fn wait(shown: &str, echo: Echo) -> Waiting {
    static WATCH: Once = Once::new();
    if !is_ours() {
        // What it is set to now is the shell's: to be looked at once it is ours.
        let _ = killpg(getpgrp(), Signal::SIGTTIN);
    }
    let signals: SigSet = SIGNALS.into_iter().collect();
    let mask = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
    if mask.is_some() {
        WATCH.call_once(|| watch(signals));
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
            // Where it cannot be set it was not changed either.
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

/// Whether the terminal is this program's to set, and not the shell's.
fn is_ours() -> bool {
    tcgetpgrp(stdin()) == Ok(getpgrp())
}

/// The signals come to a thread of their own, where they may take their time;
/// all other threads have blocked them.
fn watch(signals: SigSet) {
    thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            if signal != Signal::SIGCONT {
                pass_on(signal, signals);
            }
            ask_again(signals);
        }
    });
}

/// Lets a signal do what it does to every program, the terminal being in order
/// meanwhile. Returns where the program was only stopped, or ignores it.
fn pass_on(signal: Signal, signals: SigSet) {
    if let Some(asked) = &*asking()
        && is_ours()
    {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &asked.before);
        let _ = stderr().write_all(b"\n");
    }
    // The others, too: the one that continues the program is done with here, so
    // that one stop repeats the question once.
    let _ = signals.thread_unblock().and_then(|()| raise(signal)).and_then(|()| signals.thread_block());
    // Where signals are held, nothing is lost by one that comes while a question waits.
    end_by_signal();
}

/// Waits on. In the background, setting the terminal stops the program until
/// it is brought back. A signal to a program that is stopped there is heeded
/// then, for the reading thread stops it again before.
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
