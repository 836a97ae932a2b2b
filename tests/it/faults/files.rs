//! The path that is given and the file that is found there: what is refused, what is followed,
//! and that nothing is created or changed on the way.
//!
//! The tags (`A1`) are the fault cases that a test holds.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::support::{Outcome, Sandbox, Shim, names_in, set_mode};

/// `create-token alice` on that database.
fn create_in(sandbox: &Sandbox, database: impl AsRef<OsStr>) -> Outcome {
    let mut option = OsString::from("--database=");
    option.push(database);
    sandbox.drfctl([option.as_os_str(), OsStr::new("create-token"), OsStr::new("alice")]).run()
}

/// The sandbox's database refuses both a write and a look, and stays as it is.
#[track_caller]
fn unusable_and_untouched(sandbox: &Sandbox, says: &[&str]) {
    let before = fs::read(sandbox.db()).expect("the database is read");
    for command in [&["create-token", "alice"][..], &["inspect"]] {
        sandbox.drfctl(command).run().refused("6", says);
    }
    assert!(fs::read(sandbox.db()).expect("the database is read") == before, "the file has changed");
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
}

/// A1
#[test]
fn a_path_that_leads_nowhere_is_refused_and_makes_no_file() {
    let sandbox = Sandbox::empty();
    create_in(&sandbox, "typo.sqlite3").refused("6", &["typo.sqlite3"]);
    sandbox.drfctl(["-d", "typo.sqlite3", "inspect"]).run().refused("6", &["typo.sqlite3"]);
    sandbox.drfctl(["create-token", "alice"]).run().refused("6", &["db.sqlite3"]);
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A2
#[test]
fn a_missing_folder_is_named() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.dir().join("no-such-folder");
    let outcome = create_in(&sandbox, folder.join("deep.sqlite3"));
    outcome.refused("6", &[&format!("{}", folder.display())]);
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A3
#[test]
fn what_is_not_a_regular_file_is_refused_without_hanging() {
    let sandbox = Sandbox::empty();
    let path = |name: &str| sandbox.dir().join(name);
    fs::create_dir(path("folder")).expect("a folder");
    let _listener = UnixListener::bind(path("socket")).expect("a socket");
    let made = Command::new("mkfifo").arg(path("pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    symlink("/dev/null", path("link")).expect("a link");
    for database in ["folder", "socket", "pipe", "/dev/null", "link"] {
        create_in(&sandbox, database).refused("6", &["not a regular file"]);
    }
}

/// A4
#[test]
fn a_database_in_memory_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    for database in ["", ":memory:", "sqlite://", "sqlite://:memory:"] {
        create_in(&sandbox, database).refused("2", &[]);
    }
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
}

/// A5
#[test]
fn what_looks_like_an_sqlite_uri_is_the_name_of_a_file() {
    let sandbox = Sandbox::stock();
    let uris = [
        "x?mode=memory",
        "db.sqlite3?mode=ro",
        "/db.sqlite3?immutable=1",
        "db.sqlite3?nolock=1",
        "db.sqlite3?vfs=unix-none",
    ];
    for uri in uris {
        create_in(&sandbox, format!("file:{uri}")).refused("6", &[]);
    }
    let before = sandbox.dump();
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    fs::copy(sandbox.db(), sandbox.dir().join("file:x?mode=memory")).expect("a copy");
    let key = create_in(&sandbox, "file:x?mode=memory").ok().key();
    assert_eq!(sandbox.dump(), before);
    fs::rename(sandbox.dir().join("file:x?mode=memory"), sandbox.db()).expect("a rename");
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

/// A6
#[test]
fn a_file_with_an_odd_name_is_opened_by_that_name() {
    for name in ["new\nline", "e\u{1b}[31mscape", "a?mode=memory", "100%41", "a#b", "-rf", "sp ace", "o'q\"u"] {
        let sandbox = Sandbox::stock();
        let odd = sandbox.dir().join(name);
        fs::rename(sandbox.db(), &odd).expect("a rename");
        let key = create_in(&sandbox, name).ok().key();
        assert_eq!(names_in(sandbox.dir()), [name]);
        fs::rename(&odd, sandbox.db()).expect("a rename");
        assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
    }
}

/// A6
#[test]
fn an_odd_name_is_escaped_in_messages() {
    let sandbox = Sandbox::empty();
    let outcome = create_in(&sandbox, "e\u{1b}[31m\u{202e}n\nl");
    outcome.refused("6", &[r"\u{1b}[31m", r"\u{202e}"]);
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{202e}']), "{outcome}");
    assert!(!outcome.stderr.lines().any(|line| line.starts_with('l')), "{outcome}");
}

/// A7
#[test]
fn a_path_that_is_not_utf8_works() {
    let sandbox = Sandbox::stock();
    let name = OsString::from_vec(b"d\xff\xfe.sqlite3".to_vec());
    let odd = sandbox.dir().join(&name);
    fs::rename(sandbox.db(), &odd).expect("a rename");
    let key = create_in(&sandbox, &name).ok().key();
    assert_eq!(names_in(sandbox.dir()), [name]);
    fs::rename(&odd, sandbox.db()).expect("a rename");
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
    // And where it is missing, it is named, and no panic.
    create_in(&sandbox, odd).refused("6", &["d"]);
}

/// A8
#[test]
fn a_path_that_is_too_long_for_sqlite_is_refused_with_the_reason() {
    let sandbox = Sandbox::stock();
    let folder = sandbox.dir().join("a".repeat(200)).join("b".repeat(200)).join("c".repeat(200));
    fs::create_dir_all(&folder).expect("folders");
    let long = folder.join("db.sqlite3");
    fs::copy(sandbox.db(), &long).expect("a copy");
    create_in(&sandbox, &long).refused("6", &["504"]);
    // The absolute path counts, not what was typed.
    sandbox.drfctl(["create-token", "alice"]).cwd(&folder).run().refused("6", &["504"]);
    assert_eq!(names_in(&folder), ["db.sqlite3"]);
}

/// A9
#[test]
fn an_empty_file_is_refused_and_stays_empty() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.db(), "").expect("a file");
    unusable_and_untouched(&sandbox, &["empty"]);
}

/// A10
#[test]
fn a_truncated_database_is_refused() {
    let whole = Sandbox::stock();
    let bytes = fs::read(whole.db()).expect("the database is read");
    for length in [16, 60, 100, 4096, bytes.len() / 2] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), &bytes[..length]).expect("a part of it");
        unusable_and_untouched(&sandbox, &[]);
    }
}

