//! The terminal's echo while a secret is typed: whatever ends or stops the
//! program in that time, the terminal is left as it was.

use std::io::{Write, stderr, stdin};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

/// The signals that end or stop a program that asks something.
const SIGNALS: [Signal; 5] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];

/// The question in progress.
static ASKING: Mutex<Option<Asking>> = Mutex::new(None);

struct Asking {
    before: Termios,
    question: String,
}

/// A secret is being typed; over when dropped.
pub(super) struct Hidden;

/// Remembers how the terminal is, for a question that will switch its echo off.
pub(super) fn hide(question: &str) -> Hidden {
    static WATCH: Once = Once::new();
    WATCH.call_once(watch);
    if let Ok(before) = tcgetattr(stdin()) {
        *asking() = Some(Asking { before, question: question.to_owned() });
    }
    Hidden
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(asked) = asking().take() {
            // Where it cannot be set it was not changed either.
            let _ = tcsetattr(stdin(), SetArg::TCSANOW, &asked.before);
        }
    }
}

fn asking() -> std::sync::MutexGuard<'static, Option<Asking>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the signals come to a thread of their own, where they may take
/// their time.
fn watch() {
    let signals: SigSet = SIGNALS.into_iter().collect();
    if signals.thread_block().is_err() {
        return;
    }
    thread::spawn(move || {
        while let Ok(signal) = signals.wait() {
            pass_on(signal);
        }
    });
}

/// Lets a signal do what it does to every program, the terminal being in order
/// meanwhile. Returns where the program was only stopped.
fn pass_on(signal: Signal) {
    let now = tcgetattr(stdin());
    if let Some(asked) = &*asking() {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &asked.before);
        let _ = stderr().write_all(b"\n");
    }
    let only: SigSet = [signal].into_iter().collect();
    let _ = only.thread_unblock().and_then(|()| raise(signal)).and_then(|()| only.thread_block());
    if let (Some(asked), Ok(now)) = (&*asking(), now) {
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &now);
        let _ = stderr().write_all(format!("{}: ", asked.question).as_bytes());
    }
}
