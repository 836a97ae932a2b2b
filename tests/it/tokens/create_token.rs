//! `create-token`: what it prints, what it changes and what it rejects.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

#[test]
fn new_tokens_are_printed_in_the_order_of_the_names() {
    for (args, output) in [
        (
            &["alice"][..],
            str![[r#"
exit: 0
--- stdout
Generated token KEY for user alice
--- stderr

"#]],
        ),
        (
            &["bob", "alice"],
            str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]],
        ),
        (
            &["ina"],
            str![[r#"
exit: 0
--- stdout
Generated token KEY for user ina
--- stderr
warning: user ina is inactive: the application rejects this token

"#]],
        ),
        // A reset of a user without a token creates one.
        (
            &["--reset", "--format", "tsv", "alice"],
            str![[r#"
exit: 0
--- stdout
username	key	created	outcome
alice	KEY	[..]Z	created
--- stderr

"#]],
        ),
    ] {
        assert_data_eq!(Sandbox::stock().drfctl(["create-token"]).args(args).run().mask_keys().to_string(), output);
    }
}

#[test]
fn the_printed_key_is_the_one_in_the_database() {
    let sandbox = Sandbox::stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(
        sandbox.sql("SELECT key, username FROM authtoken_token JOIN auth_user ON id = user_id"),
        [[key, "alice".to_owned()]]
    );
}

#[test]
fn an_existing_token_is_printed_and_not_changed() {
    let sandbox = Sandbox::stock();
    let first = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let before = sandbox.dump();
    let second = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!((second, sandbox.dump()), (first, before));
}

#[test]
fn reset_before_or_after_the_name_replaces_the_key() {
    for args in [["create-token", "-r", "alice"], ["create-token", "alice", "--reset"]] {
        let sandbox = Sandbox::stock();
        let old = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
        let new = sandbox.drfctl(args).run().ok().key();
        assert_ne!(old, new);
        assert_eq!(sandbox.sql("SELECT key FROM authtoken_token"), [[new]]);
    }
}

#[test]
fn reset_updates_the_time_of_creation() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "INSERT INTO authtoken_token SELECT 'old', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'",
    );
    let _ = sandbox.drfctl(["create-token", "-r", "alice"]).run().ok();
    assert_eq!(sandbox.value("SELECT created > '2020' FROM authtoken_token"), "1");
}

#[test]
fn a_duplicate_name_prints_the_same_key_twice() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-token", "-r", "--format", "raw", "alice", "alice"]).run().ok();
    let key = sandbox.value("SELECT key FROM authtoken_token");
    assert_eq!(outcome.stdout, format!("{key}\n{key}\n"));
}

/// I11
#[test]
fn an_unknown_name_among_several_creates_no_token() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice", "nobody"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: user nobody does not exist

"#]]
    );
}

#[test]
fn an_unknown_name_among_several_resets_no_token() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice", "bob"]).run().ok();
    assert_eq!(sandbox.unchanged(sandbox.drfctl(["create-token", "-r", "alice", "bob", "nobody"])).status, "3");
}

#[test]
fn quiet_prints_nothing() {
    for (args, status) in [(["-q", "ina"], "0"), (["--quiet", "nobody"], "3")] {
        let outcome = Sandbox::stock().drfctl(["create-token"]).args(args).run();
        assert_eq!(outcome.to_string(), format!("exit: {status}\n--- stdout\n--- stderr\n"));
    }
}

#[test]
fn a_trigger_that_aborts_changes_nothing() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    sandbox.exec(
        "CREATE TRIGGER guard BEFORE UPDATE ON authtoken_token \
         BEGIN SELECT RAISE(ABORT, 'not on a Friday'); END",
    );
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "-r", "alice"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: [..]not on a Friday[..]
...
"#]]
    );
}

/// I11
#[test]
fn a_trigger_that_aborts_for_the_second_user_rolls_back_the_first() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "CREATE TRIGGER guard BEFORE INSERT ON authtoken_token \
         WHEN NEW.user_id = (SELECT id FROM auth_user WHERE username = 'bob') \
         BEGIN SELECT RAISE(ABORT, 'not for bob'); END",
    );
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice", "bob"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: [..]not for bob[..]
...
"#]]
    );
}

#[test]
fn an_existing_key_in_another_format_is_printed() {
    let sandbox = Sandbox::stock();
    sandbox.exec("INSERT INTO authtoken_token SELECT 'NOT-hex', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'");
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token NOT-hex for user alice
--- stderr
...
"#]]
    );
}

#[test]
fn a_violated_foreign_key_of_another_table_is_ignored() {
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE TABLE other (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES auth_user (id)); INSERT INTO other VALUES (1, 999)");
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
}
