//! Connecting to servers and describing tables, without a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::engine::row::{Cells, no_cell};
use crate::engine::value::Cell as RowCell;

/// A timeout that no test reaches.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn the_range_of_an_integer_type_is_that_of_the_server() {
    for (declared, range) in [
        ("smallint", Some(-32_768..=32_767)),
        ("integer", Some(-2_147_483_648..=2_147_483_647)),
        ("int(10) unsigned", Some(0..=4_294_967_295)),
        ("mediumint(9)", Some(-8_388_608..=8_388_607)),
        ("tinyint(3) unsigned zerofill", Some(0..=255)),
        ("bigint", Some(i64::MIN..=i64::MAX)),
        ("bigint(20) unsigned", Some(0..=i64::MAX)),
        ("character varying(150)", None),
    ] {
        assert_eq!(integer_range(declared), range, "{declared}");
    }
}

#[test]
fn a_statement_that_meets_a_lock_runs_again_until_the_timeout() {
    for (busy_timeout, is_busy, has_delivered, expected) in
        [(LONG, true, false, 3), (Duration::ZERO, true, false, 1), (LONG, true, true, 1), (LONG, false, false, 1)]
    {
        let (options, mut attempts) = (Options::for_test(busy_timeout), 0);
        let outcome = run_patiently(&options, |has_rows| {
            attempts += 1;
            has_rows.set(has_delivered);
            match attempts {
                3 => Ok(()),
                _ if is_busy => Err(Error::busy("locked")),
                _ => Err(Error::unusable("broken")),
            }
        });
        assert_eq!((attempts, outcome.is_ok()), (expected, expected == 3));
    }
}

#[test]
fn a_full_server_is_asked_again_until_the_timeout() {
    for (busy_timeout, message, expected) in [(LONG, "full", 2), (Duration::ZERO, "full", 1), (LONG, "wrong", 1)] {
        let (options, attempts) = (Options::for_test(busy_timeout), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&attempts);
        let connect = move || if counted.fetch_add(1, Ordering::SeqCst) == 1 { Ok(()) } else { Err(message) };
        let outcome = connect_patiently(&options, LONG, "db", |error| *error == "full", connect).unwrap();
        assert_eq!((attempts.load(Ordering::SeqCst), outcome.is_ok()), (expected, expected == 2));
    }
}

#[test]
fn a_server_that_does_not_answer_in_time_cannot_be_used() {
    let forever = || -> Result<(), ()> {
        loop {
            thread::park();
        }
    };
    let error = connect_patiently(&Options::for_test(LONG), Duration::ZERO, "db", |()| false, forever).err().unwrap();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (Kind::Unusable, "cannot connect to db: no answer within 0ns")
    );
    let panics = || -> Result<(), ()> { panic!("the driver") };
    let error = connect_patiently(&Options::for_test(LONG), LONG, "db", |()| false, panics).err().unwrap();
    assert_eq!(error.to_string(), "cannot connect to db: the driver failed");
}

#[test]
fn only_an_error_about_a_lock_says_how_long_drfctl_waited() {
    let canceled = Error::new(Kind::Busy, "canceled");
    for (error, message) in [
        (Error::busy("locked"), "locked; drfctl waited 60s"),
        (canceled, "canceled"),
        (Error::unusable("broken"), "broken"),
    ] {
        assert_eq!(waited(error, &Options::for_test(LONG)).to_string(), message);
    }
}

#[test]
fn a_failed_connection_has_a_hint_for_its_reason() {
    for (words, hint) in [
        ("invalid peer certificate: UnknownIssuer", "name the trusted certificates"),
        ("server did not use channel binding", "check that the server has TLS"),
        ("Connection refused", "check that the server is running"),
    ] {
        let error = unconnected("db", words);
        assert_eq!(error.to_string(), format!("cannot connect to db: {words}"));
        assert!(format!("{:?}", error.hints()).contains(hint), "{words}");
    }
}

#[test]
fn only_a_committed_change_may_be_lost_by_a_power_failure() {
    let mut durability = Durability { weakness: Some("fsync is off".to_owned()), ..Durability::default() };
    durability.committed();
    assert_eq!(durability.warning(), None);
    durability.changed();
    durability.rolled_back();
    durability.committed();
    assert_eq!(durability.warning(), None);
    durability.changed();
    assert_eq!(durability.warning(), None);
    durability.committed();
    durability.committed();
    let warning = "fsync is off on the server: a power failure could undo this change";
    assert_eq!(durability.warning().as_deref(), Some(warning));
    durability.weakness = None;
    assert_eq!(durability.warning(), None);
}

/// The cells of a row; an empty one is NULL.
struct Texts([&'static str; 8]);

impl Cells for Texts {
    fn cell(&self, at: usize) -> Result<RowCell<'_>> {
        let text = self.0.get(at).ok_or_else(no_cell)?;
        Ok(if text.is_empty() { RowCell::Null } else { RowCell::from(*text) })
    }
}

#[test]
fn the_rows_of_a_catalog_describe_tables() {
    let mut described = Described::default();
    for cells in [
        ["a", "c", "id", "bigint", "1", "generated", "1", ""],
        ["a", "c", "name", "citext", "0", "1", "0", "public"],
        ["a", "c", "age", "integer", "0", "0", "0", ""],
        ["a", "u", "a_pkey", "id", "", "", "", ""],
        ["a", "u", "pair", "name", "", "", "", ""],
        ["a", "u", "pair", "age", "", "", "", ""],
        ["b", "c", "a_id", "bigint", "1", "0", "0", ""],
        ["b", "u", "pair", "a_id", "", "", "", ""],
        ["b", "f", "a_id", "a", "id", "other", "", ""],
        ["b", "e", "MyISAM", "", "", "", "", ""],
        ["missing", "w", "", "", "", "", "", ""],
        ["b", "w", "", "", "", "", "", ""],
    ] {
        described.row(Row::new(&Texts(cells))).unwrap();
    }
    let tables = described.tables();
    let [a, b] = &tables[..] else { panic!("two tables: {tables:?}") };
    let columns: Vec<_> =
        a.columns.iter().map(|c| (c.not_null, c.has_default, c.is_generated, c.primary_key)).collect();
    assert_eq!(columns, [(true, true, true, true), (false, true, false, false), (false, false, false, false)]);
    let schemas: Vec<_> = a.columns.iter().map(|column| column.type_schema.as_deref()).collect();
    assert_eq!(schemas, [None, Some("public"), None]);
    assert_eq!(a.unique, [vec!["id"], vec!["name", "age"]]);
    assert_eq!(b.unique, [["a_id"]]);
    let key = &b.foreign_keys[0];
    assert_eq!((key.column.as_str(), key.table.as_str()), ("a_id", "a"));
    assert_eq!((key.to.as_deref(), key.schema.as_deref()), (Some("id"), Some("other")));
    assert_eq!((a.non_transactional_engine.as_deref(), a.has_dependents), (None, false));
    assert_eq!((b.non_transactional_engine.as_deref(), b.has_dependents), (Some("MyISAM"), true));
}
