//! The standard streams and the environment of this process, for one command.
#![allow(unsafe_code, reason = "the environment and signals have no safe form; each use says why it is sound")]

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::{Pid, dup, dup2_stderr, dup2_stdin, dup2_stdout, getpgrp, setpgid};

/// The time after which the terminal has evidently dropped a typed line.
const ANSWERED: Duration = Duration::from_secs(2);

/// What a command printed, and its exit status.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: u8,
}

impl Outcome {
    /// Returns the outcome of a command that prints this text.
    pub(crate) fn printed(stdout: String) -> Self {
        Self { stdout, ..Self::default() }
    }
}

/// Removes the variables that drfctl and its libraries read, sets PYTHON, and ignores SIGTTIN, by which drfctl
/// waits until it is in the foreground of a terminal.
pub(crate) fn prepare(python: &Path) {
    // SAFETY: the signal is ignored, and no handler is installed.
    unsafe { signal(Signal::SIGTTIN, SigHandler::SigIgn) }.expect("SIGTTIN is ignored");
    for (name, _) in std::env::vars_os() {
        let kept = ["PATH", "TMPDIR", "SNAPSHOTS"].iter().any(|kept| name == *kept);
        if !kept && !name.to_string_lossy().starts_with("DRFCTL_TEST_") {
            // SAFETY: no other thread reads the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
    // SAFETY: as above.
    unsafe { std::env::set_var("PYTHON", python) };
}

/// What the standard streams of a command are.
#[derive(Clone, Copy)]
pub(crate) enum Streams {
    /// Files.
    Files,
    /// The same, but standard output is on a full disk.
    Full,
    /// The same, but every user can read standard output.
    Public,
    /// A terminal, whose user types a line of the input after each question.
    Terminal,
    /// The same, and standard output is that terminal, too.
    Screen,
}

/// The size of a terminal.
const WINDOW: Winsize = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };

/// Runs a command line of drfctl in this process.
pub(crate) fn run_drfctl(words: &[String], variables: &[(&str, &str)], input: &str, streams: Streams) -> Outcome {
    let former: Vec<_> = variables.iter().map(|(name, _)| (*name, std::env::var_os(name))).collect();
    for (name, value) in variables {
        // SAFETY: as above.
        unsafe { std::env::set_var(name, value) };
    }
    let mut output = private_file().expect("a temporary file");
    let (code, stderr) = match streams {
        Streams::Files | Streams::Full | Streams::Public => {
            let (mut stdin, mut stderr) = (private_file().expect("a file"), private_file().expect("a file"));
            stdin.write_all(input.as_bytes()).and_then(|()| stdin.rewind()).expect("the input");
            let full = || File::options().write(true).open("/dev/full").expect("the device");
            if matches!(streams, Streams::Public) {
                output.set_permissions(Permissions::from_mode(0o644)).expect("the mode");
            }
            let code = match streams {
                Streams::Full => run_with(words, &stdin, full(), &stderr),
                _ => run_with(words, &stdin, &output, &stderr),
            };
            (code, text(&mut stderr))
        }
        Streams::Terminal | Streams::Screen => {
            let OpenptyResult { master, slave } = openpty(Some(&WINDOW), None).expect("a terminal");
            let lines: Vec<String> = input.lines().map(str::to_owned).collect();
            let user = std::thread::spawn(move || type_lines(File::from(master), &lines));
            // drfctl sends SIGTTIN to its process group, which would stop cargo, too.
            let group = getpgrp();
            let _ = setpgid(Pid::from_raw(0), Pid::from_raw(0));
            let code = match streams {
                Streams::Screen => run_with(words, &slave, &slave, &slave),
                _ => run_with(words, &slave, &output, &slave),
            };
            let _ = setpgid(Pid::from_raw(0), group);
            drop(slave);
            (code, user.join().expect("the user"))
        }
    };
    for (name, value) in former {
        match value {
            // SAFETY: as above.
            Some(value) => unsafe { std::env::set_var(name, value) },
            // SAFETY: as above.
            None => unsafe { std::env::remove_var(name) },
        }
    }
    let status = (0..=u8::MAX).find(|status| code == ExitCode::from(*status)).expect("a status");
    Outcome { stdout: text(&mut output), stderr, status }
}

fn run_with(words: &[String], stdin: impl AsFd, stdout: impl AsFd, stderr: impl AsFd) -> ExitCode {
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    let before =
        [dup(std::io::stdin()), dup(std::io::stdout()), dup(std::io::stderr())].map(|fd| fd.expect("a stream"));
    dup2_stdin(stdin).and(dup2_stdout(stdout)).and(dup2_stderr(stderr)).expect("the streams");
    let ran = catch_unwind(AssertUnwindSafe(|| drfctl::cli::run(&arguments)));
    let _ = std::io::stdout().flush();
    dup2_stdin(&before[0]).and(dup2_stdout(&before[1])).and(dup2_stderr(&before[2])).expect("the streams");
    ran.unwrap_or_else(|panic| resume_unwind(panic))
}

/// Types a line after each question, and Ctrl-D if there is none left. Returns what the terminal
/// shows.
fn type_lines(mut master: File, lines: &[String]) -> String {
    let mut screen = master.try_clone().expect("the terminal");
    let (sender, chunks) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // The end of a terminal is an error.
        while let Ok(length @ 1..) = screen.read(&mut buffer) {
            let _ = sender.send(buffer[..length].to_vec());
        }
    });
    let (mut shown, mut lines, mut typed) = (Vec::new(), lines.iter(), None);
    loop {
        match chunks.recv_timeout(if typed.is_some() { ANSWERED } else { Duration::MAX }) {
            Ok(chunk) => {
                shown.extend_from_slice(&chunk);
                // A question that is answered is written again, after a move of the cursor.
                let line = shown.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
                let asks = line.ends_with(b": ") && !line.contains(&b'\x1b');
                if asks && line.starts_with(b"\r") {
                    wait_until_hidden(&master);
                }
                typed = asks.then(|| lines.next().map_or_else(|| "\u{4}".to_owned(), |line| format!("{line}\n")));
            }
            // The terminal drops what is typed before it hides a password.
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(typed) = &typed {
            master.write_all(typed.as_bytes()).expect("the line is typed");
        }
    }
    String::from_utf8(shown).expect("the terminal shows UTF-8").replace("\r\n", "\n")
}

/// Waits until the terminal hides what is typed; drfctl discards what was typed before that.
fn wait_until_hidden(terminal: &File) {
    let asked = Instant::now();
    let is_shown = || tcgetattr(terminal).is_ok_and(|modes| modes.local_flags.contains(LocalFlags::ECHO));
    while is_shown() && asked.elapsed() < ANSWERED {
        std::thread::yield_now();
    }
}

/// Returns a file that other users cannot read: drfctl warns of others.
fn private_file() -> std::io::Result<File> {
    let file = tempfile::tempfile()?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn text(file: &mut File) -> String {
    let mut text = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut text)).expect("the output");
    String::from_utf8(text).expect("the output is UTF-8")
}
