//! Converts `SQLite`'s errors: what failed, of which kind, and what to do.
//!
//! `SQLite`'s own messages name tables, columns and functions, never a bound
//! value. The message of an application's trigger may contain one, which is
//! redacted.

use rusqlite::ffi;
use rusqlite::{Connection, Error as SqliteError, ErrorCode};

use crate::engine::options::Options;
use crate::engine::redact::{self, REDACTED, SECRET_LENGTH};
use crate::engine::sqlite::file::DatabaseFile;
use crate::engine::sqlite::lock_holder;
use crate::engine::value::Value;
use crate::error::{Error, Kind};
use crate::hint::{Action, Hint, Setting};
use crate::os::Interrupt;

/// The message about a violated foreign key, which SQLite does not name.
const MISSING_ROW: &str = "a foreign key references a missing row";

/// Returns whether the library stopped because of an interrupt.
pub(super) fn is_interrupted(error: &SqliteError, interrupt: &Interrupt) -> bool {
    let interrupted = error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted);
    interrupt.is_requested() && (interrupted || is_locked(error))
}

/// Returns whether another process holds the lock.
pub(super) fn is_locked(error: &SqliteError) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Returns whether a foreign key references a missing row.
pub(super) fn is_foreign_key(error: &SqliteError) -> bool {
    extended(error) == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Returns whether a commit that failed with this error has certainly changed
/// nothing.
pub(super) fn leaves_nothing(error: &SqliteError) -> bool {
    use ErrorCode::{ConstraintViolation, DiskFull, ReadOnly};
    matches!(error.sqlite_error_code(), Some(ConstraintViolation | DiskFull | ReadOnly))
}

/// Removes possible secrets from an error: bound text and, in the message of a
/// trigger, every word as long as a key.
pub(super) fn without_values(error: SqliteError, values: &[Value]) -> SqliteError {
    let SqliteError::SqliteFailure(code, Some(mut words)) = error else { return error };
    if code.extended_code == ffi::SQLITE_CONSTRAINT_TRIGGER {
        let is_long = |word: &str| word.chars().count() >= SECRET_LENGTH;
        words = words.split(' ').map(|word| if is_long(word) { REDACTED } else { word }).collect::<Vec<_>>().join(" ");
    }
    SqliteError::SqliteFailure(code, Some(redact::without_bound(&words, values)))
}

/// Converts an error of `SQLite`, using the connection for details.
pub(super) fn explain(error: SqliteError, file: &DatabaseFile, options: &Options, connection: &Connection) -> Error {
    if error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        && let Some(table) = used_up(connection)
    {
        return Error::unusable(format!("the table {table} has no ids left: the largest one is in use"))
            .caused_by(error);
    }
    with_wait(error, file, options)
}

/// Converts an error of `SQLite`. That of a lock says which process holds it, and
/// how long drfctl waited.
pub(super) fn with_wait(error: SqliteError, file: &DatabaseFile, options: &Options) -> Error {
    if is_interrupted(&error, &options.interrupt)
        && let Err(interrupted) = options.interrupt.check()
    {
        return interrupted.caused_by(error);
    }
    let path = file.path.display();
    let words = words(&error);
    let known = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let holder = lock_holder::describe(file).unwrap_or_else(|| "another process".to_owned());
            let waited = options.busy_timeout;
            Error::busy(format!("the database {path} is locked by {holder}; drfctl waited {waited:?}"))
                .hint(Hint::action(Action::option(Setting::BusyTimeout, "2m")).lead("wait longer"))
        }
        Some(ErrorCode::ConstraintViolation) => constraint(extended(&error), &words),
        Some(ErrorCode::NotADatabase) => {
            Error::unusable(format!("{path} is not a SQLite database, or it is encrypted"))
        }
        Some(ErrorCode::DatabaseCorrupt) => Error::unusable(format!("the database {path} is corrupt: {words}")).hint(
            Hint::action(Action::Shell(vec!["sqlite3".into(), path.to_string(), "PRAGMA integrity_check".into()]))
                .then(Action::Words("restore a backup".into()))
                .lead("check the file"),
        ),
        Some(ErrorCode::DiskFull) => Error::unusable(format!("the disk of {path} is full")),
        Some(ErrorCode::ReadOnly) => file.read_only(),
        Some(ErrorCode::CannotOpen) => Error::unusable(format!("{path}, or one of its side files, cannot be opened"))
            .hint("check permissions: SQLite must read and write the file, and create files in its directory"),
        // Even a reader needs space for the side files of a database in WAL
        // mode.
        Some(ErrorCode::SystemIoFailure) if extended(&error) == Some(ffi::SQLITE_IOERR_SHMSIZE) => {
            Error::unusable(format!("there is no space for {path}-shm, which a database in WAL mode needs"))
                .hint("check the disk, its quota, and the limit on file sizes")
        }
        Some(ErrorCode::SystemIoFailure) => {
            Error::unusable(format!("reading or writing {path} failed: {words}")).hint("check dmesg for disk errors")
        }
        Some(ErrorCode::OutOfMemory) => Error::internal("there is not enough memory"),
        _ => match missing_function(&words) {
            Some(function) => Error::unusable(format!(
                "the schema of {path} needs the function {function}, which only the application defines"
            ))
            .hint("use the application for this, because it defines the function"),
            None => Error::unusable(format!("the database {path} cannot be used: {words}")),
        },
    };
    known.caused_by(error)
}

