//! Names, keys, times and ids in the database that Django would not write.
//!
//! Tags such as `B28` name cases of `tests/CASES.md`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{KEY, Sandbox, quoted};

/// B28
#[test]
fn quotes_and_wildcards_in_a_name_are_literal() {
    let names = [
        "o'; DROP TABLE authtoken_token;--",
        "%",
        "_",
        "al_ce",
        "a%",
        "say \"hi\"",
        "`tick`",
        "?1",
        ":name",
        "$x",
        "[a]",
        "\\",
        "1 OR 1=1",
    ];
    let sandbox = Sandbox::stock();
    let before = sandbox.dump();
    for name in names {
        // `?` makes it a pattern, which no user matches.
        let message = if name == "?1" { "no username matches ?1" } else { "does not exist" };
        sandbox.drfctl(["create-token", name]).run().refused("3", &[message]);
    }
    assert_eq!(sandbox.dump(), before);
    for name in names {
        sandbox.add_user("NULL", &quoted(name));
        let outcome = sandbox.drfctl(["create-token", name]).run().ok();
        let query =
            format!("SELECT key FROM authtoken_token JOIN auth_user ON user_id = id WHERE username = {}", quoted(name));
        assert_eq!(sandbox.value(&query), outcome.key());
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), names.len().to_string());
}

/// B32
#[test]
fn names_that_are_not_text_do_not_affect_other_users() {
    let sandbox = Sandbox::stock();
    sandbox.add_user("501", "x'616c696365ff00'");
    sandbox.add_user("502", "CAST(x'ff61fe' AS TEXT)");
    sandbox.add_user("503", "12345");
    sandbox.add_user("504", "1.5");
    sandbox.add_user("505", "'nul' || char(0) || 'inside'");
    sandbox.exec("INSERT INTO authtoken_token (key, created, user_id) VALUES ('not-a-key', 'not a date', 501)");
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let _ = sandbox.drfctl(["create-token", "12345"]).run().ok();
    let look = sandbox.drfctl(["inspect"]).run();
    assert_eq!(look.status, "0", "{look}");
    let before = sandbox.dump();
    let bytes = [OsStr::new("create-token"), OsStr::from_bytes(b"\xffa\xfe")];
    sandbox.drfctl(bytes).run().refused("3", &["UTF-8"]);
    sandbox.drfctl(["create-token", "-"]).stdin(&b"\xffa\xfe\n"[..]).run().refused("3", &["UTF-8"]);
    sandbox.drfctl(["create-token", "nul"]).run().refused("3", &["does not exist"]);
    assert_eq!(sandbox.dump(), before);
}

/// B32
#[test]
fn a_stored_key_or_time_that_is_not_text_does_not_panic() {
    for (key, created) in [
        ("x'ff00'", "'2026-01-02 03:04:05'"),
        ("CAST(x'ff61fe' AS TEXT)", "'2026-01-02 03:04:05'"),
        ("'k'", "x'ff'"),
        ("'k'", "17"),
        ("'k'", "'long ago'"),
        ("7", "''"),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("INSERT INTO authtoken_token (key, created, user_id) SELECT {key}, {created}, id FROM auth_user WHERE username = 'alice'"));
        let before = sandbox.dump();
        for format in ["text", "json", "csv"] {
            let outcome = sandbox.drfctl(["--format", format, "create-token", "alice"]).run();
            assert!(["0", "4", "6"].contains(&outcome.status.as_str()), "{key} {created}: {outcome}");
            assert!(!outcome.stderr.contains("panicked"), "{outcome}");
        }
        assert_eq!(sandbox.dump(), before);
        // A reset repairs the row.
        let repaired = sandbox.drfctl(["create-token", "-r", "alice"]).run();
        assert_eq!((repaired.status.as_str(), sandbox.value("SELECT key FROM authtoken_token")), ("0", repaired.key()));
    }
}

/// B33
#[test]
fn a_stored_key_in_another_format_is_printed_unchanged() {
    let upper = KEY.to_uppercase();
    let long = KEY.repeat(3);
    for key in ["short", &long, &upper, "not-hexadecimal_at.all"] {
        let sandbox = Sandbox::stock();
        sandbox.give_token("alice", key);
        let before = sandbox.dump();
        let outcome = sandbox.drfctl(["create-token", "alice"]).run();
        assert_eq!(
            (outcome.status.as_str(), outcome.stdout.as_str()),
            ("0", format!("Generated token {key} for user alice\n").as_str()),
            "{outcome}"
        );
        assert_eq!(sandbox.dump(), before);
    }
}

/// B34
#[test]
fn a_full_sequence_of_another_table_is_ignored() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE sqlite_sequence SET seq = 9223372036854775807");
    sandbox.exec("INSERT INTO authtoken_token (rowid, key, created, user_id) SELECT 9223372036854775807, 'k', '2026-01-02 03:04:05', id FROM auth_user WHERE username = 'bob'");
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(sandbox.token_lines(), [format!("alice {key}"), "bob k".to_owned()]);
}

/// B34
#[test]
fn a_token_table_without_ids_left_is_reported() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DROP TABLE authtoken_token; \
         CREATE TABLE authtoken_token (id integer PRIMARY KEY AUTOINCREMENT, key varchar(40) NOT NULL UNIQUE, created datetime NOT NULL, \
         user_id integer NOT NULL UNIQUE REFERENCES auth_user (id) DEFERRABLE INITIALLY DEFERRED); \
         INSERT INTO sqlite_sequence (name, seq) VALUES ('authtoken_token', 9223372036854775807)",
    );
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-token", "alice"]));
    outcome.refused("6", &["authtoken_token", "no ids left"]);
}

/// B35
#[test]
fn large_negative_and_zero_user_ids_are_supported() {
    let sandbox = Sandbox::stock();
    for id in ["2147483648", "4294967297", "9223372036854775807", "0", "-1", "-9223372036854775808"] {
        let name = format!("id{id}");
        sandbox.add_user(id, &quoted(&name));
        let key = sandbox.drfctl(["create-token", "--", &name]).run().ok().key();
        let reset = sandbox.drfctl(["create-token", "-r", "--", &name]).run().ok().key();
        assert_ne!(key, reset);
        assert_eq!(sandbox.value(&format!("SELECT key FROM authtoken_token WHERE user_id = {id}")), reset);
    }
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "6");
}

/// I14, B36
#[test]
fn an_inactive_user_gets_a_token_and_a_warning() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.drfctl(["create-token", "ina"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert!(outcome.stderr.starts_with("warning: ") && outcome.stderr.contains("ina"), "{outcome}");
    assert_eq!(sandbox.token_lines(), [format!("ina {}", outcome.key())]);
}