/// A11
#[test]
fn a_file_of_another_kind_is_refused_as_not_a_database() {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    // An encrypted database has no header: it is random to whoever has no password.
    let noise: Vec<u8> = (0..16_384).map(|_| random()).collect();
    let dump = b"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n".repeat(40);
    for content in [noise, b"SQLite is not in here\n".repeat(100), dump, b"hi".to_vec()] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), content).expect("a file");
        unusable_and_untouched(&sandbox, &["not a SQLite database"]);
    }
}

/// A12
#[test]
fn a_file_of_a_newer_sqlite_is_refused_as_that() {
    // File format: the write version, the read version, the schema format.
    for (offset, bytes) in [(18, &[3][..]), (19, &[3]), (18, &[3, 3]), (44, &[0, 0, 0, 9])] {
        let sandbox = Sandbox::stock();
        let file = fs::OpenOptions::new().write(true).open(sandbox.db()).expect("the database");
        file.write_all_at(bytes, offset).expect("another header");
        unusable_and_untouched(&sandbox, &["newer"]);
    }
}

/// A13
#[test]
fn damaged_pages_of_the_user_table_are_refused_and_nothing_is_written() {
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
    assert!(fs::read(sandbox.db()).expect("the database is read") == before, "the file has changed");
}

/// A14
#[test]
fn a_link_to_the_database_is_followed_and_nothing_appears_beside_it() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::stock();
        let mut server = sandbox.session();
        server.run(&format!("PRAGMA journal_mode={mode}"));
        server.run("SELECT * FROM auth_user");
        let links = Sandbox::empty();
        symlink(sandbox.db(), links.dir().join("first")).expect("a link");
        symlink("first", links.db()).expect("a link");
        let key = links.drfctl(["create-token", "alice"]).run().ok().key();
        assert_eq!(server.run("SELECT key FROM authtoken_token"), format!(r#"ok [["{key}"]]"#));
        let report = links.drfctl(["inspect"]).run();
        let real = fs::canonicalize(sandbox.db()).expect("the real path");
        assert!(report.status == "0" && report.stdout.contains(&real.display().to_string()), "{report}");
        assert_eq!(names_in(links.dir()), ["db.sqlite3", "first"]);
    }
}

