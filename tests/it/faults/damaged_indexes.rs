//! Indexes that lead to the row of another user, as after a fault of the disk. No command acts on that
//! user, or prints the token of one user under the name of another.
//!
//! Tags such as `N96` name cases of `tests/CASES.md`.

use crate::support::{KEY, Sandbox};

/// Bob's token.
const OTHER: &str = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";

const DAMAGED: &str = "the database is damaged: an index leads to the row of another user";

/// Returns a site whose rows were changed while the unique indexes of a table were not.
fn damaged(table: &str, changes: &str) -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    sandbox.give_token("bob", OTHER);
    sandbox.exec(&format!(
        "PRAGMA foreign_keys = OFF;
         CREATE TEMP TABLE saved AS SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema WHERE tbl_name = '{table}' AND (name LIKE 'sqlite_autoindex%' OR type = 'table');
         PRAGMA writable_schema = ON;
         DELETE FROM sqlite_schema WHERE tbl_name = '{table}' AND name LIKE 'sqlite_autoindex%';
         UPDATE sqlite_schema SET sql = replace(replace(sql, ' UNIQUE', ''), 'varchar(40) NOT NULL PRIMARY KEY', 'varchar(40) NOT NULL') WHERE name = '{table}';
         PRAGMA writable_schema = RESET;
         {changes};
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = (SELECT sql FROM saved WHERE type = 'table') WHERE name = '{table}';
         INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) SELECT * FROM saved WHERE type = 'index';
         PRAGMA writable_schema = RESET"
    ));
    assert_eq!(sandbox.sql("PRAGMA integrity_check").len(), 2);
    sandbox
}

/// Returns a site with two usernames exchanged, of users whose ids are exchanged, or of tokens whose
/// keys are.
fn sites() -> [(&'static str, Sandbox); 3] {
    [
        (
            "username",
            damaged(
                "auth_user",
                "UPDATE auth_user SET username = CASE username WHEN 'alice' THEN 'bob' ELSE 'alice' END WHERE username IN ('alice', 'bob')",
            ),
        ),
        (
            "user_id",
            damaged(
                "authtoken_token",
                "UPDATE authtoken_token SET user_id = (SELECT id FROM auth_user WHERE username = CASE key WHEN '01dc0ffee01dc0ffee01dc0ffee01dc0ffee01dc' THEN 'bob' ELSE 'alice' END)",
            ),
        ),
        (
            "key",
            damaged(
                "authtoken_token",
                "UPDATE authtoken_token SET key = CASE key WHEN '01dc0ffee01dc0ffee01dc0ffee01dc0ffee01dc' THEN 'f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0' ELSE '01dc0ffee01dc0ffee01dc0ffee01dc0ffee01dc' END",
            ),
        ),
    ]
}

/// N96
#[test]
fn a_command_for_one_user_never_acts_on_another() {
    for (index, sandbox) in sites() {
        let before = sandbox.dump();
        // The indexes that each command searches.
        for (command, indexes) in [
            (&["create-token", "alice"][..], &["username", "user_id"][..]),
            (&["create-token", "-r", "alice"], &["username", "user_id"]),
            (&["create-token", "-r", "--newer-than", "2020-01-01", "--yes"], &["user_id", "key"]),
            (&["revoke", "alice", "--yes"], &["username", "user_id", "key"]),
            (&["revoke", "ali*", "--yes"], &["username", "user_id", "key"]),
            (&["revoke", "--newer-than", "2020-01-01", "--yes"], &["user_id", "key"]),
            (&["list", "alice", "--show-keys"], &["username", "user_id"]),
            (&["list", "ali*", "--show-keys"], &["username", "user_id"]),
            (&["list", "--sort", "username"], &["username", "user_id"]),
            (&["list", "users", "alice"], &["username", "user_id"]),
            (&["deactivate", "alice"], &["username"]),
            (&["set-password", "alice", "--generate-password"], &["username"]),
            (&["create-user", "alice", "--if-not-exists", "--no-password"], &["username"]),
        ] {
            if indexes.contains(&index) {
                let outcome = sandbox.drfctl(command).run();
                outcome.refused("6", &[DAMAGED, "REINDEX"]);
                assert_eq!(sandbox.dump(), before, "{index} {command:?}");
            }
        }
    }
}

/// N96
#[test]
fn a_key_never_names_another_user() {
    for (index, sandbox) in sites() {
        let before = sandbox.dump();
        let verify = sandbox.drfctl(["verify"]).stdin(KEY).run();
        if index == "key" {
            verify.refused("6", &[DAMAGED]);
            sandbox.drfctl(["revoke", "--keys-from", "-", "--yes"]).stdin(KEY).run().refused("6", &[DAMAGED]);
        } else {
            // The rows say so.
            assert!(verify.ok().stdout.contains("of user bob"), "{index}");
        }
        assert_eq!(sandbox.dump(), before, "{index}");
    }
}
