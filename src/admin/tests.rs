//! Requests that no command line can make, or whose errors need a change by another session, on a real file.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::tokens::{BulkRequest, IssueRequest, OnExisting, RevokeRequest};
use super::{DatabaseConfig, ListRequest, Listing, ONE_STATEMENT, ONE_TRANSACTION, Pace, Session};
use crate::admin::identity::ModelOptions;
use crate::django::timestamp::TimeKeeping;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::engine::{Options, Target};
use crate::error::{Error, Kind, Result};
use crate::hint::Hint;
use crate::os::{Interrupt, SECRET_BYTES, Spool};
use crate::query::filter::Filter;
use crate::query::listing::Sort;

/// The users `alice` and `bob`, who have a token, and `carol`, who has none.
const TABLES: &str = "
    CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY, password varchar(128) NOT NULL, last_login datetime NULL,
        username varchar(150) NOT NULL UNIQUE, is_active bool NOT NULL);
    CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL,
        user_id integer NOT NULL UNIQUE REFERENCES auth_user (id));
    INSERT INTO auth_user VALUES (1, '!', NULL, 'alice', 1), (2, '!', NULL, 'bob', 1), (3, '!', NULL, 'carol', 1);
    INSERT INTO authtoken_token VALUES ('0123456789abcdef0123456789abcdef01234567', '2026-01-02 03:04:05', 1),
        ('123456789abcdef0123456789abcdef012345678', '2026-01-02 03:04:05', 2)";

/// Returns a session with these tables, after further statements.
fn session_with(statements: &str, interrupt: Interrupt) -> (TempDir, Session) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite3");
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch(TABLES).unwrap();
    file.execute_batch(statements).unwrap();
    let options = Options { interrupt, ..Options::for_test(Duration::ZERO) };
    let config = DatabaseConfig {
        target: Target::File(path),
        options,
        given: ModelOptions::default(),
        time: TimeKeeping::utc(),
        installed: None,
        application: None,
    };
    (folder, Session::open(config).unwrap())
}

fn session() -> (TempDir, Session) {
    session_with("", Interrupt::default())
}

fn name(name: &str) -> Username {
    Username::parse(name.as_ref()).unwrap()
}

/// Returns the keys of all tokens.
fn keys(session: &mut Session) -> Vec<String> {
    let mut keys = Vec::new();
    let mut on_event = |event: Listing<super::tokens::TokenRow<'_>>| {
        if let Listing::Row(row) = event {
            assert_eq!(row.id()?.unwrap().to_value().as_str(), row.key()?.as_str());
            keys.push(row.key()?.as_str().unwrap().to_owned());
        }
        Ok(())
    };
    session.list_tokens(&ListRequest::default(), &mut on_event).unwrap();
    keys
}

/// Issues tokens whose new keys all equal that of `alice`, and returns the error.
fn issue_error(session: &mut Session, usernames: Vec<Username>, preset: Option<TokenKey>) -> Error {
    let (on_existing, pace, now) = (OnExisting::Keep, Pace::Batches, SystemTime::now());
    let request = IssueRequest { usernames, on_existing, preset, pace, now };
    let mut same = || Ok(TokenKey::stored("0123456789abcdef0123456789abcdef01234567"));
    session.issue_tokens(&request, &mut same, &mut |_| {}, &mut |_| Ok(())).unwrap_err()
}

#[test]
fn random_keys_that_all_exist_are_an_internal_error() {
    let (_folder, mut session) = session();
    let error = issue_error(&mut session, vec![name("carol")], None);
    assert_eq!(error.kind(), Kind::Internal, "{error}");
    let preset = TokenKey::stored("123456789abcdef0123456789abcdef012345678");
    assert_eq!(issue_error(&mut session, vec![name("carol")], Some(preset)).kind(), Kind::Conflict);
    assert_eq!(keys(&mut session).len(), 2);
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON authtoken_token BEGIN SELECT RAISE(ABORT, 'no'); END";
    let (_folder, mut session) = session_with(trigger, Interrupt::default());
    let error = issue_error(&mut session, vec![name("carol")], None);
    assert_eq!(error.kind(), Kind::Rejected, "{error}");
}

#[test]
fn an_unknown_user_in_a_later_batch_prevents_the_first_one() {
    let (_folder, mut session) = session();
    let mut names = vec![name("carol"); usize::try_from(ONE_TRANSACTION).unwrap()];
    names.push(name("zoe"));
    let error = issue_error(&mut session, names, None);
    assert_eq!((error.kind(), error.unknown_users()), (Kind::NoSuchUser, &["zoe".to_owned()][..]));
    assert_eq!(keys(&mut session).len(), 2);
}

#[test]
fn more_rows_than_a_person_confirmed_are_a_conflict() {
    let (_folder, mut session) = session();
    let before = keys(&mut session);
    for pace in [Pace::Batches, Pace::Single] {
        let (filter, most) = (Filter { is_active: Some(true), ..Filter::default() }, Some(1));
        let request = RevokeRequest { filter: filter.clone(), pace, most };
        let revoked = session.revoke_tokens(request, &mut || Ok(Spool::new(&[1; SECRET_BYTES])), &mut |_| Ok(()));
        let mut random = || Ok(TokenKey::stored("23456789abcdef0123456789abcdef0123456789"));
        let request = BulkRequest { filter, on_existing: OnExisting::Reset, pace, most, now: SystemTime::now() };
        let mut on_batch = |_| Ok(());
        let reset =
            session.issue_in_bulk(request, &mut random, &mut || Ok(Spool::new(&[1; SECRET_BYTES])), &mut on_batch);
        for error in [revoked.map(drop).unwrap_err(), reset.map(drop).unwrap_err()] {
            assert_eq!(error.kind(), Kind::Conflict, "{error}");
            assert!(error.to_string().contains("more rows match now than when you confirmed"), "{error}");
        }
    }
    assert_eq!(keys(&mut session), before);
}

