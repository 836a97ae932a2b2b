//! Calls of `revoke` that are rejected, which change nothing, and calls that stop in the middle,
//! which report what they have done.
//!
//! Tags such as `H5` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use crate::support::{Invocation, KEY, Outcome, Sandbox};

/// A key that nobody has.
const UNKNOWN: &str = "feedfacefeedfacefeedfacefeedfacefeedface";

fn revoke(sandbox: &Sandbox, args: &[&str]) -> Invocation {
    sandbox.drfctl(["revoke"]).args(args)
}

#[test]
fn what_is_not_there_is_refused_and_nothing_is_changed() {
    let sandbox = Sandbox::four_tokens();
    for (args, says) in [
        (&["nobody"][..], "error: user nobody does not exist\n"),
        (&["alice", "nobody", "-y"], "error: user nobody does not exist\n"),
        (&["ALICE"], "error: user ALICE does not exist\nhint: did you mean alice?\n"),
        (&["zz-*"], "error: no username matches zz-*\n"),
        (&["alice", "zz-*", "-y"], "error: no username matches zz-*\n"),
        (&["--key-prefix", "feed"], "error: no token begins with feed\n"),
        (&["--key-prefix", "9944b0"], "error: 2 tokens begin with 9944b0\nhint: type more of the key\n"),
        (&["--key-prefix", "9944b0…", "-y"], "error: 2 tokens begin with 9944b0\nhint: type more of the key\n"),
        (
            &["--key-prefix", "9944b0", "--missing-ok"],
            "error: 2 tokens begin with 9944b0\nhint: type more of the key\n",
        ),
    ] {
        for more in [&[][..], &["--dry-run"], &["--single-transaction"], &["--quiet"], &["--format", "json"]] {
            let outcome = sandbox.unchanged(revoke(&sandbox, args).args(more));
            let stderr = if more.contains(&"--quiet") { "" } else { says }.to_owned();
            let expected = Outcome { stdout: String::new(), stderr, status: "3".to_owned(), ..Outcome::default() };
            assert_eq!(outcome, expected, "{args:?} {more:?}");
        }
    }
}

/// H5
#[test]
fn a_key_that_is_nobodys_or_no_key_is_told_by_its_place_and_never_repeated() {
    let sandbox = Sandbox::four_tokens();
    for (input, says) in [
        (UNKNOWN.to_owned(), "error: no token has the key in line 1\nhint: --missing-ok skips unknown keys\n"),
        (
            format!("\n{KEY}\n\nAuthorization: Token {UNKNOWN}\n"),
            "error: no token has the key in line 4\nhint: --missing-ok skips unknown keys\n",
        ),
        (
            format!("{KEY}\n{UNKNOWN}\n{UNKNOWN}0\n"),
            "error: no token has 2 of the 3 keys: lines 2, 3\nhint: --missing-ok skips unknown keys\n",
        ),
        // A prefix is not the key, and nor is its other case.
        (KEY[..39].to_owned(), "error: no token has the key in line 1\nhint: --missing-ok skips unknown keys\n"),
        (KEY.to_uppercase(), "error: no token has the key in line 1\nhint: --missing-ok skips unknown keys\n"),
        (
            format!("{KEY}\n\n{UNKNOWN} {UNKNOWN}\n"),
            "error: line 3: Invalid token header. Token string should not contain spaces.\n",
        ),
        (
            format!("{KEY}\nAuthorization: Bearer {UNKNOWN}\n"),
            "error: line 2: Authentication credentials were not provided.\n",
        ),
    ] {
        for more in [&["-y"][..], &["--dry-run"], &["-y", "--traceback", "-v", "3"]] {
            let call = revoke(&sandbox, &["--keys-from", "-"]).args(more).stdin(input.clone());
            let outcome = sandbox.unchanged(call);
            assert!(outcome.status == "3" && outcome.stdout.is_empty(), "{outcome}");
            assert!(outcome.stderr.contains(says), "{outcome}");
            assert!([UNKNOWN, KEY, &KEY[..8]].iter().all(|key| !outcome.stderr.contains(key)), "{outcome}");
        }
    }
}

