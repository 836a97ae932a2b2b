//! The process itself: what it may leave behind, and what it was started with.
//!
//! The one file with `unsafe` in it: a signal's disposition and a look at the
//! standard streams before the runtime repairs them have no safe form.
#![allow(unsafe_code, reason = "see above; each use says why it is sound")]

use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::stat::{Mode, umask};

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
