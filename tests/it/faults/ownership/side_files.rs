//! The database and its journals as root and others leave them or find them.
//!
//! Tags such as `D1` name cases of `tests/CASES.md`.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{COLLEAGUE, JOURNAL_MODES, SERVER, Sandbox, SharedProgram, Shim, names_in, set_mode};

/// D1, D7: at every write, and after the last.
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
                sandbox.assert_all_is_the_servers(&context);
                if !shim.fired("write") {
                    let _ = outcome.ok();
                    sandbox.assert_server_writes();
                    break;
                }
                assert_eq!(outcome.status, "signal 9", "{context}");
                if command[0] == "create-token" {
                    let tokens = sandbox.tokens_seen_by_the_server(&context);
                    assert!(tokens == "1" || (tokens == "2" && command[1] == "alice"), "{tokens} {context}");
                }
                last = nth;
            }
            assert!(last > 2, "{command:?} wrote nothing");
        }
    }
}

/// D5, D7: by option, where the folder hands its group on.
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
            let outcome = shared.called_by(COLLEAGUE, Some(SERVER), call).run();
            for name in names_in(sandbox.dir()) {
                let found = fs::metadata(sandbox.dir().join(&name)).unwrap();
                assert_eq!((found.gid(), found.mode() & 0o777), (SERVER, 0o664), "{} {context}", name.display());
            }
            if !shim.fired("write") {
                assert_eq!(outcome.status, "0", "{outcome}");
                sandbox.assert_server_writes();
                break;
            }
            assert_eq!(outcome.status, "signal 9", "{outcome}");
            assert_eq!(sandbox.tokens_seen_by_the_server(&context), "1");
            last = nth;
        }
        assert!(last > 2, "nothing was written in {journal} mode");
    }
}

/// D8
#[test]
#[ignore = "needs root"]
fn side_files_of_another_account_are_refused_with_the_chown_command() {
    let shared = SharedProgram::new();
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        let sandbox = Sandbox::of_the_server(journal);
        let side = PathBuf::from(format!("{}{ending}", fs::canonicalize(sandbox.db()).unwrap().display()));
        fs::write(&side, "").unwrap();
        let before = sandbox.files();
        let owners = format!("error: {} belongs to root, but the database to 12345\n", side.display());
        let advice =
            format!("hint: change the owner while no process uses the database: sudo chown 12345 {}\n", side.display());
        for command in [&["create-token", "alice"][..], &["list"]] {
            for call in [sandbox.drfctl(command), shared.called_by(SERVER, None, sandbox.drfctl(command))] {
                let outcome = call.run();
                assert_eq!((outcome.status.as_str(), outcome.stderr), ("6", format!("{owners}{advice}")));
            }
        }
        assert!(sandbox.files() == before, "{ending}");
        let given = Command::new("chown").arg("12345").arg(&side).status().unwrap();
        assert!(given.success());
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        sandbox.assert_server_writes();
    }
}

/// A file of root that no other account may change.
fn precious() -> (Sandbox, PathBuf) {
    let folder = Sandbox::empty();
    let file = fs::canonicalize(folder.dir()).unwrap().join("precious");
    fs::write(&file, "precious").unwrap();
    (folder, file)
}

/// Has a journal say that it is one of several, all of which that file lists: `SQLite` deletes it
/// once it is done with them.
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

/// D9: what the application's user could have left there for root. `SQLite` itself deletes no file
/// but of such a name and with such content.
#[test]
#[ignore = "needs root"]
fn a_crafted_journal_does_nothing_with_the_rights_of_root() {
    // Whether the file of root's is still there afterwards.
    let spared = |options: &[&str]| {
        let folder = Sandbox::empty();
        let list = folder.dir().join("db.sqlite3-mj012345978");
        let sandbox = Sandbox::crashed();
        let journal = fs::canonicalize(sandbox.dir()).unwrap().join("db.sqlite3-journal");
        fs::write(&list, format!("{}\0", journal.display())).unwrap();
        name_super_journal(&journal, &list);
        sandbox.give_to_the_server();
        let outcome = sandbox.drfctl(options).args(["create-token", "alice"]).run();
        assert!(["0", "6"].contains(&outcome.status.as_str()), "{outcome}");
        list.exists()
    };
    assert!(spared(&[]));
    // The trap is one: with the rights of root it springs.
    assert!(!spared(&["--allow-other-owner"]));
}

/// D9
#[test]
#[ignore = "needs root"]
fn root_does_not_follow_a_side_file_that_is_a_link() {
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        for mode in [0o600, 0o644] {
            let (_folder, precious) = precious();
            set_mode(&precious, mode);
            let sandbox = Sandbox::of_the_server(journal);
            let link = sandbox.dir().join(format!("db.sqlite3{ending}"));
            symlink(&precious, &link).unwrap();
            lchown(&link, Some(SERVER), Some(SERVER)).unwrap();
            for command in [&["create-token", "-r", "bob"][..], &["list"]] {
                let outcome = sandbox.drfctl(command).run();
                assert!(["0", "6"].contains(&outcome.status.as_str()), "{outcome}");
                let found = fs::metadata(&precious).unwrap();
                assert_eq!((found.uid(), found.mode() & 0o777), (0, mode), "{ending}");
                assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{ending}");
            }
        }
    }
}

/// A26: there is a hot journal that drfctl may not roll back.
#[test]
#[ignore = "needs root"]
fn a_hot_journal_of_another_account_is_named_and_kept() {
    let shared = SharedProgram::new();
    let sandbox = Sandbox::crashed();
    sandbox.give_to_the_server();
    let journal = sandbox.dir().join("db.sqlite3-journal");
    // Of root, as a careless `sudo manage.py` leaves it; then the owner's, closed to them.
    for (owner, says) in
        [(0, "db.sqlite3-journal belongs to root, but the database to 12345"), (SERVER, "cannot be opened")]
    {
        chown(&journal, Some(owner), Some(owner)).unwrap();
        set_mode(&journal, if owner == 0 { 0o600 } else { 0 });
        let before = sandbox.files();
        for command in [&["create-token", "alice"][..], &["list"], &["inspect"], &["revoke", "bob"]] {
            sandbox.drfctl(command).run().refused("6", &[says]);
            shared.called_by(SERVER, None, sandbox.drfctl(command)).run().refused("6", &[says]);
        }
        assert!(sandbox.files() == before, "{owner}");
    }
    set_mode(&journal, 0o644);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    sandbox.assert_server_writes();
}
