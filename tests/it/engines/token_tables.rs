//! Token tables that drfctl reads, but in which it does not create tokens.
//!
//! Tags such as `N7` name cases of `tests/CASES.md`.

use std::fs;

use serde_json::json;

use crate::support::{Engine, INVALID_TOKEN, Sandbox, Site, scenarios};

scenarios![
    several_tokens_of_a_user_are_listed_verified_and_revoked,
    a_token_table_with_a_required_column_is_read_only,
    other_token_tables_with_rows_are_named,
    keys_in_another_format_warn_before_a_key_is_written,
    rows_that_reference_a_key_get_the_new_key,
    a_referenced_token_is_named_or_skipped,
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
    assert_eq!(verified.stdout, "DRF's TokenAuthentication would accept this token of user bob\n");
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

/// A primary key without a default, like Django's `UUIDField`, and another required column.
fn a_token_table_with_a_required_column_is_read_only(engine: Engine) {
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
        let message = format!("{column} is required, but drfctl has no value for it");
        for words in [
            &["create-token", "bob"][..],
            &["create-token", "-r", "alice"],
            &["create-token", "-r", "--all", "--yes"],
            &["create-user", "carol", "--no-password", "--with-token"],
        ] {
            sandbox.unchanged(sandbox.drfctl(words)).refused("6", &[&message]);
        }
        let inspected = sandbox.drfctl(["inspect"]).run();
        assert!(inspected.status == "6" && inspected.stderr.contains(&message), "{inspected}");
        assert_eq!(sandbox.drfctl(["revoke", "alice"]).run().status, "0");
    }
}

/// N28
fn other_token_tables_with_rows_are_named(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let to_user = "user_id integer NULL, FOREIGN KEY (user_id) REFERENCES auth_user (id)";
    let mut named = Vec::new();
    for (table, columns, row, is_token_table) in [
        // django-rest-knox, django-oauth-toolkit, djangorestframework-simplejwt
        ("knox_authtoken", "digest varchar(128) PRIMARY KEY, token_key varchar(25) NOT NULL", Some("'d', 'k'"), true),
        ("oauth2_provider_accesstoken", "id integer PRIMARY KEY, token varchar(255) UNIQUE", Some("1, 't'"), true),
        (
            "token_blacklist_outstandingtoken",
            "id integer PRIMARY KEY, token text NOT NULL, jti varchar(255) NOT NULL UNIQUE",
            Some("1, 't', 'j'"),
            true,
        ),
        ("shop_apikey", "key_ varchar(64) PRIMARY KEY", Some("'k'"), true),
        ("shop_emptytoken", "key_ varchar(40) PRIMARY KEY", None, false),
        // Its key is not a user's secret: it is not unique, as in django-otp.
        ("otp_totpdevice", "id integer PRIMARY KEY, key_ varchar(80) NOT NULL", Some("1, 'k'"), false),
        ("shop_numbered", "key_ integer PRIMARY KEY", Some("1"), false),
        ("shop_profile", "nickname varchar(40) PRIMARY KEY", Some("'n'"), false),
    ] {
        let columns = columns.replace("key_ ", if engine == Engine::MySql { "`key` " } else { "key " });
        sandbox.exec(&format!("CREATE TABLE {table} ({columns}, {to_user})"));
        if let Some(row) = row {
            sandbox.exec(&format!("INSERT INTO {table} VALUES ({row}, 1)"));
        }
        if is_token_table {
            named.push(table);
        }
    }
    // A token without a user.
    sandbox.exec("CREATE TABLE shop_coupon (token varchar(40) PRIMARY KEY); INSERT INTO shop_coupon VALUES ('t')");
    named.sort_unstable();
    let notes = format!(
        "note: {} look like token tables, too, and have rows: the API may accept those tokens instead\n",
        named.join(", ")
    );
    let verified = sandbox.unchanged(sandbox.drfctl(["verify"]).stdin(key));
    let accepted = "DRF's TokenAuthentication would accept this token of user alice";
    assert_eq!(verified.to_string(), format!("exit: 0\n--- stdout\n{accepted}\n--- stderr\n{notes}"));
    let verified = sandbox.unchanged(sandbox.drfctl(["verify"]).stdin("d"));
    assert_eq!(verified.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{notes}error: Invalid token.\n"));
    let inspected = sandbox.drfctl(["inspect"]).records("0");
    assert_eq!(inspected[0]["other_token_tables"], json!(named));
    if engine == Engine::Postgres {
        let role = format!("{}_limited", sandbox.value("SELECT current_database()"));
        sandbox.exec(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
             REVOKE ALL ON knox_authtoken FROM {role}"
        ));
        let url = sandbox.database().into_string().unwrap().replace("postgres@", &format!("{role}@"));
        let limited = sandbox.drfctl(["verify"]).env("DATABASE_URL", url).stdin("d").run();
        assert_eq!(limited.stderr, format!("{}error: Invalid token.\n", notes.replace("knox_authtoken, ", "")));
    }
    for table in &named[1..] {
        sandbox.exec(&format!("DELETE FROM {table}"));
    }
    let note = format!(
        "note: {} looks like a token table, too, and has rows: the API may accept those tokens instead\n",
        named[0]
    );
    assert_eq!(sandbox.drfctl(["verify"]).stdin("d").run().stderr, format!("{note}error: Invalid token.\n"));
}

