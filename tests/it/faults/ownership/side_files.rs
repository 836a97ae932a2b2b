//! The database and its side files, created or found by root and by other users.
//!
//! Tags such as `D1` name cases of `tests/CASES.md`.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{COLLEAGUE, JOURNAL_MODES, SERVER, Sandbox, SharedProgram, Shim, names_in, set_mode};

/// D1, D7: killed at every write, and complete.
#[test]
#[ignore = "needs root"]
fn files_that_root_creates_belong_to_the_application() {
    for journal in JOURNAL_MODES {
        for command in
            [&["create-token", "alice"][..], &["create-token", "-r", "bob"], &["create-user", "c", "--no-password"]]
        {
            if command[0] == "create-user" && journal == "wal" {
                continue;
            }
            let mut last = 0;
            for nth in 1.. {
                let context = format!("{command:?} killed at write {nth} in {journal} mode");
                let sandbox = Sandbox::of_the_server(journal);
                let shim = Shim::new(&sandbox);
                let outcome = shim.load(sandbox.drfctl(command)).env("SHIM_WRITE", format!("kill:{nth}")).run();
                sandbox.assert_files_belong_to_the_server(&context);
                if !shim.fired("write") {
                    let _ = outcome.ok();
                    sandbox.assert_server_can_write();
                    break;
                }
                assert_eq!(outcome.status, "signal 9", "{context}");
                if command[0] == "create-token" {
                    let tokens = sandbox.count_tokens_as_the_server(&context);
                    assert!(tokens == "1" || (tokens == "2" && command[1] == "alice"), "{tokens} {context}");
                }
                last = nth;
            }
            assert!(last > 2, "{command:?} wrote nothing");
        }
    }
}

/// D5, D7: with the option, in a folder with the set-group-ID bit.
#[test]
#[ignore = "needs root"]
fn side_files_of_a_group_member_are_usable_by_the_application() {
    let shared = SharedProgram::new();
    for journal in JOURNAL_MODES {
        let mut last = 0;
        for nth in 1.. {
            let context = format!("killed at write {nth} in {journal} mode");
            let sandbox = Sandbox::of_the_server(journal);
            set_mode(&sandbox.db(), 0o664);
            set_mode(sandbox.dir(), 0o2775);
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["--allow-other-owner", "create-token", "-r", "bob"]));
            let call = call.env("LD_PRELOAD", shared.shim()).env("SHIM_WRITE", format!("kill:{nth}"));
            let outcome = shared.called_as(COLLEAGUE, Some(SERVER), call).run();
            for name in names_in(sandbox.dir()) {
                let found = fs::metadata(sandbox.dir().join(&name)).unwrap();
                assert_eq!((found.gid(), found.mode() & 0o777), (SERVER, 0o664), "{} {context}", name.display());
            }
            if !shim.fired("write") {
                assert_eq!(outcome.status, "0", "{outcome}");
                sandbox.assert_server_can_write();
                break;
            }
            assert_eq!(outcome.status, "signal 9", "{outcome}");
            assert_eq!(sandbox.count_tokens_as_the_server(&context), "1");
            last = nth;
        }
        assert!(last > 2, "nothing was written in {journal} mode");
    }
}

/// D8
#[test]
#[ignore = "needs root"]
fn side_files_of_another_user_are_rejected_with_a_chown_hint() {
    let shared = SharedProgram::new();
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        let sandbox = Sandbox::of_the_server(journal);
        let side = PathBuf::from(format!("{}{ending}", fs::canonicalize(sandbox.db()).unwrap().display()));
        fs::write(&side, "").unwrap();
        let before = sandbox.files();
        let owners = format!("error: {} belongs to root, but the database to 12345\n", side.display());
        let hint =
            format!("hint: change the owner while no process uses the database: sudo chown 12345 {}\n", side.display());
        for command in [&["create-token", "alice"][..], &["list"]] {
            for call in [sandbox.drfctl(command), shared.called_as(SERVER, None, sandbox.drfctl(command))] {
                let outcome = call.run();
                assert_eq!((outcome.status.as_str(), outcome.stderr), ("6", format!("{owners}{hint}")));
            }
        }
        assert!(sandbox.files() == before, "{ending}");
        let chown = Command::new("chown").arg("12345").arg(&side).status().unwrap();
        assert!(chown.success());
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        sandbox.assert_server_can_write();
    }
}

