//! The standard streams and the environment of this process, for one command.
#![allow(unsafe_code, reason = "no other thread reads the environment")]

use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;

use nix::unistd::{dup, dup2_stderr, dup2_stdin, dup2_stdout};

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

/// Removes the variables that drfctl and its libraries read.
pub(crate) fn clear_environment() {
    for (name, _) in std::env::vars_os() {
        let kept = ["PATH", "TMPDIR", "SNAPSHOTS"].iter().any(|kept| name == *kept);
        if !kept && !name.to_string_lossy().starts_with("DRFCTL_TEST_") {
            // SAFETY: no other thread reads the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
}

/// Runs a command line of drfctl in this process.
pub(crate) fn run_drfctl(words: &[String], variables: &[(&str, &str)], input: &str) -> Outcome {
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    for (name, value) in variables {
        // SAFETY: as above.
        unsafe { std::env::set_var(name, value) };
    }
    let mut files = [(); 3].map(|()| private_file().expect("a temporary file"));
    let [stdin, stdout, stderr] = &mut files;
    stdin.write_all(input.as_bytes()).expect("the input");
    stdin.rewind().expect("the input");
    let before =
        [dup(std::io::stdin()), dup(std::io::stdout()), dup(std::io::stderr())].map(|fd| fd.expect("a stream"));
    dup2_stdin(&*stdin).and(dup2_stdout(&*stdout)).and(dup2_stderr(&*stderr)).expect("the streams");
    let ran = catch_unwind(AssertUnwindSafe(|| drfctl::cli::run(&arguments)));
    let _ = std::io::stdout().flush();
    dup2_stdin(&before[0]).and(dup2_stdout(&before[1])).and(dup2_stderr(&before[2])).expect("the streams");
    for (name, _) in variables {
        // SAFETY: as above.
        unsafe { std::env::remove_var(name) };
    }
    let code = ran.unwrap_or_else(|panic| resume_unwind(panic));
    let status = (0..=u8::MAX).find(|status| code == ExitCode::from(*status)).expect("a status");
    Outcome { stdout: text(stdout), stderr: text(stderr), status }
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
