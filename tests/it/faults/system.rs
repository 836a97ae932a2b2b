//! A database that rejects a row, and a clock, random numbers or a disk that fail. No change is
//! partial, and the exit status agrees with the database.
//!
//! Tags such as `B12` name cases of `tests/CASES.md`.

use crate::support::{KEY, Outcome, Sandbox, Shim};

/// The key that `SHIM_RANDOM=repeat` generates.
const REPEATED: &str = "0102030405060708090a0b0c0d0e0f1011121314";

/// B12, B13: only enforced foreign keys detect that the user was deleted.
#[test]
fn a_user_deleted_before_the_write_is_unknown() {
    for action in ["INSERT", "UPDATE"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", KEY);
        sandbox.exec(&format!(
            "CREATE TRIGGER gone AFTER {action} ON authtoken_token BEGIN DELETE FROM auth_user WHERE id = NEW.user_id; END"
        ));
        let name = if action == "INSERT" { "alice" } else { "bob" };
        let outcome = sandbox.unchanged(sandbox.drfctl(["create-token", "-r", name]));
        outcome.refused("3", &["does not exist"]);
    }
}

/// B10
#[test]
fn a_write_that_a_trigger_aborts_leaves_the_old_token() {
    for action in ["INSERT", "UPDATE"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", KEY);
        sandbox.exec(&format!(
            "CREATE TRIGGER no BEFORE {action} ON authtoken_token BEGIN SELECT RAISE(ABORT, 'frozen by policy 7'); END"
        ));
        let before = sandbox.dump();
        // The other token, which could be written, is not written either.
        let outcome = sandbox.drfctl(["create-token", "-r", "alice", "bob"]).run();
        outcome.refused("3", &["frozen by policy 7"]);
        assert_eq!(sandbox.dump(), before);
    }
}

/// B14
#[test]
fn a_generated_key_that_exists_is_generated_again() {
    for user in [None, Some("alice")] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", REPEATED);
        if let Some(user) = user {
            sandbox.give_token(user, KEY);
        }
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(["create-token", "-r", "alice"]));
        let key = call.env("SHIM_RANDOM", "repeat:1").run().ok().key();
        assert!(shim.fired("random") && key != REPEATED && key != KEY, "{key}");
        assert_eq!(sandbox.token_lines(), [format!("alice {key}"), format!("bob {REPEATED}")]);
    }
}

/// B14
#[test]
fn keys_that_always_collide_are_an_internal_error() {
    for user in [None, Some("alice")] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", REPEATED);
        if let Some(user) = user {
            sandbox.give_token(user, KEY);
        }
        let before = sandbox.dump();
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(["create-token", "-r", "alice"]));
        let outcome = call.env("SHIM_RANDOM", "repeat:1000000").run();
        outcome.refused("1", &[]);
        assert!(shim.fired("random") && !outcome.stderr.contains(REPEATED), "{outcome}");
        assert_eq!(sandbox.dump(), before);
    }
}

/// B15
#[test]
fn failing_or_zero_random_numbers_are_an_internal_error() {
    for mode in ["fail", "zero"] {
        let sandbox = Sandbox::stock();
        let before = sandbox.dump();
        let shim = Shim::new(&sandbox);
        let outcome = shim.load(sandbox.drfctl(["create-token", "alice"])).env("SHIM_RANDOM", mode).run();
        outcome.refused("1", &["random"]);
        assert!(shim.fired("random"), "{outcome}");
        assert_eq!(sandbox.dump(), before);
    }
}

/// Resets Alice's token [`KEY`] with a fault of fsync.
fn reset_with_fault(journal: &str, fault: &str) -> (Sandbox, Shim, Outcome) {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
    let shim = Shim::new(&sandbox);
    let outcome = shim.load(sandbox.drfctl(["create-token", "-r", "alice"])).env("SHIM_FSYNC", fault).run();
    (sandbox, shim, outcome)
}