#[test]
fn what_is_not_said_clearly_is_misuse_and_nothing_is_changed() {
    let sandbox = Sandbox::four_tokens();
    for (args, says) in [
        (&[][..], "no tokens selected"),
        (&["--yes"], "no tokens selected"),
        (&["--dry-run", "--missing-ok"], "no tokens selected"),
        (&["--all", "alice"], "cannot be used with"),
        (&["--all", "--keys-from", "-"], "cannot be used with"),
        (&["alice", "--keys-from", "-"], "cannot be used with"),
        (&["--active", "--inactive"], "cannot be used with"),
        (&["--key-prefix", ""], "--key-prefix needs the beginning of a key"),
        (&["--key-prefix", KEY], "can be seen by every user of this machine"),
        (&["--older-than", "never"], "neither an age nor a date"),
    ] {
        let outcome = sandbox.unchanged(revoke(&sandbox, args).stdin("\n \n"));
        outcome.refused("2", &[says]);
        assert!(!outcome.stderr.contains(KEY), "{outcome}");
    }
}

/// N62: one match or many, no row is deleted without an answer.
#[test]
fn a_filter_without_a_terminal_needs_the_option_yes() {
    let sandbox = Sandbox::four_tokens();
    for args in [
        &["ci-*"][..],
        &["a*"],
        &["--active"],
        &["--inactive"],
        &["--staff", "--inactive"],
        &["alice", "--active"],
        &["--all"],
        &["--all", "--single-transaction"],
    ] {
        // Not even with a "y" on standard input.
        let outcome = sandbox.unchanged(revoke(&sandbox, args).stdin("y\n"));
        outcome.is(
            "2",
            "",
            "error: confirmation required, but there is no terminal to ask on\n\
             hint: --yes skips the question, --dry-run shows what would change\n",
        );
    }
}

/// N65: without names, a filter beside the list would select other rows.
#[test]
fn an_empty_list_of_names_or_keys_is_noted() {
    for (args, what) in [
        (&["revoke", "--keys-from", "-"][..], "keys"),
        (&["revoke", "-"], "names"),
        (&["revoke", "-", "--inactive", "-y"], "names"),
        (&["revoke", "-", "--dry-run"], "names"),
        (&["create-token", "-"], "names"),
        (&["create-token", "-", "--dry-run"], "names"),
        (&["create-token", "-r", "-", "--active", "-y"], "names"),
        (&["create-token", "-r", "--keys-from", "-"], "keys"),
        (&["create-token", "-r", "--keys-from", "-", "--dry-run"], "keys"),
        (&["activate", "-"], "names"),
        (&["deactivate", "-"], "names"),
    ] {
        let sandbox = Sandbox::four_tokens();
        for input in ["", "\u{feff}\r\n  \n"] {
            let outcome = sandbox.unchanged(sandbox.drfctl(args).args(["--format", "json"]).stdin(input));
            outcome.is("0", "[]\n", &format!("note: standard input has no {what}: nothing to do\n"));
        }
    }
}

/// 2,500 users with a token each, and what is said when all end.
fn many() -> (Sandbox, BTreeSet<String>) {
    let sandbox = Sandbox::stock();
    let _ = sandbox.add_users(2_500);
    sandbox.give_tokens("2026-01-02 03:04:05", "username LIKE 'u%'");
    let lines = sandbox.sql(
        "SELECT 'Revoked token ' || substr(key, 1, 8) || '… of user ' || username \
         FROM authtoken_token JOIN auth_user ON user_id = id",
    );
    (sandbox, lines.concat().into_iter().collect())
}

