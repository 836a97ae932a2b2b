//! Journals and write-ahead logs next to the database, and file systems on which locks are not
//! reliable.
//!
//! Tags such as `A25` name cases of `tests/CASES.md`.

use std::fs;

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::support::{JOURNAL_MODES, KEY, Outcome, Sandbox, Shim, names_in, set_mode};

/// A25
#[test]
fn a_hot_journal_is_rolled_back_silently() {
    let before = Sandbox::with_journal("delete").dump();
    for (command, message) in [
        (&["list", "--format", "raw", "--show-keys"][..], KEY),
        (&["create-token", "bob"], KEY),
        (&["list", "--count"], "1"),
        (&["verify", "--format", "json"], "bob"),
    ] {
        let sandbox = Sandbox::crashed();
        let outcome = sandbox.drfctl(command).stdin(KEY).run().ok();
        assert!(outcome.stdout.contains(message), "{outcome}");
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"], "{command:?}");
        assert_eq!(sandbox.dump(), before, "{command:?}");
    }
}

/// C15: sectors of the first page that were being written are lost or garbage.
#[test]
fn a_first_page_that_a_power_cut_destroyed_is_restored() {
    let before = Sandbox::with_journal("delete").dump();
    for (command, message) in [
        (&["list", "--format", "raw", "--show-keys"][..], KEY),
        (&["create-token", "bob"], KEY),
        (&["migrate", "--plan"], "No planned migration operations"),
    ] {
        for sector in [[0; 512], [0x5a; 512]] {
            let sandbox = Sandbox::crashed();
            let mut damaged = fs::read(sandbox.db()).unwrap();
            damaged[..512].copy_from_slice(&sector);
            fs::write(sandbox.db(), damaged).unwrap();
            let outcome = sandbox.drfctl(command).run().ok();
            assert!(outcome.stdout.contains(message), "{outcome}");
            assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"], "{command:?}");
            assert_eq!(sandbox.dump(), before, "{command:?}");
        }
    }
}

/// C15: without the first page in the journal, the file may be anything.
#[test]
fn a_file_whose_journal_restores_no_first_page_is_left_alone() {
    let journal = fs::read(Sandbox::crashed().dir().join("db.sqlite3-journal")).unwrap();
    for journal in [&journal[..512], &[0xd9; 4096], b"a list of what I did today\n"] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.db(), [0x5a; 8192]).unwrap();
        fs::write(sandbox.dir().join("db.sqlite3-journal"), journal).unwrap();
        let before = sandbox.files();
        for command in [&["list"][..], &["create-token", "bob"], &["migrate"]] {
            sandbox.drfctl(command).run().refused("6", &["is not a SQLite database, or it is encrypted"]);
            assert!(sandbox.files() == before, "{command:?}");
        }
    }
}

/// A27: drfctl cannot read which database the journal belongs to, so it keeps the journal.
#[test]
fn an_unreadable_journal_of_another_database_is_kept() {
    let sandbox = Sandbox::with_journal("delete");
    let journal = sandbox.dir().join("db.sqlite3-journal");
    fs::copy(Sandbox::crashed().dir().join("db.sqlite3-journal"), &journal).unwrap();
    sandbox.chown_to_nobody();
    if fs::metadata(sandbox.dir()).unwrap().uid() != fs::metadata(&journal).unwrap().uid() {
        std::os::unix::fs::chown(&journal, Some(65534), Some(65534)).unwrap();
    }
    set_mode(&journal, 0);
    let seen = || (fs::read(sandbox.db()).unwrap(), fs::metadata(&journal).unwrap().len());
    let before = seen();
    for command in [&["create-token", "alice"][..], &["create-token", "-r", "bob"], &["list"], &["inspect"]] {
        sandbox.drfctl(command).run().refused("6", &["or one of its side files, cannot be opened"]);
    }
    assert!(seen() == before);
}

