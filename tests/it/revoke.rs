//! `revoke`: which tokens end, who is asked, and what is said; the application refuses them.
//!
//! The tags (`H7`) are the fault cases that a test holds.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::bulk::{holders, stored};
use crate::create_user::unchanged;
use crate::faults::{add_user, give, quoted};
use crate::files::refused;
use crate::output::unread;
use crate::support::{Sandbox, Site, Terminal};

const ALICE: &str = "a11ce0a11ce0a11ce0a11ce0a11ce0a11ce0a11c";
const BOB: &str = "b0b00b0b00b0b00b0b00b0b00b0b00b0b00b0b00";
const CI_1: &str = "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
const CI_2: &str = "c1c1c1c1c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2";

/// Four users hold a token, the inactive `ina` and `ci-3` hold none.
fn office() -> Sandbox {
    let sandbox = Sandbox::new(Site::Stock);
    for name in ["ci-1", "ci-2", "ci-3"] {
        add_user(&sandbox, "NULL", &quoted(name));
    }
    for (name, key) in [("alice", ALICE), ("bob", BOB), ("ci-1", CI_1), ("ci-2", CI_2)] {
        give(&sandbox, name, key);
    }
    sandbox.exec(&format!("UPDATE authtoken_token SET created = '2020-05-06 07:08:09' WHERE key = '{BOB}'"));
    sandbox.exec("UPDATE auth_user SET is_active = 0 WHERE username = 'bob'");
    sandbox
}