/// N29c
fn keys_in_another_format_warn_before_a_key_is_written(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let users = sandbox.sql("SELECT id FROM auth_user WHERE username <> 'ina' ORDER BY id").concat();
    fs::write(sandbox.dir().join("key"), "wlu_8f3kd02mzq51xv7tbh6cr9wnja4e").unwrap();
    let give = |keys: [&str; 2]| {
        sandbox.exec("DELETE FROM authtoken_token");
        for (key, user) in keys.iter().zip(&users) {
            if !key.is_empty() {
                sandbox.exec(&format!("INSERT INTO authtoken_token VALUES ('{key}', '2026-01-31 09:00:00', {user})"));
            }
        }
    };
    let warning =
        |kind: &str| format!("warning: the application's keys {kind}, and drfctl creates 40 hexadecimal digits");
    let preset = "; --key-from FILE gives one user another key";
    let wlu = ["wlu_3c9909afec25354d551dae21590bb26e38d5", "wlu_fedcba98765432100123456789abcdef0123"];
    let of_wlu = warning("begin with wlu_ and have 40 characters") + preset;
    for words in [
        "create-token -r alice",
        "create-token ina",
        "create-token alice bob ina",
        "create-token --all --yes",
        "create-token -r b* --yes",
        "create-user carol --no-password --with-token --if-not-exists",
    ] {
        give(wlu);
        let outcome = sandbox.drfctl(words.split(' ')).run();
        let count = outcome.stderr.lines().filter(|line| *line == of_wlu).count();
        assert_eq!((outcome.status.as_str(), count), ("0", 1), "{words}: {outcome}");
        // The warning shows neither the printed keys nor those of other users.
        assert!(!wlu.iter().any(|key| outcome.stderr.contains(&key[..8])), "{words}: {outcome}");
    }
    for words in ["create-token alice bob", "create-token -r alice --key-from key", "create-token -r alice --dry-run"] {
        give(wlu);
        let outcome = sandbox.drfctl(words.split(' ')).run();
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{words}: {outcome}");
    }
    let drf = "3c9909afec25354d551dae21590bb26e38d53f21";
    for (keys, warned) in [
        ([&drf[..32], &wlu[1][8..]], Some(warning("have 32 characters") + preset)),
        ([&drf[..32], &wlu[1][20..]], Some(warning("have 20 to 32 characters") + preset)),
        (["k.1", "k.2"], Some(warning("have 3 characters"))),
        ([drf, wlu[1]], None),
        ([wlu[0], ""], None),
        (["", ""], None),
    ] {
        give(keys);
        let outcome = sandbox.drfctl(["create-token", "-r", "alice"]).run();
        let expected = warned.map(|warned| warned + "\n").unwrap_or_default();
        assert_eq!((outcome.status.as_str(), outcome.stderr), ("0", expected), "{keys:?}");
    }
    if engine == Engine::Sqlite {
        give(wlu);
        sandbox.exec("CREATE TRIGGER no BEFORE UPDATE ON authtoken_token BEGIN SELECT raise(ABORT, 'no'); END");
        let rejected = sandbox.unchanged(sandbox.drfctl(["create-token", "-r", "alice"]));
        assert!(rejected.status == "3" && rejected.stderr.starts_with(&of_wlu), "{rejected}");
    }
}

/// Creates a table that references tokens, as Django creates it, with rows for these users.
fn with_devices(engine: Engine, names: &[&str], on_delete: &str) -> Sandbox {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let _ = sandbox.drfctl(["create-token", "alice", "bob", "ina", "-v", "0"]).run();
    let deferred = if engine == Engine::MySql { "" } else { "DEFERRABLE INITIALLY DEFERRED" };
    let key = if engine == Engine::MySql { "`key`" } else { "key" };
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    sandbox.exec(&format!(
        "CREATE TABLE push_device (id integer PRIMARY KEY, token_id varchar(40) NOT NULL, \
         CONSTRAINT device_token FOREIGN KEY (token_id) REFERENCES authtoken_token ({key}) {on_delete} {deferred});\n\
         INSERT INTO push_device SELECT u.id, t.{key} FROM auth_user u JOIN authtoken_token t ON t.user_id = u.id \
         WHERE u.username IN ({})",
        names.join(", ")
    ));
    sandbox
}

/// N26
fn rows_that_reference_a_key_get_the_new_key(engine: Engine) {
    for call in [&["alice"][..], &["alice", "bob"], &["--all", "--yes"], &["--all", "--yes", "--single-transaction"]] {
        let sandbox = with_devices(engine, &["alice", "bob"], "");
        let outcome = sandbox.drfctl(["create-token", "-r", "-v", "0"]).args(call).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        let keys = sandbox.keys();
        let referred = sandbox.sql("SELECT token_id FROM push_device ORDER BY id").concat();
        assert_eq!(referred, [keys["alice"].clone(), keys["bob"].clone()], "{call:?}");
        assert!(outcome.stdout.contains(&keys["alice"]), "{outcome}");
    }
}

/// N26
fn a_referenced_token_is_named_or_skipped(engine: Engine) {
    let sandbox = with_devices(engine, &["alice"], "");
    let outcome = sandbox.unchanged(sandbox.drfctl(["revoke", "bob", "alice", "--yes"]));
    outcome.reports(
        "4",
        "error: the token of user alice cannot be revoked: it is referenced by push_device.token_id\n\
         hint: delete the rows that reference it, or revoke the token in the application\n",
    );
    let outcome = sandbox.drfctl(["revoke", "--all", "--yes"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stdout.lines().count()), ("9", 2), "{outcome}");
    let expected = "error: a token is left, because rows of another table refer to it: alice (push_device.token_id)\n";
    assert!(outcome.stderr.starts_with(expected), "{outcome}");
    assert_eq!(sandbox.keys().into_keys().collect::<Vec<_>>(), ["alice"]);
    // With ON DELETE CASCADE, the database deletes such rows.
    let sandbox = with_devices(engine, &["alice"], "ON DELETE CASCADE");
    let _ = sandbox.drfctl(["revoke", "alice"]).run().ok();
    assert_eq!(sandbox.value("SELECT COUNT(*) FROM push_device"), "0");
}
