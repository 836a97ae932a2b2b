//! Whose files these are, where there is more than one user: root works as the application's user
//! or not at all, others do not work, and afterwards the application reads and writes with no
//! repair.
//!
//! All of it needs root, and is skipped by this module's name where nobody is. The tags (`D1`) are
//! the fault cases that a test holds.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::statvfs::{FsFlags, statvfs};

use crate::support::{
    Invocation, JOURNAL_MODES, KEY, Outcome, Running, Sandbox, Shim, names_in, python, set_mode, until,
};

/// The user and the group of the application, neither of which has a name.
const SERVER: u32 = 12_345;

/// Somebody in that group.
const COLLEAGUE: u32 = 12_346;

/// A database of the application's, in its folder.
fn of_the_server(journal: &str) -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.give_token("bob", KEY);
    sandbox.exec(&format!("PRAGMA journal_mode = {journal}"));
    hand_over(&sandbox);
    sandbox
}

/// Gives the folder and all that is in it to the application.
fn hand_over(sandbox: &Sandbox) {
    for name in names_in(sandbox.dir()) {
        chown(sandbox.dir().join(name), Some(SERVER), Some(SERVER)).unwrap();
    }
    chown(sandbox.dir(), Some(SERVER), Some(SERVER)).unwrap();
}

/// Asserts that everything in the folder is the application's, with the mode of the database.
#[track_caller]
fn all_is_the_servers(sandbox: &Sandbox, context: &str) {
    let mode = fs::metadata(sandbox.db()).unwrap().mode();
    for name in names_in(sandbox.dir()) {
        let found = fs::symlink_metadata(sandbox.dir().join(&name)).unwrap();
        assert_eq!((found.uid(), found.gid(), found.mode()), (SERVER, SERVER, mode), "{} {context}", name.display());
    }
}

/// Asserts that the application, as its user, reads and writes.
#[track_caller]
fn it_serves(sandbox: &Sandbox) {
    let seen = sandbox.django(&format!(
        "import os
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
os.setgroups([]); os.setgid({SERVER}); os.setuid({SERVER})
bob = User.objects.get(username='bob')
bob.first_name = 'seen'
bob.save()
print(Token.objects.filter(user=bob).count(), User.objects.filter(first_name='seen').count())"
    ));
    assert_eq!(seen, "1 1");
}

/// The same without Django, which takes its time to start: how many tokens there are.
#[track_caller]
fn it_reads_and_writes(sandbox: &Sandbox, context: &str) -> String {
    let program = format!(
        "import os, sqlite3
os.setgroups([]); os.setgid({SERVER}); os.setuid({SERVER})
database = sqlite3.connect('db.sqlite3', timeout=0)
assert database.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
with database:
    assert database.execute('UPDATE auth_user SET first_name = username').rowcount == 3
print(database.execute('SELECT count(*) FROM authtoken_token').fetchone()[0])"
    );
    let done = Command::new(python()).args(["-c", &program]).current_dir(sandbox.dir()).output().unwrap();
    let done = Outcome::from(done).ok();
    assert_eq!(sandbox.value("SELECT count(DISTINCT user_id) FROM authtoken_token"), done.stdout.trim(), "{context}");
    done.stdout.trim().to_owned()
}

/// A copy of the program, and of what is preloaded into it, where everybody gets at them.
struct Reachable {
    folder: Sandbox,
}

impl Reachable {
    fn new() -> Self {
        let folder = Sandbox::empty();
        fs::copy(env!("CARGO_BIN_EXE_drfctl"), folder.dir().join("drfctl")).unwrap();
        Self { folder }
    }

    fn program(&self) -> PathBuf {
        self.folder.dir().join("drfctl")
    }

    fn shim(&self) -> PathBuf {
        let copy = self.folder.dir().join("shim.so");
        fs::copy(Shim::library(), &copy).unwrap();
        copy
    }

    /// The call by somebody else, who may be in another group beside their own.
    fn called_by(&self, user: u32, group: Option<u32>, call: Invocation) -> Invocation {
        let groups = group.map_or_else(|| "--clear-groups".to_owned(), |group| format!("--groups={group}"));
        let user = [format!("--reuid={user}"), format!("--regid={user}"), groups];
        call.through(["setpriv"])
            .through(user)
            .through(["sh", "-c", r#"shift; exec "$0" "$@""#])
            .through([self.program()])
    }
}

/// D1, D7: at every write, and after the last.
#[test]
#[ignore = "needs root"]
fn what_root_does_or_leaves_in_the_middle_is_the_applications() {
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
                let sandbox = of_the_server(journal);
                let shim = Shim::new(&sandbox);
                let outcome = shim.load(sandbox.drfctl(command)).env("SHIM_WRITE", format!("kill:{nth}")).run();
                all_is_the_servers(&sandbox, &context);
                if !shim.fired("write") {
                    let _ = outcome.ok();
                    it_serves(&sandbox);
                    break;
                }
                assert_eq!(outcome.status, "signal 9", "{context}");
                if command[0] == "create-token" {
                    let tokens = it_reads_and_writes(&sandbox, &context);
                    assert!(tokens == "1" || (tokens == "2" && command[1] == "alice"), "{tokens} {context}");
                }
                last = nth;
            }
            assert!(last > 2, "{command:?} wrote nothing");
        }
    }
}

