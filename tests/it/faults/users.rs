//! Commands that change users if something fails or another process is faster.
//!
//! Tags such as `E2` name cases of `tests/CASES.md`.

use std::fs;
use std::io::Write;

use crate::support::Sandbox;

/// E2: each process checks that the user does not exist before it reads the password.
#[test]
fn one_of_a_hundred_processes_creates_the_user() {
    let sandbox = Sandbox::stock();
    let calls: Vec<_> = (0..100)
        .map(|number| (&["create-user", "carol", "--password-stdin"][..], format!("password {number}")))
        .collect();
    let outcomes = sandbox.at_once(&calls);
    let check: Vec<_> = (0..100).filter(|number| outcomes[*number].status == "0").collect();
    assert_eq!(check.len(), 1);
    for outcome in outcomes.iter().filter(|outcome| outcome.status != "0") {
        assert!(outcome.status == "4" && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.contains("error: user carol already exists\n"), "{outcome}");
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE username = 'carol'"), "1");
    assert_eq!(sandbox.passwords_match(&[("carol", &calls[check[0]].1)]), [true]);
}

#[test]
fn twenty_processes_with_if_not_exists_all_succeed() {
    let sandbox = Sandbox::stock();
    let args = &["create-user", "carol", "--password-stdin", "--if-not-exists", "--with-token", "--format", "csv"][..];
    let outcomes = sandbox.at_once(&vec![(args, "pw".to_owned()); 20]);
    let key = sandbox.value("SELECT key FROM authtoken_token");
    let count = |line: String| outcomes.iter().filter(|outcome| outcome.stdout.ends_with(&line)).count();
    let seen = (count(format!("\ncarol,created,,{key}\r\n")), count(format!("\ncarol,existing,,{key}\r\n")));
    assert_eq!(seen, (1, 19), "{outcomes:?}");
}

/// B10
#[test]
fn a_trigger_that_aborts_changes_nothing() {
    for (event, call) in [
        ("INSERT ON auth_user", &["create-user", "carol", "--no-password", "--with-token"][..]),
        ("INSERT ON authtoken_token", &["create-user", "carol", "--no-password", "--with-token"]),
        ("INSERT ON auth_user_groups", &["create-user", "carol", "--no-password", "--group", "g"]),
        ("INSERT ON auth_user_groups", &["create-user", "alice", "--update", "--staff", "--group", "g"]),
        ("UPDATE ON auth_user", &["create-user", "alice", "--update", "--staff"]),
        ("UPDATE ON auth_user", &["set-password", "alice", "--no-password"]),
        ("UPDATE OF is_active ON auth_user WHEN OLD.username = 'bob'", &["deactivate", "alice", "bob"]),
    ] {
        for when in ["BEFORE", "AFTER"] {
            let sandbox = Sandbox::stock();
            sandbox.exec("INSERT INTO auth_group (name) VALUES ('g')");
            sandbox.exec(&format!(
                "CREATE TRIGGER guard {when} {event} BEGIN SELECT RAISE(ABORT, 'not on a Friday'); END"
            ));
            let outcome = sandbox.unchanged(sandbox.drfctl(call));
            assert!(outcome.status == "3" && outcome.stdout.is_empty(), "{when} {event}\n{outcome}");
            assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains("not on a Friday"), "{outcome}");
        }
    }
}

/// B10: a trigger that silently discards the row is detected.
#[test]
fn a_trigger_that_discards_the_user_is_reported() {
    for (event, call) in [
        ("INSERT ON auth_user", &["create-user", "carol", "--no-password"][..]),
        ("UPDATE ON auth_user", &["set-password", "alice", "--no-password"]),
        ("UPDATE ON auth_user", &["deactivate", "alice"]),
        ("UPDATE ON auth_user", &["create-user", "alice", "--update", "--staff"]),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("CREATE TRIGGER quiet BEFORE {event} BEGIN SELECT RAISE(IGNORE); END"));
        let outcome = sandbox.unchanged(sandbox.drfctl(call));
        assert!(outcome.status != "0" && outcome.stdout.is_empty(), "{event}\n{outcome}");
    }
}