#[test]
fn of_many_tokens_none_is_left_and_each_is_told_once() {
    for (args, said) in [
        (&["--all", "--yes"][..], ""),
        (&["u*", "-y"], ""),
        (
            &["--all", "--yes", "--single-transaction"],
            "note: one transaction for 2500 tokens: the application waits for it, up to 1 s\n",
        ),
    ] {
        let (sandbox, lines) = many();
        let outcome = revoke(&sandbox, args).run();
        let told: Vec<String> = outcome.stdout.lines().map(ToOwned::to_owned).collect();
        assert_eq!((outcome.status.as_str(), told.len(), outcome.stderr.as_str()), ("0", 2_500, said), "{args:?}");
        assert!(told.into_iter().collect::<BTreeSet<_>>() == lines, "{args:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0", "{args:?}");
    }
    let (sandbox, _) = many();
    let keys = sandbox.sql("SELECT key FROM authtoken_token").concat().join("\n");
    let outcome = revoke(&sandbox, &["--keys-from", "-", "-y", "--format", "jsonl"]).stdin(keys).run().ok();
    assert_eq!(outcome.stdout.lines().collect::<BTreeSet<_>>().len(), 2_500);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// A batch is whole; what a later one comes to grief over leaves what was told.
#[test]
fn what_stops_in_the_middle_of_many_has_told_what_is_done() {
    let (sandbox, lines) = many();
    sandbox.exec(
        "CREATE TRIGGER kept BEFORE DELETE ON authtoken_token \
         WHEN OLD.user_id = (SELECT id FROM auth_user WHERE username = 'u2400') BEGIN SELECT RAISE(ABORT, 'policy 7'); END",
    );
    let single = sandbox.unchanged(revoke(&sandbox, &["--all", "-y", "--single-transaction"]));
    assert!(single.status == "3" && single.stdout.is_empty() && single.stderr.contains("policy 7"), "{single}");
    let outcome = revoke(&sandbox, &["--all", "-y"]).run();
    let told: BTreeSet<String> = outcome.stdout.lines().map(ToOwned::to_owned).collect();
    let left: usize = sandbox.value("SELECT count(*) FROM authtoken_token").parse().expect("a number");
    assert_eq!((outcome.status.as_str(), told.len(), left), ("9", 2_000, 500));
    assert!(told.is_subset(&lines));
    assert!(outcome.stderr.contains("stopped after 2000") && outcome.stderr.contains("policy 7"), "{}", outcome.stderr);
    sandbox.exec("DROP TRIGGER kept");
    assert_eq!(revoke(&sandbox, &["--all", "-y"]).run().ok().stdout.lines().count(), 500);
}

/// E4
#[test]
fn revoking_beside_resetting_leaves_one_token_at_most() {
    let sandbox = Sandbox::four_tokens();
    for _ in 0..3 {
        let revoking = (&["revoke", "--keys-from", "-", "--missing-ok"][..], format!("{KEY}\n"));
        let all = (&["revoke", "--all", "--yes"][..], String::new());
        let resetting = (&["create-token", "-r", "-"][..], "alice\n".to_owned());
        let calls: Vec<_> = (0..8).flat_map(|_| [resetting.clone(), all.clone(), revoking.clone()]).collect();
        let outcomes = sandbox.at_once(&calls);
        let bad = outcomes.iter().find(|outcome| outcome.status != "0");
        assert!(bad.is_none(), "{}", bad.expect("there is one"));
        let made: Vec<String> = outcomes.iter().step_by(3).map(Outcome::key).collect();
        let left = sandbox.sql("SELECT key FROM authtoken_token").concat();
        assert!(left.len() <= 1 && left.iter().all(|key| made.contains(key)), "{left:?}");
        let told: Vec<&str> = outcomes.iter().flat_map(|outcome| outcome.stdout.lines()).collect();
        // No token is told to have ended twice.
        let ended: Vec<&&str> = told.iter().filter(|line| line.starts_with("Revoked ")).collect();
        assert_eq!(ended.len(), ended.iter().collect::<BTreeSet<_>>().len(), "{ended:?}");
    }
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
}

/// F3
#[test]
fn a_pipe_that_nobody_reads_says_that_it_is_done() {
    for args in [&["alice"][..], &["alice", "--single-transaction"], &["alice", "--format", "json"]] {
        let sandbox = Sandbox::four_tokens();
        let outcome = revoke(&sandbox, args).run_unread();
        outcome.refused("7", &["drfctl list shows the remaining tokens"]);
        assert_eq!(sandbox.holders(), "ina ci-1 ci-2", "{args:?}");
        assert!(!outcome.stderr.contains(KEY), "{outcome}");
        let quiet = revoke(&sandbox, &["ina", "--quiet"]).run_unread();
        assert!(quiet.status == "0" && quiet.stderr.is_empty(), "{quiet}");
    }
    let sandbox = Sandbox::four_tokens();
    let closed = revoke(&sandbox, &["alice"]).through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]);
    sandbox.unchanged(closed).refused("2", &["standard output is closed"]);
}