/// D2
#[test]
#[ignore = "needs root"]
fn root_who_may_not_become_the_owner_opens_nothing() {
    for journal in JOURNAL_MODES {
        for lacking in ["setuid", "setgid", "setuid,-setgid,-chown"] {
            let sandbox = of_the_server(journal);
            let before = sandbox.files();
            for command in [&["create-token", "alice"][..], &["list"], &["inspect"]] {
                let without = [format!("--bounding-set=-{lacking}"), format!("--inh-caps=-{lacking}")];
                let outcome = sandbox.drfctl(command).through(["setpriv"]).through(without).run();
                outcome.refused("6", &["belongs to 12345, which root cannot become here", "CAP_SETUID"]);
            }
            assert!(sandbox.files() == before, "without {lacking} in {journal} mode");
        }
        // Who is the owner needs no right to give files away.
        let sandbox = of_the_server(journal);
        let without = ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"];
        let _ = sandbox.drfctl(["create-token", "alice"]).through(without).run().ok();
        all_is_the_servers(&sandbox, "without the right to give files away");
        it_serves(&sandbox);
    }
}

/// D3, D4: the modes would let them.
#[test]
#[ignore = "needs root"]
fn a_member_of_the_group_is_told_the_line_that_works_for_looking_as_well() {
    let reachable = Reachable::new();
    for (journal, mode, folder) in [("delete", 0o664, 0o775), ("wal", 0o664, 0o775), ("wal", 0o644, 0o775)] {
        let sandbox = of_the_server(journal);
        set_mode(&sandbox.db(), mode);
        set_mode(sandbox.dir(), folder);
        let before = sandbox.files();
        for command in ["create-token alice", "create-token -r bob", "list", "inspect", "list users"] {
            let call = sandbox.drfctl(command.split(' '));
            let outcome = reachable.called_by(COLLEAGUE, Some(SERVER), call).run();
            let database = fs::canonicalize(sandbox.db()).unwrap();
            assert_eq!(
                (outcome.status.as_str(), outcome.stdout.as_str(), outcome.stderr),
                (
                    "6",
                    "",
                    format!(
                        "error: the database {0} belongs to 12345: another user's side files could lock the application out\n\
                         hint: sudo -u '#12345' {1} {command} --database {0}\n",
                        database.display(),
                        reachable.program().display()
                    )
                ),
                "{command} in {journal} mode"
            );
        }
        assert!(sandbox.files() == before, "{journal} {mode:o}");
        it_serves(&sandbox);
    }
}

/// D5, D7: by option, where the folder hands its group on.
#[test]
#[ignore = "needs root"]
fn a_member_of_the_group_who_insists_leaves_files_that_the_application_can_use() {
    let reachable = Reachable::new();
    for journal in JOURNAL_MODES {
        let mut last = 0;
        for nth in 1.. {
            let context = format!("killed at write {nth} in {journal} mode");
            let sandbox = of_the_server(journal);
            set_mode(&sandbox.db(), 0o664);
            set_mode(sandbox.dir(), 0o2775);
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["--allow-other-owner", "create-token", "-r", "bob"]));
            let call = call.env("LD_PRELOAD", reachable.shim()).env("SHIM_WRITE", format!("kill:{nth}"));
            let outcome = reachable.called_by(COLLEAGUE, Some(SERVER), call).run();
            for name in names_in(sandbox.dir()) {
                let found = fs::metadata(sandbox.dir().join(&name)).unwrap();
                assert_eq!((found.gid(), found.mode() & 0o777), (SERVER, 0o664), "{} {context}", name.display());
            }
            if !shim.fired("write") {
                assert_eq!(outcome.status, "0", "{outcome}");
                it_serves(&sandbox);
                break;
            }
            assert_eq!(outcome.status, "signal 9", "{outcome}");
            assert_eq!(it_reads_and_writes(&sandbox, &context), "1");
            last = nth;
        }
        assert!(last > 2, "nothing was written in {journal} mode");
    }
}

/// D8
#[test]
#[ignore = "needs root"]
fn side_files_of_somebody_else_are_named_with_what_gives_them_back() {
    let reachable = Reachable::new();
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        let sandbox = of_the_server(journal);
        let side = PathBuf::from(format!("{}{ending}", fs::canonicalize(sandbox.db()).unwrap().display()));
        fs::write(&side, "").unwrap();
        let before = sandbox.files();
        let owners = format!("error: {} belongs to root, but the database to 12345\n", side.display());
        let advice = format!("hint: while nothing uses the database: sudo chown 12345 {}\n", side.display());
        for command in [&["create-token", "alice"][..], &["list"]] {
            for call in [sandbox.drfctl(command), reachable.called_by(SERVER, None, sandbox.drfctl(command))] {
                let outcome = call.run();
                assert_eq!((outcome.status.as_str(), outcome.stderr), ("6", format!("{owners}{advice}")));
            }
        }
        assert!(sandbox.files() == before, "{ending}");
        let given = Command::new("chown").arg("12345").arg(&side).status().unwrap();
        assert!(given.success());
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        it_serves(&sandbox);
    }
}

