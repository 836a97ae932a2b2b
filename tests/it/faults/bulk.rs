//! Interruptions while thousands of tokens are replaced: triggers, other tables, crashes and other
//! processes.
//!
//! Tags such as `B10` name cases of `tests/CASES.md`.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};

use crate::support::{MANY, PACES, Sandbox, Shim, printed_keys, state, until};

#[test]
fn tokens_without_a_user_stay_unchanged() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(20);
        sandbox.exec("INSERT INTO authtoken_token VALUES ('0rphan', '2020-01-01 00:00:00', 9999)");
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace).run().ok();
        assert_eq!(printed_keys(&outcome.stdout), sandbox.keys(), "{pace:?}");
        assert_eq!(
            sandbox.sql("SELECT * FROM authtoken_token WHERE user_id = 9999"),
            [["0rphan", "2020-01-01 00:00:00", "9999"]]
        );
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "21");
    }
}

#[test]
fn a_custom_column_keeps_its_values() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(20);
        sandbox.exec(
            "ALTER TABLE authtoken_token ADD COLUMN label varchar(20) NULL; UPDATE authtoken_token SET label = 'of ' || user_id",
        );
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace).run().ok();
        assert_eq!(printed_keys(&outcome.stdout), sandbox.keys(), "{pace:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token WHERE label = 'of ' || user_id"), "20");
    }
}

#[test]
fn a_trigger_of_the_application_sees_every_new_key() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(20);
        sandbox.exec(
            "CREATE TABLE audit (old, new);
             CREATE TRIGGER seen AFTER UPDATE OF key ON authtoken_token BEGIN INSERT INTO audit VALUES (OLD.key, NEW.key); END",
        );
        let before = sandbox.keys();
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace).run().ok();
        let after = sandbox.keys();
        assert_eq!(printed_keys(&outcome.stdout), after, "{pace:?}");
        let mut seen = sandbox.sql("SELECT * FROM audit");
        let mut expected: Vec<_> = before.iter().map(|(name, old)| vec![old.clone(), after[name].clone()]).collect();
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected, "{pace:?}");
    }
}

/// B10
#[test]
fn a_change_that_the_application_forbids_is_rejected() {
    for (schema, message) in [
        ("CREATE TRIGGER no BEFORE UPDATE ON authtoken_token BEGIN SELECT RAISE(ABORT, 'not now'); END", "not now"),
        ("CREATE TRIGGER no BEFORE UPDATE ON authtoken_token BEGIN SELECT RAISE(IGNORE); END", "a database trigger"),
    ] {
        for pace in PACES {
            let sandbox = Sandbox::with_tokens(20);
            sandbox.exec(schema);
            let call = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace);
            let outcome = sandbox.unchanged(call);
            assert!(outcome.status == "3" || outcome.status == "4", "{schema} {pace:?}\n{outcome}");
            assert!(outcome.stdout.is_empty() && outcome.stderr.contains(message), "{schema} {pace:?}\n{outcome}");
        }
    }
}

/// B10: the trigger changes another row than the one that is written.
#[test]
fn a_trigger_that_reverts_earlier_rows_is_reported() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(20);
        sandbox.exec(
            "CREATE TRIGGER k AFTER UPDATE ON authtoken_token BEGIN
             DELETE FROM authtoken_token WHERE user_id = NEW.user_id - 1; END",
        );
        let call = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).args(pace);
        sandbox.unchanged(call).refused("3", &["a database trigger changed or removed the new token of user"]);
    }
}

#[test]
fn batches_committed_before_a_failure_are_in_the_file() {
    let sandbox = Sandbox::with_tokens(MANY);
    sandbox.exec(
        "CREATE TRIGGER k BEFORE UPDATE ON authtoken_token WHEN OLD.user_id > 3000
         BEGIN SELECT RAISE(ABORT, 'not these'); END",
    );
    let call = ["create-token", "-r", "--all", "--yes", "-v", "0", "--output-file", "keys"];
    let outcome = sandbox.drfctl(call).run();
    let done = printed_keys(&std::fs::read_to_string(sandbox.dir().join("keys")).unwrap());
    // On a slow machine, the second batch is small enough to succeed, too.
    let count = done.len();
    outcome.refused("9", &[&format!("stopped after {count} of 4500: "), "not these", "--older-than"]);
    let after = sandbox.keys();
    assert!((2_000..=3_000).contains(&count) && done.iter().all(|(name, key)| after[name] == *key));
    let renewed = sandbox.value("SELECT count(*) FROM authtoken_token WHERE created > '2026-01-01'");
    assert_eq!(renewed, count.to_string());
}