#[test]
fn keys_by_the_thousand_are_looked_for() {
    let sandbox = Sandbox::four_tokens();
    let mut keys: String = (0..33_000).map(|n| format!("{n:040x}\n")).collect::<Vec<_>>().concat();
    keys += KEY;
    let outcome = revoke(&sandbox, &["--keys-from", "-", "--missing-ok"]).stdin(keys).run();
    let lines: Vec<String> = (1..=20).map(|line| line.to_string()).collect();
    let said = format!("note: no token has 33000 of the 33001 keys: lines {}, and 32980 more\n", lines.join(", "));
    let told = format!("Revoked token {}… of user alice\n", &KEY[..8]);
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{told}--- stderr\n{said}"));
}

#[test]
fn a_token_of_nobody_is_said_to_stay() {
    let sandbox = Sandbox::four_tokens();
    sandbox.exec("INSERT INTO authtoken_token VALUES ('0rphan0rphan0rphan0rphan', '2020-01-01 00:00:00', 9999)");
    let outcome = sandbox.unchanged(revoke(&sandbox, &["--keys-from", "-"]).stdin("0rphan0rphan0rphan0rphan"));
    outcome.refused("3", &["no token has the key in line 1"]);
    let outcome = revoke(&sandbox, &["--all", "--yes"]).run();
    assert_eq!(outcome.stdout.lines().count(), 4);
    assert_eq!(outcome.stderr, "note: 1 tokens of users who do not exist are left: the application rejects them\n");
}

/// H5: a key that is typed where a name goes.
#[test]
fn a_key_in_the_place_of_a_name_is_not_repeated() {
    let sandbox = Sandbox::four_tokens();
    for (args, hint) in [
        (&["revoke", KEY][..], "hint: put a key into a file: revoke --keys-from FILE, or verify --keys-from FILE\n"),
        (&["list", KEY], ""),
        (&["create-token", "-r", KEY], ""),
        (
            &["create-token", "-r", "--staff", KEY],
            "hint: put a key into a file: revoke --keys-from FILE, or verify --keys-from FILE\n",
        ),
    ] {
        let outcome = sandbox.unchanged(sandbox.drfctl(args));
        let said = format!("error: user {}… does not exist\n{hint}", &KEY[..8]);
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{said}"), "{args:?}");
    }
}

#[test]
fn that_nothing_is_ended_is_always_said() {
    let sandbox = Sandbox::four_tokens();
    for args in [
        &["alice", "--inactive", "-y"][..],
        &["alice", "--older-than", "2020-01-01", "-y"],
        &["nobody", "--missing-ok"],
    ] {
        let outcome = sandbox.unchanged(revoke(&sandbox, args));
        assert!(outcome.status == "0" && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.ends_with("note: no tokens match\n"), "{outcome}");
    }
}
