//! `migrate` with unusual paths and files: which database it creates, what it rejects, and that it
//! does not create or change other files.
//!
//! Tags such as `A1` name cases of `tests/CASES.md`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, MetadataExt, symlink};

use snapbox::{assert_data_eq, str};

use crate::support::{
    IN_MEMORY, IRREGULAR_FILES, MIGRATE_CALLS, NEWER_FORMATS, Sandbox, foreign_contents, names_in, set_mode,
};

/// A1, D11
#[test]
fn a_new_database_is_private_under_every_umask() {
    for umask in ["000", "022", "077"] {
        let sandbox = Sandbox::empty();
        let script = format!(r#"umask {umask}; exec "$@""#);
        let outcome = sandbox.drfctl(["migrate"]).through(["sh", "-c", &script, "sh"]).run();
        assert_data_eq!(
            outcome.to_string(),
            str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying contenttypes.0001_initial... OK
...
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr
note: created the database [..]/db.sqlite3

"#]]
        );
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
        assert_eq!(fs::metadata(sandbox.db()).expect("the database").mode() & 0o7777, 0o600, "umask {umask}");
        sandbox.assert_migrated();
    }
}

/// A1, A9
#[test]
fn reading_a_missing_or_empty_database_creates_nothing() {
    for (call, status, first) in [
        (MIGRATE_CALLS[1], "1", ""),
        (MIGRATE_CALLS[2], "0", "Planned operations:"),
        (MIGRATE_CALLS[3], "0", "auth"),
        (&["migrate", "--plan", "--check"], "1", "Planned operations:"),
    ] {
        let (missing, empty) = (Sandbox::empty(), Sandbox::empty());
        fs::write(empty.db(), "").expect("a file");
        let [one, other] = [&missing, &empty].map(|sandbox| sandbox.drfctl(call).run());
        assert_eq!(one, other);
        let unapplied = one.stderr.starts_with("error: not applied: contenttypes.0001_initial, ");
        assert_eq!((one.status.as_str(), one.stdout.lines().next().unwrap_or("")), (status, first), "{one}");
        assert_eq!((unapplied, one.stderr.is_empty()), (status == "1", status == "0"), "{one}");
        assert_eq!(names_in(missing.dir()), [""; 0]);
        assert_eq!(names_in(empty.dir()), ["db.sqlite3"]);
        assert_eq!(fs::metadata(empty.db()).expect("the file").len(), 0);
    }
}

/// A9
#[test]
fn an_empty_file_is_filled_and_keeps_its_mode() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.db(), "").expect("a file");
    set_mode(&sandbox.db(), 0o640);
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(fs::metadata(sandbox.db()).expect("the database").mode() & 0o7777, 0o640);
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    sandbox.assert_migrated();
}

/// A2
#[test]
fn a_missing_folder_is_reported_and_not_created() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.dir().join("no-such-folder");
    for call in MIGRATE_CALLS {
        let outcome = sandbox.drfctl_on(folder.join("db.sqlite3"), call).run();
        outcome.refused("6", &[&folder.display().to_string(), "does not exist"]);
        assert_eq!(names_in(sandbox.dir()), [""; 0]);
    }
}

/// A3
#[test]
fn irregular_files_are_rejected_without_hanging() {
    let sandbox = Sandbox::empty();
    let _listener = sandbox.add_irregular_files();
    for call in MIGRATE_CALLS {
        for database in IRREGULAR_FILES {
            sandbox.drfctl_on(database, call).run().refused("6", &["not a regular file"]);
        }
    }
    assert_eq!(names_in(sandbox.dir()), ["folder", "link", "pipe", "socket"]);
}

