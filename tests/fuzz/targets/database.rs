//! Damaged or malicious database files: every command returns, the file does not change when a command
//! only reads or fails, no error contains a secret, and the only new files are SQLite's side files.
//!
//! The input: an operation, which of SQLite's files is next to the database, how
//! many ranges are overwritten (page, offset of two bytes, length, bytes), and
//! then the content of that file.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use drfctl::engine::Target;
use drfctl::error::Kind;
use drfctl_fuzz::commands::{self, KEY};
use drfctl_fuzz::{error_text, example, folder, open};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// The bytes of a page, as `example` creates them.
const PAGE: usize = 512;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

/// The undamaged database, and a part of every secret in it.
static BASE: LazyLock<(Vec<u8>, Vec<String>)> = LazyLock::new(|| {
    let path = path();
    example(&path);
    let connection = rusqlite::Connection::open(&path).expect("a database");
    connection
        .execute_batch(&format!("INSERT INTO authtoken_token VALUES ('{KEY}', '2026-01-02 03:04:05', 1)"))
        .expect("a token");
    let mut hashes = connection.prepare("SELECT substr(password, 6, 16) FROM auth_user").expect("a statement");
    let hashes = hashes.query_map([], |row| row.get(0)).expect("hashes").map(|hash| hash.expect("a hash"));
    let secrets = hashes.chain([KEY[8..24].to_owned()]).collect();
    (fs::read(&path).expect("the database"), secrets)
});

fn path() -> PathBuf {
    FOLDER.path().join("db.sqlite3")
}

fn side_file(suffix: &str) -> PathBuf {
    FOLDER.path().join(format!("db.sqlite3-{suffix}"))
}

fuzz_target!(|input: &[u8]| {
    let Some(([operation, side, ranges], mut rest)) = input.split_first_chunk::<3>() else { return };
    let (base, secrets) = &*BASE;
    let mut bytes = base.clone();
    for _ in 0..*ranges {
        let Some(([page, high, low, length], after)) = rest.split_first_chunk::<4>() else { break };
        let at = (usize::from(*page) * PAGE + usize::from(u16::from_be_bytes([*high, *low]))) % bytes.len();
        let length = usize::from(*length).min(after.len()).min(bytes.len() - at);
        bytes[at..at + length].copy_from_slice(&after[..length]);
        rest = &after[length..];
    }
    let endings = ["journal", "wal", "shm"];
    for ending in endings {
        let _ = fs::remove_file(side_file(ending));
    }
    let side = endings.get(usize::from(*side));
    if let Some(ending) = side {
        fs::write(side_file(ending), rest).expect("a file next to the database");
    } else {
        // As many bytes as remain are cut off the end of the database.
        bytes.truncate(bytes.len() - rest.len().min(bytes.len()));
    }
    fs::write(path(), &bytes).expect("the database");

    let mut only_reads = true;
    let outcome = open(Target::File(path())).and_then(|mut session| {
        let outcome = commands::run(&mut session, *operation, &mut only_reads);
        session.remarks();
        outcome
    });
    let is_unchanged = match &outcome {
        Ok(()) => only_reads,
        Err(error) => {
            let text = error_text(error);
            assert_ne!(error.kind(), Kind::Internal, "{text}");
            // The fuzzer can find the secret in a comparison, and write it anywhere.
            let is_in_input = |secret: &String| input.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            let mut secrets = secrets.iter().filter(|secret| !is_in_input(secret));
            assert!(!secrets.any(|secret| text.contains(secret)), "{text}");
            error.kind() != Kind::Unknown
        }
    };
    // SQLite applies a journal to the database when it opens it.
    if is_unchanged && side.is_none() {
        assert!(fs::read(path()).expect("the database") == bytes, "{operation}: {outcome:?}");
    }
    for entry in FOLDER.path().read_dir().expect("the directory") {
        let name = entry.expect("an entry").file_name();
        assert!(name.to_str().is_some_and(|name| name.starts_with("db.sqlite3")), "{name:?}");
    }
});
