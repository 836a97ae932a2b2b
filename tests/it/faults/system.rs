//! What can go wrong beneath a command: a database that refuses, odd rows, a clock, random
//! numbers or a disk that fail. Nothing is half done, and the exit status tells the truth.
//!
//! The tags (`B12`) are the fault cases that a test holds.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{KEY, Sandbox, Shim, quoted};

/// The key that `SHIM_RANDOM=repeat` makes.
const REPEATED: &str = "0102030405060708090a0b0c0d0e0f1011121314";

/// Each user's tokens, as `name key`.
fn tokens(sandbox: &Sandbox) -> Vec<String> {
    sandbox.sql("SELECT username || ' ' || key FROM authtoken_token JOIN auth_user ON user_id = id ORDER BY 1").concat()
}

/// B12, B13: only enforced foreign keys notice the user that is gone.
#[test]
fn a_user_deleted_before_the_commit_is_an_unknown_user_and_nothing_is_written() {
    for action in ["INSERT", "UPDATE"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", KEY);
        sandbox.exec(&format!(
            "CREATE TRIGGER gone AFTER {action} ON authtoken_token BEGIN DELETE FROM auth_user WHERE id = NEW.user_id; END"
        ));
        let before = sandbox.dump();
        let name = if action == "INSERT" { "alice" } else { "bob" };
        let outcome = sandbox.drfctl(["create-token", "-r", name]).run();
        outcome.refused("3", &["does not exist"]);
        assert_eq!(sandbox.dump(), before);
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
        // Both are asked for at once: the one that may be written is not either.
        let outcome = sandbox.drfctl(["create-token", "-r", "alice", "bob"]).run();
        outcome.refused("3", &["frozen by policy 7"]);
        assert_eq!(sandbox.dump(), before);
    }
}

/// B14
#[test]
fn a_key_that_somebody_has_is_drawn_again() {
    for holder in [None, Some("alice")] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", REPEATED);
        if let Some(holder) = holder {
            sandbox.give_token(holder, KEY);
        }
        let shim = Shim::new(&sandbox);
        let call = shim.load(sandbox.drfctl(["create-token", "-r", "alice"]));
        let key = call.env("SHIM_RANDOM", "repeat:1").run().ok().key();
        assert!(shim.fired("random") && key != REPEATED && key != KEY, "{key}");
        assert_eq!(tokens(&sandbox), [format!("alice {key}"), format!("bob {REPEATED}")]);
    }
}