/// C14, C3
#[test]
fn a_reset_killed_at_any_sync_leaves_one_valid_token() {
    for journal in ["delete", "wal"] {
        let mut killed = 0;
        for nth in 1.. {
            let (sandbox, shim, outcome) = reset_with_fault(journal, &format!("abort:{nth}"));
            if !shim.fired("fsync") {
                let _ = outcome.ok();
                break;
            }
            killed += 1;
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("signal 6", ""), "{outcome}");
            // The next run finds the old or the new token, and rolls back the journal.
            let found = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
            assert_eq!(sandbox.token_lines(), [format!("alice {found}")]);
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
            assert_eq!(sandbox.sql("PRAGMA foreign_key_check"), [[""; 0]; 0]);
            // The next write succeeds, and removes side files.
            let next = sandbox.drfctl(["create-token", "-r", "alice"]).run().ok().key();
            assert_eq!(sandbox.token_lines(), [format!("alice {next}")]);
            assert!(!sandbox.dir().join("db.sqlite3-journal").exists(), "after sync {nth}");
        }
        assert!(killed > 0, "nothing was synced in {journal} mode");
    }
}

/// C11
#[test]
fn a_failed_sync_is_reported_correctly() {
    for journal in ["delete", "wal"] {
        let (mut silent, mut warned) = (0, false);
        for nth in 1.. {
            let (sandbox, shim, outcome) = reset_with_fault(journal, &format!("eio:{nth}"));
            if !shim.fired("fsync") {
                let _ = outcome.ok();
                break;
            }
            let stored = sandbox.value("SELECT key FROM authtoken_token");
            match outcome.status.as_str() {
                "0" => {
                    assert_eq!(stored, outcome.key());
                    warned = outcome.stderr.contains("a power failure now could lose the change");
                    silent += i32::from(!warned);
                }
                "6" => {
                    outcome.refused("6", &[]);
                    assert_eq!(stored, KEY, "{outcome}");
                }
                other => {
                    assert_eq!(other, "8", "{outcome}");
                    assert!(outcome.stdout.is_empty(), "{outcome}");
                }
            }
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
        }
        // SQLite ignores the result of one sync: that of the folder after it created a journal.
        assert!(warned && silent <= 1, "no warning about durability in {journal} mode");
    }
}

/// C7: a reader needs the space, too.
#[test]
fn a_disk_without_space_for_shared_memory_is_reported() {
    let sandbox = Sandbox::stock();
    sandbox.exec("PRAGMA journal_mode = wal");
    let before = sandbox.dump();
    for call in [&["create-token", "alice"][..], &["list"]] {
        let outcome = sandbox.drfctl(call).through(["prlimit", "--fsize=8192"]).run();
        outcome.refused("6", &["no space for", "db.sqlite3-shm", "check the disk"]);
    }
    assert_eq!(sandbox.dump(), before);
}

/// C21
#[test]
fn a_clock_outside_the_years_1970_to_9999_is_rejected() {
    // 1960, the last second of 1969, the first of 10000, and 10001.
    for clock in ["-315619200", "-1", "253402300800", "253433923200"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", KEY);
        let before = sandbox.dump();
        for name in ["alice", "bob"] {
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(["create-token", "-r", name])).env("SHIM_CLOCK", clock).run();
            outcome.refused("3", &["clock"]);
            assert!(shim.fired("clock"), "{outcome}");
        }
        assert_eq!(sandbox.dump(), before);
    }
}

/// C21
#[test]
fn a_wrong_but_valid_clock_is_the_time_of_the_token() {
    for (clock, created) in
        [("0", "1970-01-01 00:00:00"), ("951782399", "2000-02-28 23:59:59"), ("253402128000", "9999-12-30 00:00:00")]
    {
        let sandbox = Sandbox::stock();
        let shim = Shim::new(&sandbox);
        let _ = shim.load(sandbox.drfctl(["create-token", "alice"])).env("SHIM_CLOCK", clock).run().ok();
        assert!(shim.fired("clock"));
        assert_eq!(sandbox.value("SELECT created FROM authtoken_token"), created);
    }
}