/// A file of root's that is nobody else's to change.
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
        hand_over(&sandbox);
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
fn a_side_file_that_is_a_link_does_not_lead_root_astray() {
    for (journal, ending) in [("delete", "-journal"), ("wal", "-wal"), ("wal", "-shm")] {
        for mode in [0o600, 0o644] {
            let (_folder, precious) = precious();
            set_mode(&precious, mode);
            let sandbox = of_the_server(journal);
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

/// D10
#[test]
#[ignore = "needs root"]
fn a_program_that_was_given_anothers_rights_does_nothing_at_all() {
    let reachable = Reachable::new();
    let program = reachable.program();
    let flags = statvfs(reachable.folder.dir()).unwrap().flags();
    assert!(!flags.contains(FsFlags::ST_NOSUID), "set TMPDIR to a file system that is mounted without nosuid");
    let sandbox = of_the_server("delete");
    let before = sandbox.files();
    for (owner, group, mode) in
        [(0, 0, 0o4755), (0, 0, 0o2755), (0, 0, 0o6755), (SERVER, SERVER, 0o4755), (0, SERVER, 0o2755)]
    {
        chown(&program, Some(owner), Some(group)).unwrap();
        set_mode(&program, mode);
        for command in [&["create-token", "alice"][..], &["list"], &["--version"], &["--help"], &[]] {
            let outcome = reachable.called_by(COLLEAGUE, None, sandbox.drfctl(command)).run();
            assert_eq!(
                (outcome.status.as_str(), outcome.stdout.as_str(), outcome.stderr.as_str()),
                (
                    "2",
                    "",
                    "error: drfctl runs with rights that whoever started it has not, and is not made for that\n\
                     hint: take them from the program (chmod ug-s, setcap -r; a security module may give them, too) and run it as the database's owner: sudo -u OWNER drfctl\n"
                ),
                "{owner} {group} {mode:o} {command:?}"
            );
        }
        assert!(sandbox.files() == before);
    }
    // The bits alone give nothing to those who have it anyhow.
    let _ = reachable.called_by(SERVER, None, sandbox.drfctl(["--version"])).run();
    set_mode(&program, 0o755);
    let _ = reachable.called_by(SERVER, None, sandbox.drfctl(["create-token", "alice"])).run().ok();
}

/// A26: the way back is there, and we may not take it.
#[test]
#[ignore = "needs root"]
fn a_hot_journal_of_somebody_else_is_named_and_kept() {
    let reachable = Reachable::new();
    let sandbox = Sandbox::crashed();
    hand_over(&sandbox);
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
            reachable.called_by(SERVER, None, sandbox.drfctl(command)).run().refused("6", &[says]);
        }
        assert!(sandbox.files() == before, "{owner}");
    }
    set_mode(&journal, 0o644);
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    it_serves(&sandbox);
}

/// What another process of that user gets of a process: its memory, its environment, a leash.
fn gets_hold_of(user: u32, pid: u32) -> String {
    let program = format!(
        "import ctypes, os
os.setgroups([]); os.setgid({user}); os.setuid({user})
for name in ('mem', 'environ', 'auxv', 'maps'):
    try:
        os.open(f'/proc/{pid}/{{name}}', os.O_RDONLY)
        print(name)
    except PermissionError:
        pass
if ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) == 0:
    print('ptrace')"
    );
    let seen = Outcome::from(Command::new(python()).args(["-c", &program]).output().unwrap());
    assert_eq!((seen.status.as_str(), seen.stderr.as_str()), ("0", ""), "{seen}");
    seen.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// H3: whoever has got hold of the application's account may read its database, but not what an
/// administrator is doing.
#[test]
#[ignore = "needs root"]
fn another_process_of_the_same_user_sees_nothing_of_its_memory() {
    let reachable = Reachable::new();
    let sandbox = of_the_server("delete");
    let mut holder = sandbox.session();
    assert_eq!(holder.run("BEGIN IMMEDIATE"), "ok []");
    // Started by root who steps down, and by the user.
    let call = || sandbox.drfctl(["create-token", "-r", "bob"]);
    for call in [call(), reachable.called_by(SERVER, None, call())] {
        let mut running: Running = call.spawn();
        running.until_it_waits();
        assert_eq!(gets_hold_of(SERVER, running.id()), "");
        drop(running);
    }
    // Of a program that takes no such care it does.
    let mut other = Command::new("setpriv")
        .args([&format!("--reuid={SERVER}"), &format!("--regid={SERVER}"), "--clear-groups", "sleep", "60"])
        .spawn()
        .unwrap();
    until("it sleeps", || {
        fs::read_to_string(format!("/proc/{}/cmdline", other.id())).is_ok_and(|words| words.starts_with("sleep"))
    });
    let seen = gets_hold_of(SERVER, other.id());
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(seen.contains("environ"), "{seen}");
    holder.run("ROLLBACK");
    let running = sandbox.drfctl(["create-token", "-r", "bob"]).spawn();
    let _ = running.wait().ok();
}
