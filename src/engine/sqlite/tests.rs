//! Connections to real files, and the checks of a file before and after it is opened.

use std::fs::{read_dir, rename, write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection as Library;
use tempfile::TempDir;

use super::connect;
use super::file::DatabaseFile;
use super::new_file::create;
use crate::engine::connection::{CommitFailure, Connection, Purpose};
use crate::engine::options::{Absent, Options};
use crate::engine::statement::Statement;
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;

/// Returns a folder, and the path of a database in it with a table `t`.
fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    // The real path, without links.
    let path = folder.path().canonicalize().unwrap().join("db.sqlite3");
    Library::open(&path).unwrap().execute_batch("CREATE TABLE t (n integer NOT NULL UNIQUE)").unwrap();
    (folder, path)
}

fn open(path: &Path, absent: Absent) -> Box<dyn Connection> {
    let url = DatabaseUrl::of_file("sqlite", path.to_owned());
    connect(&url, Options { absent, ..Options::for_test(Duration::ZERO) }).unwrap()
}

/// Inserts a row in a new transaction.
fn insert(connection: &mut dyn Connection, number: i64) {
    connection.begin(&Purpose::Writing).unwrap();
    let statement =
        Statement { text: "INSERT INTO t VALUES (?1)".to_owned(), parameters: vec![Value::Integer(number)] };
    assert_eq!(connection.execute(&statement).unwrap(), 1);
}

fn has_rows(connection: &mut dyn Connection) -> bool {
    connection.has_row(&Statement::plain("SELECT 1 FROM t")).unwrap()
}

#[test]
fn a_commit_that_meets_a_reader_is_rolled_back() {
    let (_folder, path) = database();
    let mut connection = open(&path, Absent::Refused);
    insert(&mut *connection, 1);
    let reader = Library::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    let failure = connection.commit().unwrap_err();
    let CommitFailure::RolledBack(error) = failure else { panic!("it is rolled back: {failure:?}") };
    let message = format!("the database {} is locked by another process; drfctl waited 0ns", path.display());
    assert_eq!(error.to_string(), message);
    reader.execute_batch("ROLLBACK").unwrap();
    assert!(!has_rows(&mut *connection));
    insert(&mut *connection, 2);
    connection.commit().unwrap();
    assert!(has_rows(&mut *connection));
    assert_eq!(connection.created(), None);
}

#[test]
fn a_connection_that_is_opened_again_sees_what_was_committed() {
    let (_folder, path) = database();
    let mut connection = open(&path, Absent::Refused);
    insert(&mut *connection, 1);
    connection.reopen().unwrap();
    assert!(!has_rows(&mut *connection));
    insert(&mut *connection, 2);
    connection.commit().unwrap();
    connection.reopen().unwrap();
    assert!(has_rows(&mut *connection));
}

#[test]
fn a_statement_is_checked_without_running_it() {
    let (_folder, path) = database();
    let mut connection = open(&path, Absent::Refused);
    connection.check(&Statement::plain("INSERT INTO t VALUES (1)")).unwrap();
    assert!(!has_rows(&mut *connection));
    assert!(connection.check(&Statement::plain("INSERT INTO missing VALUES (1)")).is_err());
    let before = connection.schema_version().unwrap();
    connection.begin(&Purpose::SchemaChange).unwrap();
    connection.run("CREATE TABLE u (n)").unwrap();
    connection.check_schema_change().unwrap();
    connection.commit().unwrap();
    assert_ne!(connection.schema_version().unwrap(), before);
}

#[test]
fn a_file_that_drfctl_created_is_removed_unless_it_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.sqlite3");
    drop(open(&path, Absent::Created));
    assert!(!path.exists());
    // Another process is about to fill it.
    let connection = open(&path, Absent::Created);
    let other = Library::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    drop(connection);
    assert!(path.exists());
    drop(other);
    // It existed before.
    drop(open(&path, Absent::Created));
    assert!(path.exists());
    std::fs::remove_file(&path).unwrap();
    // Another process has filled it.
    let connection = open(&path, Absent::Created);
    Library::open(&path).unwrap().execute_batch("CREATE TABLE u (n)").unwrap();
    drop(connection);
    assert!(path.exists());
}