/// A15
#[test]
fn a_link_that_leads_nowhere_or_to_itself_is_refused() {
    let sandbox = Sandbox::empty();
    symlink("missing", sandbox.dir().join("dangling")).expect("a link");
    symlink("loop", sandbox.dir().join("loop")).expect("a link");
    for name in ["dangling", "loop"] {
        create_in(&sandbox, name).refused("6", &[name]);
    }
    assert_eq!(names_in(sandbox.dir()), ["dangling", "loop"]);
}

/// A16
#[test]
fn a_file_that_is_swapped_between_the_check_and_the_open_is_refused() {
    for as_link in [false, true] {
        let mut last = None;
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            let (other, bait) = (sandbox.dir().join("other"), sandbox.dir().join("bait"));
            fs::copy(sandbox.db(), &other).expect("a copy");
            let original = fs::File::open(sandbox.db()).expect("the database");
            let before = fs::read(&other).expect("the copy is read");
            if as_link {
                symlink(&other, &bait).expect("a link");
            } else {
                fs::hard_link(&other, &bait).expect("a second name");
                fs::remove_file(&other).expect("a first name less");
            }
            let real = fs::canonicalize(sandbox.db()).expect("the real path");
            let swap = format!("{nth}:{}:{}", bait.display(), real.display());
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(["create-token", "alice"])).env("SHIM_SWAP", swap).run();
            if !shim.fired("swap") {
                let _ = outcome.ok();
                break;
            }
            // Neither the file that was checked nor the one that took its place.
            for mut file in [original, fs::File::open(sandbox.db()).expect("what is there now")] {
                let mut now = Vec::new();
                file.seek(SeekFrom::Start(0)).expect("a seek");
                file.read_to_end(&mut now).expect("a file is read");
                assert!(now == before, "a file has changed at open {nth}\n{outcome}");
            }
            outcome.refused("6", &[]);
            last = Some(outcome);
        }
        assert!(last.is_some(), "drfctl never opened the file by its real path");
    }
}

/// A17
#[test]
fn a_file_with_two_names_is_refused_unless_that_is_allowed() {
    let sandbox = Sandbox::stock();
    let second = sandbox.dir().join("second");
    fs::hard_link(sandbox.db(), &second).expect("a second name");
    let before = fs::read(sandbox.db()).expect("the database is read");
    for name in ["db.sqlite3", "second"] {
        create_in(&sandbox, name).refused("6", &["hard link", "--allow-aliases"]);
    }
    sandbox.drfctl(["inspect"]).run().refused("6", &["--allow-aliases"]);
    assert!(fs::read(&second).expect("the database is read") == before, "the file has changed");
    let allowed = sandbox.drfctl(["--allow-aliases", "create-token", "alice"]).run();
    assert_eq!(allowed.status, "0", "{allowed}");
}

/// A18
#[test]
fn a_database_that_is_replaced_while_we_wait_is_not_written_under_either_name() {
    for mode in ["DELETE", "WAL"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        let copy = sandbox.dir().join("copy");
        fs::copy(sandbox.db(), &copy).expect("a copy");
        let mut orphan = fs::File::open(sandbox.db()).expect("the database");
        let before = fs::read(&copy).expect("the copy is read");
        let mut server = sandbox.session();
        assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
        let mut running = sandbox.drfctl(["create-token", "alice"]).spawn();
        running.until_it_waits();
        fs::rename(&copy, sandbox.db()).expect("a replacement");
        assert_eq!(server.run("ROLLBACK"), "ok []");
        running.wait().refused("6", &["another file has taken the place"]);
        let mut now = Vec::new();
        orphan.read_to_end(&mut now).expect("the orphan is read");
        assert!(now == before, "the orphan has changed: {mode}");
        assert!(fs::read(sandbox.db()).expect("the database is read") == before, "the new file has changed: {mode}");
    }
}

