//! Interruptions of `revoke`: triggers, other tables, crashes, and processes that revoke or create
//! tokens at the same time.
//!
//! Tags such as `B10` name cases of `tests/CASES.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};

use crate::support::{FOUR_KEYS, Invocation, MANY, PACES, Sandbox, Shim, count_keys, printed_keys, state, until};

/// A key that is searched for in the file.
const ALICE: &str = "a11ce0a11ce0a11ce0a11ce0a11ce0a11ce0a11c";

/// Returns `revoke --all --yes`, in batches or in one transaction.
fn revoke_all(sandbox: &Sandbox, pace: &[&str]) -> Invocation {
    sandbox.drfctl(["revoke", "--all", "--yes"]).args(pace)
}

/// Returns the users in the complete lines `Revoked token … of user …`.
#[track_caller]
fn revoked(stdout: &str) -> BTreeSet<String> {
    let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let names: Vec<_> = whole.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect();
    let count = names.len();
    let names: BTreeSet<_> = names.into_iter().collect();
    assert_eq!(names.len(), count, "a token is reported twice");
    names
}

/// B10: a token that a trigger inserts again is not revoked.
#[test]
fn a_trigger_that_restores_a_token_is_reported() {
    for pace in PACES {
        for (when, back) in [
            ("AFTER DELETE", "VALUES (OLD.key, OLD.created, OLD.user_id)"),
            // The trigger restores the previously deleted token.
            ("BEFORE DELETE", &format!("SELECT '{ALICE}', '2026-01-02 03:04:05', 1 WHERE OLD.user_id <> 1")),
        ] {
            let sandbox = Sandbox::stock();
            sandbox.give_token("alice", ALICE);
            sandbox.give_token("bob", &"b".repeat(40));
            sandbox.exec(&format!(
                "CREATE TRIGGER back {when} ON authtoken_token BEGIN INSERT INTO authtoken_token {back}; END"
            ));
            let outcome = sandbox.unchanged(revoke_all(&sandbox, pace));
            outcome.refused("3", &["a database trigger"]);
        }
    }
}

/// B10: rows that a foreign key deletes by cascade.
#[test]
fn rows_deleted_by_cascade_fire_triggers() {
    for pace in PACES {
        let sandbox = Sandbox::with_tokens(20);
        sandbox.exec(
            "CREATE TABLE use (token varchar(40) REFERENCES authtoken_token (key) ON DELETE CASCADE);
             INSERT INTO use SELECT key FROM authtoken_token;
             CREATE TABLE audit (key);
             CREATE TRIGGER seen AFTER DELETE ON authtoken_token BEGIN INSERT INTO audit VALUES (OLD.key); END",
        );
        let before: BTreeSet<_> = sandbox.keys().into_values().collect();
        let outcome = revoke_all(&sandbox, pace).run().ok();
        assert_eq!(revoked(&outcome.stdout).len(), 20, "{pace:?}");
        let audit: BTreeSet<_> = sandbox.sql("SELECT key FROM audit").concat().into_iter().collect();
        assert_eq!((audit, sandbox.value("SELECT count(*) FROM use").as_str()), (before, "0"), "{pace:?}");
        assert_eq!(sandbox.sql("PRAGMA foreign_key_check").len(), 0);
    }
}

/// H7: also if only some keys of a page are deleted. drfctl does not erase what the application's
/// own inserts left in free space, so the test erases that first.
#[test]
fn revoked_keys_are_erased_from_the_file() {
    let template = Sandbox::with_tokens(MANY);
    template.exec("PRAGMA secure_delete = ON; VACUUM");
    let before = template.keys();
    for pace in PACES {
        for (selection, is_deleted) in
            [(&["--all"][..], (|_| true) as fn(&str) -> bool), (&["u*7*"], |name| name.contains('7'))]
        {
            let sandbox = template.copy();
            let outcome = sandbox.drfctl(["revoke", "-y", "-v", "0"]).args(selection).args(pace).run().ok();
            let deleted: BTreeMap<_, _> = before.iter().filter(|(name, _)| is_deleted(name)).collect();
            assert!(revoked(&outcome.stdout).iter().eq(deleted.keys().copied()), "{selection:?} {pace:?}");
            assert!(
                sandbox.keys().iter().eq(before.iter().filter(|(name, _)| !is_deleted(name))),
                "{selection:?} {pace:?}"
            );
            let found = count_keys(&fs::read(sandbox.db()).unwrap(), deleted.values().copied());
            assert_eq!(found, 0, "of {} keys, {selection:?} {pace:?}", deleted.len());
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
        }
    }
}

