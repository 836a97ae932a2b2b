//! `inspect`: its output for people and for scripts, and that it never writes.
//!
//! Tags such as `D12` name cases of `tests/CASES.md`.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site, set_mode};

/// Returns the only record of `inspect --format json`.
fn record(sandbox: &Sandbox) -> serde_json::Value {
    let outcome = sandbox.drfctl(["inspect", "--format", "json"]).run();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    records[0].clone()
}

#[test]
fn text_has_a_line_for_each_field() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    assert_data_eq!(
        sandbox.drfctl(["inspect"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
engine: SQLite
version: 3.[..]
database: [..]/db.sqlite3
owner: [..]
mode: 0644
journal_mode: delete
user_table: auth_user
user_pk: id
user_pk_type: integer
username_column: username
token_table: authtoken_token
users: 3
tokens: 1
each_user_has: 
each_user_may_need: 
other_token_tables: 
pending_migrations: 
unknown_migrations: 
--- stderr
warning: every account can read [..]/db.sqlite3, which contains tokens in plain text: chmod o= [..]/db.sqlite3

"#]]
    );
}

/// D12: only `inspect` warns, because Django creates such files by default.
#[test]
fn inspect_warns_of_a_world_readable_database() {
    for (mode, is_public) in
        [(0o644, true), (0o664, true), (0o604, true), (0o640, false), (0o660, false), (0o600, false)]
    {
        let sandbox = Sandbox::stock();
        set_mode(&sandbox.db(), mode);
        let outcome = sandbox.drfctl(["inspect"]).run();
        let warnings =
            outcome.stderr.lines().filter(|line| line.starts_with("warning: every account can read ")).count();
        assert_eq!((outcome.status.as_str(), warnings), ("0", usize::from(is_public)), "{mode:o}\n{outcome}");
        assert_eq!(outcome.stderr.lines().count(), warnings, "{outcome}");
        for command in [&["list"][..], &["create-token", "alice"], &["verify", "--user", "alice", "--password-stdin"]] {
            let other = sandbox.drfctl(command).stdin("secret").run();
            assert!(!other.stderr.contains("every account"), "{other}");
        }
    }
}

#[test]
fn json_has_the_same_fields() {
    let outcome = Sandbox::new(Site::Email).drfctl(["inspect", "--format", "json"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 0
--- stdout
[
  {"engine":"SQLite","version":"3.[..]","database":"[..]/db.sqlite3","owner":"[..]","mode":"0644","journal_mode":"delete","user_table":"people_emailuser","user_pk":"id","user_pk_type":"uuid","username_column":"email","token_table":"authtoken_token","users":2,"tokens":0,"each_user_has":[],"each_user_may_need":[],"other_token_tables":[],"pending_migrations":[],"unknown_migrations":[]}
]
--- stderr
warning: every account can read [..]/db.sqlite3, which contains tokens in plain text: chmod o= [..]/db.sqlite3

"#]]
    );
}

#[test]
fn every_site_is_described() {
    let seen: Vec<_> = Site::ALL
        .iter()
        .map(|site| {
            let record = record(&Sandbox::new(*site));
            ["user_table", "user_pk", "user_pk_type", "username_column"]
                .map(|name| record[name].as_str().unwrap().to_owned())
                .join(" | ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "auth_user | id | integer | username",
            "people_emailuser | id | uuid | email",
            "Odd \"User\" Table | Code Name | text | handle",
            "member_member | user_ptr_id | bigint | username",
            "accounts_user | id | integer | username",
            "auth_user | id | integer | username",
        ]
    );
}

#[test]
fn the_journal_mode_is_that_of_the_file() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.sql("PRAGMA journal_mode = wal");
    assert_eq!(record(&sandbox)["journal_mode"], "wal");
}

#[test]
fn pending_and_unknown_migrations_are_listed() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DELETE FROM django_migrations WHERE name = '0004_alter_tokenproxy_options';
         INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0099_future', '2031-01-01')",
    );
    let record = record(&sandbox);
    assert_eq!(
        (&record["pending_migrations"], &record["unknown_migrations"]),
        (&json!(["authtoken.0004_alter_tokenproxy_options"]), &json!(["auth.0099_future"]))
    );
}

/// N29: the app is not installed, or its migrations are not applied.
#[test]
fn inspect_describes_a_database_without_tokens_and_fails() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'");
    assert_data_eq!(
        sandbox.drfctl(["inspect", "--format", "json"]).run().to_string(),
        str![[r#"
exit: 6
--- stdout
[
  {"engine":"SQLite",[..]"user_table":"auth_user","user_pk":"id","user_pk_type":"integer","username_column":"username","token_table":null,"users":3,"tokens":null,"each_user_has":[],"each_user_may_need":[],"other_token_tables":[],"pending_migrations":["authtoken.0001_initial",[..]],"unknown_migrations":[]}
]
--- stderr
warning: every account can read [..]/db.sqlite3, which contains tokens in plain text: chmod o= [..]/db.sqlite3
error: the token table authtoken_token is missing
hint: [..]

"#]]
    );
}

#[test]
fn inspect_changes_nothing_and_creates_no_file() {
    let sandbox = Sandbox::stock();
    let before = std::fs::read(sandbox.db()).unwrap();
    assert_eq!(sandbox.drfctl(["inspect"]).run().status, "0");
    assert_eq!(
        (std::fs::read(sandbox.db()).unwrap() == before, std::fs::read_dir(sandbox.dir()).unwrap().count()),
        (true, 1)
    );
}

#[test]
fn a_missing_file_is_not_created() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["inspect", "-d", "typo.sqlite3"]).run();
    assert_eq!((outcome.status.as_str(), std::fs::read_dir(sandbox.dir()).unwrap().count()), ("6", 0), "{outcome}");
}

/// N29: an older version of the tables, whose tokens cannot be used.
#[test]
fn inspect_counts_users_if_tokens_cannot_be_used() {
    for (change, status, tokens, error) in [
        ("DELETE FROM django_migrations WHERE app = 'authtoken'", "6", json!(null), "half migrated: "),
        (
            "ALTER TABLE authtoken_token RENAME COLUMN created TO creation",
            "6",
            json!(null),
            "the table authtoken_token differs",
        ),
        ("ALTER TABLE authtoken_token ADD COLUMN scope varchar(9) NOT NULL DEFAULT ''", "0", json!(0), ""),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(change);
        set_mode(&sandbox.db(), 0o640);
        let outcome = sandbox.untouched(sandbox.drfctl(["inspect", "--format", "json"]));
        let record = record(&sandbox);
        assert_eq!((outcome.status.as_str(), &record["users"], &record["tokens"]), (status, &json!(3), &tokens));
        assert!(error.is_empty() || outcome.stderr.starts_with(&format!("error: {error}")), "{outcome}");
    }
}