/// A19
#[test]
fn a_read_only_file_is_refused_for_writes_only() {
    let sandbox = Sandbox::stock();
    sandbox.give_to_nobody();
    set_mode(&sandbox.db(), 0o444);
    sandbox.drfctl(["create-token", "alice"]).run().refused("6", &["read-only"]);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
    let look = sandbox.drfctl(["inspect"]).run();
    assert_eq!(look.status, "0", "{look}");
}

/// A20
#[test]
fn a_folder_that_cannot_take_a_journal_is_refused() {
    let sandbox = Sandbox::stock();
    sandbox.give_to_nobody();
    set_mode(sandbox.dir(), 0o555);
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    set_mode(sandbox.dir(), 0o755);
    outcome.refused("6", &["journal", &sandbox.dir().display().to_string()]);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// Runs drfctl on a copy of the sandbox's database on a file system that is mounted read-only.
fn on_a_read_only_mount(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let mount = sandbox.dir().join("mount");
    fs::create_dir_all(&mount).expect("a folder");
    let script = r#"set -e; mount -t tmpfs none mount; cp db.sqlite3 mount/; mount -o remount,bind,ro mount; cd mount; exec "$@""#;
    sandbox.drfctl_behind_mounts(args, script).run()
}

/// A21
#[test]
#[ignore = "needs mount namespaces"]
fn a_read_only_file_system_can_be_looked_at_and_not_written() {
    let sandbox = Sandbox::stock();
    on_a_read_only_mount(&sandbox, &["create-token", "alice"]).refused("6", &["read-only"]);
    let look = on_a_read_only_mount(&sandbox, &["inspect"]);
    assert_eq!(look.status, "0", "{look}");
}

/// A22
#[test]
#[ignore = "needs mount namespaces"]
fn a_wal_database_on_a_read_only_file_system_is_refused_with_the_advice_to_copy() {
    let sandbox = Sandbox::stock();
    sandbox.exec("PRAGMA journal_mode = WAL");
    for args in [&["create-token", "alice"][..], &["inspect"]] {
        on_a_read_only_mount(&sandbox, args).refused("6", &["copy"]);
    }
}

/// A28
#[test]
fn what_a_crashed_server_left_in_the_wal_is_honoured() {
    let sandbox = Sandbox::stock();
    let mut server = sandbox.session();
    server.run("PRAGMA journal_mode=WAL");
    server.run("PRAGMA wal_autocheckpoint=0");
    let key = "5eaf00d5eaf00d5eaf00d5eaf00d5eaf00d5eaf0";
    let answer = server.run(&format!(
        "INSERT INTO authtoken_token (key, created, user_id) SELECT '{key}', '2026-01-02 03:04:05', id FROM auth_user WHERE username = 'alice'"
    ));
    assert_eq!(answer, "ok []");
    // What is on the disk at this moment is what a crash would leave.
    let crashed = Sandbox::empty();
    for name in ["db.sqlite3", "db.sqlite3-wal"] {
        fs::copy(sandbox.dir().join(name), crashed.dir().join(name)).expect("a copy");
    }
    let bare = Sandbox::empty();
    fs::copy(sandbox.db(), bare.db()).expect("a copy");
    assert_eq!(bare.value("SELECT count(*) FROM authtoken_token"), "0", "the token is in the wal alone");
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
        // Enough tokens to need pages behind the hole.
        let outcome = sandbox.drfctl(["create-token", "-"]).stdin(names).run().ok();
        assert_eq!(outcome.stdout.lines().count(), 300);
        assert!(fs::metadata(sandbox.db()).expect("the database").len() > size, "no page behind the hole");
        assert_eq!(sandbox.value("SELECT count(DISTINCT user_id) FROM authtoken_token"), "300");
        let again = sandbox.drfctl(["create-token", "u300"]).run().ok().key();
        assert_eq!(again, outcome.key());
    }
}

/// A30
#[test]
fn another_tool_in_the_middle_of_its_transaction_is_waited_for_and_then_given_up_on() {
    let sandbox = Sandbox::stock();
    let mut other = sandbox.session();
    assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
    assert_eq!(other.run("UPDATE auth_user SET first_name = 'Al' WHERE username = 'alice'"), "ok []");
    let given_up = sandbox.drfctl(["--busy-timeout", "200ms", "create-token", "alice"]).run();
    given_up.refused("5", &["lock"]);
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
    // The limit was the only fault.
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
}