/// C5: drfctl is killed while it waits for the reader of its output, between two batches; the same
/// command revokes the rest.
#[test]
fn a_killed_bulk_revoke_has_revoked_what_it_printed() {
    let sandbox = Sandbox::with_tokens(MANY);
    let before = sandbox.keys();
    let mut running = revoke_all(&sandbox, &[]).spawn();
    let mut out = BufReader::new(running.child.stdout.take().unwrap());
    let mut printed = String::new();
    out.read_line(&mut printed).unwrap();
    // A batch does not fit into the buffer of a pipe.
    let pid = running.id();
    until("drfctl waits for the reader", || state(pid) == Some('S'));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    out.read_to_string(&mut printed).unwrap();
    let printed = revoked(&printed);
    let left = sandbox.keys();
    assert!(printed.len() > 100 && printed.iter().all(|name| !left.contains_key(name)), "{}", printed.len());
    assert!(
        !left.is_empty() && left.len() < before.len(),
        "{} are left: drfctl was killed too early or too late",
        left.len()
    );
    assert!(left.iter().all(|(name, key)| before[name] == *key));
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
    let rest = revoke_all(&sandbox, &[]).run().ok();
    assert!(revoked(&rest.stdout).iter().eq(left.keys()));
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// C2, C4: at every third write.
#[test]
fn a_killed_single_transaction_revokes_all_or_none() {
    let template = Sandbox::with_tokens(60);
    let before = template.keys();
    for journal in ["delete", "wal"] {
        let mut reached = 0;
        for at in (1..).step_by(3) {
            let sandbox = template.copy();
            sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
            let shim = Shim::new(&sandbox);
            let outcome = shim
                .load(revoke_all(&sandbox, &["--single-transaction"]))
                .env("SHIM_WRITE", format!("kill:{at}"))
                .run();
            let after = sandbox.keys();
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok", "{at}");
            assert!(after.is_empty() || after == before, "{journal} {at}: {} are left", after.len());
            if outcome.status == "0" {
                assert_eq!((revoked(&outcome.stdout).len(), after.len()), (60, 0));
                break;
            }
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("signal 9", ""), "{at}");
            reached += 1;
        }
        assert!(reached > 1, "only {reached} writes were reached in {journal} mode");
    }
}

/// E5: each token is revoked and reported by exactly one of the two processes.
#[test]
fn concurrent_revokes_each_report_their_own_tokens() {
    let sandbox = Sandbox::with_tokens(MANY);
    let call = || revoke_all(&sandbox, &["-v", "0"]).spawn();
    let (one, other) = (call(), call());
    let (one, other) = (revoked(&one.wait().ok().stdout), revoked(&other.wait().ok().stdout));
    assert!(one.is_disjoint(&other), "both revoked the same token");
    assert_eq!((one.len() + other.len(), sandbox.keys().len()), (MANY as usize, 0));
}

/// E4: in any order, and never with two tokens.
#[test]
fn a_revoke_during_a_rotation_leaves_printed_keys_or_none() {
    let sandbox = Sandbox::with_tokens(2_500);
    let rotate = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0"]).spawn();
    let revoke = revoke_all(&sandbox, &["-v", "0"]).spawn();
    let (rotate, revoke) = (rotate.wait().ok(), revoke.wait().ok());
    let (printed, revoked_names) = (printed_keys(&rotate.stdout), revoked(&revoke.stdout));
    let left = sandbox.keys();
    assert!(left.iter().all(|(name, key)| printed.get(name) == Some(key)));
    assert!(
        left.keys().all(|name| !revoked_names.contains(name)) && left.len() + revoked_names.len() == 2_500,
        "{}",
        revoked_names.len()
    );
    assert_eq!(sandbox.value("SELECT count(*) = count(DISTINCT user_id) FROM authtoken_token"), "1");
}

/// C17: a signal during the output of a batch stops the command. The printed tokens are revoked,
/// and no side file is left.
#[test]
fn a_signal_during_a_bulk_revoke_keeps_complete_batches() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let sandbox = Sandbox::with_tokens(MANY);
        let mut running = revoke_all(&sandbox, &["-v", "0"]).spawn();
        let mut out = BufReader::new(running.child.stdout.take().unwrap());
        let mut printed = String::new();
        out.read_line(&mut printed).unwrap();
        let pid = running.id();
        until("drfctl waits for the reader", || state(pid) == Some('S'));
        kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
        out.read_to_string(&mut printed).unwrap();
        let outcome = running.wait();
        assert_eq!(outcome.status, format!("signal {}", signal as i32), "{outcome}");
        let left = sandbox.keys();
        let printed = revoked(&printed);
        assert!(
            !printed.is_empty() && !left.is_empty() && printed.iter().all(|name| !left.contains_key(name)),
            "{signal}"
        );
        let files: Vec<_> = sandbox.files().into_iter().map(|(name, _)| name).collect();
        assert_eq!(files, ["db.sqlite3"], "{signal}");
    }
}