#[test]
fn a_revoked_token_is_refused_by_the_application() {
    for site in [Site::Stock, Site::Email, Site::Odd] {
        let sandbox = Sandbox::new(site);
        let name = site.alice();
        let key = sandbox.drfctl(["create-token", name]).run().ok().key();
        let server = sandbox.serve();
        assert_eq!(server.whoami(&key), format!(r#"200 {{"user":"{name}"}}"#));
        let outcome = sandbox.drfctl(["revoke", name]).run();
        let said = format!("Revoked token {}… of user {name}\n", &key[..8]);
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{said}--- stderr\n"));
        assert_eq!(server.whoami(&key), r#"401 {"detail":"Invalid token."}"#, "{site:?}");
    }
}

#[test]
fn the_tokens_that_are_meant_end_and_no_others() {
    let header = format!("\nAuthorization: Token {ALICE}\r\n\n  {CI_2}  \n");
    for (args, stdin, gone) in [
        (&["alice"][..], "", &["alice"][..]),
        (&["alice", "bob", "--yes"], "", &["alice", "bob"]),
        (&["ci-*", "--yes"], "", &["ci-1", "ci-2"]),
        (&["ci-?", "alice", "-y"], "", &["alice", "ci-1", "ci-2"]),
        (&["--key-prefix", "a11ce0a1…"], "", &["alice"]),
        (&["--inactive"], "", &["bob"]),
        (&["--older-than", "2021-01-01"], "", &["bob"]),
        (&["alice", "bob", "--active"], "", &["alice"]),
        (&["--all", "--yes"], "", &["alice", "bob", "ci-1", "ci-2"]),
        (&["--all", "--yes", "--single-transaction"], "", &["alice", "bob", "ci-1", "ci-2"]),
        (&["--keys-from", "-", "--yes"], &header, &["alice", "ci-2"]),
        (&["--keys-from", "-", "--yes", "--active"], BOB, &[]),
        (&["--keys-from", "keys"], "", &["bob"]),
        (&["nobody", "alice", "x-*", "--missing-ok"], "", &["alice"]),
        (&["--keys-from", "-", "--if-exists"], &format!("{ALICE}\nf00\n"), &["alice"]),
    ] {
        let sandbox = office();
        fs::write(sandbox.dir().join("keys"), BOB).unwrap();
        let mut wanted = stored(&sandbox);
        let outcome = sandbox.drfctl(["revoke"]).args(args).stdin(stdin).run();
        assert_eq!(outcome.status, "0", "{args:?}\n{outcome}");
        wanted.retain(|name, _| !gone.contains(&name.as_str()));
        assert_eq!(stored(&sandbox), wanted, "{args:?}");
        let said: Vec<_> = outcome.stdout.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
        assert_eq!(said, gone, "{args:?}\n{outcome}");
        for key in [ALICE, BOB, CI_1, CI_2] {
            assert!(!outcome.to_string().contains(&key[..9]), "{outcome}");
        }
    }
}

#[test]
fn what_is_not_there_or_not_said_ends_nothing() {
    let sandbox = office();
    for (args, stdin, status, says) in [
        (&["nobody", "alice"][..], "", "3", "user nobody does not exist"),
        (&["alice", "x-*"], "", "3", "a user with a name like x-* does not exist"),
        (&["--keys-from", "-"], &*format!("{ALICE}\n{}\n", "f".repeat(40)), "3", "key 2 of 2 is nobody's token"),
        (&["--keys-from", "-"], "a b\n", "3", "line 1: Invalid token header"),
        (&["--keys-from", "-"], "\n\n", "2", "there is no key to look for"),
        (&["--keys-from", "missing"], "", "3", "missing cannot be read"),
        (&["--key-prefix", "ffff"], "", "3", "no such token begins with ffff"),
        (&["--key-prefix", "c1c1c1c1"], "", "3", "2 tokens begin with c1c1c1c1"),
        (&[], "", "2", "it is not said which tokens"),
        (&["--missing-ok"], "", "2", "it is not said which tokens"),
        (&["--all", "alice"], "", "2", "cannot be used with"),
        (&["--all"], "", "2", "this is about 4 tokens, and there is no terminal to ask whether to go on"),
        (&["alice", "bob"], "", "2", "--yes goes on without asking"),
        (&["alice", "--format", "raw"], "", "2", "there is no secret to print raw"),
    ] {
        let outcome = unchanged(&sandbox, sandbox.drfctl(["revoke"]).args(args).stdin(stdin));
        refused(&outcome, status, &[says]);
        assert!(!outcome.stderr.contains("ffffffffffff") && !outcome.stderr.contains(&ALICE[..9]), "{outcome}");
    }
}

#[test]
fn a_user_without_a_token_is_no_error_and_is_said() {
    let sandbox = office();
    for (args, said) in [
        (&["ina"][..], "note: user ina has no token\n"),
        (&["ci-3*"], "note: there is no such token\n"),
        (&["--staff"], "note: there is no such token\n"),
        (&["nobody", "--missing-ok"], "note: user nobody does not exist\n"),
    ] {
        let outcome = unchanged(&sandbox, sandbox.drfctl(["revoke"]).args(args));
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n--- stderr\n{said}"), "{args:?}");
    }
}

#[test]
fn records_say_whose_token_it_was_and_never_which() {
    let sandbox = office();
    assert_data_eq!(
        unchanged(&sandbox, sandbox.drfctl(["revoke", "--dry-run", "--all", "--format", "jsonl"])).to_string(),
        str![[r#"
exit: 0
--- stdout
{"username":"alice","key":"a11ce0a1…","created":"2026-01-02T03:04:05Z","outcome":"would be revoked"}
{"username":"bob","key":"b0b00b0b…","created":"2020-05-06T07:08:09Z","outcome":"would be revoked"}
{"username":"ci-1","key":"c1c1c1c1…","created":"2026-01-02T03:04:05Z","outcome":"would be revoked"}
{"username":"ci-2","key":"c1c1c1c1…","created":"2026-01-02T03:04:05Z","outcome":"would be revoked"}
--- stderr

"#]]
    );
    assert_eq!(
        unchanged(&sandbox, sandbox.drfctl(["revoke", "-q", "--dry-run", "alice"])).to_string(),
        "exit: 0\n--- stdout\n--- stderr\n"
    );
    assert_eq!(
        sandbox.drfctl(["revoke", "--format", "json", "bob"]).run().to_string(),
        "exit: 0\n--- stdout\n[\n  {\"username\":\"bob\",\"key\":\"b0b00b0b…\",\"created\":\"2020-05-06T07:08:09Z\",\
         \"outcome\":\"revoked\"}\n]\n--- stderr\n"
    );
    assert_eq!(sandbox.drfctl(["revoke", "-q", "alice"]).run().to_string(), "exit: 0\n--- stdout\n--- stderr\n");
}

/// E10: others can write while the question stands there.
#[test]
fn a_person_is_asked_about_more_than_one_and_holds_no_lock() {
    for (answer, status, left) in [("n", "3", "4"), ("", "3", "4"), ("y", "0", "2")] {
        let sandbox = office();
        let mut terminal = Terminal::new(&sandbox, ["revoke", "ci-*"]);
        terminal.asked("Revoke 2 tokens? [y/N]: ");
        sandbox.exec("UPDATE auth_user SET last_name = 'x'");
        terminal.enter(answer);
        let (shown, ended) = terminal.end();
        assert_eq!((ended.as_str(), sandbox.value("SELECT count(*) FROM authtoken_token").as_str()), (status, left));
        assert!(shown.contains(if answer == "y" { "Revoked token" } else { "error: nothing was changed" }), "{shown}");
    }
}

/// B10, and a key that another table refers to.
#[test]
fn a_token_that_the_application_holds_on_to_stays() {
    for (schema, says) in [
        ("CREATE TRIGGER no BEFORE DELETE ON authtoken_token BEGIN SELECT RAISE(ABORT, 'not now'); END", "not now"),
        (
            "CREATE TRIGGER no BEFORE DELETE ON authtoken_token BEGIN SELECT RAISE(IGNORE); END",
            "keeps the token of user alice",
        ),
        (
            "CREATE TABLE use (token varchar(40) REFERENCES authtoken_token (key) DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO use SELECT key FROM authtoken_token WHERE user_id = 1",
            "another table refers to the old key",
        ),
    ] {
        for pace in [&["alice"][..], &["--all", "--yes"], &["--all", "--yes", "--single-transaction"]] {
            let sandbox = office();
            sandbox.exec(schema);
            let outcome = unchanged(&sandbox, sandbox.drfctl(["revoke"]).args(pace));
            assert!(["3", "4"].contains(&outcome.status.as_str()) && outcome.stdout.is_empty(), "{pace:?}\n{outcome}");
            assert!(outcome.stderr.contains(says), "{schema} {pace:?}\n{outcome}");
        }
    }
}

/// H7
#[test]
fn a_revoked_key_cannot_be_read_in_the_file() {
    let sandbox = office();
    let _ = sandbox.drfctl(["revoke", "alice", "bob", "--yes"]).run().ok();
    let file = fs::read(sandbox.db()).unwrap();
    for (key, is_there) in [(ALICE, false), (BOB, false), (CI_1, true)] {
        assert_eq!(file.windows(40).any(|window| window == key.as_bytes()), is_there, "{key}");
    }
}

#[test]
fn very_many_end_and_each_is_told_once() {
    for pace in [&[][..], &["--single-transaction", "-v", "0"]] {
        let sandbox = holders(2_500);
        let outcome = sandbox.drfctl(["revoke", "--all", "--yes"]).args(pace).run().ok();
        let mut users: Vec<_> = outcome.stdout.lines().map(|line| line.rsplit(' ').next().unwrap()).collect();
        users.sort_unstable();
        users.dedup();
        assert_eq!((users.len(), outcome.stdout.lines().count()), (2_500, 2_500));
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
        assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
    }
}

#[test]
fn keys_by_the_thousand_are_looked_for() {
    let sandbox = office();
    let mut keys: String = (0..33_000).map(|n| format!("{n:040x}\n")).collect::<Vec<_>>().concat();
    keys += ALICE;
    let outcome = sandbox.drfctl(["revoke", "--keys-from", "-", "--missing-ok"]).stdin(keys).run();
    let said = "note: 33000 of 33001 keys are nobody's tokens, the first is key 1\n";
    assert_eq!(
        outcome.to_string(),
        format!("exit: 0\n--- stdout\nRevoked token a11ce0a1… of user alice\n--- stderr\n{said}")
    );
}

#[test]
fn a_token_of_nobody_is_said_to_stay() {
    let sandbox = office();
    sandbox.exec("INSERT INTO authtoken_token VALUES ('0rphan0rphan0rphan0rphan', '2020-01-01 00:00:00', 9999)");
    let outcome = unchanged(&sandbox, sandbox.drfctl(["revoke", "--keys-from", "-"]).stdin("0rphan0rphan0rphan0rphan"));
    refused(&outcome, "3", &["key 1 of 1 is nobody's token"]);
    let outcome = sandbox.drfctl(["revoke", "--all", "--yes"]).run();
    assert_eq!(outcome.stdout.lines().count(), 4);
    assert_eq!(outcome.stderr, "note: 1 tokens are left whose users are not there: the application accepts none\n");
}

/// E4
#[test]
fn beside_a_reset_there_is_never_a_second_token() {
    let sandbox = office();
    for _ in 0..8 {
        let (reset, revoke) =
            (sandbox.drfctl(["create-token", "-r", "alice"]).spawn(), sandbox.drfctl(["revoke", "alice"]).spawn());
        let (reset, revoke) = (reset.wait(), revoke.wait());
        assert_eq!((reset.status.as_str(), revoke.status.as_str()), ("0", "0"), "{reset}{revoke}");
        let left = sandbox.sql("SELECT key FROM authtoken_token WHERE user_id = 1").concat();
        assert!(left.is_empty() || left == [reset.key()], "{left:?}");
    }
}

/// F3
#[test]
fn a_reader_that_is_gone_is_told_by_the_status() {
    let sandbox = office();
    let outcome = unread(sandbox.drfctl(["revoke", "alice"]));
    refused(&outcome, "7", &["done, but the result cannot be written to standard output", "drfctl list"]);
    assert_eq!(stored(&sandbox).len(), 3);
}