/// Two spellings of one name, in two batches of a long list.
#[test]
fn a_user_with_two_spellings_gets_one_token() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(2_500);
        sandbox.exec(
            "CREATE TABLE other AS SELECT * FROM auth_user; DROP TABLE auth_user;
             CREATE TABLE auth_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login datetime NULL,
                 is_superuser bool NOT NULL, username varchar(150) NOT NULL UNIQUE COLLATE NOCASE, last_name varchar(150) NOT NULL,
                 email varchar(254) NOT NULL, is_staff bool NOT NULL, is_active bool NOT NULL, date_joined datetime NOT NULL,
                 first_name varchar(150) NOT NULL);
             INSERT INTO auth_user SELECT id, password, last_login, is_superuser, username, last_name, email, is_staff,
                 is_active, date_joined, first_name FROM other",
        );
        let names: String = (1..=2_498).map(|n| format!("u{n}\n")).collect::<Vec<_>>().concat() + "U1\n";
        let call = sandbox.drfctl(["create-token", "-r", "--active", "--yes", "-v", "0", "-"]).args(pace).stdin(names);
        let outcome = call.run().ok();
        assert_eq!(outcome.stdout.lines().count(), 2_498);
        let after = sandbox.keys();
        assert!(printed_keys(&outcome.stdout).iter().all(|(name, key)| after[name] == *key), "{pace:?}");
        // Output names the user as stored, not as typed.
        let outcome = sandbox.drfctl(["revoke", "U7"]).run();
        let expected = format!("Revoked token {}… of user u7\n", &after["u7"][..8]);
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{expected}--- stderr\n"));
    }
}

/// One transaction waits for readers before it writes anything.
#[test]
fn one_transaction_waits_for_readers_before_it_begins() {
    let sandbox = Sandbox::with_tokens(20);
    let mut reader = sandbox.session();
    assert_eq!(reader.run("BEGIN"), "ok []");
    assert_eq!(reader.run("SELECT count(*) FROM authtoken_token"), "ok [[20]]");
    let before = sandbox.dump();
    let call = ["create-token", "-r", "--all", "--yes", "--single-transaction", "--busy-timeout", "100ms"];
    sandbox.drfctl(call).run().refused("5", &["is locked by another process; drfctl waited 100ms"]);
    assert_eq!(reader.run("COMMIT"), "ok []");
    assert_eq!(sandbox.dump(), before);
}