/// E6, A19: a read-only database is reported before any token is revoked.
#[test]
fn a_database_that_cannot_be_written_keeps_its_tokens() {
    let sandbox = Sandbox::with_tokens(20);
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
    for pace in PACES {
        let before = sandbox.keys();
        let outcome = revoke_all(&sandbox, pace).args(["--busy-timeout", "100ms"]).run();
        outcome.refused("5", &["is locked"]);
        assert_eq!(sandbox.keys(), before);
    }
    assert_eq!(server.run("ROLLBACK"), "ok []");
    let _ = revoke_all(&sandbox, &[]).run().ok();
}

/// B10: no token is revoked, not even the first one, which could be.
#[test]
fn a_trigger_that_prevents_the_deletion_keeps_every_token() {
    for (trigger, message) in [
        (
            "BEFORE DELETE ON authtoken_token WHEN OLD.user_id = 12 BEGIN SELECT RAISE(ABORT, 'frozen by policy 7'); END",
            "frozen by policy 7",
        ),
        (
            "AFTER DELETE ON authtoken_token WHEN OLD.user_id = 12 BEGIN SELECT RAISE(FAIL, 'frozen by policy 7'); END",
            "frozen by policy 7",
        ),
        (
            "BEFORE DELETE ON authtoken_token WHEN OLD.user_id = 12 BEGIN SELECT RAISE(ROLLBACK, 'frozen by policy 7'); END",
            "frozen by policy 7",
        ),
        (
            "BEFORE DELETE ON authtoken_token WHEN OLD.user_id = 12 BEGIN SELECT RAISE(IGNORE); END",
            "prevents deleting the token of user ci-2",
        ),
    ] {
        let sandbox = Sandbox::four_tokens();
        sandbox.exec(&format!("CREATE TRIGGER kept {trigger}"));
        for args in [&["ci-*", "-y"][..], &["ci-2"], &["--all", "-y"], &["--all", "-y", "--single-transaction"]] {
            let outcome = sandbox.unchanged(sandbox.drfctl(["revoke"]).args(args));
            outcome.refused("3", &[message]);
            assert!(FOUR_KEYS.iter().all(|(_, key)| !outcome.stderr.contains(key)), "{outcome}");
        }
        assert_eq!(
            sandbox.drfctl(["revoke"]).args(&["ci-1"]).run().ok().stdout,
            "Revoked token 9944b091… of user ci-1\n"
        );
    }
}

/// drfctl must detect a trigger that restores the deleted token.
#[test]
fn a_trigger_that_recreates_the_token_is_an_error() {
    let sandbox = Sandbox::four_tokens();
    sandbox.exec(
        "CREATE TRIGGER again AFTER DELETE ON authtoken_token BEGIN \
         INSERT INTO authtoken_token VALUES (OLD.key, OLD.created, OLD.user_id); END",
    );
    for more in [&[][..], &["--single-transaction"]] {
        sandbox.unchanged(sandbox.drfctl(["revoke"]).args(&["alice"]).args(more)).refused("3", &["trigger", "alice"]);
    }
}

#[test]
fn a_token_that_another_table_references_is_kept() {
    for deferred in ["DEFERRABLE INITIALLY DEFERRED", "", "ON DELETE RESTRICT"] {
        let sandbox = Sandbox::four_tokens();
        sandbox.exec(&format!(
            "CREATE TABLE device (id integer PRIMARY KEY, token varchar(40) REFERENCES authtoken_token (key) {deferred});
             INSERT INTO device VALUES (1, '{}')",
            FOUR_KEYS[3].1
        ));
        let outcome = sandbox.unchanged(sandbox.drfctl(["revoke", "ci-1", "ci-2", "--yes"]));
        outcome.error_is("4", "the token of user ci-2 cannot be revoked: it is referenced by device.token");
        let outcome = sandbox.drfctl(["revoke", "ci-*", "-y"]).run();
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("9", "Revoked token 9944b091… of user ci-1\n"));
        let expected = "error: a token is left, because rows of another table refer to it: ci-2 (device.token)\n";
        assert!(outcome.stderr.starts_with(expected), "{outcome}");
        let outcome = sandbox.unchanged(sandbox.drfctl(["revoke", "ci-*", "-y", "--single-transaction"]));
        outcome.error_is("4", "a token is left, because rows of another table refer to it: ci-2 (device.token)");
    }
}