/// Every command that changes users.
const CALLS: [&[&str]; 5] = [
    &["create-user", "carol", "--generate-password", "--with-token"],
    &["createsuperuser", "--username", "carol", "--generate-password"],
    &["set-password", "alice", "--generate-password"],
    &["deactivate", "alice"],
    &["activate", "ina"],
];

/// F1
#[test]
fn a_closed_stdout_is_reported_before_any_change() {
    let sandbox = Sandbox::stock();
    for call in CALLS {
        let call = sandbox.drfctl(call).through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]);
        let outcome = sandbox.unchanged(call);
        assert!(outcome.status == "2" && outcome.stderr.contains("standard output"), "{outcome}");
    }
}

/// F2
#[test]
fn a_full_disk_for_stdout_is_reported_after_the_commit() {
    for (call, check, hint) in [
        (
            CALLS[0],
            "SELECT count(*) FROM auth_user JOIN authtoken_token ON user_id = id WHERE username = 'carol'",
            "set-password",
        ),
        (CALLS[1], "SELECT is_superuser FROM auth_user WHERE username = 'carol'", "set-password"),
        (CALLS[2], "SELECT count(DISTINCT password) = 3 FROM auth_user", "set-password"),
        (CALLS[3], "SELECT NOT is_active FROM auth_user WHERE username = 'alice'", "run the command again"),
        (CALLS[4], "SELECT is_active FROM auth_user WHERE username = 'ina'", "run the command again"),
    ] {
        for format in ["text", "json"] {
            let sandbox = Sandbox::stock();
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let outcome = sandbox.drfctl(call).args(["--format", format]).stdout(full).run();
            assert!(outcome.status == "7" && outcome.stderr.contains(hint), "{outcome}");
            assert_eq!(sandbox.value(check), "1", "{outcome}");
            for key in sandbox.sql("SELECT key FROM authtoken_token").concat() {
                assert!(!outcome.stderr.contains(&key), "{outcome}");
            }
        }
    }
}

/// I8
#[test]
fn no_side_file_is_left() {
    for call in CALLS {
        let sandbox = Sandbox::stock();
        assert_eq!(sandbox.drfctl(call).run().status, "0");
        assert_eq!(sandbox.files().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["db.sqlite3"]);
    }
}

/// I7: changes during the prompt are respected.
#[test]
fn the_database_is_not_locked_during_a_password_prompt() {
    for (call, change, status, words) in [
        (
            &["set-password", "alice"][..],
            "DELETE FROM auth_user WHERE username = 'alice'",
            "3",
            "user alice does not exist",
        ),
        (&["create-user", "alice", "--update"], "UPDATE auth_user SET email = 'new'", "0", ""),
        (
            &["create-user", "carol"],
            "UPDATE auth_user SET username = 'carol' WHERE id = 1",
            "4",
            "user carol already exists",
        ),
    ] {
        let sandbox = Sandbox::stock();
        let pipe = sandbox.dir().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let running = sandbox.drfctl(call).args(["--password-file", "pipe"]).spawn();
        // The open returns when drfctl opens the pipe.
        let mut typing = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let mut server = sandbox.session();
        for statement in ["BEGIN EXCLUSIVE", change, "COMMIT"] {
            assert_eq!(server.run(statement), "ok []", "{call:?}");
        }
        let before = sandbox.dump();
        typing.write_all(b"new").unwrap();
        drop(typing);
        let outcome = running.wait();
        assert_eq!(outcome.status, status, "{outcome}");
        if status == "0" {
            assert_eq!(sandbox.value("SELECT email FROM auth_user WHERE username = 'alice'"), "new");
            assert_eq!(sandbox.passwords_match(&[("alice", "new")]), [true]);
        } else {
            assert!(outcome.stderr.starts_with(&format!("error: {words}\n")) && sandbox.dump() == before, "{outcome}");
        }
    }
}