#[test]
fn a_list_of_very_many_names_is_neither_sorted_nor_limited() {
    let (_folder, mut session) = session();
    let filter = Filter { names: vec![name("alice"); ONE_STATEMENT + 1], ..Filter::default() };
    let mut list = |sort, limit| -> Result<usize> {
        let request = ListRequest { filter: filter.clone(), sort, limit, ..ListRequest::default() };
        let mut rows = 0;
        session.list_tokens(&request, &mut |event| {
            rows += usize::from(matches!(event, Listing::Row(_)));
            Ok(())
        })?;
        Ok(rows)
    };
    assert_eq!(list(Some(Sort::Id), None).unwrap_err().kind(), Kind::Usage);
    assert_eq!(list(None, Some(5)).unwrap_err().kind(), Kind::Usage);
    // The name is in two statements.
    assert_eq!(list(None, None).unwrap(), 1);
}

#[test]
fn an_interrupt_drops_the_hints_of_a_transient_error_only() {
    let (_folder, mut session) = session_with("", Interrupt::by_flag(Arc::new(AtomicBool::new(true))));
    let mut interrupted = |error: &dyn Fn() -> Error| session.retrying::<()>(&mut |_| Err(error())).unwrap_err();
    let hints = |error: &Error| error.hints().iter().filter(|hint| **hint == Hint::advice("repair it")).count();
    let for_good = interrupted(&|| Error::unusable("broken").hint("repair it"));
    let for_now = interrupted(&|| Error::unusable("broken").hint("repair it").retry_soon());
    assert_eq!((for_good.kind(), hints(&for_good)), (Kind::Interrupted, 1));
    assert_eq!((for_now.kind(), hints(&for_now)), (Kind::Interrupted, 0));
}

#[test]
fn debug_shows_whether_a_session_is_connected() {
    let (_folder, mut session) = session();
    assert_eq!(format!("{session:?}"), "Session { is_connected: true, .. }");
    session.suspend();
    assert_eq!(format!("{session:?}"), "Session { is_connected: false, .. }");
}

#[test]
fn a_table_that_changes_after_it_was_detected_is_detected_again() {
    let (folder, mut session) = session();
    assert!(session.layout().unwrap().notices.is_empty());
    let file = rusqlite::Connection::open(folder.path().join("db.sqlite3")).unwrap();
    file.execute_batch("ALTER TABLE authtoken_token ADD COLUMN label text").unwrap();
    let (on_existing, pace, now) = (OnExisting::Keep, Pace::Batches, SystemTime::now());
    let request = IssueRequest { usernames: vec![name("alice")], on_existing, preset: None, pace, now };
    let mut random = || Ok(TokenKey::stored("23456789abcdef0123456789abcdef0123456789"));
    let summary = session.issue_tokens(&request, &mut random, &mut |_| {}, &mut |_| Ok(())).unwrap();
    assert_eq!(summary.notices, ["authtoken_token has a column that DRF does not create: label"]);
}

#[test]
fn a_user_lacks_only_rows_and_groups_that_nearly_all_others_have() {
    let tables = "
        CREATE TABLE shop_profile (id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL UNIQUE
            REFERENCES auth_user (id));
        CREATE TABLE shop_wallet (id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL UNIQUE
            REFERENCES auth_user (id));
        CREATE TABLE auth_group (id integer NOT NULL PRIMARY KEY, name varchar(150) NOT NULL UNIQUE);
        CREATE TABLE auth_user_groups (id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL
            REFERENCES auth_user (id), group_id integer NOT NULL REFERENCES auth_group (id));
        INSERT INTO auth_group VALUES (1, 'editors'), (2, 'readers'), (3, 'writers');
        INSERT INTO shop_profile (user_id) VALUES (1), (2), (3);
        INSERT INTO shop_wallet (user_id) VALUES (1), (2), (3);
        INSERT INTO auth_user_groups (user_id, group_id)
            SELECT id, group_id FROM auth_user, (SELECT 1 AS group_id UNION SELECT 2);
        INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 3);
        INSERT INTO auth_user VALUES (4, '!', NULL, 'dave', 1), (5, '!', NULL, 'erin', 1);
        INSERT INTO shop_profile (user_id) VALUES (4);
        INSERT INTO shop_wallet (user_id) VALUES (5);
        INSERT INTO auth_user_groups (user_id, group_id) VALUES (4, 2)";
    let (_folder, mut session) = session_with(tables, Interrupt::default());
    let mut lacks = |name: &str, created| session.snapshot().unwrap().lacks(name, created).unwrap();
    assert_eq!(lacks("dave", 2), ["row of shop_wallet", "group editors"]);
    assert_eq!(lacks("erin", 2), ["row of shop_profile", "group editors", "group readers"]);
    assert!(lacks("alice", 2).is_empty());
    // What one user has is no evidence, except where each row belongs to one user.
    assert_eq!(lacks("erin", 4), ["row of shop_profile"]);
    // There are no others.
    assert!(lacks("dave", 5).is_empty());
}
