//! Calls of `revoke` that are rejected and change nothing, and calls that are interrupted and
//! report what they have revoked.
//!
//! Tags such as `H5` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use crate::support::{Invocation, KEY, Outcome, Sandbox};

/// A key that no token has.
const UNKNOWN: &str = "feedfacefeedfacefeedfacefeedfacefeedface";

fn revoke(sandbox: &Sandbox, args: &[&str]) -> Invocation {
    sandbox.drfctl(["revoke"]).args(args)
}

#[test]
fn unknown_names_and_prefixes_are_rejected() {
    let sandbox = Sandbox::four_tokens();
    for (args, message) in [
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
            let stderr = if more.contains(&"--quiet") { "" } else { message }.to_owned();
            let expected = Outcome { stdout: String::new(), stderr, status: "3".to_owned(), ..Outcome::default() };
            assert_eq!(outcome, expected, "{args:?} {more:?}");
        }
    }
}

/// H5
#[test]
fn an_unknown_key_is_reported_by_its_line_and_not_repeated() {
    let sandbox = Sandbox::four_tokens();
    for (input, message) in [
        (UNKNOWN.to_owned(), "error: no token has the key in line 1\nhint: --missing-ok skips unknown keys\n"),
        (
            format!("\n{KEY}\n\nAuthorization: Token {UNKNOWN}\n"),
            "error: no token has the key in line 4\nhint: --missing-ok skips unknown keys\n",
        ),
        (
            format!("{KEY}\n{UNKNOWN}\n{UNKNOWN}0\n"),
            "error: 2 of 3 keys have no token: lines 2, 3\nhint: --missing-ok skips unknown keys\n",
        ),
        // A prefix is not a key, and case matters.
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
            assert!(outcome.stderr.contains(message), "{outcome}");
            assert!([UNKNOWN, KEY, &KEY[..8]].iter().all(|key| !outcome.stderr.contains(key)), "{outcome}");
        }
    }
}

#[test]
fn unclear_selections_are_usage_errors() {
    let sandbox = Sandbox::four_tokens();
    for (args, message) in [
        (&[][..], "no tokens selected"),
        (&["--yes"], "no tokens selected"),
        (&["--dry-run", "--missing-ok"], "no tokens selected"),
        (&["--all", "alice"], "cannot be used with"),
        (&["--all", "--keys-from", "-"], "cannot be used with"),
        (&["alice", "--keys-from", "-"], "cannot be used with"),
        (&["--active", "--inactive"], "cannot be used with"),
        (&["--key-prefix", ""], "--key-prefix needs the beginning of a key"),
        (&["--key-prefix", KEY], "can be seen by every user of this machine"),
        (&["--older-than", "never"], "expected an age or a date"),
    ] {
        let outcome = sandbox.unchanged(revoke(&sandbox, args).stdin("\n \n"));
        outcome.refused("2", &[message]);
        assert!(!outcome.stderr.contains(KEY), "{outcome}");
    }
}

/// N62: whether one row matches or many, nothing is deleted without confirmation.
#[test]
fn without_a_terminal_a_filter_requires_yes() {
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
        // Standard input does not answer the question.
        let outcome = sandbox.unchanged(revoke(&sandbox, args).stdin("y\n"));
        outcome.is(
            "2",
            "",
            "error: confirmation required, but there is no terminal to ask on\n\
             hint: --yes skips the question, --dry-run shows what would change\n",
        );
    }
}

/// N65: without the names, the filter next to the list would select other rows.
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

/// Returns 2,500 users with a token each, and the lines that report their deletion.
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
fn revoke_reports_each_of_many_tokens_once() {
    for (args, stderr) in [
        (&["--all", "--yes"][..], ""),
        (&["u*", "-y"], ""),
        (
            &["--all", "--yes", "--single-transaction"],
            "note: one transaction for 2500 tokens: the application waits for it, up to 1 s\n",
        ),
    ] {
        let (sandbox, lines) = many();
        let outcome = revoke(&sandbox, args).run();
        let printed: Vec<String> = outcome.stdout.lines().map(ToOwned::to_owned).collect();
        assert_eq!((outcome.status.as_str(), printed.len(), outcome.stderr.as_str()), ("0", 2_500, stderr), "{args:?}");
        assert!(printed.into_iter().collect::<BTreeSet<_>>() == lines, "{args:?}");
        assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0", "{args:?}");
    }
    let (sandbox, _) = many();
    let keys = sandbox.sql("SELECT key FROM authtoken_token").concat().join("\n");
    let outcome = revoke(&sandbox, &["--keys-from", "-", "-y", "--format", "jsonl"]).stdin(keys).run().ok();
    assert_eq!(outcome.stdout.lines().collect::<BTreeSet<_>>().len(), 2_500);
    assert_eq!(sandbox.value("SELECT count(*) FROM authtoken_token"), "0");
}

