//! Users and passwords where something fails or somebody else is faster; tokens made along with
//! users; and where a password must never be seen.
//!
//! The tags (`E2`) are the fault cases that a test holds.

use std::fs;
use std::io::Write;

use snapbox::{assert_data_eq, str};

use crate::support::{Invocation, Sandbox};

/// A password that is looked for wherever it must not be.
const CANARY: &str = "CaNaRy-7d1e4b9a60f35c82-n0t-t0-b3-s33n";

/// `create-user carol` with the canary for a password.
fn with_canary(sandbox: &Sandbox) -> Invocation {
    sandbox.drfctl(["create-user", "carol", "--password-stdin"]).stdin(format!("{CANARY}\n"))
}

#[test]
fn a_token_made_along_is_the_one_that_the_application_hands_out() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-user", "carol", "--password-stdin", "--with-token"]).stdin("pw").run().ok();
    let key = outcome.key();
    assert_data_eq!(
        outcome.mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Created user carol
Generated token KEY for user carol
--- stderr

"#]]
    );
    let (status, body, _) = sandbox.serve().post("/obtain", r#"{"username": "carol", "password": "pw"}"#);
    assert_eq!((status, body), (200, format!(r#"{{"token":"{key}"}}"#)));
}

#[test]
fn a_user_who_has_a_token_keeps_it() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    for how in ["--if-not-exists", "--update"] {
        let call = sandbox.drfctl(["create-user", "alice", how, "--with-token", "--format", "raw"]);
        assert_eq!(sandbox.unchanged(call).ok().stdout, format!("{key}\n"));
    }
    let call = sandbox.drfctl(["create-user", "bob", "--if-not-exists", "--with-token", "--format", "raw"]);
    let key = call.run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"bob"}"#);
}

/// B36
#[test]
fn a_token_for_an_inactive_new_user_is_made_with_a_warning() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-user", "carol", "--no-password", "--inactive", "--with-token"]).run();
    assert!(outcome.status == "0" && outcome.stderr.starts_with("warning: "), "{outcome}");
    assert_eq!(sandbox.serve().whoami(&outcome.key()), r#"401 {"detail":"User inactive or deleted."}"#);
}

/// B2
#[test]
fn users_are_made_where_there_are_no_tokens() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'");
    let call = sandbox.drfctl(["create-user", "dora", "--no-password", "--with-token"]);
    let outcome = sandbox.unchanged(call);
    assert!(outcome.status == "6" && outcome.stdout.is_empty(), "{outcome}");
    assert!(outcome.stderr.contains("authtoken_token"), "{outcome}");
    let _ = sandbox.drfctl(["create-user", "carol", "--password-stdin"]).stdin("pw").run().ok();
    let _ = sandbox.drfctl(["set-password", "alice", "--password-stdin"]).stdin("pw").run().ok();
    let _ = sandbox.drfctl(["deactivate", "bob"]).run().ok();
    let _ = sandbox.drfctl(["verify", "--user", "carol", "--password-stdin"]).stdin("pw").run().ok();
    assert_eq!(sandbox.passwords_match(&[("carol", "pw"), ("alice", "pw")]), [true, true]);
    let token = sandbox.drfctl(["verify"]).stdin("key").run();
    assert_eq!(token.status, "6", "{token}");
}

