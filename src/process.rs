//! The process itself: what it may leave behind, and what it was started with.
//!
//! The one file with `unsafe` in it: a signal's disposition and a look at the
//! standard streams before the runtime repairs them have no safe form.
#![allow(unsafe_code, reason = "see above; each use says why it is sound")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction, signal};
use nix::sys::stat::{Mode, umask};

use crate::error::{Error, Kind, Result};

/// The signals that ask the program to end.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// The signal that came and waits to be heeded, or 0.
static HELD: AtomicI32 = AtomicI32::new(0);

/// Whether somebody asked the program to stop while that had to wait.
static STOP_HELD: AtomicBool = AtomicBool::new(false);

/// A file that means nothing unless it is filled.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Whether standard output was closed when the program was started.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before `main`: Rust's runtime puts `/dev/null` in the place of a closed
/// stream, and what is written is lost without an error.
extern "C" fn look_at_stdout() {
    // SAFETY: F_GETFD only reads the flags of a descriptor, open or not.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    STDOUT_CLOSED.store(flags == -1, Ordering::Relaxed);
}

// SAFETY: the system calls each function of this section once before `main`,
// and `look_at_stdout` needs nothing of the runtime.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK_AT_STDOUT: extern "C" fn() = look_at_stdout;

/// Whether standard output was closed when the program was started.
#[must_use]
pub fn stdout_was_closed() -> bool {
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

/// Whether the process has the rights of root.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Whether the process has rights that whoever started it has not: the program
/// was installed with a set-user-ID or set-group-ID bit, or with capabilities.
#[must_use]
pub fn is_elevated() -> bool {
    let (user, group) = (nix::unistd::getuid(), nix::unistd::getgid());
    #[cfg(target_os = "linux")]
    // SAFETY: reads a value that the kernel left in the process's own memory.
    let is_marked = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    #[cfg(not(target_os = "linux"))]
    let is_marked = false;
    is_marked || user != nix::unistd::geteuid() || group != nix::unistd::getegid()
}

/// The name of the account that the process runs for.
#[must_use]
pub fn account_name() -> Option<String> {
    nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|account| account.name)
}

/// From now on no file is made that others can read.
pub fn keep_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// From now on the process ends quietly when nobody reads its output any more,
/// as those before it in a pipe do.
pub fn end_with_closed_pipe() {
    // SAFETY: the default action installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) };
}

/// Leaves no secret behind: no core dump, no look from another process of the
/// same user. A file that may not grow becomes an error instead of a death.
pub fn harden() {
    // Each is a second line of defence: where the system refuses, we go on.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
    // SAFETY: ignoring a signal installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

/// From now on a signal that asks the program to end waits until it is heeded:
/// nothing that was made is lost between its commit and its printing. A second
/// one ends the program at once. One that was ignored before, stays ignored.
pub fn hold_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for ending in ENDING {
            catch(ending, hold);
        }
    });
}

/// From now on the handler is called, which may do nothing that is forbidden
/// there; but where the signal was ignored, it stays ignored. What was there
/// before, if that has changed.
fn catch(caught: Signal, handler: extern "C" fn(libc::c_int)) -> Option<SigAction> {
    let action = SigAction::new(SigHandler::Handler(handler), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handlers of this file touch atomic values alone, or call what
    // is allowed there.
    let before = unsafe { sigaction(caught, &action) }.ok()?;
    if matches!(before.handler(), SigHandler::SigIgn) {
        put_back(caught, &before);
        return None;
    }
    Some(before)
}

fn put_back(caught: Signal, before: &SigAction) {
    // SAFETY: what stood there may stand there.
    let _ = unsafe { sigaction(caught, before) };
}

extern "C" fn hold(number: libc::c_int) {
    if HELD.swap(number, Ordering::SeqCst) != 0 {
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

/// As long as this lives, the program cannot be stopped by Ctrl-Z: it would keep
/// its locks. Once it is gone, a stop that was asked for meanwhile takes place.
#[must_use]
pub struct Unstopped {
    before: [(Signal, Option<SigAction>); 2],
}

/// Has a stop wait. Whoever continues the program before it stopped, has changed
/// their mind. (SIGSTOP waits for nobody.)
pub fn hold_stops() -> Unstopped {
    Unstopped { before: [Signal::SIGTSTP, Signal::SIGCONT].map(|signal| (signal, catch(signal, hold_stop))) }
}

extern "C" fn hold_stop(number: libc::c_int) {
    STOP_HELD.store(number == libc::SIGTSTP, Ordering::SeqCst);
}

impl Drop for Unstopped {
    fn drop(&mut self) {
        let put_back = |(signal, before): &(Signal, Option<SigAction>)| {
            if let Some(before) = before {
                put_back(*signal, before);
            }
        };
        let [stop, go_on] = &self.before;
        put_back(stop);
        if STOP_HELD.swap(false, Ordering::SeqCst) {
            // Where it is ignored, nothing happens, as if it had come now.
            let _ = raise(Signal::SIGTSTP);
        }
        // Last, so that whoever changes their mind until then is heard.
        put_back(go_on);
    }
}

/// Whether a signal waits to be heeded.
#[must_use]
pub fn is_to_end() -> bool {
    HELD.load(Ordering::SeqCst) != 0
}

/// Heeds a signal that waits, where that changes nothing.
///
/// # Errors
/// Interrupted, if there is one.
pub fn heed_signals() -> Result<()> {
    match Signal::try_from(HELD.load(Ordering::SeqCst)) {
        Ok(signal) => Err(Error::new(Kind::Interrupted, format!("interrupted by {signal}"))),
        Err(_) => Ok(()),
    }
}

/// A signal that ends the process takes this file along, until it is none.
pub fn set_unfinished(path: Option<&Path>) {
    *UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner) = path.map(Path::to_owned);
}

/// Ends the process by the signal that waits, if there is one: whoever started
/// it sees that.
pub fn end_by_signal() {
    if is_to_end() {
        if let Some(path) = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Where it may not be removed, it is empty.
            let _ = fs::remove_file(path);
        }
        end_with(HELD.load(Ordering::SeqCst));
    }
}