fn constraint(extended: Option<i32>, words: &str) -> Error {
    match extended {
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
            let duplicate = match words.split_once("UNIQUE constraint failed: ") {
                Some((_, column)) => format!("duplicate value for unique column {column}"),
                None => format!("duplicate value: {words}"),
            };
            Error::new(Kind::Conflict, duplicate)
        }
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Error::new(Kind::Conflict, MISSING_ROW),
        // ON DELETE RESTRICT is reported as a trigger.
        Some(ffi::SQLITE_CONSTRAINT_TRIGGER) if words.contains("FOREIGN KEY") => {
            Error::new(Kind::Conflict, MISSING_ROW)
        }
        _ => Error::rejected(format!("the database rejected the change: {words}")),
    }
}

/// Returns the missing function that a message names.
fn missing_function(words: &str) -> Option<&str> {
    let (_, name) = words.split_once("no such function: ").or_else(|| words.split_once("unknown function: "))?;
    Some(name.trim_end_matches("()"))
}

/// Returns the table whose AUTOINCREMENT ids are used up, which `SQLite`
/// reports as a full disk.
fn used_up(connection: &Connection) -> Option<String> {
    const LAST: &str = "SELECT name FROM sqlite_sequence WHERE seq = 9223372036854775807 LIMIT 1";
    connection.query_row(LAST, [], |row| row.get(0)).ok()
}