/// E2: each has seen that there is no such user when it waits for the password.
#[test]
fn of_a_hundred_processes_that_create_one_user_one_does() {
    let sandbox = Sandbox::stock();
    let calls: Vec<_> = (0..100)
        .map(|number| (&["create-user", "carol", "--password-stdin"][..], format!("password {number}")))
        .collect();
    let outcomes = sandbox.at_once(&calls);
    let made: Vec<_> = (0..100).filter(|number| outcomes[*number].status == "0").collect();
    assert_eq!(made.len(), 1);
    for outcome in outcomes.iter().filter(|outcome| outcome.status != "0") {
        assert!(outcome.status == "4" && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.contains("error: user carol exists already\n"), "{outcome}");
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE username = 'carol'"), "1");
    assert_eq!(sandbox.passwords_match(&[("carol", &calls[made[0]].1)]), [true]);
}

#[test]
fn of_twenty_processes_that_create_one_user_where_he_is_not_there_all_succeed() {
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
fn a_trigger_that_aborts_leaves_everything_as_it_was() {
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

/// B10: a row that a trigger keeps out without a word was not written.
#[test]
fn a_trigger_that_swallows_the_row_is_noticed() {
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
const CHANGING: [&[&str]; 5] = [
    &["create-user", "carol", "--generate-password", "--with-token"],
    &["createsuperuser", "--username", "carol", "--generate-password"],
    &["set-password", "alice", "--generate-password"],
    &["deactivate", "alice"],
    &["activate", "ina"],
];

/// F1
#[test]
fn a_closed_stdout_is_noticed_before_anything_is_done() {
    let sandbox = Sandbox::stock();
    for call in CHANGING {
        let call = sandbox.drfctl(call).through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]);
        let outcome = sandbox.unchanged(call);
        assert!(outcome.status == "2" && outcome.stderr.contains("standard output"), "{outcome}");
    }
}

/// F2
#[test]
fn a_full_disk_behind_stdout_says_that_the_change_is_made_and_how_to_go_on() {
    for (call, made, hint) in [
        (
            CHANGING[0],
            "SELECT count(*) FROM auth_user JOIN authtoken_token ON user_id = id WHERE username = 'carol'",
            "set-password",
        ),
        (CHANGING[1], "SELECT is_superuser FROM auth_user WHERE username = 'carol'", "set-password"),
        (CHANGING[2], "SELECT count(DISTINCT password) = 3 FROM auth_user", "set-password"),
        (CHANGING[3], "SELECT NOT is_active FROM auth_user WHERE username = 'alice'", "run again"),
        (CHANGING[4], "SELECT is_active FROM auth_user WHERE username = 'ina'", "run again"),
    ] {
        for format in ["text", "json"] {
            let sandbox = Sandbox::stock();
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let outcome = sandbox.drfctl(call).args(["--format", format]).stdout(full).run();
            assert!(outcome.status == "7" && outcome.stderr.contains(hint), "{outcome}");
            assert_eq!(sandbox.value(made), "1", "{outcome}");
            for key in sandbox.sql("SELECT key FROM authtoken_token").concat() {
                assert!(!outcome.stderr.contains(&key), "{outcome}");
            }
        }
    }
}

/// H1, H2
#[test]
fn a_password_is_in_no_argument_and_no_environment() {
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("pw"), CANARY).unwrap();
    for call in [
        with_canary(&sandbox),
        sandbox.drfctl(["set-password", "alice", "--password-file", "pw"]),
        sandbox.drfctl(["create-user", "dora", "--update", "--password-file", "pw"]),
    ] {
        let mut server = sandbox.session();
        assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
        let mut running = call.spawn();
        running.until_it_waits();
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(format!("/proc/{}/{file}", running.id())).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&bytes).contains(CANARY), "{file}");
        }
        server.run("ROLLBACK");
        let outcome = running.wait();
        assert!(outcome.status == "0" && !outcome.to_string().contains(CANARY), "{outcome}");
    }
    assert_eq!(sandbox.passwords_match(&[("carol", CANARY), ("alice", CANARY), ("dora", CANARY)]), [true; 3]);
}

/// H5
#[test]
fn no_message_shows_the_password_however_much_is_asked_for() {
    let check = |status: &str, sandbox: &Sandbox, call: Invocation| {
        let call = call.args(["--traceback", "-v", "3"]);
        let outcome = sandbox.unchanged(call.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace"));
        assert_eq!(outcome.status, status, "{outcome}");
        let shown = outcome.to_string();
        assert!(
            !shown.contains(CANARY) && !shown.contains(&hex::encode(CANARY)) && !shown.contains("panicked"),
            "{shown}"
        );
    };
    let sandbox = Sandbox::stock();
    fs::write(sandbox.dir().join("pw"), format!("{CANARY}\n{CANARY}")).unwrap();
    let typed = |args: &[&str]| sandbox.drfctl(args).arg("--password-stdin").stdin(CANARY);
    check("4", &sandbox, typed(&["create-user", "alice"]));
    check("3", &sandbox, typed(&["create-user", "a b"]));
    check("3", &sandbox, typed(&["create-user", "carol", "--group", "none"]));
    check("3", &sandbox, typed(&["create-user", "carol", "--set", "nope=1"]));
    check("3", &sandbox, typed(&["set-password", "nobody"]));
    check("3", &sandbox, typed(&["verify", "--user", "alice"]));
    check("3", &sandbox, sandbox.drfctl(["set-password", "alice", "--password-file", "pw"]));
    check("3", &sandbox, sandbox.drfctl(["verify", "--key-from", "pw"]));
    check("3", &sandbox, sandbox.drfctl(["verify"]).stdin(format!("Token {CANARY}")));
    check("3", &sandbox, sandbox.drfctl(["verify"]).stdin(format!("Token {CANARY} x")));
    check("3", &sandbox, sandbox.drfctl(["verify"]).stdin(format!("Authorization: Bearer {CANARY}")));
    check("6", &sandbox, typed(&["create-user", "carol", "-d", "missing"]));
    check("6", &sandbox, typed(&["set-password", "alice", "-d", "pw"]));
    for bad in [format!("{CANARY}\n{CANARY}"), CANARY.repeat(200)] {
        check("3", &sandbox, sandbox.drfctl(["create-user", "carol", "--password-stdin"]).stdin(bad));
    }
    let nul = format!("{CANARY}\0");
    check("3", &sandbox, sandbox.drfctl(["create-user", "carol", "--password-stdin", "--hasher", "bcrypt"]).stdin(nul));
    check("2", &sandbox, typed(&["create-user", "carol", "--iterations", "5"]));
    let call = sandbox.drfctl(["createsuperuser", "--noinput", "--username", "alice", "--email", "a@example.com"]);
    check("4", &sandbox, call.env("DJANGO_SUPERUSER_PASSWORD", CANARY));
    let mut server = sandbox.session();
    server.run("BEGIN IMMEDIATE");
    check("5", &sandbox, typed(&["create-user", "carol", "--busy-timeout", "100ms"]));
    drop(server);
    sandbox.exec(
        "CREATE TRIGGER t BEFORE INSERT ON auth_user BEGIN SELECT RAISE(ABORT, 'refused: ' || NEW.password); END",
    );
    check("3", &sandbox, typed(&["create-user", "carol"]));
}

/// H6: not even what the password became.
#[test]
fn what_the_database_says_about_a_refused_row_does_not_show_the_hash() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "CREATE TRIGGER t BEFORE UPDATE ON auth_user BEGIN SELECT RAISE(ABORT, 'refused: ' || NEW.password); END",
    );
    let call = sandbox.drfctl(["set-password", "alice", "--password-stdin", "--traceback"]).stdin(CANARY);
    let outcome = sandbox.unchanged(call);
    assert!(outcome.status == "3" && !outcome.stderr.contains("md5$"), "{outcome}");
}