/// A4
#[test]
fn a_database_in_memory_is_a_usage_error() {
    let sandbox = Sandbox::empty();
    for call in MIGRATE_CALLS {
        for database in IN_MEMORY {
            sandbox.drfctl_on(database, call).run().refused("2", &["memory"]);
        }
    }
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A5, A6, A7
#[test]
fn a_database_is_created_under_its_literal_name() {
    let cases: [(&[u8], &str); 9] = [
        (b"new\nline", r"new\u{a}line"),
        (b"e\x1b[31mscape", r"e\u{1b}[31mscape"),
        (b"over\xe2\x80\xaeride", r"over\u{202e}ride"),
        (b"a?mode=memory", "a?mode=memory"),
        (b"100%41", "100%41"),
        (b"a#b", "a#b"),
        (b"-rf", "-rf"),
        (b"o'q\"u", "o'q\"u"),
        (b"d\xff\xfe.sqlite3", "d\u{fffd}\u{fffd}.sqlite3"),
    ];
    for (name, shown) in cases {
        let sandbox = Sandbox::empty();
        let name = OsString::from_vec(name.to_vec());
        let outcome = sandbox.drfctl_on(&name, MIGRATE_CALLS[0]).run();
        let folder = fs::canonicalize(sandbox.dir()).expect("the real path");
        let note = format!("note: created the database {}/{shown}\n", folder.display());
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", note.as_str()));
        assert_eq!(names_in(sandbox.dir()), [name.as_os_str()]);
        let again = sandbox.drfctl_on(&name, MIGRATE_CALLS[0]).run().ok();
        assert!(again.stdout.ends_with("  No migrations to apply.\n"), "{again}");
        fs::rename(sandbox.dir().join(name), sandbox.db()).expect("a rename");
        sandbox.assert_migrated();
    }
}

/// A5
#[test]
fn a_sqlite_uri_creates_no_file() {
    let sandbox = Sandbox::empty();
    for uri in ["file:x?mode=memory", "file:x?mode=ro", "file:x?nolock=1&vfs=unix-none", "file:x"] {
        sandbox.drfctl_on(uri, MIGRATE_CALLS[0]).run().refused("6", &[uri, "SQLite URIs are not supported"]);
    }
    for uri in ["file:/db?immutable=1", "file:/db.sqlite3?nolock=1", "file:./db?mode=rwc"] {
        sandbox.drfctl_on(uri, MIGRATE_CALLS[0]).run().refused("6", &["directory file:"]);
    }
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A8
#[test]
fn a_path_that_is_too_long_is_rejected_and_creates_no_file() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.dir().join("a".repeat(200)).join("b".repeat(200)).join("c".repeat(200));
    fs::create_dir_all(&folder).expect("folders");
    sandbox.drfctl_on(folder.join("db.sqlite3"), MIGRATE_CALLS[0]).run().refused("6", &["504"]);
    sandbox.drfctl(["migrate"]).cwd(&folder).run().refused("6", &["504"]);
    sandbox.drfctl_on(format!("./{}", "d".repeat(256)), MIGRATE_CALLS[0]).run().refused("6", &["too long"]);
    assert_eq!(names_in(&folder), [""; 0]);
    assert_eq!(names_in(sandbox.dir()), [OsString::from("a".repeat(200))]);
}

/// A10
#[test]
fn a_truncated_database_is_rejected() {
    let bytes = fs::read(Sandbox::at_auth_0005().db()).expect("the database is read");
    for length in [16, 60, 100, 4096, bytes.len() / 2] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), &bytes[..length]).expect("a part of it");
        sandbox.assert_unusable(&MIGRATE_CALLS, &[]);
    }
}

/// A11
#[test]
fn a_file_in_another_format_is_rejected() {
    for content in foreign_contents() {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), content).expect("a file");
        sandbox.assert_unusable(&MIGRATE_CALLS, &["not a SQLite database"]);
    }
}

/// A12
#[test]
fn a_file_of_a_newer_sqlite_is_rejected() {
    for (offset, bytes) in NEWER_FORMATS {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.overwrite(offset, bytes);
        sandbox.assert_unusable(&MIGRATE_CALLS, &["newer"]);
    }
}

