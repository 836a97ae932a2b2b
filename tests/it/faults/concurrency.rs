//! Many processes on one database, and one that blocks the others.
//!
//! Tags such as `E1` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::support::{MANY, Outcome, Sandbox, files_below, printed_keys, root, until};

/// E1
#[test]
fn a_hundred_processes_that_create_one_token_print_one_key() {
    let sandbox = Sandbox::stock();
    let calls = vec![(&["create-token", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = sandbox.at_once(&calls);
    // A long wait prints a note.
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored = sandbox.sql("SELECT key FROM authtoken_token").concat();
    assert_eq!((keys.len(), stored), (1, keys.into_iter().collect()));
}

/// E3
#[test]
fn a_hundred_processes_that_reset_one_token_store_one_key() {
    let sandbox = Sandbox::stock();
    let calls = vec![(&["create-token", "-r", "-"][..], "alice\n".to_owned()); 100];
    let outcomes = sandbox.at_once(&calls);
    // A long wait prints a note.
    let bad = outcomes.iter().find(|outcome| outcome.status != "0");
    assert!(bad.is_none(), "{}", bad.expect("a failed call"));
    let keys: BTreeSet<String> = outcomes.iter().map(Outcome::key).collect();
    let stored = sandbox.sql("SELECT key FROM authtoken_token").concat();
    assert_eq!((keys.len(), stored.len()), (100, 1));
    assert!(keys.contains(&stored[0]));
}

/// E5
#[test]
fn the_later_of_two_bulk_resets_wins() {
    let sandbox = Sandbox::stock();
    let names = sandbox.add_users(500);
    let reversed = names.lines().rev().fold(String::new(), |all, name| all + name + "\n");
    let args = &["create-token", "-r", "-"][..];
    let outcomes = sandbox.at_once(&[(args, names), (args, reversed)]);
    let stored: BTreeSet<String> = sandbox
        .sql("SELECT 'Generated token ' || key || ' for user ' || username FROM authtoken_token JOIN auth_user ON user_id = id")
        .concat()
        .into_iter()
        .collect();
    let printed: Vec<BTreeSet<String>> =
        outcomes.into_iter().map(|outcome| outcome.ok().stdout.lines().map(ToOwned::to_owned).collect()).collect();
    assert_eq!(stored.len(), 500);
    assert_eq!(printed.iter().filter(|lines| **lines == stored).count(), 1, "the keys are a mixture of both");
    assert!(printed.iter().all(|lines| lines.len() == 500));
}

/// E6
#[test]
fn a_lock_timeout_names_the_lock_holder() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    let inode = fs::metadata(sandbox.db()).expect("the database").ino();
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
    let locks = fs::read_to_string("/proc/locks").expect("the locks of this machine");
    let holder = locks
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words[5].ends_with(&format!(":{inode}")))
        .map(|words| words[4].to_owned())
        .expect("the session has a lock");
    for args in [
        &["--busy-timeout", "300ms", "create-token", "alice"][..],
        &["--busy-timeout", "300ms", "create-token", "-r", "alice"],
    ] {
        let outcome = sandbox.drfctl(args).run();
        outcome.refused("5", &["locked"]);
        let pids: Vec<&str> = outcome.stderr.split(|c: char| !c.is_ascii_digit()).collect();
        assert!(pids.contains(&holder.as_str()), "does not name process {holder}\n{outcome}");
    }
    server.run("ROLLBACK");
    assert_eq!(sandbox.dump(), before);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
}

/// E8: a transaction that reads and then writes fails at once if another process has written in
/// between, and can write if the other process only waits. One that begins with a write waits.
#[test]
fn a_stale_read_transaction_fails_only_after_a_write() {
    for journal in ["delete", "wal"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
        let mut view = sandbox.session();
        let write = "UPDATE auth_user SET first_name = 'Al' WHERE username = 'alice'";
        // The write must fail at once; otherwise it would take an hour.
        view.run("PRAGMA busy_timeout = 3600000");
        view.run("BEGIN");
        assert!(view.run("SELECT count(*) FROM auth_user").starts_with("ok"));
        let mut running = sandbox.drfctl(["--busy-timeout", "1h", "create-token", "alice"]).spawn();
        if journal == "wal" {
            until("drfctl has committed", || sandbox.value("SELECT count(*) FROM authtoken_token") == "1");
        } else {
            running.until_it_waits();
        }
        if journal == "wal" {
            assert_eq!(view.run(write), "error database is locked");
        } else {
            // The waiting writer rolls back after a second, and tries again.
            let view = std::cell::RefCell::new(&mut view);
            until("the view can write", || view.borrow_mut().run(write) == "ok []");
        }
        view.run("ROLLBACK");
        assert_eq!(running.wait().status, "0");
        // The same view, run again; then one whose transaction_mode is IMMEDIATE.
        assert_eq!(view.run(write), "ok []");
        view.run("BEGIN IMMEDIATE");
        view.run("SELECT count(*) FROM auth_user");
        let mut running = sandbox.drfctl(["--busy-timeout", "1h", "create-token", "-r", "alice"]).spawn();
        running.until_it_waits();
        assert_eq!((view.run(write), view.run("COMMIT")), ("ok []".to_owned(), "ok []".to_owned()), "{journal}");
        let key = running.wait().ok().key();
        assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
    }
}

/// E11
#[test]
fn drfctl_leaves_checkpoints_to_the_application() {
    let sandbox = Sandbox::with_tokens(MANY);
    sandbox.exec("PRAGMA journal_mode = wal");
    let before = fs::read(sandbox.db()).unwrap();
    for pace in [&[][..], &["--single-transaction"]].repeat(3) {
        let _ = sandbox.drfctl(["create-token", "-r", "--all", "--yes"]).args(pace).run();
        let log = fs::metadata(sandbox.dir().join("db.sqlite3-wal")).unwrap();
        // A connection would checkpoint automatically at a thousand pages.
        assert!(log.len() > 0 && fs::read(sandbox.db()).unwrap() == before, "{pace:?}");
    }
    let log = fs::metadata(sandbox.dir().join("db.sqlite3-wal")).unwrap();
    assert!(log.len() > 1_000 * 4_096, "only {} bytes", log.len());
}

/// E11
#[test]
fn concurrent_checkpoints_of_the_application_lose_nothing() {
    for mode in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"] {
        let sandbox = Sandbox::with_tokens(MANY);
        sandbox.exec("PRAGMA journal_mode = wal");
        let mut server = sandbox.session();
        server.run("PRAGMA busy_timeout = 1");
        let out = fs::File::create(sandbox.dir().join("printed")).unwrap();
        let mut running = sandbox.drfctl(["create-token", "-r", "--all", "--yes"]).stdout(out).spawn();
        while running.child.try_wait().unwrap().is_none() {
            assert!(server.run(&format!("PRAGMA wal_checkpoint({mode})")).starts_with("ok"));
        }
        assert_eq!(running.wait().status, "0");
        assert_eq!(printed_keys(&fs::read_to_string(sandbox.dir().join("printed")).unwrap()), sandbox.keys());
        assert_eq!(server.run("PRAGMA integrity_check"), r#"ok [["ok"]]"#, "{mode}");
    }
}

/// E13: closing an inherited file descriptor in a child would drop SQLite's locks.
#[test]
fn only_the_settings_bridge_starts_processes() {
    let src = root().join("src");
    let all = files_below(&src, "rs");
    let containing = |needle: &str| -> Vec<PathBuf> {
        all.iter()
            .filter(|path| {
                let source = fs::read_to_string(path).expect("a source");
                source.split("#[cfg(test)]").next().is_some_and(|shipped| shipped.contains(needle))
            })
            .map(|path| path.strip_prefix(&src).expect("below src").to_path_buf())
            .collect()
    };
    assert!(all.len() > 20, "{all:?}");
    assert_eq!(containing("Command::new("), [Path::new("settings/python.rs")]);
    for never in ["fork(", "unistd::fork", "posix_spawn", "pre_exec", ".exec()", "daemon("] {
        assert!(containing(never).is_empty(), "{never}");
    }
}
