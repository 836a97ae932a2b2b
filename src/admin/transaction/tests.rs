//! What witnesses show after a commit that got no answer, on a real file.

use std::time::Duration;

use super::*;
use crate::admin::DatabaseConfig;
use crate::admin::identity::ModelOptions;
use crate::engine::{self, Options, Target};

/// Returns a database whose table `t` has these keys.
fn database(keys: &[&str]) -> (tempfile::TempDir, Box<dyn Connection>) {
    let (folder, config) = config(keys);
    let connection = engine::connect(&config.target, config.options).unwrap();
    (folder, connection)
}

fn config(keys: &[&str]) -> (tempfile::TempDir, DatabaseConfig) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch("CREATE TABLE t (key text)").unwrap();
    for key in keys {
        file.execute("INSERT INTO t VALUES (?1)", [key]).unwrap();
    }
    let options = Options::for_test(Duration::ZERO);
    let (target, given, time) = (Target::File(path), ModelOptions::default(), TimeKeeping::utc());
    (folder, DatabaseConfig { target, options, given, time, installed: None, application: None })
}

/// Returns a statement that finds the row of a key.
fn row(key: &str) -> Statement {
    Statement { text: "SELECT 1 FROM t WHERE key = ?1".to_owned(), parameters: vec![Value::text(key)] }
}

fn new_row() -> Witness {
    Witness::new(row("new"), Found::Row)
}

fn replaced_row() -> Witness {
    new_row().with_former(Some(row("former")))
}

fn deleted_row() -> Witness {
    Witness::new(row("former"), Found::Nothing)
}

/// N88
#[test]
fn a_witness_shows_a_commit_a_rollback_or_a_later_change() {
    for (keys, witness, answers) in [
        (&["new"][..], new_row(), &[true][..]),
        (&[], new_row(), &[false]),
        (&["new"], replaced_row(), &[true]),
        (&["former"], replaced_row(), &[false]),
        (&["later"], replaced_row(), &[true, false]),
        (&[], deleted_row(), &[true]),
        (&["former"], deleted_row(), &[false]),
    ] {
        let (_folder, mut connection) = database(keys);
        assert_eq!(look(&mut *connection, &[witness]).unwrap(), answers, "{keys:?}");
        // `look` has ended its transaction, so that another can begin.
        connection.begin(&Purpose::Writing).unwrap();
    }
}

#[test]
fn an_unchanged_row_contradicts_a_commit() {
    for (keys, witness, is_expected) in
        [(&["former"][..], replaced_row(), true), (&["new"], replaced_row(), false), (&["former"], new_row(), false)]
    {
        let (_folder, mut connection) = database(keys);
        assert_eq!(is_unchanged(&mut *connection, &[witness]).unwrap(), is_expected, "{keys:?}");
        connection.begin(&Purpose::Writing).unwrap();
    }
}

#[test]
fn the_outcome_of_a_commit_is_looked_up_while_a_lock_is_held() {
    let (_folder, config) = config(&["new"]);
    let Target::File(path) = &config.target else { panic!("a file") };
    let other = rusqlite::Connection::open(path).unwrap();
    let mut session = Session::open(config).unwrap();
    assert_eq!(look_again(&mut session, &[new_row(), deleted_row()]).unwrap(), [true, true]);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = look_again(&mut session, &[new_row()]).unwrap_err();
    assert_eq!((error.kind(), error.retry()), (crate::error::Kind::Busy, Retry::Soon));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(look_again(&mut session, &[deleted_row(), replaced_row()]).unwrap(), [true, true]);
}
