//! The path of the database: which paths are rejected, which links are followed, and that drfctl
//! creates no other file.
//!
//! Tags such as `A1` name cases of `tests/CASES.md`.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;

use crate::support::{IN_MEMORY, IRREGULAR_FILES, JOURNAL_MODES, Sandbox, Shim, names_in};

/// A1
#[test]
fn a_path_to_a_missing_file_is_rejected_and_creates_none() {
    let sandbox = Sandbox::empty();
    sandbox.drfctl_on("typo.sqlite3", &["create-token", "alice"]).run().refused("6", &["typo.sqlite3"]);
    sandbox.drfctl(["-d", "typo.sqlite3", "inspect"]).run().refused("6", &["typo.sqlite3"]);
    sandbox.drfctl(["create-token", "alice"]).run().refused("6", &["db.sqlite3"]);
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A2
#[test]
fn a_missing_folder_is_reported() {
    let sandbox = Sandbox::empty();
    let folder = sandbox.dir().join("no-such-folder");
    let outcome = sandbox.drfctl_on(folder.join("deep.sqlite3"), &["create-token", "alice"]).run();
    outcome.refused("6", &[&format!("{}", folder.display())]);
    assert_eq!(names_in(sandbox.dir()), [""; 0]);
}

/// A3
#[test]
fn irregular_files_are_rejected_without_hanging() {
    let sandbox = Sandbox::empty();
    let _listener = sandbox.add_irregular_files();
    for database in IRREGULAR_FILES {
        sandbox.drfctl_on(database, &["create-token", "alice"]).run().refused("6", &["not a regular file"]);
    }
}

/// A4
#[test]
fn a_database_in_memory_is_a_usage_error() {
    let sandbox = Sandbox::stock();
    for database in IN_MEMORY {
        sandbox.drfctl_on(database, &["create-token", "alice"]).run().refused("2", &[]);
    }
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
}

/// A5
#[test]
fn a_sqlite_uri_is_a_file_name() {
    let sandbox = Sandbox::stock();
    let uris = [
        "x?mode=memory",
        "db.sqlite3?mode=ro",
        "/db.sqlite3?immutable=1",
        "db.sqlite3?nolock=1",
        "db.sqlite3?vfs=unix-none",
    ];
    for uri in uris {
        sandbox.drfctl_on(format!("file:{uri}"), &["create-token", "alice"]).run().refused("6", &[]);
    }
    let before = sandbox.dump();
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    fs::copy(sandbox.db(), sandbox.dir().join("file:x?mode=memory")).expect("a copy");
    let key = sandbox.drfctl_on("file:x?mode=memory", &["create-token", "alice"]).run().ok().key();
    assert_eq!(sandbox.dump(), before);
    fs::rename(sandbox.dir().join("file:x?mode=memory"), sandbox.db()).expect("a rename");
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
}

/// A6
#[test]
fn a_file_with_special_characters_is_opened_by_its_name() {
    for name in ["new\nline", "e\u{1b}[31mscape", "a?mode=memory", "100%41", "a#b", "-rf", "sp ace", "o'q\"u"] {
        let sandbox = Sandbox::stock();
        let renamed = sandbox.dir().join(name);
        fs::rename(sandbox.db(), &renamed).expect("a rename");
        let key = sandbox.drfctl_on(name, &["create-token", "alice"]).run().ok().key();
        assert_eq!(names_in(sandbox.dir()), [name]);
        fs::rename(&renamed, sandbox.db()).expect("a rename");
        assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
    }
}

/// A6
#[test]
fn special_characters_of_a_file_name_are_escaped_in_messages() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl_on("e\u{1b}[31m\u{202e}n\nl", &["create-token", "alice"]).run();
    outcome.refused("6", &[r"\u{1b}[31m", r"\u{202e}"]);
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{202e}']), "{outcome}");
    assert!(!outcome.stderr.lines().any(|line| line.starts_with('l')), "{outcome}");
}

/// A7
#[test]
fn a_path_that_is_not_utf8_works() {
    let sandbox = Sandbox::stock();
    let name = OsString::from_vec(b"d\xff\xfe.sqlite3".to_vec());
    let renamed = sandbox.dir().join(&name);
    fs::rename(sandbox.db(), &renamed).expect("a rename");
    let key = sandbox.drfctl_on(&name, &["create-token", "alice"]).run().ok().key();
    assert_eq!(names_in(sandbox.dir()), [name]);
    fs::rename(&renamed, sandbox.db()).expect("a rename");
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), key);
    // A missing file is named without a panic.
    sandbox.drfctl_on(renamed, &["create-token", "alice"]).run().refused("6", &["d"]);
}

