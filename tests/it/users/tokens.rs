//! `create-user --with-token`.
//!
//! Tags such as `B36` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn with_token_creates_the_token_that_the_application_returns() {
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
fn with_token_keeps_an_existing_token() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    for option in ["--if-not-exists", "--update"] {
        let call = sandbox.drfctl(["create-user", "alice", option, "--with-token", "--format", "raw"]);
        assert_eq!(sandbox.unchanged(call).ok().stdout, format!("{key}\n"));
    }
    let call = sandbox.drfctl(["create-user", "bob", "--if-not-exists", "--with-token", "--format", "raw"]);
    let key = call.run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"bob"}"#);
}

/// B36
#[test]
fn with_token_for_an_inactive_user_warns() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-user", "carol", "--no-password", "--inactive", "--with-token"]).run();
    assert!(outcome.status == "0" && outcome.stderr.starts_with("warning: "), "{outcome}");
    assert_eq!(sandbox.serve().whoami(&outcome.key()), r#"401 {"detail":"User inactive or deleted."}"#);
}

/// B2
#[test]
fn without_a_token_table_users_can_be_created() {
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

/// A generated password is printed only once; without the output it would be lost.
#[test]
fn with_token_prints_the_generated_password_too() {
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
