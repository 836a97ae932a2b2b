//! Code shared by the targets: temporary directories, a database that Django created, and checks of
//! the output.

pub mod commands;

use std::path::Path;
use std::time::Duration;

use drfctl::admin::identity::ModelOptions;
use drfctl::admin::{DatabaseConfig, Session};
use drfctl::django::timestamp::TimeKeeping;
use drfctl::engine::{Absent, Aliases, FilePolicy, OnWait, Options, OtherOwner, Target, Variables};
use drfctl::error::{Error, Result};
use drfctl::os::{Interrupt, StepDown};
use drfctl::output::is_harmless;
use tempfile::TempDir;

/// The text that the targets use as a secret.
pub const SECRET: &str = "Xs3cr3tX";

/// Creates a directory for temporary files. The script `run` keeps it in memory
/// and removes it.
///
/// # Panics
/// If it cannot be created.
pub fn folder() -> TempDir {
    TempDir::with_prefix("drfctl-fuzz-").expect("a directory")
}

/// Copies a database that Django created to a path. The copy has the smallest
/// pages: it has more of them, and more kinds of them, in fewer bytes.
///
/// # Panics
/// If the copy cannot be written.
pub fn example(path: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../django/example.sqlite3");
    std::fs::copy(source, path).expect("a copy");
    let connection = rusqlite::Connection::open(path).expect("a database");
    connection.execute_batch("PRAGMA page_size = 512; VACUUM").expect("small pages");
}

/// Opens a database like a command does, but without waiting for locks and without switching to
/// another user.
///
/// # Errors
/// As [`Session::open`].
pub fn open(target: Target) -> Result<Session> {
    open_with(target, Variables::default())
}

/// The same, with variables of the environment.
///
/// # Errors
/// As [`Session::open`].
pub fn open_with(target: Target, variables: Variables) -> Result<Session> {
    let options = Options {
        absent: Absent::Refused,
        busy_timeout: Duration::ZERO,
        files: FilePolicy { other_owner: OtherOwner::Opened, aliases: Aliases::Opened, step_down: StepDown::Never },
        variables,
        time_zone: None,
        interrupt: Interrupt::default(),
        on_wait: OnWait::default(),
    };
    Session::open(DatabaseConfig {
        target,
        options,
        given: ModelOptions::default(),
        time: TimeKeeping::utc(),
        installed: None,
        application: None,
    })
}

/// Returns the message, the hints and the causes of an error.
pub fn error_text(error: &Error) -> String {
    let mut lines = vec![error.to_string()];
    for hint in error.hints() {
        // The command line renders hints; their `Debug` has the same words.
        lines.push(format!("{hint:?}"));
    }
    lines.extend(error.causes());
    lines.join("\n")
}

/// Checks that lines hide nothing and do not act on a terminal.
///
/// # Panics
/// If one of them does.
pub fn assert_harmless(lines: &str) {
    assert!(lines.split('\n').all(is_harmless), "{lines:?}");
}

/// Returns the input with [`SECRET`] in place of each `\x01`.
#[must_use]
pub fn with_secrets(input: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len());
    for byte in input {
        if *byte == 1 { text.extend_from_slice(SECRET.as_bytes()) } else { text.push(*byte) }
    }
    text
}

/// GCC reports comparisons of floating-point numbers in SQLite to this function,
/// which libFuzzer does not have.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_cmpd(_: f64, _: f64) {}

/// The same, for numbers of single precision.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_cmpf(_: f32, _: f32) {}