/// A8
#[test]
fn a_path_that_is_too_long_for_sqlite_is_rejected() {
    let sandbox = Sandbox::stock();
    let folder = sandbox.dir().join("a".repeat(200)).join("b".repeat(200)).join("c".repeat(200));
    fs::create_dir_all(&folder).expect("folders");
    let long = folder.join("db.sqlite3");
    fs::copy(sandbox.db(), &long).expect("a copy");
    sandbox.drfctl_on(&long, &["create-token", "alice"]).run().refused("6", &["504"]);
    // The limit applies to the absolute path.
    sandbox.drfctl(["create-token", "alice"]).cwd(&folder).run().refused("6", &["504"]);
    assert_eq!(names_in(&folder), ["db.sqlite3"]);
}

/// A14
#[test]
fn a_symbolic_link_to_the_database_gets_no_side_files() {
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
fn a_dangling_or_circular_link_is_rejected() {
    let sandbox = Sandbox::empty();
    symlink("missing", sandbox.dir().join("dangling")).expect("a link");
    symlink("loop", sandbox.dir().join("loop")).expect("a link");
    for name in ["dangling", "loop"] {
        sandbox.drfctl_on(name, &["create-token", "alice"]).run().refused("6", &[name]);
    }
    assert_eq!(names_in(sandbox.dir()), ["dangling", "loop"]);
}

/// A16
#[test]
fn a_file_replaced_between_check_and_open_is_rejected() {
    for as_link in [false, true] {
        let mut last = None;
        for nth in 1.. {
            let sandbox = Sandbox::stock();
            let (other, replacement) = (sandbox.dir().join("other"), sandbox.dir().join("replacement"));
            fs::copy(sandbox.db(), &other).expect("a copy");
            let original = fs::File::open(sandbox.db()).expect("the database");
            let before = fs::read(&other).expect("the copy is read");
            if as_link {
                symlink(&other, &replacement).expect("a link");
            } else {
                fs::hard_link(&other, &replacement).expect("a second name");
                fs::remove_file(&other).expect("the first name is removed");
            }
            let real = fs::canonicalize(sandbox.db()).expect("the real path");
            let swap = format!("{nth}:{}:{}", replacement.display(), real.display());
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(["create-token", "alice"])).env("SHIM_SWAP", swap).run();
            if !shim.fired("swap") {
                let _ = outcome.ok();
                break;
            }
            // Neither the checked file nor its replacement changed.
            for mut file in [original, fs::File::open(sandbox.db()).expect("the current file")] {
                let mut now = Vec::new();
                file.seek(SeekFrom::Start(0)).expect("a seek");
                file.read_to_end(&mut now).expect("a file is read");
                assert!(now == before, "a file changed at open {nth}\n{outcome}");
            }
            outcome.refused("6", &[]);
            last = Some(outcome);
        }
        assert!(last.is_some(), "drfctl did not open the file by its real path");
    }
}

/// A17
#[test]
fn a_hard_link_requires_allow_aliases() {
    let sandbox = Sandbox::stock();
    let second = sandbox.dir().join("second");
    fs::hard_link(sandbox.db(), &second).expect("a second name");
    let before = fs::read(sandbox.db()).expect("the database is read");
    for name in ["db.sqlite3", "second"] {
        sandbox.drfctl_on(name, &["create-token", "alice"]).run().refused("6", &["hard link", "--allow-aliases"]);
    }
    sandbox.drfctl(["inspect"]).run().refused("6", &["--allow-aliases"]);
    assert!(fs::read(&second).expect("the database is read") == before, "the file changed");
    let allowed = sandbox.drfctl(["--allow-aliases", "create-token", "alice"]).run();
    assert_eq!(allowed.status, "0", "{allowed}");
}

/// A18
#[test]
fn a_database_replaced_during_the_wait_is_not_written() {
    for mode in JOURNAL_MODES {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        sandbox.assert_replaced_file_is_rejected(sandbox.drfctl(["create-token", "alice"]));
    }
}