/// A batch is atomic. If a later batch fails, the output lists the committed ones.
#[test]
fn an_interrupted_revoke_has_reported_the_committed_batches() {
    let (sandbox, lines) = many();
    sandbox.exec(
        "CREATE TRIGGER kept BEFORE DELETE ON authtoken_token \
         WHEN OLD.user_id = (SELECT id FROM auth_user WHERE username = 'u2400') BEGIN SELECT RAISE(ABORT, 'policy 7'); END",
    );
    let single = sandbox.unchanged(revoke(&sandbox, &["--all", "-y", "--single-transaction"]));
    assert!(single.status == "3" && single.stdout.is_empty() && single.stderr.contains("policy 7"), "{single}");
    let outcome = revoke(&sandbox, &["--all", "-y"]).run();
    let printed: BTreeSet<String> = outcome.stdout.lines().map(ToOwned::to_owned).collect();
    let left: usize = sandbox.value("SELECT count(*) FROM authtoken_token").parse().expect("a number");
    assert_eq!((outcome.status.as_str(), printed.len(), left), ("9", 2_000, 500));
    assert!(printed.is_subset(&lines));
    assert!(outcome.stderr.contains("stopped after 2000") && outcome.stderr.contains("policy 7"), "{}", outcome.stderr);
    sandbox.exec("DROP TRIGGER kept");
    assert_eq!(revoke(&sandbox, &["--all", "-y"]).run().ok().stdout.lines().count(), 500);
}

/// E4
#[test]
fn concurrent_revoke_and_reset_leave_at_most_one_token() {
    let sandbox = Sandbox::four_tokens();
    for _ in 0..3 {
        let revoking = (&["revoke", "--keys-from", "-", "--missing-ok"][..], format!("{KEY}\n"));
        let all = (&["revoke", "--all", "--yes"][..], String::new());
        let resetting = (&["create-token", "-r", "-"][..], "alice\n".to_owned());
        let calls: Vec<_> = (0..8).flat_map(|_| [resetting.clone(), all.clone(), revoking.clone()]).collect();
        let outcomes = sandbox.at_once(&calls);
        let bad = outcomes.iter().find(|outcome| outcome.status != "0");
        assert!(bad.is_none(), "{}", bad.expect("a failed call"));
        let created: Vec<String> = outcomes.iter().step_by(3).map(Outcome::key).collect();
        let left = sandbox.sql("SELECT key FROM authtoken_token").concat();
        assert!(left.len() <= 1 && left.iter().all(|key| created.contains(key)), "{left:?}");
        let printed: Vec<&str> = outcomes.iter().flat_map(|outcome| outcome.stdout.lines()).collect();
        // No token is reported as revoked twice.
        let revoked: Vec<&&str> = printed.iter().filter(|line| line.starts_with("Revoked ")).collect();
        assert_eq!(revoked.len(), revoked.iter().collect::<BTreeSet<_>>().len(), "{revoked:?}");
    }
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
}

/// F3
#[test]
fn a_closed_pipe_after_the_commit_is_reported() {
    for args in [&["alice"][..], &["alice", "--single-transaction"], &["alice", "--format", "json"]] {
        let sandbox = Sandbox::four_tokens();
        let outcome = revoke(&sandbox, args).run_unread();
        outcome.refused("7", &["drfctl list shows the remaining tokens"]);
        assert_eq!(sandbox.usernames_with_token(), "ina ci-1 ci-2", "{args:?}");
        assert!(!outcome.stderr.contains(KEY), "{outcome}");
        let quiet = revoke(&sandbox, &["ina", "--quiet"]).run_unread();
        assert!(quiet.status == "0" && quiet.stderr.is_empty(), "{quiet}");
    }
    let sandbox = Sandbox::four_tokens();
    let closed = revoke(&sandbox, &["alice"]).through(["sh", "-c", r#"exec "$@" >&-"#, "sh"]);
    sandbox.unchanged(closed).refused("2", &["standard output is closed"]);
}

#[test]
fn thousands_of_keys_are_looked_up() {
    let sandbox = Sandbox::four_tokens();
    let mut keys: String = (0..33_000).map(|n| format!("{n:040x}\n")).collect::<Vec<_>>().concat();
    keys += KEY;
    let outcome = revoke(&sandbox, &["--keys-from", "-", "--missing-ok"]).stdin(keys).run();
    let lines: Vec<String> = (1..=20).map(|line| line.to_string()).collect();
    let stderr = format!("note: 33000 of 33001 keys have no token: lines {}, and 32980 more\n", lines.join(", "));
    let printed = format!("Revoked token {}… of user alice\n", &KEY[..8]);
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{printed}--- stderr\n{stderr}"));
}

#[test]
fn tokens_without_a_user_are_noted() {
    let sandbox = Sandbox::four_tokens();
    sandbox.exec("INSERT INTO authtoken_token VALUES ('0rphan0rphan0rphan0rphan', '2020-01-01 00:00:00', 9999)");
    let outcome = sandbox.unchanged(revoke(&sandbox, &["--keys-from", "-"]).stdin("0rphan0rphan0rphan0rphan"));
    outcome.refused("3", &["no token has the key in line 1"]);
    let outcome = revoke(&sandbox, &["--all", "--yes"]).run();
    assert_eq!(outcome.stdout.lines().count(), 4);
    assert_eq!(outcome.stderr, "note: 1 token of a user who does not exist is left: the application rejects it\n");
}

/// H5: a key in an argument for a name.
#[test]
fn a_key_instead_of_a_name_is_not_repeated() {
    let sandbox = Sandbox::four_tokens();
    for args in
        [&["revoke", KEY][..], &["list", KEY], &["create-token", "-r", KEY], &["create-token", "-r", "--staff", KEY]]
    {
        let outcome = sandbox.unchanged(sandbox.drfctl(args));
        let stderr = format!(
            "error: user {}… does not exist\n\
             hint: put a key into a file: revoke --keys-from FILE, or verify --keys-from FILE\n",
            &KEY[..8]
        );
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{stderr}"), "{args:?}");
    }
}

#[test]
fn no_matches_are_always_noted() {
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
