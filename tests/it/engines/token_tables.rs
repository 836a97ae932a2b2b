//! Token tables that drfctl reads and in which it creates no tokens.
//!
//! Tags such as `N7` name cases of `tests/CASES.md`.

use serde_json::json;

use crate::support::{Engine, INVALID_TOKEN, Sandbox, Site, scenarios};

scenarios![
    several_tokens_of_a_user_are_listed_verified_and_revoked,
    a_token_table_with_a_required_column_is_read_but_not_written,
];

/// N7
fn several_tokens_of_a_user_are_listed_verified_and_revoked(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.with_several_tokens_a_user(engine);
    let key = |number: usize| format!("{number:040x}");
    let rows: Vec<String> =
        (0..2_500).map(|n| format!("('{}', '2026-01-31 09:00:00', {})", key(n), 1 + n % 2)).collect();
    sandbox.exec(
        &format!("INSERT INTO authtoken_token (key_, created, user_id) VALUES {}", rows.join(", "))
            .replace("key_", if engine == Engine::MySql { "`key`" } else { "key" }),
    );
    for sort in ["id", "username", "created"] {
        let listed = sandbox.drfctl(["list", "--show-keys", "--format", "raw", "--sort", sort]).run();
        let mut keys: Vec<&str> = listed.stdout.lines().collect();
        keys.sort_unstable();
        assert_eq!(keys, (0..2_500).map(key).collect::<Vec<_>>(), "{sort}");
    }
    let users = sandbox.drfctl(["list", "users", "--columns", "username,has_token"]).records("0");
    assert_eq!(
        users,
        [
            json!({"username": "alice", "has_token": true}),
            json!({"username": "bob", "has_token": true}),
            json!({"username": "ina", "has_token": false}),
        ]
    );
    assert_eq!(sandbox.drfctl(["list", "users", "--with-token", "--count"]).run().ok().stdout, "2\n");
    let verified = sandbox.drfctl(["verify"]).stdin(key(3)).run().ok();
    assert_eq!(verified.stdout, "The application accepts this token of user bob\n");
    let leaked = sandbox.drfctl(["revoke", "--keys-from", "-"]).stdin(key(3)).run().ok();
    assert_eq!(leaked.stdout, "Revoked token 00000000… of user bob\n");
    let server = sandbox.serve();
    assert_eq!(
        (server.whoami(&key(3)), server.whoami(&key(5))),
        (INVALID_TOKEN.to_owned(), r#"200 {"user":"bob"}"#.to_owned())
    );
    let revoked = sandbox.drfctl(["revoke", "bob", "--yes"]).run();
    assert_eq!((revoked.status.as_str(), revoked.stdout.lines().count()), ("0", 1_249), "{}", revoked.stderr);
    assert_eq!(
        (server.whoami(&key(5)), server.whoami(&key(4))),
        (INVALID_TOKEN.to_owned(), r#"200 {"user":"alice"}"#.to_owned())
    );
    for words in [
        &["create-token", "alice"][..],
        &["create-token", "-r", "--all", "--yes"],
        &["create-token", "-r", "--all", "--dry-run"],
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        outcome.refused("6", &["user_id is not unique: a user could have two tokens"]);
        assert!(!outcome.stderr.contains("in batches"), "{outcome}");
    }
}

/// A primary key without a default, as Django's `UUIDField` leaves it, and another column.
fn a_token_table_with_a_required_column_is_read_but_not_written(engine: Engine) {
    for (columns, values, column) in [
        ("id char(32) NOT NULL PRIMARY KEY, key_ varchar(40) NOT NULL UNIQUE", "'a1'", "id"),
        ("scope varchar(20) NOT NULL, key_ varchar(40) NOT NULL PRIMARY KEY", "'all'", "scope"),
    ] {
        let sandbox = Sandbox::on(engine, Site::Stock);
        let key = "0123456789012345678901234567890123456789";
        sandbox.exec("DROP TABLE authtoken_token");
        for sql in [
            format!(
                "CREATE TABLE authtoken_token ({columns}, created timestamp NOT NULL, user_id integer NOT NULL UNIQUE, \
                 FOREIGN KEY (user_id) REFERENCES auth_user (id))"
            ),
            format!("INSERT INTO authtoken_token VALUES ({values}, '{key}', '2026-01-31 09:00:00', 1)"),
        ] {
            sandbox.exec(&sql.replace("key_", if engine == Engine::MySql { "`key`" } else { "key" }));
        }
        assert_eq!(sandbox.drfctl(["list"]).records("0")[0]["username"], json!("alice"));
        let verified = sandbox.drfctl(["verify"]).stdin(key).run();
        assert_eq!((verified.status.as_str(), verified.stdout.contains("user alice")), ("0", true), "{verified}");
        let says = format!("{column} is required, and drfctl does not know its value");
        for words in [
            &["create-token", "bob"][..],
            &["create-token", "-r", "alice"],
            &["create-token", "-r", "--all", "--yes"],
            &["create-user", "carol", "--no-password", "--with-token"],
        ] {
            sandbox.unchanged(sandbox.drfctl(words)).refused("6", &[&says]);
        }
        let inspected = sandbox.drfctl(["inspect"]).run();
        assert!(inspected.status == "6" && inspected.stderr.contains(&says), "{inspected}");
        assert_eq!(sandbox.drfctl(["revoke", "alice"]).run().status, "0");
    }
}
