//! `revoke`: which tokens it deletes, what it prints, and that the application then rejects their
//! keys.
//!
//! Tags such as `H7` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{FOUR_KEYS, KEY, Outcome, Sandbox, Site, Terminal};

/// Returns the lines about the tokens of `users`, in the order of creation.
fn lines(verb: &str, users: &str) -> String {
    let of = |user: &str| FOUR_KEYS.iter().find(|(name, _)| *name == user).expect("a user with a token").1;
    let all = users.split_whitespace().map(|user| format!("{verb} token {}… of user {user}\n", &of(user)[..8]));
    all.collect::<Vec<_>>().concat()
}

/// Replaces usernames in braces by their keys.
fn with_keys(text: &str) -> String {
    FOUR_KEYS.iter().fold(text.to_owned(), |text, (user, key)| text.replace(&format!("{{{user}}}"), key))
}

fn outcome(stdout: impl Into<String>, stderr: &str, status: &str) -> Outcome {
    Outcome { stdout: stdout.into(), stderr: stderr.to_owned(), status: status.to_owned(), ..Outcome::default() }
}

/// Arguments, standard input with usernames for keys, and the users whose tokens are revoked.
const SELECTIONS: [(&str, &str, &str); 23] = [
    ("alice", "", "alice"),
    ("ina alice", "", "alice ina"),
    ("ci-2 ci-2 ina", "", "ina ci-2"),
    ("ci-* --yes", "", "ci-1 ci-2"),
    ("alice ci-?  --yes", "", "alice ci-1 ci-2"),
    ("--keys-from -", "{alice}", "alice"),
    ("--keys-from keys", "", "ina"),
    ("--keys-from -", "\u{feff}\n \nAuthorization: Token {ci-1}\r\n\ntoken {ina}\n", "ina ci-1"),
    ("--keys-from -", "{alice}\n{alice}\n", "alice"),
    ("--key-prefix 9944b091", "", "ci-1"),
    ("--key-prefix 9944b0a2…", "", "ci-2"),
    ("--key-prefix 9944b0 ci-2", "", "ci-2"),
    ("--inactive -y", "", "ina"),
    ("--active --yes", "", "alice ci-1 ci-2"),
    ("--staff -y", "", "ci-2"),
    ("--superusers -y", "", "ci-1"),
    ("--never-logged-in --yes", "", "ina ci-1 ci-2"),
    ("--newer-than 2026-02-01 -y", "", "ci-2"),
    ("--older-than 2026-02-01 ci-* -y", "", "ci-1"),
    ("--all --yes", "", "alice ina ci-1 ci-2"),
    ("--all --inactive -y", "", "ina"),
    ("-", "\u{feff}alice\r\n\n  \nci-1", "alice ci-1"),
    ("ina -", "ci-1\n", "ina ci-1"),
];

/// Returns the users of [`FOUR_KEYS`] without `revoked`.
fn others(revoked: &str) -> String {
    let left = FOUR_KEYS.iter().map(|(user, _)| *user).filter(|user| !revoked.split(' ').any(|name| name == *user));
    left.collect::<Vec<_>>().join(" ")
}

#[test]
fn revoke_deletes_only_the_selected_tokens() {
    for (typed, input, revoked) in SELECTIONS {
        for single in [&[][..], &["--single-transaction"]] {
            let sandbox = Sandbox::four_tokens();
            fs::write(sandbox.dir().join("keys"), format!("\nToken {}\n\n", FOUR_KEYS[1].1)).expect("a file of keys");
            let call = sandbox.drfctl(["revoke"]).args(typed.split_whitespace()).args(single).stdin(with_keys(input));
            assert_eq!(call.run(), outcome(lines("Revoked", revoked), "", "0"), "{typed} {single:?}");
            assert_eq!(sandbox.usernames_with_token(), others(revoked), "{typed} {single:?}");
        }
    }
}

