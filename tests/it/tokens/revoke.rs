//! `revoke`: which tokens it deletes, what it prints, and that the application rejects their keys
//! from then on.
//!
//! Tags such as `H7` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs;

use snapbox::{assert_data_eq, str};

use crate::support::{FOUR_KEYS, KEY, Outcome, Sandbox, Site, Terminal};

/// What is said of those users' tokens, each in the order of its making.
fn sentences(verb: &str, users: &str) -> String {
    let of = |user: &str| FOUR_KEYS.iter().find(|(name, _)| *name == user).expect("a user with a token").1;
    let lines = users.split_whitespace().map(|user| format!("{verb} token {}… of user {user}\n", &of(user)[..8]));
    lines.collect::<Vec<_>>().concat()
}

/// A text with the users' keys in the place of their names in braces.
fn with_keys(text: &str) -> String {
    FOUR_KEYS.iter().fold(text.to_owned(), |text, (user, key)| text.replace(&format!("{{{user}}}"), key))
}

fn outcome(stdout: impl Into<String>, stderr: &str, status: &str) -> Outcome {
    Outcome { stdout: stdout.into(), stderr: stderr.to_owned(), status: status.to_owned(), ..Outcome::default() }
}

/// What is typed, what stands on standard input with names for keys, and whose token ends.
const PICKED: [(&str, &str, &str); 23] = [
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

/// The others of [`FOUR_KEYS`].
fn others(gone: &str) -> String {
    let left = FOUR_KEYS.iter().map(|(user, _)| *user).filter(|user| !gone.split(' ').any(|name| name == *user));
    left.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_tokens_that_are_picked_end_and_no_others() {
    for (typed, input, gone) in PICKED {
        for single in [&[][..], &["--single-transaction"]] {
            let sandbox = Sandbox::four_tokens();
            fs::write(sandbox.dir().join("keys"), format!("\nToken {}\n\n", FOUR_KEYS[1].1)).expect("a file of keys");
            let call = sandbox.drfctl(["revoke"]).args(typed.split_whitespace()).args(single).stdin(with_keys(input));
            assert_eq!(call.run(), outcome(sentences("Revoked", gone), "", "0"), "{typed} {single:?}");
            assert_eq!(sandbox.holders(), others(gone), "{typed} {single:?}");
        }
    }
}

#[test]
fn a_dry_run_lists_what_would_go_and_changes_no_byte() {
    for (typed, input, gone) in PICKED {
        let sandbox = Sandbox::four_tokens();
        fs::write(sandbox.dir().join("keys"), format!("Authorization: Token {}", FOUR_KEYS[1].1))
            .expect("a file of keys");
        // Nobody has to say yes to nothing.
        let typed = typed.split_whitespace().filter(|word| !matches!(*word, "--yes" | "-y"));
        let call = sandbox.drfctl(["revoke", "--dry-run"]).args(typed.clone()).stdin(with_keys(input));
        let outcome = sandbox.untouched(call).ok();
        let expected = sentences("Would revoke", gone);
        let set = |text: &str| text.lines().map(ToOwned::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(set(&outcome.stdout), set(&expected), "{:?}", typed.collect::<Vec<_>>());
    }
}

#[test]
fn nothing_but_the_one_row_differs_afterwards() {
    let (sandbox, expected) = (Sandbox::four_tokens(), Sandbox::four_tokens());
    expected.exec("DELETE FROM authtoken_token WHERE user_id = 11");
    let _ = sandbox.drfctl(["revoke", "ci-1"]).run().ok();
    assert_eq!(sandbox.dump(), expected.dump());
}

#[test]
fn records_have_these_shapes() {
    let shapes = ["json", "tsv", "csv"].map(|format| {
        let sandbox = Sandbox::four_tokens();
        let dry = sandbox.drfctl(["revoke", "ina", "--dry-run", "--format", format]).run().ok().stdout;
        let done = sandbox.drfctl(["revoke", "ci-*", "-y", "--format", format]).run().ok().stdout;
        assert_eq!(sandbox.holders(), "alice ina");
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
fn quiet_prints_nothing_whatever_is_done() {
    let sandbox = Sandbox::four_tokens();
    for args in [&["--quiet", "alice"][..], &["-q", "ci-*", "--yes"], &["--format", "json", "-q", "ina"]] {
        assert_eq!(sandbox.drfctl(["revoke"]).args(args).run(), outcome("", "", "0"), "{args:?}");
    }
    assert_eq!(sandbox.holders(), "");
}

#[test]
fn a_user_without_a_token_is_no_error_and_is_said() {
    let sandbox = Sandbox::four_tokens();
    for args in [&["bob"][..], &["bob", "--single-transaction"], &["--missing-ok", "bob"]] {
        let call = sandbox.drfctl(["revoke"]).args(args);
        assert_eq!(sandbox.unchanged(call), outcome("", "note: user bob has no token\n", "0"), "{args:?}");
    }
    let both = sandbox.drfctl(["revoke", "bob", "alice"]).run();
    assert_eq!(both, outcome(sentences("Revoked", "alice"), "note: user bob has no token\n", "0"));
    let call = sandbox.drfctl(["revoke", "--staff", "--inactive", "-y"]);
    assert_eq!(sandbox.unchanged(call), outcome("", "note: no tokens match\n", "0"));
    let _ = sandbox.drfctl(["revoke", "--all", "-y"]).run().ok();
    let again = sandbox.drfctl(["revoke", "--all", "-y"]);
    assert_eq!(sandbox.unchanged(again), outcome("", "note: no tokens match\n", "0"));
}

#[test]
fn what_is_not_there_is_no_error_if_that_is_said() {
    let unknown = "f".repeat(40);
    for (typed, input, gone, said) in [
        ("nobody alice", "", "alice", "note: user nobody does not exist\n"),
        ("zz-* ina -y", "", "ina", "note: no username matches zz-*\n"),
        ("--keys-from -", &*format!("{unknown}\n{KEY}"), "alice", "note: no token has the key in line 1\n"),
        ("--key-prefix ffff", "", "", "note: no tokens match\n"),
    ] {
        for option in ["--missing-ok", "--if-exists"] {
            let sandbox = Sandbox::four_tokens();
            let found = sandbox.drfctl(["revoke", option]).args(typed.split(' ')).stdin(input).run();
            assert_eq!((found.stdout.as_str(), &*found.status), (&*sentences("Revoked", gone), "0"), "{found}");
            assert!(found.stderr.starts_with(said) && !found.stderr.contains(&unknown), "{found}");
            assert_eq!(sandbox.holders(), others(gone), "{typed}");
        }
    }
}

#[test]
fn the_application_refuses_the_key_from_then_on() {
    for site in [Site::Stock, Site::Email, Site::Odd] {
        let sandbox = Sandbox::new(site);
        let server = sandbox.serve();
        let key = sandbox.drfctl(["create-token", site.alice()]).run().ok().key();
        let before = server.whoami(&key);
        assert!(before.starts_with("200 "), "{site:?}: {before}");
        let said = format!("Revoked token {}… of user {}\n", &key[..8], site.alice());
        assert_eq!(sandbox.drfctl(["revoke", site.alice()]).run(), outcome(said, "", "0"), "{site:?}");
        assert_eq!(server.whoami(&key), r#"401 {"detail":"Invalid token."}"#, "{site:?}");
        let new = sandbox.drfctl(["create-token", site.alice()]).run().ok().key();
        assert_eq!((server.whoami(&new), new == key), (before, false), "{site:?}");
    }
}

/// H7: in WAL mode once the application has had its checkpoint, which drfctl leaves to it.
#[test]
fn the_key_is_nowhere_in_the_database_file_afterwards() {
    for mode in ["DELETE", "TRUNCATE", "PERSIST", "WAL"] {
        let sandbox = Sandbox::four_tokens();
        sandbox.exec(&format!("PRAGMA journal_mode = {mode}"));
        let held = || {
            let bytes = fs::read(sandbox.db()).expect("the database is read");
            FOUR_KEYS.map(|(_, key)| bytes.windows(key.len()).any(|window| window == key.as_bytes()))
        };
        assert_eq!(held(), [true; 4], "{mode}");
        for (args, left) in [(&["alice"][..], [false, true, true, true]), (&["--all", "--yes"], [false; 4])] {
            let _ = sandbox.drfctl(["revoke"]).args(args).run().ok();
            let _ = sandbox.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            assert_eq!(held(), left, "{mode} {args:?}");
        }
    }
}

/// A text as the tests' terminal hands it over, which takes bytes for characters.
fn shown_as(text: &str) -> String {
    text.replace('\n', "\r\n").bytes().map(char::from).collect()
}

const QUESTION: &str = "Revoke 3 tokens? [y/N]: ";

/// N62: the question depends on how the tokens were selected, never on how many match.
#[test]
fn a_filter_is_confirmed_and_named_users_are_not() {
    let named = ["revoke", "ina", "ci-1"];
    let sandbox = Sandbox::four_tokens();
    let outcome = Terminal::new(&sandbox, named).end();
    assert_eq!(outcome, (shown_as(&sentences("Revoked", "ina ci-1")), "0".to_owned()));
    for (args, question, users) in [
        (&["revoke", "--active"][..], QUESTION, "alice ci-1 ci-2"),
        (&["revoke", "--inactive"], "Revoke 1 token? [y/N]: ", "ina"),
        (&["revoke", "a*"], "Revoke 1 token? [y/N]: ", "alice"),
        (&["revoke", "--all"], "Revoke 4 tokens? [y/N]: ", "alice ina ci-1 ci-2"),
    ] {
        let sandbox = Sandbox::four_tokens();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(question, "yes");
        let said = shown_as(&sentences("Revoked", users));
        assert_eq!(terminal.end(), (format!("yes\r\n{said}"), "0".to_owned()), "{args:?}");
        assert_eq!(sandbox.holders(), others(users));
    }
}

/// N61.
#[test]
fn an_answer_is_yes_or_no_or_asked_for_again() {
    let args = ["revoke", "--active"];
    for yes in ["y", "Y", "Yes"] {
        let sandbox = Sandbox::four_tokens();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(QUESTION, "yse");
        terminal.see("Type yes or no.");
        terminal.answer(QUESTION, yes);
        let said = shown_as(&sentences("Revoked", "alice ci-1 ci-2"));
        assert_eq!(terminal.end(), (format!("{yes}\r\n{said}"), "0".to_owned()));
        assert_eq!(sandbox.holders(), "ina");
    }
    for no in ["", "n", "NO"] {
        let sandbox = Sandbox::four_tokens();
        let before = sandbox.files();
        let mut terminal = Terminal::new(&sandbox, args);
        terminal.answer(QUESTION, no);
        let said = format!("{no}\r\nerror: aborted, nothing was changed\r\n");
        assert_eq!(terminal.end(), (said, "3".to_owned()));
        assert!(sandbox.files() == before, "something was changed: {no:?}");
    }
}

#[test]
fn while_the_question_waits_another_process_can_write() {
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
    let said = shown_as(&sentences("Revoked", "alice ci-2"));
    assert!(status == "0" && shown == format!("y\r\n{said}"), "{status}: {shown}");
    assert_eq!(sandbox.holders(), "ina");
}
