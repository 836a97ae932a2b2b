//! The process itself: its streams, its privileges and its limits.
#![allow(unsafe_code, reason = "a look at the standard streams before the runtime repairs them has no safe form")]

use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;

/// Whether standard output was closed when the program was started.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Runs before `main`, because Rust's runtime replaces a closed stream by
/// `/dev/null`, so that output would be lost without an error.
extern "C" fn look_at_stdout() {
    // SAFETY: F_GETFD only reads the flags of a descriptor, open or not.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    STDOUT_CLOSED.store(flags == -1, Ordering::Relaxed);
}

// SAFETY: the system calls each function of this section once before `main`,
// and `look_at_stdout` does not use the runtime.
#[used]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
static LOOK_AT_STDOUT: extern "C" fn() = look_at_stdout;

/// Returns whether standard output was closed when the program was started.
#[must_use]
pub fn stdout_was_closed() -> bool {
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

/// Interrupts a child process, as Ctrl-C does.
pub fn interrupt(child: &Child) {
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(id), Signal::SIGINT);
    }
}

/// Returns whether the process has the rights of root.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Returns whether the process has privileges that its caller does not have:
/// the program was installed with a set-user-ID or set-group-ID bit, or with
/// capabilities.
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

/// Sets the umask so that other accounts cannot read new files. Returns the
/// previous mask.
#[must_use]
pub fn keep_files_private() -> u32 {
    umask(Mode::from_bits_truncate(0o077)).bits()
}

/// Disables core dumps by the kernel and tracing by other processes.
pub(super) fn forbid_tracing() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Disables core dumps and tracing by other processes, which could expose
/// secrets, and makes a file size limit an error instead of a fatal signal.
pub fn harden() {
    // These are additional protections, so a failure is ignored.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    forbid_tracing();
    // SAFETY: ignoring a signal installs no handler that could run.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn an_interrupted_child_ends_by_the_signal() {
        let mut cat = Command::new("cat");
        cat.stdin(Stdio::piped()).stdout(Stdio::null());
        // SAFETY: the call is async-signal-safe, and the default action installs no handler.
        unsafe {
            cat.pre_exec(|| signal(Signal::SIGINT, SigHandler::SigDfl).map(drop).map_err(io::Error::from));
        }
        let mut cat = cat.spawn().unwrap();
        interrupt(&cat);
        // Without the signal, the end of its input would end it.
        assert_eq!(cat.wait().unwrap().signal(), Some(libc::SIGINT));
    }

    #[test]
    fn a_test_process_has_standard_output_and_no_extra_privileges() {
        assert!(!is_elevated());
        look_at_stdout();
        assert!(!stdout_was_closed());
        let id = Command::new("id").arg("-u").output().unwrap();
        assert_eq!(is_root(), id.stdout == b"0\n");
    }
}