/// A27: a file that is not a journal names no other file.
#[test]
fn a_file_with_the_name_of_a_journal_is_ignored() {
    for content in [&b"a list of what I did today\n"[..], &[0; 4096], &[0xff; 4096], b""] {
        let sandbox = Sandbox::with_journal("delete");
        let before = sandbox.dump();
        fs::write(sandbox.dir().join("db.sqlite3-journal"), content).unwrap();
        let listed = sandbox.drfctl(["list", "--count"]).run().ok();
        assert_eq!(listed.stdout, "1\n");
        assert_eq!(sandbox.dump(), before);
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
    }
}

/// A23: file system types of NFS, CIFS, SMB, 9P and FUSE, as `statfs` reports them.
#[test]
fn a_network_file_system_rejects_wal_and_warns_otherwise() {
    for kind in ["6969", "517b", "ff534d42", "fe534d42", "1021997", "65735546"] {
        for command in [&["create-token", "-r", "bob"][..], &["inspect"]] {
            let on_it = |journal: &str| {
                let sandbox = Sandbox::with_journal(journal);
                set_mode(&sandbox.db(), 0o600);
                let before = sandbox.files();
                let shim = Shim::new(&sandbox);
                let outcome = shim.load(sandbox.drfctl(command)).env("SHIM_STATFS", kind).run();
                (outcome, sandbox.files() == before)
            };
            let (outcome, is_untouched) = on_it("wal");
            outcome.refused("6", &["is in WAL mode on a network file system", "on the host that serves the file"]);
            assert!(is_untouched, "{kind}");
            let (outcome, _) = on_it("delete");
            assert_eq!(outcome.status, "0", "{outcome}");
            let warned = outcome.stderr.strip_prefix("warning: the database ").unwrap_or_default();
            let rest = "/db.sqlite3 is on a network file system, where another host may not see a lock on it\n";
            assert!(warned.ends_with(rest) && warned.lines().count() == 1, "{outcome}");
        }
    }
}

/// Runs drfctl on a second name of the sandbox's database: a bind mount of the file in another
/// folder.
fn on_a_bind_mount_of_the_file(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let script = r#"set -e; mkdir -p other; : > other/db.sqlite3; mount --bind db.sqlite3 other/db.sqlite3; cd other; exec "$@""#;
    sandbox.drfctl_behind_mounts(args, script).run()
}

/// A24: like in a container whose volume is only `db.sqlite3`.
#[test]
#[ignore = "needs mount namespaces"]
fn a_bind_mount_of_the_file_requires_allow_aliases() {
    for journal in JOURNAL_MODES {
        let sandbox = Sandbox::with_journal(journal);
        let before = sandbox.dump();
        for command in [&["create-token", "alice"][..], &["list"], &["inspect"]] {
            let outcome = on_a_bind_mount_of_the_file(&sandbox, command);
            outcome.refused("6", &["has more than one name (a bind mount of the file)", "--allow-aliases"]);
            assert_eq!(names_in(&sandbox.dir().join("other")), ["db.sqlite3"]);
        }
        assert_eq!(sandbox.dump(), before);
        let allowed = on_a_bind_mount_of_the_file(&sandbox, &["--allow-aliases", "create-token", "bob"]);
        assert_eq!(allowed.ok().stdout, format!("Generated token {KEY} for user bob\n"));
    }
}

/// A24: like outside of the container, where the path is a normal file.
#[test]
fn a_write_ahead_log_in_another_directory_is_always_rejected() {
    let sandbox = Sandbox::with_journal("wal");
    let other_folder = Sandbox::empty();
    fs::hard_link(sandbox.db(), other_folder.db()).unwrap();
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
    assert_eq!(server.run("DELETE FROM authtoken_token"), "ok []");
    assert_eq!(server.run("COMMIT"), "ok []");
    let before = other_folder.files();
    for command in [&["create-token", "alice"][..], &["list"], &["inspect"]] {
        let outcome = other_folder.drfctl(["--allow-aliases"]).args(command).run();
        outcome.refused("6", &["open with a write-ahead log in another directory"]);
    }
    assert!(other_folder.files() == before);
    drop(server);
    let key = other_folder.drfctl(["--allow-aliases", "create-token", "bob"]).run().ok().key();
    assert_ne!(key, KEY, "drfctl does not see the commit of the server");
}