/// B14
#[test]
fn keys_that_clash_without_end_are_an_internal_fault_and_overwrite_nobody() {
    for holder in [None, Some("alice")] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("bob", REPEATED);
        if let Some(holder) = holder {
            sandbox.give_token(holder, KEY);
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
fn random_numbers_that_fail_or_are_zero_are_an_internal_fault_without_a_fallback() {
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

/// B28
#[test]
fn quotes_and_wildcards_in_a_name_are_that_name_and_no_sql() {
    let names = [
        "o'; DROP TABLE authtoken_token;--",
        "%",
        "_",
        "al_ce",
        "a%",
        "say \"hi\"",
        "`tick`",
        "?1",
        ":name",
        "$x",
        "[a]",
        "\\",
        "1 OR 1=1",
    ];
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    for name in names {
        sandbox.drfctl(["create-token", name]).run().refused("3", &["does not exist"]);
    }
    assert_eq!(sandbox.dump(), before);
    for name in names {
        sandbox.add_user("NULL", &quoted(name));
        let outcome = sandbox.drfctl(["create-token", name]).run().ok();
        let holder =
            format!("SELECT key FROM authtoken_token JOIN auth_user ON user_id = id WHERE username = {}", quoted(name));
        assert_eq!(sandbox.value(&holder), outcome.key());
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), names.len().to_string());
}

/// B32
#[test]
fn names_that_are_no_text_are_in_nobodys_way() {
    let sandbox = Sandbox::stock();
    sandbox.add_user("501", "x'616c696365ff00'");
    sandbox.add_user("502", "CAST(x'ff61fe' AS TEXT)");
    sandbox.add_user("503", "12345");
    sandbox.add_user("504", "1.5");
    sandbox.add_user("505", "'nul' || char(0) || 'inside'");
    sandbox.exec("INSERT INTO authtoken_token (key, created, user_id) VALUES ('not-a-key', 'not a date', 501)");
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let _ = sandbox.drfctl(["create-token", "12345"]).run().ok();
    let look = sandbox.drfctl(["inspect"]).run();
    assert_eq!(look.status, "0", "{look}");
    let before = sandbox.dump();
    let bytes = [OsStr::new("create-token"), OsStr::from_bytes(b"\xffa\xfe")];
    sandbox.drfctl(bytes).run().refused("3", &["UTF-8"]);
    sandbox.drfctl(["create-token", "-"]).stdin(&b"\xffa\xfe\n"[..]).run().refused("3", &["UTF-8"]);
    sandbox.drfctl(["create-token", "nul"]).run().refused("3", &["does not exist"]);
    assert_eq!(sandbox.dump(), before);
}

/// B32
#[test]
fn a_stored_key_or_time_that_is_no_text_makes_no_panic() {
    for (key, created) in [
        ("x'ff00'", "'2026-01-02 03:04:05'"),
        ("CAST(x'ff61fe' AS TEXT)", "'2026-01-02 03:04:05'"),
        ("'k'", "x'ff'"),
        ("'k'", "17"),
        ("'k'", "'long ago'"),
        ("7", "''"),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("INSERT INTO authtoken_token (key, created, user_id) SELECT {key}, {created}, id FROM auth_user WHERE username = 'alice'"));
        let before = sandbox.dump();
        for format in ["text", "json", "csv"] {
            let outcome = sandbox.drfctl(["--format", format, "create-token", "alice"]).run();
            assert!(["0", "4", "6"].contains(&outcome.status.as_str()), "{key} {created}: {outcome}");
            assert!(!outcome.stderr.contains("panicked"), "{outcome}");
        }
        assert_eq!(sandbox.dump(), before);
        // And a reset heals it.
        let healed = sandbox.drfctl(["create-token", "-r", "alice"]).run();
        assert_eq!((healed.status.as_str(), sandbox.value("SELECT key FROM authtoken_token")), ("0", healed.key()));
    }
}

/// B33
#[test]
fn a_stored_key_of_another_form_is_printed_as_it_is() {
    let upper = KEY.to_uppercase();
    let long = KEY.repeat(3);
    for key in ["short", &long, &upper, "not-hexadecimal_at.all"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("alice", key);
        let before = sandbox.dump();
        let outcome = sandbox.drfctl(["create-token", "alice"]).run();
        assert_eq!(
            (outcome.status.as_str(), outcome.stdout.as_str()),
            ("0", format!("Generated token {key} for user alice\n").as_str()),
            "{outcome}"
        );
        assert_eq!(sandbox.dump(), before);
    }
}

/// B34
#[test]
fn a_full_sequence_of_another_table_is_in_nobodys_way() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE sqlite_sequence SET seq = 9223372036854775807");
    sandbox.exec("INSERT INTO authtoken_token (rowid, key, created, user_id) SELECT 9223372036854775807, 'k', '2026-01-02 03:04:05', id FROM auth_user WHERE username = 'bob'");
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(tokens(&sandbox), [format!("alice {key}"), "bob k".to_owned()]);
}

/// B34
#[test]
fn a_token_table_whose_sequence_is_used_up_is_refused_with_the_true_reason() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DROP TABLE authtoken_token; \
         CREATE TABLE authtoken_token (id integer PRIMARY KEY AUTOINCREMENT, key varchar(40) NOT NULL UNIQUE, created datetime NOT NULL, \
         user_id integer NOT NULL UNIQUE REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED); \
         INSERT INTO sqlite_sequence (name, seq) VALUES ('authtoken_token', 9223372036854775807)",
    );
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    outcome.refused("6", &["authtoken_token", "used up"]);
    assert_eq!(sandbox.dump(), before);
}

