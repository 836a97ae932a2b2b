//! The database file: damaged, empty, read-only, very large or in use. A rejected file stays
//! unchanged.
//!
//! Tags such as `A9` name cases of `tests/CASES.md`.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use crate::support::{NEWER_FORMATS, Outcome, Sandbox, foreign_contents, names_in, set_mode};

/// A call that writes, and a call that only reads.
const CALLS: [&[&str]; 2] = [&["create-token", "alice"], &["inspect"]];

/// A9
#[test]
fn an_empty_file_is_rejected_and_stays_empty() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.db(), "").expect("a file");
    sandbox.assert_unusable(&CALLS, &["empty"]);
}

/// A10
#[test]
fn a_truncated_database_is_rejected() {
    let whole = Sandbox::stock();
    let bytes = fs::read(whole.db()).expect("the database is read");
    for length in [16, 60, 100, 4096, bytes.len() / 2] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), &bytes[..length]).expect("a part of it");
        sandbox.assert_unusable(&CALLS, &[]);
    }
}

/// A11
#[test]
fn a_file_in_another_format_is_rejected() {
    for content in foreign_contents() {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), content).expect("a file");
        sandbox.assert_unusable(&CALLS, &["not a SQLite database"]);
    }
}

/// A12
#[test]
fn a_file_of_a_newer_sqlite_is_rejected() {
    for (offset, bytes) in NEWER_FORMATS {
        let sandbox = Sandbox::stock();
        sandbox.overwrite(offset, bytes);
        sandbox.assert_unusable(&CALLS, &["newer"]);
    }
}

/// A13
#[test]
fn damaged_pages_of_the_user_table_are_rejected() {
    let sandbox = Sandbox::stock();
    let size: u64 = sandbox.value("PRAGMA page_size").parse().expect("a number");
    let pages = sandbox.sql("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'auth_user' AND rootpage > 0");
    assert!(pages.len() >= 2, "a table and the index of its names: {pages:?}");
    let file = fs::OpenOptions::new().write(true).open(sandbox.db()).expect("the database");
    for page in pages {
        let page: u64 = page[0].parse().expect("a number");
        file.write_all_at(&vec![0xa5; 4096], (page - 1) * size).expect("damage");
    }
    let before = fs::read(sandbox.db()).expect("the database is read");
    for args in [&["create-token", "alice"][..], &["create-token", "-r", "alice"]] {
        sandbox.drfctl(args).run().refused("6", &["integrity_check"]);
    }
    assert!(fs::read(sandbox.db()).expect("the database is read") == before, "the file changed");
}

/// A19
#[test]
fn a_read_only_file_rejects_only_writes() {
    let sandbox = Sandbox::stock();
    sandbox.chown_to_nobody();
    set_mode(&sandbox.db(), 0o444);
    sandbox.drfctl(["create-token", "alice"]).run().refused("6", &["read-only"]);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
    let look = sandbox.drfctl(["inspect"]).run();
    assert_eq!(look.status, "0", "{look}");
}

/// A20
#[test]
fn a_folder_without_write_permission_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.chown_to_nobody();
    set_mode(sandbox.dir(), 0o555);
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    set_mode(sandbox.dir(), 0o755);
    outcome.refused("6", &["journal", &sandbox.dir().display().to_string()]);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// Runs drfctl on a copy of the sandbox's database on a read-only file system.
fn on_a_read_only_mount(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let mount = sandbox.dir().join("mount");
    fs::create_dir_all(&mount).expect("a folder");
    let script = r#"set -e; mount -t tmpfs none mount; cp db.sqlite3 mount/; mount -o remount,bind,ro mount; cd mount; exec "$@""#;
    sandbox.drfctl_behind_mounts(args, script).run()
}

/// A21
#[test]
#[ignore = "needs mount namespaces"]
fn a_read_only_file_system_can_be_read_but_not_written() {
    let sandbox = Sandbox::stock();
    on_a_read_only_mount(&sandbox, &["create-token", "alice"]).refused("6", &["read-only"]);
    let look = on_a_read_only_mount(&sandbox, &["inspect"]);
    assert_eq!(look.status, "0", "{look}");
}

/// A22
#[test]
#[ignore = "needs mount namespaces"]
fn a_wal_database_on_a_read_only_file_system_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec("PRAGMA journal_mode = WAL");
    for args in [&["create-token", "alice"][..], &["inspect"]] {
        on_a_read_only_mount(&sandbox, args).refused("6", &["copy"]);
    }
}