/// D6: with every umask.
#[test]
fn side_files_have_the_databases_mode_under_every_umask() {
    for journal in JOURNAL_MODES {
        for (umask, mode) in [("077", 0o664), ("000", 0o600), ("027", 0o666), ("777", 0o640)] {
            let mut last = 0;
            for nth in 1.. {
                let sandbox = Sandbox::with_journal(journal);
                set_mode(&sandbox.db(), mode);
                let shim = Shim::new(&sandbox);
                let script = format!(r#"umask {umask}; exec "$@""#);
                let call = shim.load(sandbox.drfctl(["create-token", "-r", "bob"]));
                let outcome = call.env("SHIM_WRITE", format!("kill:{nth}")).through(["sh", "-c", &script, "sh"]).run();
                for name in names_in(sandbox.dir()) {
                    let found = fs::metadata(sandbox.dir().join(&name)).unwrap().mode() & 0o777;
                    assert_eq!(found, mode, "{} under {umask}, killed at write {nth}", name.display());
                }
                if outcome.status == "0" {
                    break;
                }
                last = nth;
            }
            assert!(last > 2, "nothing was written in {journal} mode");
        }
    }
}

/// E12: each process recovers the log, or waits for another one that does.
#[test]
fn twenty_processes_that_recover_a_wal_all_succeed() {
    for round in 0..3 {
        let sandbox = Sandbox::with_journal("wal");
        let names = sandbox.add_users(20_000);
        let mut server = sandbox.session();
        for set in ["PRAGMA wal_autocheckpoint=0", "UPDATE auth_user SET first_name = 'in the log'"] {
            assert!(server.run(set).starts_with("ok"), "{set}");
        }
        // A copy of the files is what a crash at this moment would leave.
        let crashed = Sandbox::empty();
        for name in ["db.sqlite3", "db.sqlite3-wal"] {
            fs::copy(sandbox.dir().join(name), crashed.dir().join(name)).unwrap();
        }
        let started: Vec<_> =
            names.lines().take(20).map(|name| (name, crashed.drfctl(["create-token", name]).spawn())).collect();
        for (name, running) in started {
            let outcome = running.wait().ok();
            assert!(outcome.stdout.ends_with(&format!(" for user {name}\n")), "{outcome}");
        }
        assert_eq!(crashed.value("SELECT count(*) FROM authtoken_token"), "21", "round {round}");
        assert_eq!(crashed.value("SELECT count(*) FROM auth_user WHERE first_name <> 'in the log'"), "0");
    }
}

/// H8
#[test]
fn no_file_outside_the_databases_folder_is_opened_for_writing() {
    for journal in JOURNAL_MODES {
        for command in [
            &["create-token", "alice"][..],
            &["create-token", "-r", "--all", "--yes"],
            &["create-token", "-r", "--all", "--yes", "--single-transaction"],
            &["create-user", "carol", "--no-password"],
            &["list", "--sort", "created"],
            &["inspect"],
            &["revoke", "bob"],
        ] {
            let sandbox = Sandbox::with_journal(journal);
            sandbox.add_users(50);
            let folder = fs::canonicalize(sandbox.dir()).unwrap();
            let shim = Shim::new(&sandbox);
            let outcome = shim.load(sandbox.drfctl(command)).env("SHIM_OPENS", "1").run();
            assert_eq!(outcome.status, "0", "{outcome}");
            let log = shim.log();
            let opened: Vec<_> = log.lines().filter_map(|line| line.strip_prefix("opens ")).map(Path::new).collect();
            assert!(opened.contains(&folder.join("db.sqlite3").as_path()), "{command:?}: {opened:?}");
            assert!(opened.iter().all(|path| path.starts_with(&folder)), "{command:?}: {opened:?}");
        }
    }
}