fn extended(error: &SqliteError) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// Returns the library's message, without the SQL that rusqlite adds.
pub(super) fn words(error: &SqliteError) -> String {
    match error {
        SqliteError::SqliteFailure(_, Some(words)) => words.clone(),
        SqliteError::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::options::{Aliases, FilePolicy, OtherOwner};
    use crate::error::Kind::{Busy, Conflict, Internal, Rejected, Unusable};
    use crate::os::StepDown;

    /// Returns an error of the library with this code and message.
    fn failure(extended_code: i32, words: &str) -> SqliteError {
        SqliteError::SqliteFailure(ffi::Error::new(extended_code), Some(words.to_owned()))
    }

    #[test]
    fn each_code_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        let options = Options {
            files: FilePolicy { other_owner: OtherOwner::Opened, aliases: Aliases::Opened, step_down: StepDown::Never },
            ..Options::for_test(Duration::from_secs(30))
        };
        let file = DatabaseFile::examine(&path, &options).unwrap();
        for (code, words, kind, expected) in [
            (
                ffi::SQLITE_BUSY,
                "database is locked",
                Busy,
                "the database DB is locked by another process; drfctl waited 30s",
            ),
            (ffi::SQLITE_NOTADB, "file is not a database", Unusable, "DB is not a SQLite database, or it is encrypted"),
            (ffi::SQLITE_CORRUPT, "malformed", Unusable, "the database DB is corrupt: malformed"),
            (ffi::SQLITE_FULL, "full", Unusable, "the disk of DB is full"),
            (ffi::SQLITE_READONLY, "readonly", Unusable, "the database DB is a read-only file"),
            (ffi::SQLITE_CANTOPEN, "no", Unusable, "DB, or one of its side files, cannot be opened"),
            (
                ffi::SQLITE_IOERR_SHMSIZE,
                "disk I/O error",
                Unusable,
                "there is no space for DB-shm, which a database in WAL mode needs",
            ),
            (ffi::SQLITE_IOERR_READ, "disk I/O error", Unusable, "reading or writing DB failed: disk I/O error"),
            (ffi::SQLITE_NOMEM, "out of memory", Internal, "there is not enough memory"),
            (
                ffi::SQLITE_ERROR,
                "no such function: shout()",
                Unusable,
                "the schema of DB needs the function shout, which only the application defines",
            ),
            (ffi::SQLITE_ERROR, "no such column: x", Unusable, "the database DB cannot be used: no such column: x"),
            (
                ffi::SQLITE_CONSTRAINT_UNIQUE,
                "UNIQUE constraint failed: t.x",
                Conflict,
                "duplicate value for unique column t.x",
            ),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, "index 'x'", Conflict, "duplicate value: index 'x'"),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "FOREIGN KEY", Conflict, MISSING_ROW),
            (ffi::SQLITE_CONSTRAINT_TRIGGER, "FOREIGN KEY", Conflict, MISSING_ROW),
            (ffi::SQLITE_CONSTRAINT_TRIGGER, "not today", Rejected, "the database rejected the change: not today"),
            (ffi::SQLITE_CONSTRAINT_CHECK, "CHECK: x", Rejected, "the database rejected the change: CHECK: x"),
        ] {
            let error = with_wait(failure(code, words), &file, &options);
            assert_eq!(
                (error.kind(), error.to_string()),
                (kind, expected.replace("DB", &path.to_string_lossy())),
                "{code}"
            );
        }
    }

    #[test]
    fn a_commit_that_failed_may_have_changed_nothing() {
        for (code, nothing, foreign_key, locked) in [
            (ffi::SQLITE_BUSY, false, false, true),
            (ffi::SQLITE_LOCKED, false, false, true),
            (ffi::SQLITE_FULL, true, false, false),
            (ffi::SQLITE_READONLY_DBMOVED, true, false, false),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, true, true, false),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, true, false, false),
            (ffi::SQLITE_IOERR_FSYNC, false, false, false),
        ] {
            let error = failure(code, "");
            let found = (leaves_nothing(&error), is_foreign_key(&error), is_locked(&error));
            assert_eq!(found, (nothing, foreign_key, locked), "{code}");
        }
    }

    #[test]
    fn an_interrupt_explains_only_what_it_can_have_caused() {
        for (code, is_requested, expected) in [
            (ffi::SQLITE_INTERRUPT, true, true),
            (ffi::SQLITE_BUSY, true, true),
            (ffi::SQLITE_FULL, true, false),
            (ffi::SQLITE_INTERRUPT, false, false),
            (ffi::SQLITE_BUSY, false, false),
        ] {
            let interrupt = Interrupt::by_flag(std::sync::Arc::new(is_requested.into()));
            assert_eq!(is_interrupted(&failure(code, ""), &interrupt), expected, "{code}");
        }
    }

    #[test]
    fn a_message_of_a_trigger_has_no_word_as_long_as_a_key() {
        let message = "no nineteen-characters or 0123456789abcdef0123 for a_long_name_of_a_table";
        for (code, expected) in [
            (ffi::SQLITE_CONSTRAINT_TRIGGER, "no nineteen-characters or [redacted] for [redacted]"),
            (ffi::SQLITE_CONSTRAINT_CHECK, message),
        ] {
            assert_eq!(words(&without_values(failure(code, message), &[])), expected);
            let bound = [Value::text("0123456789abcdef0123")];
            assert!(!words(&without_values(failure(code, message), &bound)).contains("0123"));
        }
    }
}
