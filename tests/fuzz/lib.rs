//! What the targets share: a folder of their own, a database of the real
//! Django, and what no message may say.

use std::path::{Path, PathBuf};
use std::time::Duration;

use drfctl::database_url::{Target, Variables};
use drfctl::django::timestamp::TimeKeeping;
use drfctl::engine::{Absent, Options};
use drfctl::error::{Error, Result};
use drfctl::output::is_harmless;
use drfctl::schema::layout::Overrides;
use drfctl::store::Store;
use tempfile::TempDir;

/// Stands where a secret stands.
pub const SECRET: &str = "Xs3cr3tX";

/// A folder for temporary files, which `run` keeps in memory and removes.
///
/// # Panics
/// If there is no room for it.
pub fn folder() -> TempDir {
    TempDir::with_prefix("drfctl-fuzz-").expect("a folder")
}

/// A new copy of a database that the real Django made, with small pages: there
/// are more of them, and more kinds, in fewer bytes.
///
/// # Panics
/// If it cannot be made.
pub fn example(path: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../django/example.sqlite3");
    std::fs::copy(source, path).expect("a copy");
    let connection = rusqlite::Connection::open(path).expect("a database");
    connection.execute_batch("PRAGMA page_size = 512; VACUUM").expect("small pages");
}

/// Opens a database as a command does, without a wait and without becoming
/// another user.
///
/// # Errors
/// As `Store::open`.
pub fn open(path: PathBuf) -> Result<Store> {
    let options = Options {
        absent: Absent::Refused,
        busy_timeout: Duration::ZERO,
        allow_other_owner: true,
        allow_aliases: true,
        invocation: "drfctl".to_owned(),
        variables: Variables::default(),
        time_zone: None,
        named_on_command_line: true,
        on_wait: Box::new(|| ()),
    };
    Store::open(Target::File(path), options, Overrides::default(), TimeKeeping::utc())
}

/// Everything that could be printed of an error.
pub fn said(error: &Error) -> String {
    let hints = error.hints().iter().cloned();
    std::iter::once(error.message().to_owned()).chain(hints).chain(error.causes()).collect::<Vec<_>>().join("\n")
}

/// Fails where lines would act on a terminal, or hide something.
///
/// # Panics
/// Then.
pub fn assert_harmless(lines: &str) {
    assert!(lines.split('\n').all(is_harmless), "{lines:?}");
}

/// The input with [`SECRET`] for each `\x01`.
#[must_use]
pub fn with_secrets(input: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(input.len());
    for byte in input {
        if *byte == 1 { text.extend_from_slice(SECRET.as_bytes()) } else { text.push(*byte) }
    }
    text
}

/// GCC tells of comparisons of floating-point numbers in SQLite, which
/// libFuzzer does not ask for.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_cmpd(_: f64, _: f64) {}

/// As above.
#[unsafe(no_mangle)]
pub extern "C" fn __sanitizer_cov_trace_cmpf(_: f32, _: f32) {}
