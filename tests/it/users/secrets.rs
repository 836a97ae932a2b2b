//! Passwords must not appear in arguments, the environment or messages.
//!
//! Tags such as `H1` name cases of `tests/CASES.md`.

use std::fs;

use crate::support::{CANARY, Invocation, Sandbox};

/// Returns a call of `create-user carol` with the canary as the password.
fn with_canary(sandbox: &Sandbox) -> Invocation {
    sandbox.drfctl(["create-user", "carol", "--password-stdin"]).stdin(format!("{CANARY}\n"))
}

/// H1, H2
#[test]
fn a_password_is_not_in_arguments_or_the_environment() {
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
fn no_message_shows_a_password_even_with_traceback() {
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

/// H6: the hash must not appear either.
#[test]
fn a_database_error_about_a_row_does_not_show_the_hash() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "CREATE TRIGGER t BEFORE UPDATE ON auth_user BEGIN SELECT RAISE(ABORT, 'refused: ' || NEW.password); END",
    );
    let call = sandbox.drfctl(["set-password", "alice", "--password-stdin", "--traceback"]).stdin(CANARY);
    let outcome = sandbox.unchanged(call);
    assert!(outcome.status == "3" && !outcome.stderr.contains("md5$"), "{outcome}");
}