/// A13
#[test]
fn damaged_pages_of_a_rebuilt_table_are_rejected() {
    for table in ["auth_user", "django_content_type", "auth_group"] {
        let sandbox = Sandbox::at_auth_0005();
        let pages =
            sandbox.sql(&format!("SELECT rootpage FROM sqlite_master WHERE tbl_name = '{table}' AND rootpage > 0"));
        let file = fs::OpenOptions::new().write(true).open(sandbox.db()).expect("the database");
        for page in pages {
            let page: u64 = page[0].parse().expect("a number");
            file.write_all_at(&vec![0xa5; 4096], (page - 1) * 4096).expect("damage");
        }
        sandbox.assert_unusable(&MIGRATE_CALLS[..1], &["corrupt", "integrity_check"]);
    }
}

/// A14
#[test]
fn a_symbolic_link_is_followed_and_gets_no_side_files() {
    for mode in ["delete", "wal"] {
        let (sandbox, links) = (Sandbox::at_auth_0005(), Sandbox::empty());
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        symlink(sandbox.db(), links.dir().join("first")).expect("a link");
        symlink("first", links.db()).expect("a link");
        let _ = links.drfctl(["migrate"]).run().ok();
        assert_eq!(names_in(links.dir()), ["db.sqlite3", "first"]);
        sandbox.assert_migrated();
    }
}

/// A15
#[test]
fn a_dangling_or_circular_link_is_rejected() {
    let sandbox = Sandbox::empty();
    for (name, target) in [("dangling", "missing"), ("far", "missing/db"), ("loop", "loop"), ("second", "dangling")] {
        symlink(target, sandbox.dir().join(name)).expect("a link");
        for call in MIGRATE_CALLS {
            sandbox.drfctl_on(name, call).run().refused("6", &[name]);
        }
    }
    assert_eq!(names_in(sandbox.dir()), ["dangling", "far", "loop", "second"]);
}

/// A17
#[test]
fn a_hard_link_requires_allow_aliases() {
    let empty = Sandbox::empty();
    fs::write(empty.db(), "").expect("a file");
    for sandbox in [Sandbox::at_auth_0005(), empty] {
        fs::hard_link(sandbox.db(), sandbox.dir().join("second")).expect("a second name");
        sandbox.assert_unusable(&MIGRATE_CALLS, &["hard link", "--allow-aliases"]);
        let _ = sandbox.drfctl(["--allow-aliases", "migrate"]).run().ok();
    }
}

/// A19, A20
#[test]
fn a_read_only_database_rejects_only_writes() {
    for (of_folder, mode, message) in [(false, 0o444, "read-only"), (true, 0o555, "journal")] {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.chown_to_nobody();
        let path = if of_folder { sandbox.dir().to_path_buf() } else { sandbox.db() };
        set_mode(&path, mode);
        sandbox.assert_unusable(&MIGRATE_CALLS[..1], &[message]);
        let check = sandbox.drfctl(["migrate", "--check"]).run();
        set_mode(&path, 0o755);
        check.refused("1", &["not applied: contenttypes.0002_remove_content_type_name, auth.0006"]);
    }
}

/// A20
#[test]
fn an_unwritable_folder_is_rejected() {
    let sandbox = Sandbox::empty();
    sandbox.chown_to_nobody();
    set_mode(sandbox.dir(), 0o555);
    let outcome = sandbox.drfctl(["migrate"]).run();
    set_mode(sandbox.dir(), 0o755);
    outcome.refused("6", &["db.sqlite3 cannot be created: permission denied"]);
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// D1: if the test runs as root, the folder belongs to another account.
#[test]
fn a_new_database_belongs_to_the_owner_of_its_folder() {
    let sandbox = Sandbox::empty();
    sandbox.chown_to_nobody();
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    let [folder, file] = [sandbox.dir(), &sandbox.db()].map(|path| fs::metadata(path).expect("it exists"));
    assert_eq!((file.uid(), file.gid(), file.mode() & 0o7777), (folder.uid(), folder.gid(), 0o600));
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    sandbox.assert_migrated();
}
