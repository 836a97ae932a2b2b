//! Databases with triggers, collations and functions of the application: drfctl prints only stored
//! keys, and a rejected change is rolled back.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

fn with(schema: &str) -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec(schema);
    sandbox
}

#[test]
fn a_token_that_a_trigger_removes_or_moves_is_not_printed() {
    for trigger in [
        "DELETE FROM authtoken_token WHERE key = NEW.key",
        "UPDATE authtoken_token SET user_id = (SELECT id FROM auth_user WHERE username = 'bob') WHERE key = NEW.key",
    ] {
        let sandbox = with(&format!("CREATE TRIGGER gone AFTER INSERT ON authtoken_token BEGIN {trigger}; END"));
        assert_data_eq!(
            sandbox.drfctl(["create-token", "alice"]).run().to_string(),
            str![[r#"
exit: 3
--- stdout
--- stderr
error: a database trigger changed or removed the new token of user alice

"#]]
        );
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
    }
}

#[test]
fn a_trigger_that_changes_the_new_key_rolls_back() {
    let sandbox = Sandbox::stock();
    let old = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    sandbox.exec(
        "CREATE TRIGGER loud AFTER UPDATE ON authtoken_token WHEN NEW.key <> upper(NEW.key)
         BEGIN UPDATE authtoken_token SET key = upper(key) WHERE key = NEW.key; END",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "-r", "alice"]).run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: a database trigger changed or removed the new token of user alice

"#]]
    );
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), old);
}

#[test]
fn the_message_of_a_trigger_does_not_show_the_valid_key() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    sandbox.exec(
        "CREATE TRIGGER no BEFORE UPDATE ON authtoken_token
         BEGIN SELECT raise(ABORT, 'no change of ' || OLD.key || ' to ' || NEW.key); END",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "-r", "alice", "--traceback"]).run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the database rejected the change: no change of [redacted] to [redacted]
caused by: no change of [redacted] to [redacted]
caused by: Error code 1811: constraint failed

"#]]
    );
}

#[test]
fn a_conflict_of_another_column_is_reported() {
    let sandbox = with(
        "CREATE TABLE audit (user_id integer UNIQUE); INSERT INTO audit SELECT id FROM auth_user;
         CREATE TRIGGER log AFTER INSERT ON authtoken_token
         BEGIN INSERT INTO audit VALUES (NEW.user_id); END",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: duplicate value for unique column audit.user_id

"#]]
    );
}

#[test]
fn a_user_with_two_spellings_has_one_key() {
    let sandbox = with(
        "ALTER TABLE auth_user ADD COLUMN login varchar(20) NOT NULL DEFAULT '' COLLATE NOCASE;
         UPDATE auth_user SET login = username",
    );
    let outcome = sandbox
        .drfctl(["create-token", "-r", "--username-field", "login", "--format", "raw", "alice", "ALICE"])
        .run()
        .ok();
    let stored = sandbox.value("SELECT key FROM authtoken_token");
    assert_eq!(outcome.stdout, format!("{stored}\n{stored}\n"));
}

#[test]
fn a_user_with_an_invalid_is_active_warns() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_master SET sql = replace(sql, '\"is_active\" bool NOT NULL', '\"is_active\" bool NULL')
         WHERE name = 'auth_user';",
    );
    sandbox.exec("UPDATE auth_user SET is_active = NULL WHERE username = 'alice'");
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!(
        (outcome.status.as_str(), outcome.stderr.as_str()),
        ("0", "warning: user alice is inactive: the application rejects this token\n"),
        "{outcome}"
    );
}

#[test]
fn inspect_names_a_function_that_only_the_application_defines() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_master SET sql = replace(sql, '\"created\" datetime NOT NULL',
             '\"created\" datetime NOT NULL CHECK (md5(\"key\") IS NOT NULL)') WHERE name = 'authtoken_token';",
    );
    let outcome = sandbox.drfctl(["inspect"]).run();
    assert_eq!(outcome.status, "6", "{outcome}");
    assert!(outcome.stderr.contains("needs the function md5"), "{outcome}");
}

#[test]
fn a_username_in_a_table_that_shares_the_primary_key_is_not_used() {
    let sandbox = with(
        "CREATE TABLE person (id integer PRIMARY KEY, username varchar(20) NOT NULL UNIQUE);
         CREATE TABLE member (person_id integer PRIMARY KEY REFERENCES person (id), email varchar(90) NOT NULL UNIQUE);
         DROP TABLE authtoken_token;
         CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL,
             user_id integer NOT NULL UNIQUE REFERENCES member (person_id));",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the user table member has more than one possible username column
hint: name the user model's USERNAME_FIELD: --username-field email or --username-field username

"#]]
    );
}
