//! Which users may run drfctl on the application's database, and which may inspect the process.
//!
//! Tags such as `D2` name cases of `tests/CASES.md`.

use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;

use nix::sys::statvfs::{FsFlags, statvfs};

use crate::support::{
    COLLEAGUE, JOURNAL_MODES, Outcome, Running, SERVER, Sandbox, SharedProgram, python, set_mode, until,
};

/// D2
#[test]
#[ignore = "needs root"]
fn root_without_setuid_capability_opens_nothing() {
    for journal in JOURNAL_MODES {
        for capability in ["setuid", "setgid", "setuid,-setgid,-chown"] {
            let sandbox = Sandbox::of_the_server(journal);
            let before = sandbox.files();
            for command in [&["create-token", "alice"][..], &["list"], &["inspect"]] {
                let without = [format!("--bounding-set=-{capability}"), format!("--inh-caps=-{capability}")];
                let outcome = sandbox.drfctl(command).through(["setpriv"]).through(without).run();
                outcome.refused("6", &["belongs to 12345, and root cannot switch to that account here", "CAP_SETUID"]);
            }
            assert!(sandbox.files() == before, "without {capability} in {journal} mode");
        }
        // The owner does not need the capability to change owners.
        let sandbox = Sandbox::of_the_server(journal);
        let without = ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"];
        let _ = sandbox.drfctl(["create-token", "alice"]).through(without).run().ok();
        sandbox.assert_files_belong_to_the_server("without CAP_CHOWN");
        sandbox.assert_server_can_write();
    }
}

/// D3, D4: although the file modes would allow it.
#[test]
#[ignore = "needs root"]
fn a_group_member_is_rejected_with_the_sudo_command() {
    let shared = SharedProgram::new();
    for (journal, mode, folder) in [("delete", 0o664, 0o775), ("wal", 0o664, 0o775), ("wal", 0o644, 0o775)] {
        let sandbox = Sandbox::of_the_server(journal);
        set_mode(&sandbox.db(), mode);
        set_mode(sandbox.dir(), folder);
        let before = sandbox.files();
        for command in ["create-token alice", "create-token -r bob", "list", "inspect", "list users"] {
            let call = sandbox.drfctl(command.split(' '));
            let outcome = shared.called_as(COLLEAGUE, Some(SERVER), call).run();
            let database = fs::canonicalize(sandbox.db()).unwrap();
            assert_eq!(
                (outcome.status.as_str(), outcome.stdout.as_str(), outcome.stderr),
                (
                    "6",
                    "",
                    format!(
                        "error: the database {0} belongs to 12345: side files of another user could lock out the application\n\
                         hint: run the command as the owner: sudo -u '#12345' {1} {command} --database {0}\n",
                        database.display(),
                        shared.path().display()
                    )
                ),
                "{command} in {journal} mode"
            );
        }
        assert!(sandbox.files() == before, "{journal} {mode:o}");
        sandbox.assert_server_can_write();
    }
}

/// D10, K14
#[test]
#[ignore = "needs root"]
fn a_set_user_id_program_refuses_to_run() {
    let shared = SharedProgram::new();
    let program = shared.path();
    let flags = statvfs(shared.folder()).unwrap().flags();
    assert!(!flags.contains(FsFlags::ST_NOSUID), "set TMPDIR to a file system that is mounted without nosuid");
    let sandbox = Sandbox::of_the_server("delete");
    let before = sandbox.files();
    for (owner, group, mode) in
        [(0, 0, 0o4755), (0, 0, 0o2755), (0, 0, 0o6755), (SERVER, SERVER, 0o4755), (0, SERVER, 0o2755)]
    {
        chown(&program, Some(owner), Some(group)).unwrap();
        set_mode(&program, mode);
        for command in [&["create-token", "alice"][..], &["list"], &["--version"], &["--help"], &[]] {
            let outcome = shared.called_as(COLLEAGUE, None, sandbox.drfctl(command)).run();
            assert_eq!(
                (outcome.status.as_str(), outcome.stdout.as_str(), outcome.stderr.as_str()),
                (
                    "2",
                    "",
                    "error: drfctl refuses to run with more rights than the account that started it\n\
                     hint: remove them (chmod ug-s, setcap -r; a security module may grant them, too), then run drfctl as the database's owner: sudo -u OWNER drfctl\n"
                ),
                "{owner} {group} {mode:o} {command:?}"
            );
        }
        assert!(sandbox.files() == before);
    }
    // The bits have no effect for the owner.
    let _ = shared.called_as(SERVER, None, sandbox.drfctl(["--version"])).run();
    set_mode(&program, 0o755);
    let _ = shared.called_as(SERVER, None, sandbox.drfctl(["create-token", "alice"])).run().ok();
}

/// Returns which data of a process another process of that user can access.
fn accessible_data(user: u32, pid: u32) -> String {
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

/// H3, K13: an attacker with the application's account can read its database, but must not see the
/// administrator's secrets.
#[test]
#[ignore = "needs root"]
fn another_process_of_the_same_account_cannot_read_its_memory() {
    let shared = SharedProgram::new();
    let sandbox = Sandbox::of_the_server("delete");
    let mut holder = sandbox.session();
    assert_eq!(holder.run("BEGIN IMMEDIATE"), "ok []");
    // Started by root, which switches to the owner, and by the owner.
    let call = || sandbox.drfctl(["create-token", "-r", "bob"]);
    for call in [call(), shared.called_as(SERVER, None, call())] {
        let mut running: Running = call.spawn();
        running.until_it_waits();
        assert_eq!(accessible_data(SERVER, running.id()), "");
        drop(running);
    }
    // A program without such protection can be inspected.
    let mut other = Command::new("setpriv")
        .args([&format!("--reuid={SERVER}"), &format!("--regid={SERVER}"), "--clear-groups", "sleep", "60"])
        .spawn()
        .unwrap();
    until("sleep runs", || {
        fs::read_to_string(format!("/proc/{}/cmdline", other.id())).is_ok_and(|words| words.starts_with("sleep"))
    });
    let seen = accessible_data(SERVER, other.id());
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(seen.contains("environ"), "{seen}");
    holder.run("ROLLBACK");
    let running = sandbox.drfctl(["create-token", "-r", "bob"]).spawn();
    let _ = running.wait().ok();
}