#[test]
fn a_file_that_drfctl_created_and_filled_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("new.sqlite3");
    let mut connection = open(&path, Absent::Created);
    connection.begin(&Purpose::SchemaChange).unwrap();
    connection.run("CREATE TABLE t (n)").unwrap();
    assert_eq!(connection.created(), None);
    connection.commit().unwrap();
    assert_eq!(connection.created(), path.to_str().map(str::to_owned));
    drop(connection);
    assert!(path.exists());
}

#[test]
fn a_new_file_is_created_once_and_only_where_a_path_says() {
    let folder = tempfile::tempdir().unwrap();
    let (path, options) = (folder.path().join("new.sqlite3"), Options::for_test(Duration::ZERO));
    assert!(create(&path, &options).unwrap());
    assert!(!create(&path, &options).unwrap());
    let error = create(Path::new("file:new.sqlite3"), &options).unwrap_err();
    assert_eq!(error.to_string(), "no file is named file:new.sqlite3, and drfctl does not create one");
    let error = create(&path.join("db"), &options).unwrap_err().to_string();
    assert!(error.contains("new.sqlite3/db cannot be created: "), "{error}");
    assert_eq!(read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_another_one_replaces_is_noticed() {
    let (folder, path) = database();
    let file = DatabaseFile::examine(&path, &Options::for_test(Duration::ZERO)).unwrap();
    file.check_unmoved().unwrap();
    // Nothing has it open.
    assert!(file.check_opened().is_err());
    let mut connection = open(&path, Absent::Refused);
    file.check_opened().unwrap();
    let other = folder.path().join("other");
    write(&other, "").unwrap();
    rename(&other, &path).unwrap();
    let error = file.check_unmoved().unwrap_err();
    assert_eq!(error.to_string(), format!("another file replaced the database {}", path.display()));
    assert_eq!(connection.begin(&Purpose::Writing).unwrap_err().to_string(), error.to_string());
    std::fs::remove_file(&path).unwrap();
    assert!(file.check_unmoved().is_err());
}

#[test]
fn a_journal_is_hot_while_its_header_is_not_zero() {
    let (_folder, path) = database();
    let file = DatabaseFile::examine(&path, &Options::for_test(Duration::ZERO)).unwrap();
    assert!(!file.has_hot_journal() && file.journal().is_none());
    for (content, is_hot) in [(&b""[..], false), (b"\0\0", false), (b"\xd9\xd5", true)] {
        write(file.side_file("-journal"), content).unwrap();
        assert_eq!((file.has_hot_journal(), file.journal().is_some()), (is_hot, true), "{content:?}");
    }
}

#[test]
fn a_file_is_empty_until_something_is_written_to_it() {
    let (_folder, path) = database();
    let file = DatabaseFile::examine(&path, &Options::for_test(Duration::ZERO)).unwrap();
    assert!(!file.is_empty());
    write(&path, "").unwrap();
    assert!(file.is_empty());
    std::fs::remove_file(&path).unwrap();
    assert!(!file.is_empty());
}

#[test]
fn a_path_may_have_504_bytes() {
    let (folder, path) = database();
    let root = folder.path().canonicalize().unwrap();
    let most = 500 - root.as_os_str().len();
    let parent = root.join("x".repeat(most / 3)).join("x".repeat(most / 3));
    std::fs::create_dir_all(&parent).unwrap();
    let left = 504 - parent.as_os_str().len() - 1;
    for (length, is_accepted) in [(left, true), (left + 1, false)] {
        let long = parent.join("x".repeat(length));
        std::fs::copy(&path, &long).unwrap();
        assert_eq!(DatabaseFile::examine(&long, &Options::for_test(Duration::ZERO)).is_ok(), is_accepted, "{length}");
    }
}
