//! `create-token --key-from`: keys that the caller chooses.
//!
//! Tags such as `J10` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn a_given_key_becomes_the_users_token() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y\n").unwrap();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token 2Kx9Wq7LmZ4tVb8NcR3y for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_key_is_read_from_standard_input() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox
            .drfctl(["create-token", "--key-from", "-", "alice"])
            .stdin("5f0c1e9a7b3d2846f1e0d9c8b7a6958473625140")
            .run()
            .to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token 5f0c1e9a7b3d2846f1e0d9c8b7a6958473625140 for user alice
--- stderr

"#]]
    );
}

#[test]
fn the_key_of_an_existing_token_changes_nothing() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let args = ["create-token", "--key-from", "key", "--format", "csv", "alice"];
    let _ = sandbox.drfctl(args).run().ok();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(&args)).to_string(),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,2Kx9Wq7LmZ4tVb8NcR3y,[..]Z,existing
--- stderr

"#]]
    );
}

#[test]
fn a_given_key_does_not_replace_another_without_reset() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "--key-from", "key", "alice"])).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: user alice already has another token
hint: replace it with the given key: -r

"#]]
    );
}

#[test]
fn a_given_key_replaces_another_with_reset() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let _ = sandbox.drfctl(["create-token", "-r", "--key-from", "key", "alice"]).run().ok();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), "2Kx9Wq7LmZ4tVb8NcR3y");
}

#[test]
fn the_key_of_another_user_is_a_conflict_and_not_shown() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let _ = sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().ok();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "-r", "--key-from", "key", "bob"])).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: the key given for user bob is already the token of another user

"#]]
    );
}

#[test]
fn a_key_that_is_too_short_is_rejected_and_not_shown() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "short").unwrap();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "--key-from", "key", "alice"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the given key has 5 characters; a key has 20 to 40

"#]]
    );
}

/// J10: endless input is read only up to the limit.
#[test]
fn endless_input_is_rejected() {
    let sandbox = Sandbox::stock();
    let give =
        |args: &[&str]| sandbox.drfctl(args).through(["sh", "-c", r#"ulimit -v 1000000; exec "$@" < /dev/zero"#, "sh"]);
    for args in [
        &["create-token", "-"][..],
        &["create-token", "--key-from", "-", "alice"],
        &["create-token", "--key-from", "/dev/zero", "alice"],
        &["revoke", "--keys-from", "-", "--yes"],
        &["revoke", "--yes", "-"],
        &["verify"],
        &["verify", "--user", "alice", "--password-stdin"],
        &["create-user", "carol", "--password-file", "/dev/zero"],
        &["create-user", "--from", "-"],
        &["deactivate", "-"],
    ] {
        let outcome = sandbox.unchanged(give(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{args:?}\n{outcome}");
    }
}

#[test]
fn a_key_that_is_too_long_is_rejected() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "4k".repeat(21)).unwrap();
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "--key-from", "key", "alice"])).status, "3");
}

#[test]
fn a_key_with_white_space_is_rejected() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ 4tVb8NcR3y").unwrap();
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "--key-from", "key", "alice"])).status, "3");
}

#[test]
fn a_weak_key_is_accepted_with_a_warning() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "a".repeat(20)).unwrap();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token aaaaaaaaaaaaaaaaaaaa for user alice
--- stderr
warning: the given key is easy to guess: use it in tests only

"#]]
    );
}

#[test]
fn key_from_requires_one_user() {
    let sandbox = Sandbox::stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "--key-from", "key", "alice", "bob"])).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: --key-from gives a key to one user
hint: name one user

"#]]
    );
}

#[test]
fn a_missing_key_file_is_rejected() {
    assert_data_eq!(
        Sandbox::stock()
            .unchanged(Sandbox::stock().drfctl(&["create-token", "--key-from", "no-file", "alice"]))
            .to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the file cannot be read (name hidden because it could be a secret): No such file or directory (os error 2)
...
"#]]
    );
}