#[test]
fn a_dry_run_lists_the_tokens_and_changes_no_byte() {
    for (typed, input, revoked) in SELECTIONS {
        let sandbox = Sandbox::four_tokens();
        fs::write(sandbox.dir().join("keys"), format!("Authorization: Token {}", FOUR_KEYS[1].1))
            .expect("a file of keys");
        // A dry run needs no confirmation.
        let typed = typed.split_whitespace().filter(|word| !matches!(*word, "--yes" | "-y"));
        let call = sandbox.drfctl(["revoke", "--dry-run"]).args(typed.clone()).stdin(with_keys(input));
        let outcome = sandbox.untouched(call).ok();
        let expected = lines("Would revoke", revoked);
        let set = |text: &str| text.lines().map(ToOwned::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(set(&outcome.stdout), set(&expected), "{:?}", typed.collect::<Vec<_>>());
    }
}

#[test]
fn revoke_deletes_only_one_row() {
    let (sandbox, expected) = (Sandbox::four_tokens(), Sandbox::four_tokens());
    expected.exec("DELETE FROM authtoken_token WHERE user_id = 11");
    let _ = sandbox.drfctl(["revoke", "ci-1"]).run().ok();
    assert_eq!(sandbox.dump(), expected.dump());
}

#[test]
fn revoke_prints_records_in_every_format() {
    let shapes = ["json", "tsv", "csv"].map(|format| {
        let sandbox = Sandbox::four_tokens();
        let dry = sandbox.drfctl(["revoke", "ina", "--dry-run", "--format", format]).run().ok().stdout;
        let done = sandbox.drfctl(["revoke", "ci-*", "-y", "--format", format]).run().ok().stdout;
        assert_eq!(sandbox.usernames_with_token(), "alice ina");
        format!("{format}:\n{dry}{done}").replace('\r', "␍").replace('\t', "→")
    });
    assert_data_eq!(
        shapes.concat(),
        str![[r#"
json:
[
  {"username":"ina","key":"cd10eeff…","created":"2026-01-02T03:04:05Z","outcome":"would be revoked"}
]
[
  {"username":"ci-1","key":"9944b091…","created":"2026-01-02T03:04:05Z","outcome":"revoked"},
  {"username":"ci-2","key":"9944b0a2…","created":"2026-03-01T00:00:00Z","outcome":"revoked"}
]
tsv:
username→key→created→outcome
ina→cd10eeff…→2026-01-02T03:04:05Z→would be revoked
username→key→created→outcome
ci-1→9944b091…→2026-01-02T03:04:05Z→revoked
ci-2→9944b0a2…→2026-03-01T00:00:00Z→revoked
csv:
username,key,created,outcome␍
ina,cd10eeff…,2026-01-02T03:04:05Z,would be revoked␍
username,key,created,outcome␍
ci-1,9944b091…,2026-01-02T03:04:05Z,revoked␍
ci-2,9944b0a2…,2026-03-01T00:00:00Z,revoked␍

"#]]
    );
    let sandbox = Sandbox::four_tokens();
    let raw = sandbox.drfctl(["revoke", "alice", "--format", "raw"]);
    sandbox.unchanged(raw).refused("2", &["no secret to print raw"]);
}

#[test]
fn revoke_with_quiet_prints_nothing() {
    let sandbox = Sandbox::four_tokens();
    for args in [&["--quiet", "alice"][..], &["-q", "ci-*", "--yes"], &["--format", "json", "-q", "ina"]] {
        assert_eq!(sandbox.drfctl(["revoke"]).args(args).run(), outcome("", "", "0"), "{args:?}");
    }
    assert_eq!(sandbox.usernames_with_token(), "");
}

#[test]
fn a_user_without_a_token_is_noted() {
    let sandbox = Sandbox::four_tokens();
    for args in [&["bob"][..], &["bob", "--single-transaction"], &["--missing-ok", "bob"]] {
        let call = sandbox.drfctl(["revoke"]).args(args);
        assert_eq!(sandbox.unchanged(call), outcome("", "note: user bob has no token\n", "0"), "{args:?}");
    }
    let both = sandbox.drfctl(["revoke", "bob", "alice"]).run();
    assert_eq!(both, outcome(lines("Revoked", "alice"), "note: user bob has no token\n", "0"));
    let call = sandbox.drfctl(["revoke", "--staff", "--inactive", "-y"]);
    assert_eq!(sandbox.unchanged(call), outcome("", "note: no tokens match\n", "0"));
    let _ = sandbox.drfctl(["revoke", "--all", "-y"]).run().ok();
    let again = sandbox.drfctl(["revoke", "--all", "-y"]);
    assert_eq!(sandbox.unchanged(again), outcome("", "note: no tokens match\n", "0"));
}

#[test]
fn missing_ok_notes_what_does_not_exist() {
    let unknown = "f".repeat(40);
    for (typed, input, revoked, expected) in [
        ("nobody alice", "", "alice", "note: user nobody does not exist\n"),
        ("zz-* ina -y", "", "ina", "note: no username matches zz-*\n"),
        ("--keys-from -", &*format!("{unknown}\n{KEY}"), "alice", "note: no token has the key in line 1\n"),
        ("--key-prefix ffff", "", "", "note: no tokens match\n"),
    ] {
        for option in ["--missing-ok", "--if-exists"] {
            let sandbox = Sandbox::four_tokens();
            let found = sandbox.drfctl(["revoke", option]).args(typed.split(' ')).stdin(input).run();
            assert_eq!((found.stdout.as_str(), &*found.status), (&*lines("Revoked", revoked), "0"), "{found}");
            assert!(found.stderr.starts_with(expected) && !found.stderr.contains(&unknown), "{found}");
            assert_eq!(sandbox.usernames_with_token(), others(revoked), "{typed}");
        }
    }
}

#[test]
fn the_application_rejects_a_revoked_key() {
    for site in [Site::Stock, Site::Email, Site::Odd] {
        let sandbox = Sandbox::new(site);
        let server = sandbox.serve();
        let key = sandbox.drfctl(["create-token", site.alice()]).run().ok().key();
        let before = server.whoami(&key);
        assert!(before.starts_with("200 "), "{site:?}: {before}");
        let expected = format!("Revoked token {}… of user {}\n", &key[..8], site.alice());
        assert_eq!(sandbox.drfctl(["revoke", site.alice()]).run(), outcome(expected, "", "0"), "{site:?}");
        assert_eq!(server.whoami(&key), r#"401 {"detail":"Invalid token."}"#, "{site:?}");
        let new = sandbox.drfctl(["create-token", site.alice()]).run().ok().key();
        assert_eq!((server.whoami(&new), new == key), (before, false), "{site:?}");
    }
}

/// H7: in WAL mode after the application's checkpoint, which drfctl does not run itself.
#[test]
fn a_revoked_key_is_erased_from_the_database_file() {
    for mode in ["DELETE", "TRUNCATE", "PERSIST", "WAL"] {
        let sandbox = Sandbox::four_tokens();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        let contains = || {
            let bytes = fs::read(sandbox.db()).expect("the database is read");
            FOUR_KEYS.map(|(_, key)| bytes.windows(key.len()).any(|window| window == key.as_bytes()))
        };
        assert_eq!(contains(), [true; 4], "{mode}");
        for (args, left) in [(&["alice"][..], [false, true, true, true]), (&["--all", "--yes"], [false; 4])] {
            let _ = sandbox.drfctl(["revoke"]).args(args).run().ok();
            let _ = sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            assert_eq!(contains(), left, "{mode} {args:?}");
        }
    }
}

/// Returns a text as the reader of the terminal returns it: one character per byte.
fn shown_as(text: &str) -> String {
    text.replace('\n', "\r\n").bytes().map(char::from).collect()
}

const QUESTION: &str = "Revoke 3 tokens? [y/N]: ";

/// N62: the question depends on how the tokens were selected, not on how many match.
#[test]
fn a_filter_requires_confirmation_names_do_not() {
    let named = ["revoke", "ina", "ci-1"];
    let sandbox = Sandbox::four_tokens();
    let outcome = Terminal::new(&sandbox, named).end();
    assert_eq!(outcome, (shown_as(&lines("Revoked", "ina ci-1")), "0".to_owned()));
    for (args, question, users) in [
        (&["revoke", "--active"][..], QUESTION, "alice ci-1 ci-2"),
        (&["revoke", "--inactive"], "Revoke 1 token? [y/N]: ", "ina"),
        (&["revoke", "a*"], "Revoke 1 token? [y/N]: ", "alice"),
        (&["revoke", "--all"], "Revoke 4 tokens? [y/N]: ", "alice ina ci-1 ci-2"),
    ] {
        let sandbox = Sandbox::four_tokens();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(question, "yes");
        let expected = shown_as(&lines("Revoked", users));
        assert_eq!(terminal.end(), (format!("yes\r\n{expected}"), "0".to_owned()), "{args:?}");
        assert_eq!(sandbox.usernames_with_token(), others(users));
    }
}

/// N61.
#[test]
fn an_unclear_answer_repeats_the_question() {
    let args = ["revoke", "--active"];
    for yes in ["y", "Y", "Yes"] {
        let sandbox = Sandbox::four_tokens();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(QUESTION, "yse");
        terminal.see("Type yes or no.");
        terminal.answer(QUESTION, yes);
        let expected = shown_as(&lines("Revoked", "alice ci-1 ci-2"));
        assert_eq!(terminal.end(), (format!("{yes}\r\n{expected}"), "0".to_owned()));
        assert_eq!(sandbox.usernames_with_token(), "ina");
    }
    for no in ["", "n", "NO"] {
        let sandbox = Sandbox::four_tokens();
        let before = sandbox.files();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(QUESTION, no);
        let expected = format!("{no}\r\nerror: aborted, nothing was changed\r\n");
        assert_eq!(terminal.end(), (expected, "3".to_owned()));
        assert!(sandbox.files() == before, "a file changed: {no:?}");
    }
}

/// I7
#[test]
fn the_database_is_not_locked_during_the_question() {
    let sandbox = Sandbox::four_tokens();
    let mut terminal = Terminal::new(&sandbox, ["revoke", "--active"]);
    terminal.asked(QUESTION);
    let mut other = sandbox.session();
    for statement in ["PRAGMA busy_timeout = 0", "BEGIN EXCLUSIVE", "DELETE FROM authtoken_token WHERE user_id = 11"] {
        assert!(other.run(statement).starts_with("ok "), "{statement}");
    }
    assert_eq!(other.run("COMMIT"), "ok []");
    terminal.enter("y");
    let (shown, status) = terminal.end();
    let expected = shown_as(&lines("Revoked", "alice ci-2"));
    assert!(status == "0" && shown == format!("y\r\n{expected}"), "{status}: {shown}");
    assert_eq!(sandbox.usernames_with_token(), "ina");
}