/// A28
#[test]
fn a_wal_of_a_crashed_server_is_recovered() {
    let sandbox = Sandbox::stock();
    let mut server = sandbox.session();
    server.run("PRAGMA journal_mode=WAL");
    server.run("PRAGMA wal_autocheckpoint=0");
    let key = "5eaf00d5eaf00d5eaf00d5eaf00d5eaf00d5eaf0";
    let answer = server.run(&format!(
        "INSERT INTO authtoken_token (key, created, user_id) SELECT '{key}', '2026-01-02 03:04:05', id FROM auth_user WHERE username = 'alice'"
    ));
    assert_eq!(answer, "ok []");
    // A copy of the files is what a crash at this moment would leave.
    let crashed = Sandbox::empty();
    for name in ["db.sqlite3", "db.sqlite3-wal"] {
        fs::copy(sandbox.dir().join(name), crashed.dir().join(name)).expect("a copy");
    }
    let bare = Sandbox::empty();
    fs::copy(sandbox.db(), bare.db()).expect("a copy");
    assert_eq!(bare.value("SELECT count(*) FROM authtoken_token"), "0", "the token is not only in the log");
    let outcome = crashed.drfctl(["create-token", "alice"]).run().ok();
    assert_eq!(outcome.stdout, format!("Generated token {key} for user alice\n"));
    assert_eq!(crashed.value("SELECT key FROM authtoken_token"), key);
}

/// A29
#[test]
fn a_database_of_more_than_four_gibibytes_works() {
    const GIB: u64 = 1 << 30;
    for size in [3 * GIB, 5 * GIB] {
        let sandbox = Sandbox::stock();
        let page: u64 = sandbox.value("PRAGMA page_size").parse().expect("a number");
        let names = sandbox.add_users(300);
        let mut file = fs::OpenOptions::new().read(true).write(true).open(sandbox.db()).expect("the database");
        file.set_len(size).expect("a hole");
        let pages = u32::try_from(size / page).expect("a number of pages");
        file.seek(SeekFrom::Start(28)).expect("a seek");
        file.write_all(&pages.to_be_bytes()).expect("another header");
        drop(file);
        assert_eq!(sandbox.value("PRAGMA page_count"), pages.to_string());
        // Enough tokens to need pages beyond the hole.
        let outcome = sandbox.drfctl(["create-token", "-"]).stdin(names).run().ok();
        assert_eq!(outcome.stdout.lines().count(), 300);
        assert!(fs::metadata(sandbox.db()).expect("the database").len() > size, "no page behind the hole");
        assert_eq!(sandbox.value("SELECT count(DISTINCT user_id) FROM authtoken_token"), "300");
        let again = sandbox.drfctl(["create-token", "u300"]).run().ok().key();
        assert_eq!(again, outcome.key());
    }
}

/// I13, A30
#[test]
fn drfctl_waits_for_another_transaction_until_the_timeout() {
    let sandbox = Sandbox::stock();
    let mut other = sandbox.session();
    assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
    assert_eq!(other.run("UPDATE auth_user SET first_name = 'Al' WHERE username = 'alice'"), "ok []");
    let timed_out = sandbox.drfctl(["--busy-timeout", "200ms", "create-token", "alice"]).run();
    timed_out.refused("5", &["lock"]);
    let mut running = sandbox.drfctl(["create-token", "alice"]).spawn();
    running.until_it_waits();
    assert_eq!(other.run("COMMIT"), "ok []");
    let outcome = running.wait().ok();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), outcome.key());
    assert_eq!(sandbox.value("SELECT first_name FROM auth_user WHERE username = 'alice'"), "Al");
}

/// C9
#[test]
fn a_file_size_limit_is_an_error_and_leaves_no_journal() {
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    for blocks in ["0", "1", "4", "16"] {
        let limit = format!(r#"ulimit -f {blocks}; exec "$@""#);
        let outcome = sandbox.drfctl(["create-token", "alice"]).through(["sh", "-c", &limit, "sh"]).run();
        outcome.refused("6", &[]);
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"], "under a limit of {blocks} blocks");
        assert_eq!(sandbox.dump(), before);
    }
    // Without the limit, the command succeeds.
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
}
