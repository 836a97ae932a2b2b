//! `create-token` for many users: selection, batches and output.
//!
//! Tags such as `H7` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use snapbox::{assert_data_eq, str};

use crate::support::{MANY, Outcome, Sandbox, Site, Terminal, count_keys, printed_keys, quoted};

/// Creates a small company: users with and without tokens, staff and others.
fn company() -> Sandbox {
    let sandbox = Sandbox::stock();
    for name in ["ci-1", "ci-2", "ci_3"] {
        sandbox.add_user("NULL", &quoted(name));
    }
    sandbox.exec("UPDATE auth_user SET is_staff = 1 WHERE username IN ('bob', 'ci-2')");
    sandbox.give_token("alice", &"a".repeat(40));
    sandbox.give_token("ci-1", &"c".repeat(40));
    sandbox.exec("UPDATE authtoken_token SET created = '2020-01-01 00:00:00' WHERE user_id = 1");
    sandbox
}

#[test]
fn create_token_changes_the_selected_users() {
    for (args, names) in [
        (&["-r", "--all", "--yes"][..], &["alice", "ci-1"][..]),
        (&["-r", "ci*", "-y"], &["ci-1"]),
        (&["-r", "--older-than", "2021-01-01", "-y"], &["alice"]),
        (&["-r", "--newer-than", "2021-01-01", "-y"], &["ci-1"]),
        (&["-r", "--key-prefix", "aaaa"], &["alice"]),
        (&["-r", "--staff", "-y"], &[]),
        (&["-r", "alice", "ci-1", "--newer-than", "2021-01-01", "-y"], &["ci-1"]),
        (&["--all", "--yes"], &["bob", "ci-2", "ci_3", "ina"]),
        (&["--without-token", "--active", "--yes"], &["bob", "ci-2", "ci_3"]),
        (&["--without-token", "--inactive", "-y"], &["ina"]),
        (&["--staff", "--yes"], &["bob", "ci-2"]),
        (&["ci-*", "-y"], &["ci-2"]),
        (&["ci-?", "--staff", "-y"], &["ci-2"]),
        (&["-r", "--all", "--yes", "--single-transaction"], &["alice", "ci-1"]),
        (&["--all", "--yes", "--single-transaction"], &["bob", "ci-2", "ci_3", "ina"]),
    ] {
        let sandbox = company();
        let before = sandbox.keys();
        let outcome = sandbox.drfctl(["create-token"]).args(args).run();
        assert_eq!(outcome.status, "0", "{args:?}\n{outcome}");
        let printed = printed_keys(&outcome.stdout);
        assert_eq!(printed.keys().collect::<Vec<_>>(), names, "{args:?}");
        let mut expected = before.clone();
        expected.extend(printed);
        assert_eq!(sandbox.keys(), expected, "{args:?}");
        assert!(names.iter().all(|name| before.get(*name) != expected.get(*name)), "{args:?}");
    }
}

#[test]
fn contradictory_options_are_rejected() {
    let sandbox = company();
    for (args, status, message) in [
        (&["--key-prefix", "aaaa"][..], "2", "--key-prefix requires -r"),
        (&["-r", "--inactive", "--key-from", "key"], "2", "--key-from gives a key to one user"),
        (&["--all", "alice"], "2", "cannot be used with"),
        (&["-r", "--without-token"], "2", "cannot be used with"),
        (&["-r", "--all"], "2", "confirmation required, but there is no terminal to ask on"),
        (&["--all"], "2", "--yes skips the question"),
        (&["-r", "--older-than", "2021-01-01"], "2", "--yes skips the question"),
        (&["a*"], "2", "--yes skips the question"),
        (&["--keys-from", "-"], "2", "missing --reset"),
        (&["-r", "--keys-from", "-", "alice"], "2", "cannot be used with"),
        (&["-r", "ci-*", "nobody"], "3", "user nobody does not exist"),
        (&["x-*"], "3", "no username matches x-*"),
        (&["--older-than", "soon"], "2", "--older-than: expected an age or a date"),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(["create-token"]).args(args));
        outcome.refused(status, &[message]);
    }
}

#[test]
fn no_matching_users_are_noted() {
    let sandbox = company();
    for (args, message) in [
        (&["-r", "--staff", "-y"][..], "note: no tokens match\n"),
        (&["ci-1", "--staff", "-y"], "note: user ci-1 has a token already\nnote: no users without a token match\n"),
    ] {
        let outcome = sandbox.drfctl(["create-token"]).args(args).run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n--- stderr\n{message}"));
    }
}