/// B35
#[test]
fn user_ids_beyond_32_bits_below_zero_and_zero_are_kept() {
    let sandbox = Sandbox::stock();
    for id in ["2147483648", "4294967297", "9223372036854775807", "0", "-1", "-9223372036854775808"] {
        let name = format!("id{id}");
        sandbox.add_user(id, &quoted(&name));
        let key = sandbox.drfctl(["create-token", "--", &name]).run().ok().key();
        let reset = sandbox.drfctl(["create-token", "-r", "--", &name]).run().ok().key();
        assert_ne!(key, reset);
        assert_eq!(sandbox.value(&format!("SELECT key FROM authtoken_token WHERE user_id = {id}")), reset);
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "6");
}

/// B36
#[test]
fn an_inactive_user_gets_a_token_and_a_warning() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-token", "ina"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert!(outcome.stderr.starts_with("warning: ") && outcome.stderr.contains("ina"), "{outcome}");
    assert_eq!(tokens(&sandbox), [format!("ina {}", outcome.key())]);
}

/// C14, C3
#[test]
fn a_reset_that_dies_at_any_sync_leaves_exactly_one_valid_token() {
    for journal in ["delete", "wal"] {
        let mut died = 0;
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            sandbox.give_token("alice", KEY);
            sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["create-token", "-r", "alice"]));
            let outcome = call.env("SHIM_FSYNC", format!("abort:{nth}")).run();
            if !shim.fired("fsync") {
                let _ = outcome.ok();
                break;
            }
            died += 1;
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("signal 6", ""), "{outcome}");
            // The next run finds the token, whichever it is, and cleans up after the dead one.
            let found = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
            assert_eq!(tokens(&sandbox), [format!("alice {found}")]);
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
            assert_eq!(sandbox.sql("PRAGMA foreign_key_check"), [[""; 0]; 0]);
            // The next write works, and clears away what is left.
            let next = sandbox.drfctl(["create-token", "-r", "alice"]).run().ok().key();
            assert_eq!(tokens(&sandbox), [format!("alice {next}")]);
            assert!(!sandbox.dir().join("db.sqlite3-journal").exists(), "after sync {nth}");
        }
        assert!(died > 0, "nothing was synced in {journal} mode");
    }
}

/// C11
#[test]
fn a_sync_that_fails_is_reported_by_what_is_in_the_database() {
    for journal in ["delete", "wal"] {
        let (mut silent, mut warned) = (0, false);
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            sandbox.give_token("alice", KEY);
            sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["create-token", "-r", "alice"]));
            let outcome = call.env("SHIM_FSYNC", format!("eio:{nth}")).run();
            if !shim.fired("fsync") {
                let _ = outcome.ok();
                break;
            }
            let held = sandbox.value("SELECT key FROM authtoken_token");
            match outcome.status.as_str() {
                "0" => {
                    assert_eq!(held, outcome.key());
                    warned = outcome.stderr.contains("a power cut in this moment could undo it");
                    silent += i32::from(!warned);
                }
                "6" => {
                    outcome.refused("6", &[]);
                    assert_eq!(held, KEY, "{outcome}");
                }
                other => {
                    assert_eq!(other, "8", "{outcome}");
                    assert!(outcome.stdout.is_empty(), "{outcome}");
                }
            }
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
        }
        // SQLite does not look at the result of one sync: the folder's, after it made a journal.
        assert!(warned && silent <= 1, "no word on durability in {journal} mode");
    }
}

/// C7: a reader needs the room as well.
#[test]
fn a_disk_without_room_for_shared_memory_is_called_full() {
    let sandbox = Sandbox::stock();
    sandbox.exec("PRAGMA journal_mode = wal");
    let before = sandbox.dump();
    for call in [&["create-token", "alice"][..], &["list"]] {
        let outcome = sandbox.drfctl(call).through(["prlimit", "--fsize=8192"]).run();
        outcome.refused("6", &["no room for", "db.sqlite3-shm", "the disk is full"]);
    }
    assert_eq!(sandbox.dump(), before);
}

/// C21
#[test]
fn a_clock_outside_the_years_1970_to_9999_is_refused() {
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
fn a_clock_that_is_wrong_but_possible_is_the_time_of_the_token() {
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