/// Creates a file of root that no other user may change.
fn protected() -> (Sandbox, PathBuf) {
    let folder = Sandbox::empty();
    let file = fs::canonicalize(folder.dir()).unwrap().join("protected");
    fs::write(&file, "protected").unwrap();
    (folder, file)
}

/// Adds the name of a super-journal to a journal. `SQLite` deletes that file after the rollback.
fn name_super_journal(journal: &Path, list: &Path) {
    let mut bytes = fs::read(journal).unwrap();
    let name = list.to_str().unwrap().as_bytes();
    let page = 0x4000_0000_u32 / 4096 + 1;
    let sum: u32 = name.iter().map(|byte| u32::from(*byte)).sum();
    bytes.extend(page.to_be_bytes());
    bytes.extend(name);
    bytes.extend(u32::try_from(name.len()).unwrap().to_be_bytes());
    bytes.extend(sum.to_be_bytes());
    bytes.extend([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]);
    fs::write(journal, bytes).unwrap();
}

/// D9, K11: an attack by the application's user on root. `SQLite` itself deletes only files with such a
/// name and such content.
#[test]
#[ignore = "needs root"]
fn a_crafted_journal_has_no_effect_with_the_rights_of_root() {
    // Returns whether root's file still exists.
    let survives = |options: &[&str]| {
        let folder = Sandbox::empty();
        let list = folder.dir().join("db.sqlite3-mj012345978");
        let sandbox = Sandbox::crashed();
        let journal = fs::canonicalize(sandbox.dir()).unwrap().join("db.sqlite3-journal");
        fs::write(&list, format!("{}\0", journal.display())).unwrap();
        name_super_journal(&journal, &list);
        sandbox.chown_to_server();
        let outcome = sandbox.drfctl(options).args(["create-token", "alice"]).run();
        assert!(["0", "6"].contains(&outcome.status.as_str()), "{outcome}");
        list.exists()
    };
    assert!(survives(&[]));
    // Without the switch to the owner, the attack succeeds.
    assert!(!survives(&["--allow-other-owner"]));
}

/// D9, K12
#[test]
#[ignore = "needs root"]
fn root_does_not_follow_a_side_file_that_is_a_link() {
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        for mode in [0o600, 0o644] {
            let (_folder, protected) = protected();
            set_mode(&protected, mode);
            let sandbox = Sandbox::of_the_server(journal);
            let link = sandbox.dir().join(format!("db.sqlite3{ending}"));
            symlink(&protected, &link).unwrap();
            lchown(&link, Some(SERVER), Some(SERVER)).unwrap();
            for command in [&["create-token", "-r", "bob"][..], &["list"]] {
                let outcome = sandbox.drfctl(command).run();
                assert!(["0", "6"].contains(&outcome.status.as_str()), "{outcome}");
                let found = fs::metadata(&protected).unwrap();
                assert_eq!((found.uid(), found.mode() & 0o777), (0, mode), "{ending}");
                assert_eq!(fs::read_to_string(&protected).unwrap(), "protected", "{ending}");
            }
        }
    }
}

/// A26: a hot journal that drfctl may not roll back.
#[test]
#[ignore = "needs root"]
fn a_hot_journal_of_another_user_is_reported_and_kept() {
    let shared = SharedProgram::new();
    let sandbox = Sandbox::crashed();
    sandbox.chown_to_server();
    let journal = sandbox.dir().join("db.sqlite3-journal");
    // A journal of root, like after `sudo manage.py`, and an unreadable one of the owner.
    for (owner, message) in
        [(0, "db.sqlite3-journal belongs to root, but the database to 12345"), (SERVER, "cannot be opened")]
    {
        chown(&journal, Some(owner), Some(owner)).unwrap();
        set_mode(&journal, if owner == 0 { 0o600 } else { 0 });
        let before = sandbox.files();
        for command in [&["create-token", "alice"][..], &["list"], &["inspect"], &["revoke", "bob"]] {
            sandbox.drfctl(command).run().refused("6", &[message]);
            shared.called_as(SERVER, None, sandbox.drfctl(command)).run().refused("6", &[message]);
        }
        assert!(sandbox.files() == before, "{owner}");
    }
    set_mode(&journal, 0o644);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    sandbox.assert_server_can_write();
}
