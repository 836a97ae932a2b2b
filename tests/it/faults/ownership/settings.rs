//! What root runs and opens for an application of another account: code, links and output files.
//!
//! Tags such as `N93` name cases of `tests/CASES.md`.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};
use std::path::Path;

use crate::support::{COLLEAGUE, Invocation, SERVER, Sandbox, Shim, set_mode};

/// Settings that need no Django, and write which account runs them.
const SETTINGS: &str = "import os
open('who', 'w').write(f'{os.getuid()} {os.getgid()} {os.getgroups()}')
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db.sqlite3'}}
";

/// The account and the group that each file gets, and its mode.
type Access<'a> = &'a [(&'a str, u32, u32, u32)];

/// Returns a folder with settings and a database of the application, and a call that imports them.
fn with_settings(access: Access<'_>) -> (Sandbox, Invocation) {
    let sandbox = Sandbox::of_the_server("delete");
    fs::create_dir(sandbox.dir().join("code")).unwrap();
    fs::write(sandbox.dir().join("code/conf.py"), SETTINGS).unwrap();
    fs::write(sandbox.dir().join("who"), "").unwrap();
    for (name, user, group, mode) in [&[(".", 0, 0, 0o755), ("who", 0, 0, 0o644)][..], access].concat() {
        chown(sandbox.dir().join(name), Some(user), Some(group)).unwrap();
        set_mode(&sandbox.dir().join(name), mode);
    }
    let call = sandbox.drfctl(["--settings", "conf", "--pythonpath", "code", "list"]).env("PYTHON", "/usr/bin/python3");
    let call = call.env("DATABASE_URL", "");
    (sandbox, call)
}

/// N93, K9
#[test]
#[ignore = "needs root"]
fn root_runs_settings_as_the_account_that_can_change_them() {
    let who = |user: u32| ("who", user, 0, 0o644);
    for (access, expected) in [
        (&[("code", 0, 0, 0o755)][..], "0 0 []".to_owned()),
        (&[("code", SERVER, SERVER, 0o755), who(SERVER)], format!("{SERVER} {SERVER} []")),
        (&[("code/conf.py", SERVER, SERVER, 0o644), who(SERVER)], format!("{SERVER} {SERVER} []")),
        (&[(".", SERVER, SERVER, 0o755), who(SERVER)], format!("{SERVER} {SERVER} []")),
        // Never in the group of root.
        (&[("code", SERVER, 0, 0o755), who(SERVER)], format!("{SERVER} {SERVER} []")),
    ] {
        let (sandbox, call) = with_settings(access);
        let _ = call.run().ok();
        assert_eq!(fs::read_to_string(sandbox.dir().join("who")).unwrap(), expected, "{access:?}");
    }
}

/// N93, K9
#[test]
#[ignore = "needs root"]
fn root_refuses_settings_that_several_accounts_can_change() {
    let others = "would run as root, but other users can write to";
    for (access, message) in [
        (&[("code", 0, 0, 0o777)][..], others),
        (&[("code", 0, 0, 0o1777)], others),
        (&[("code", 0, SERVER, 0o775)], others),
        (&[("code/conf.py", 0, 0, 0o666)], others),
        (&[(".", 0, 0, 0o777)], others),
        (&[("code", SERVER, 0, 0o755), ("code/conf.py", COLLEAGUE, 0, 0o644)], "would run code of several users, "),
    ] {
        let (sandbox, call) = with_settings(access);
        call.run().refused("2", &[message, "--allow-other-owner"]);
        assert_eq!(fs::read_to_string(sandbox.dir().join("who")).unwrap(), "", "{access:?}");
    }
    let (sandbox, call) = with_settings(&[("code", 0, 0, 0o777)]);
    let _ = call.arg("--allow-other-owner").run().ok();
    assert_eq!(fs::read_to_string(sandbox.dir().join("who")).unwrap(), "0 0 []");
}

/// N93: the owner of the interpreter is checked, whether `PYTHON` names it or `PATH` has it.
#[test]
#[ignore = "needs root"]
fn root_runs_an_interpreter_of_another_account_as_that_account() {
    for interpreter in ["bin/python3", "python3", ""] {
        let (sandbox, call) = with_settings(&[("who", SERVER, 0, 0o644)]);
        fs::create_dir(sandbox.dir().join("bin")).unwrap();
        let python = sandbox.dir().join("bin/python3");
        fs::write(&python, "#!/bin/sh\nid -u >who\nexit 1\n").unwrap();
        set_mode(&python, 0o755);
        chown(&python, Some(SERVER), Some(SERVER)).unwrap();
        let path = format!("{}:/usr/bin:/bin", sandbox.dir().join("bin").display());
        call.env("PATH", &path).env("PYTHON", interpreter).run().refused("3", &["the settings module conf"]);
        assert_eq!(fs::read_to_string(sandbox.dir().join("who")).unwrap(), format!("{SERVER}\n"), "{interpreter:?}");
    }
}

/// N93: `PATH` of root may begin with a directory that the owner of the code cannot enter.
#[test]
#[ignore = "needs root"]
fn an_interpreter_that_the_owner_of_the_code_cannot_run_is_skipped() {
    let (sandbox, call) = with_settings(&[("code", SERVER, SERVER, 0o755), ("who", SERVER, 0, 0o644)]);
    for (folder, mode) in [("private", 0o700), ("public", 0o755)] {
        fs::create_dir(sandbox.dir().join(folder)).unwrap();
        let python = sandbox.dir().join(folder).join("python3");
        fs::write(&python, format!("#!/bin/sh\necho {folder} >who\nexit 1\n")).unwrap();
        set_mode(&python, 0o755);
        set_mode(&sandbox.dir().join(folder), mode);
    }
    let [private, public] = ["private", "public"].map(|folder| sandbox.dir().join(folder).display().to_string());
    let path = format!("{private}:{public}:/usr/bin:/bin");
    call.env("PATH", &path).env("PYTHON", "").run().refused("3", &["the settings module conf"]);
    assert_eq!(fs::read_to_string(sandbox.dir().join("who")).unwrap(), "public\n");
}

/// N93, K10
#[test]
#[ignore = "needs root"]
fn a_link_of_another_account_does_not_choose_the_database() {
    let (target, links) = (Sandbox::of_the_server("delete"), Sandbox::empty());
    symlink(target.db(), links.dir().join("file")).unwrap();
    symlink(target.dir(), links.dir().join("folder")).unwrap();
    let own = |owner: u32| {
        for name in ["file", "folder"] {
            lchown(links.dir().join(name), Some(owner), Some(owner)).unwrap();
        }
    };
    let call = |path: &str| links.drfctl(["create-token", "bob", "--database", path]);
    own(COLLEAGUE);
    let real = fs::canonicalize(target.db()).unwrap().display().to_string();
    for path in ["file", "folder/db.sqlite3"] {
        let message =
            format!("is a symbolic link of {COLLEAGUE} that leads to the database {real}, which belongs to {SERVER}");
        call(path).run().refused("6", &[&message, "--allow-aliases"]);
        let _ = call(path).arg("--allow-aliases").run().ok();
    }
    for owner in [0, SERVER] {
        own(owner);
        let _ = call("file").run().ok();
    }
}

/// N93: `SQLite` creates side files with the group of the process.
#[test]
#[ignore = "needs root"]
fn root_never_keeps_its_group() {
    let sandbox = Sandbox::of_the_server("wal");
    chown(sandbox.db(), Some(SERVER), Some(0)).unwrap();
    let mut holder = sandbox.session();
    assert_eq!(holder.run("BEGIN IMMEDIATE"), "ok []");
    let mut running = sandbox.drfctl(["create-token", "-r", "bob"]).spawn();
    running.until_it_waits();
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    for (name, id) in [("Uid:", SERVER), ("Gid:", SERVER), ("Groups:", SERVER)] {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line[name.len()..].split_whitespace().all(|word| word == id.to_string()), "{line}");
    }
    holder.run("ROLLBACK");
    let _ = running.wait().ok();
}

/// Returns how often a command syncs a file or a folder that writes its output to a new file there.
fn syncs(folder: &Path, sandbox: &Sandbox) -> u32 {
    let path = folder.join("out");
    for nth in 1.. {
        let _ = fs::remove_file(&path);
        let shim = Shim::new(sandbox);
        let call = sandbox.drfctl(["create-token", "bob", "--output-file"]).arg(&path);
        let outcome = shim.load(call).env("SHIM_FSYNC", format!("eio:{nth}")).run();
        if !shim.fired("fsync") {
            let _ = outcome.ok();
            return nth - 1;
        }
        assert_eq!(outcome.status, "7", "{outcome}");
        let _ = outcome;
    }
    unreachable!("a command ends")
}

/// N93: also in a folder that only root can read.
#[test]
#[ignore = "needs root"]
fn an_output_file_is_synced_with_its_folder() {
    let sandbox = Sandbox::of_the_server("delete");
    let folder = Sandbox::empty();
    assert_eq!(fs::metadata(folder.dir()).unwrap().uid(), 0);
    for mode in [0o755, 0o700] {
        set_mode(folder.dir(), mode);
        assert_eq!(syncs(folder.dir(), &sandbox), 2, "{mode:o}");
    }
}