/// C5: drfctl is killed while it waits for the reader of its output, between two batches; a second
/// run replaces the rest.
#[test]
fn a_killed_bulk_reset_leaves_one_token_each() {
    let sandbox = Sandbox::with_tokens(MANY);
    let before = sandbox.keys();
    let mut running = sandbox.drfctl(["create-token", "-r", "--all", "--yes"]).spawn();
    let mut errors = BufReader::new(running.child.stderr.take().unwrap());
    // The first note names the database.
    let mut note = String::new();
    errors.read_line(&mut note).unwrap();
    note.clear();
    errors.read_line(&mut note).unwrap();
    let since = note.split("--older-than ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().to_owned();
    let mut out = BufReader::new(running.child.stdout.take().unwrap());
    let mut read = String::new();
    out.read_line(&mut read).unwrap();
    // A batch does not fit into the buffer of a pipe.
    let pid = running.id();
    until("drfctl waits for the reader", || state(pid) == Some('S'));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    out.read_to_string(&mut read).unwrap();
    let done = printed_keys(&read);
    let after = sandbox.keys();
    assert!(after.keys().eq(before.keys()));
    assert!(done.len() > 100 && done.iter().all(|(name, key)| after[name] == *key), "{}", done.len());
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
    assert!(after.iter().any(|(name, key)| before[name] == *key), "drfctl was killed after the last batch");

    let rest = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0", "--older-than", &since]).run().ok();
    let rest = printed_keys(&rest.stdout);
    let end = sandbox.keys();
    assert!(end.keys().eq(before.keys()) && end.iter().all(|(name, key)| before[name] != *key));
    assert!(rest.iter().all(|(name, key)| end[name] == *key && !done.contains_key(name)));
    assert!(done.iter().all(|(name, key)| end[name] == *key), "the second run changed finished keys");
}

/// C4: at every third write.
#[test]
fn a_killed_single_transaction_leaves_all_old_or_all_new() {
    let template = Sandbox::with_tokens(60);
    let before = template.keys();
    let mut reached = 0;
    for at in (1..).step_by(3) {
        let sandbox = template.copy();
        let shim = Shim::new(&sandbox);
        let call = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0", "--single-transaction"]);
        let outcome = shim.load(call).env("SHIM_WRITE", format!("kill:{at}")).run();
        let after = sandbox.keys();
        assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok", "{at}");
        assert!(after.keys().eq(before.keys()), "{at}");
        let changed = after.iter().filter(|(name, key)| before[*name] != **key).count();
        assert!(changed == 0 || changed == 60, "{at}: {changed}");
        if outcome.status == "0" {
            assert_eq!((changed, printed_keys(&outcome.stdout)), (60, after));
            break;
        }
        assert_eq!(outcome.stdout, "", "{at}");
        reached += 1;
    }
    assert!(reached > 3, "only {reached} writes were reached");
}

/// E5
#[test]
fn concurrent_rotations_leave_one_printed_token_each() {
    let sandbox = Sandbox::with_tokens(2_500);
    let call = || sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).spawn();
    let (one, other) = (call(), call());
    let (one, other) = (one.wait().ok(), other.wait().ok());
    let (one, other) = (printed_keys(&one.stdout), printed_keys(&other.stdout));
    let after = sandbox.keys();
    assert_eq!((after.len(), one.len(), other.len()), (2_500, 2_500, 2_500));
    assert!(after.iter().all(|(name, key)| one[name] == *key || other[name] == *key));
}

/// E6: after a lock timeout, drfctl reports the committed batches and how to continue.
#[test]
fn a_lock_during_bulk_work_reports_the_progress() {
    let sandbox = Sandbox::with_tokens(MANY);
    let session = RefCell::new(sandbox.session());
    let mut running =
        sandbox.drfctl(["create-token", "-r", "--all", "--yes", "--busy-timeout", "100ms", "--format", "raw"]).spawn();
    let mut out = BufReader::new(running.child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    // drfctl prints a batch or is between two batches, so the lock becomes free.
    until("the test has the lock", || session.borrow_mut().run("BEGIN IMMEDIATE") == "ok []");
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let outcome = running.wait();
    session.borrow_mut().run("ROLLBACK");
    let done = sandbox.value("SELECT count(*) FROM authtoken_token WHERE created > '2026-01-01'");
    assert_eq!(rest.lines().count() + 1, done.parse::<usize>().unwrap(), "{outcome}");
    assert_eq!(outcome.status, "9", "{outcome}");
    assert!(outcome.stderr.contains(&format!("error: stopped after {done} of 4500: ")), "{outcome}");
    assert!(
        outcome.stderr.contains("hint: the printed keys are valid; run the same command with --older-than "),
        "{outcome}"
    );
}

/// F2: drfctl stops after a batch that it cannot print.
#[test]
fn output_that_cannot_be_written_stops_bulk_work() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(MANY);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let outcome = sandbox.drfctl(["create-token", "--all", "--yes", "-v", "0"]).stdout(full).run();
    outcome.refused(
        "7",
        &[
            "stopped after 2000 of 4503: cannot write the result to standard output",
            "list --show-keys --newer-than ",
            "run the same command again for the others",
        ],
    );
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "2000");
}
