//! `migrate` if it is killed or the disk fails: it applies all migrations or none.
//!
//! Tags such as `C2` name cases of `tests/CASES.md`.

use std::fs;

use crate::support::{Outcome, Sandbox, Shim, names_in};

/// Returns the number of recorded migrations, or `None` without a history.
fn recorded(sandbox: &Sandbox) -> Option<String> {
    let tables = sandbox.value("SELECT count(*) FROM sqlite_master WHERE name = 'django_migrations'");
    (tables == "1").then(|| sandbox.value("SELECT count(*) FROM django_migrations"))
}

/// Returns the databases with which a sweep begins, with their names.
fn databases() -> [(&'static str, Sandbox); 3] {
    let wal = Sandbox::at_auth_0005();
    wal.exec("PRAGMA journal_mode = WAL");
    [("missing", Sandbox::empty()), ("old", Sandbox::at_auth_0005()), ("old, WAL", wal)]
}

/// Runs `migrate` with a fault at the first opportunity, then at the second, and so on, until the
/// fault no longer occurs. Calls `look` with each outcome.
fn sweep(variable: &str, mode: &str, mut look: impl FnMut(&str, &Sandbox, Option<&str>, Outcome)) {
    for at in 0..3 {
        for nth in 1.. {
            let (name, sandbox) = databases().into_iter().nth(at).expect("one of three");
            let before = sandbox.db().exists().then(|| sandbox.dump());
            let shim = Shim::new(&sandbox);
            let call = shim.load(sandbox.drfctl(["migrate"])).env(variable, format!("{mode}:{nth}"));
            let outcome = call.run();
            if !shim.fired(&variable["SHIM_".len()..].to_lowercase()) {
                assert!(nth > 1, "no fault occurred: {name}");
                assert_eq!(outcome.status, "0", "{outcome}");
                break;
            }
            look(&format!("{name}, {mode} {nth}"), &sandbox, before.as_deref(), outcome);
        }
    }
}

/// C2, C6
#[test]
fn a_migration_killed_at_any_write_is_atomic_and_can_be_repeated() {
    for (variable, mode, signal) in [("SHIM_WRITE", "kill", "signal 9"), ("SHIM_FSYNC", "abort", "signal 6")] {
        sweep(variable, mode, |case, sandbox, before, outcome| {
            assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), (signal, ""), "{case}\n{outcome}");
            // The next process that opens the database may be Django or drfctl.
            let copy = Sandbox::empty();
            for name in names_in(sandbox.dir()) {
                fs::copy(sandbox.dir().join(&name), copy.dir().join(&name)).expect("a copy");
            }
            assert_eq!(copy.value("PRAGMA integrity_check"), "ok", "{case}");
            if recorded(&copy).as_deref() != Some("18") {
                assert_eq!(copy.dump(), before.unwrap_or_default(), "{case}");
            }
            let again = sandbox.drfctl(["migrate"]).run();
            assert!(again.status == "0" && !again.stderr.contains("error"), "{case}\n{again}");
            sandbox.assert_migrated();
            assert!(!sandbox.dir().join("db.sqlite3-journal").exists(), "{case}");
        });
    }
}

/// C10, C11
#[test]
fn an_error_at_any_write_is_reported_correctly() {
    for (variable, mode) in [("SHIM_WRITE", "eio"), ("SHIM_WRITE", "enospc"), ("SHIM_FSYNC", "eio")] {
        sweep(variable, mode, |case, sandbox, before, outcome| {
            match outcome.status.as_str() {
                "0" => sandbox.assert_migrated(),
                "6" => {
                    outcome.refused("6", &[]);
                    assert_eq!(sandbox.dump(), before.unwrap_or_default(), "{case}\n{outcome}");
                }
                status => {
                    assert_eq!((status, outcome.stdout.as_str()), ("8", ""), "{case}\n{outcome}");
                    outcome.refused("8", &["drfctl migrate --list"]);
                }
            }
            assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok", "{case}");
            let again = sandbox.drfctl(["migrate"]).run();
            assert_eq!(again.status, "0", "{case}\n{again}");
            sandbox.assert_migrated();
        });
    }
}

/// C9, I8
#[test]
fn a_failed_first_run_leaves_no_file() {
    let sandbox = Sandbox::empty();
    let calls = [
        sandbox.drfctl(["migrate"]).through(["prlimit", "--fsize=0"]),
        sandbox.drfctl(["migrate"]).through(["prlimit", "--fsize=1024"]),
        sandbox.drfctl(["migrate"]).through(["prlimit", "--fsize=8192"]),
        sandbox.drfctl(["migrate"]).through(["prlimit", "--fsize=65536"]),
        sandbox.drfctl(["--user-table", "shop_customer", "migrate"]),
    ];
    for call in calls {
        call.run().refused("6", &[]);
        assert_eq!(names_in(sandbox.dir()), [""; 0]);
    }
    // Existing files are not removed.
    fs::write(sandbox.db(), "").expect("a file");
    sandbox.drfctl(["migrate"]).through(["prlimit", "--fsize=8192"]).run().refused("6", &[]);
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
}

/// C9
#[test]
fn a_file_size_limit_changes_nothing() {
    let sandbox = Sandbox::at_auth_0005();
    let before = sandbox.dump();
    for limit in ["--fsize=0", "--fsize=1024", "--fsize=8192", "--fsize=65536"] {
        let outcome = sandbox.drfctl(["migrate"]).through(["prlimit", limit]).run();
        // Even if the rollback exceeds the limit, too: then the next process rolls back.
        outcome.refused("6", &[]);
        assert_eq!(sandbox.dump(), before, "{limit}");
        assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"], "{limit}");
    }
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    sandbox.assert_migrated();
}

/// C7
#[test]
#[ignore = "needs mount namespaces"]
fn a_full_disk_is_reported_and_left_empty() {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.dir().join("mount")).expect("a folder");
    for size in ["size=4k", "size=16k", "size=64k"] {
        let script = format!(
            r#"mount -t tmpfs -o {size} none mount && cd mount || exit 99; "$@"; status=$?; ls -A; exit $status"#
        );
        sandbox.drfctl_behind_mounts(&["migrate"], &script).run().refused("6", &["the disk", "is full"]);
    }
}

/// F1, F2, F3
#[test]
fn an_unwritable_stdout_is_reported_before_or_after_the_migration() {
    for (redirection, status, message) in [
        (">&-", "2", "standard output"),
        (">/dev/full", "7", "drfctl migrate --list"),
        ("an unread pipe", "7", "drfctl migrate --list"),
    ] {
        let (missing, old) = (Sandbox::empty(), Sandbox::at_auth_0005());
        for sandbox in [&missing, &old] {
            let before = sandbox.db().exists().then(|| sandbox.dump());
            let outcome = if redirection.starts_with('>') {
                let script = format!(r#"exec "$@" {redirection}"#);
                sandbox.drfctl(["migrate"]).through(["sh", "-c", &script, "sh"]).run()
            } else {
                let (reader, writer) = std::io::pipe().expect("a pipe");
                drop(reader);
                sandbox.drfctl(["migrate"]).stdout(writer).run()
            };
            let first = outcome.stderr.lines().find(|line| !line.starts_with("note: ")).unwrap_or_default();
            assert!(outcome.status == status && first.starts_with("error: "), "{redirection}\n{outcome}");
            assert!(outcome.stderr.contains(message) && outcome.stdout.is_empty(), "{redirection}\n{outcome}");
            if status == "7" {
                sandbox.assert_migrated();
            } else {
                assert_eq!(sandbox.db().exists().then(|| sandbox.dump()), before);
            }
        }
    }
}