#[test]
fn a_dry_run_shows_the_changes_and_writes_nothing() {
    let sandbox = company();
    let dry = |args: &[&str]| sandbox.unchanged(sandbox.drfctl(["create-token", "--dry-run"]).args(args));
    assert_data_eq!(
        dry(&["-r", "alice", "bob"]).to_string(),
        str![[r#"
exit: 0
--- stdout
Would replace the token of user alice
Would create a token for user bob
--- stderr

"#]]
    );
    assert_data_eq!(
        dry(&["alice", "bob", "--format", "jsonl"]).to_string(),
        str![[r#"
exit: 0
--- stdout
{"username":"alice","key":null,"created":null,"outcome":"existing"}
{"username":"bob","key":null,"created":null,"outcome":"would be created"}
--- stderr

"#]]
    );
    assert_data_eq!(
        dry(&["-r", "--all", "--format", "csv"]).to_string().replace('\r', ""),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,,,would be reset
ci-1,,,would be reset
--- stderr

"#]]
    );
    assert_eq!(dry(&["--all"]).stdout.lines().count(), 4);
}

/// Asserts that every key was replaced by the printed one, and that the application agrees.
#[track_caller]
fn assert_rotated(sandbox: &Sandbox, before: &BTreeMap<String, String>, outcome: &Outcome) {
    assert_eq!(outcome.status, "0", "{}", outcome.stderr);
    let after = sandbox.keys();
    assert_eq!(printed_keys(&outcome.stdout), after);
    assert!(before.keys().eq(after.keys()) && before.iter().all(|(name, key)| after[name] != *key));
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token WHERE created < '2026-01-01'"), "0");
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
    assert_eq!(sandbox.sql("PRAGMA foreign_key_check").len(), 0);
    let server = sandbox.serve();
    for name in ["u1", "u2001", "u4500"] {
        assert_eq!(server.whoami(&after[name]), format!(r#"200 {{"user":"{name}"}}"#));
        assert_eq!(server.whoami(&before[name]), r#"401 {"detail":"Invalid token."}"#);
    }
}

/// H7: the old keys are not in the file either.
#[test]
fn thousands_of_keys_are_replaced_by_the_printed_ones() {
    for (pace, message) in [
        (&[][..], "note: 4500 users, in batches; if it is interrupted, run the same command with --older-than "),
        (&["--single-transaction"], "note: one transaction for 4500 users: the application waits for it, up to 1 s\n"),
    ] {
        let sandbox = Sandbox::with_tokens(MANY);
        // drfctl does not erase the keys that Django's own inserts left in free space.
        sandbox.exec("VACUUM");
        let before = sandbox.keys();
        let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes"]).args(pace).run();
        assert!(outcome.stderr.starts_with(message) && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
        assert_rotated(&sandbox, &before, &outcome);
        let file = fs::read(sandbox.db()).unwrap();
        let found = count_keys(&file, before.values());
        // When pages split between two batches, SQLite copies keys that are still valid.
        let most = if pace.is_empty() { before.len() / 20 } else { 0 };
        assert!(found <= most, "{found} {pace:?}");
    }
}

#[test]
fn users_with_text_primary_keys_are_supported() {
    for site in [Site::Email, Site::Odd, Site::Member] {
        for pace in [&[][..], &["--single-transaction"]] {
            let sandbox = Sandbox::new(site);
            let _ = sandbox.drfctl(["create-token", "--all", "--yes"]).args(pace).run();
            let before = sandbox.sql("SELECT user_id, key FROM authtoken_token ORDER BY 1");
            assert!(before.len() > 1, "{site:?}");
            let outcome = sandbox.drfctl(["create-token", "-r", "--all", "--yes", "--format", "raw"]).args(pace).run();
            let after = sandbox.sql("SELECT user_id, key FROM authtoken_token ORDER BY 1");
            let users = |rows: &[Vec<String>]| rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
            let mut keys: Vec<_> = after.iter().map(|row| row[1].as_str()).collect();
            let mut raw: Vec<_> = outcome.stdout.lines().collect();
            keys.sort_unstable();
            raw.sort_unstable();
            assert_eq!((users(&after), raw), (users(&before), keys), "{site:?} {pace:?}\n{outcome}");
            assert!(before.iter().zip(&after).all(|(old, new)| old[1] != new[1]), "{site:?}");
        }
    }
}

#[test]
fn an_unknown_name_among_thousands_changes_nothing() {
    let sandbox = Sandbox::stock();
    let mut names = sandbox.add_users(MANY);
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-token", "-"]).stdin(format!("{names}nobody\n")));
    outcome.refused("3", &["user nobody does not exist"]);
    names += "u1\n";
    let outcome = sandbox.drfctl(["create-token", "-r", "-"]).stdin(names).run().ok();
    assert_eq!(outcome.stdout.lines().count(), 4_501);
    assert_eq!(printed_keys(&outcome.stdout), sandbox.keys());
    let first = outcome.stdout.lines().next();
    assert_eq!(first, outcome.stdout.lines().last(), "a duplicate name has the same key");
}

/// H9
#[test]
fn an_output_file_is_complete_and_private() {
    let sandbox = Sandbox::with_tokens(2_500);
    let outcome =
        sandbox.drfctl(["create-token", "-r", "--all", "--yes", "-v", "0", "--output-file", "keys"]).run().ok();
    let path = sandbox.dir().join("keys");
    assert_eq!(outcome.stdout, "");
    assert_eq!(printed_keys(&fs::read_to_string(&path).unwrap()), sandbox.keys());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
}

/// The confirmation is for the number of rows that was shown.
#[test]
fn more_users_than_confirmed_are_a_conflict() {
    let sandbox = company();
    let mut terminal = Terminal::new(&sandbox, ["create-token", "-r", "--active"]);
    terminal.asked("Replace the keys of 2 users? [y/N]: ");
    sandbox.give_token("bob", &"b".repeat(40));
    let before = sandbox.dump();
    terminal.enter("y");
    let (shown, status) = terminal.end();
    assert_eq!(status, "4", "{shown}");
    assert!(shown.contains("error: more rows match now than when you confirmed\r\nhint: look again"), "{shown}");
    assert_eq!(sandbox.dump(), before);
}

/// A dry run that would change nothing prints a note.
#[test]
fn a_dry_run_without_matches_is_noted() {
    let sandbox = company();
    for (words, message) in [
        (&["create-token", "-r", "--superusers", "--dry-run"][..], "note: no tokens match\n"),
        (&["create-token", "a*", "--dry-run"], "note: no users without a token match\n"),
        (&["revoke", "--superusers", "--dry-run"], "note: no tokens match\n"),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n--- stderr\n{message}"), "{words:?}");
    }
}