/// I8
#[test]
fn nothing_is_left_beside_the_database() {
    for call in CHANGING {
        let sandbox = Sandbox::stock();
        assert_eq!(sandbox.drfctl(call).run().status, "0");
        assert_eq!(sandbox.files().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["db.sqlite3"]);
    }
}

/// I7: and what happened meanwhile counts.
#[test]
fn no_lock_is_held_while_a_password_is_waited_for() {
    for (call, meanwhile, status, words) in [
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
            "user carol exists already",
        ),
    ] {
        let sandbox = Sandbox::stock();
        let pipe = sandbox.dir().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let running = sandbox.drfctl(call).args(["--password-file", "pipe"]).spawn();
        // Opens once drfctl reads.
        let mut typing = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let mut server = sandbox.session();
        for statement in ["BEGIN EXCLUSIVE", meanwhile, "COMMIT"] {
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

#[test]
fn a_created_user_is_a_record_in_every_format() {
    for (format, expected) in [
        ("text", "Created user carol\nGenerated token KEY for user carol\n"),
        ("raw", "KEY\n"),
        ("json", "[\n  {\"username\":\"carol\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\"}\n]\n"),
        ("jsonl", "{\"username\":\"carol\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\"}\n"),
        ("csv", "username,outcome,password,key\r\ncarol,created,,KEY\r\n"),
        ("tsv", "username\toutcome\tpassword\tkey\ncarol\tcreated\t\tKEY\n"),
    ] {
        let sandbox = Sandbox::stock();
        let call = sandbox.drfctl(["create-user", "carol", "--no-password", "--with-token", "--format", format]);
        assert_eq!(call.run().ok().mask_keys().stdout, expected);
    }
    let call = Sandbox::stock()
        .drfctl(["create-user", "carol", "--no-password", "--with-token", "--format", "table"])
        .run()
        .ok();
    assert_data_eq!(
        call.mask_keys().stdout,
        str![[r#"
┌[..]┐
│ username ┆ outcome ┆ password ┆ key[..]│
╞[..]╡
│ carol    ┆ created ┆          ┆ KEY │
└[..]┘

"#]]
    );
}

/// A generated password is told once: not to tell it is to lose it.
#[test]
fn a_generated_password_is_not_lost_beside_a_token() {
    for format in ["text", "raw", "json", "jsonl", "csv", "tsv", "table"] {
        let sandbox = Sandbox::stock();
        let call = sandbox.drfctl(["create-user", "carol", "--generate-password", "--with-token", "--format", format]);
        let outcome = call.run();
        if outcome.status == "2" {
            assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE username = 'carol'"), "0");
            continue;
        }
        let words = outcome.stdout.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() == 22);
        let pairs: Vec<_> = words.map(|word| ("carol", word)).collect();
        assert_eq!(sandbox.passwords_match(&pairs), [true], "{format}\n{outcome}");
    }
}
