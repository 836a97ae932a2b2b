//! `create-token`: what it prints, what it changes, what it refuses. Where it prints to, and
//! what may go wrong there, is in `output` and `files`.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site};

fn stock() -> Sandbox {
    Sandbox::new(Site::Stock)
}

/// Runs, and asserts that not one row has changed.
fn refused(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(args).run();
    assert_eq!(sandbox.dump(), before, "something was changed\n{outcome}");
    outcome
}

#[test]
fn a_new_token_is_printed_with_the_line_of_drf() {
    assert_data_eq!(
        stock().drfctl(["create-token", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn the_printed_key_is_the_one_in_the_database() {
    let sandbox = stock();
    let key = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    assert_eq!(
        sandbox.sql("SELECT key, username FROM authtoken_token JOIN auth_user ON id = user_id"),
        [[key, "alice".to_owned()]]
    );
}

#[test]
fn an_existing_token_is_printed_again_and_not_touched() {
    let sandbox = stock();
    let first = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let before = sandbox.dump();
    let second = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!((second, sandbox.dump()), (first, before));
}

#[test]
fn reset_before_the_name_replaces_the_key() {
    let sandbox = stock();
    let old = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let new = sandbox.drfctl(["create-token", "-r", "alice"]).run().ok().key();
    assert_ne!(old, new);
    assert_eq!(sandbox.sql("SELECT key FROM authtoken_token"), [[new]]);
}

#[test]
fn reset_after_the_name_replaces_the_key() {
    let sandbox = stock();
    let old = sandbox.drfctl(["create-token", "alice"]).run().ok().key();
    let new = sandbox.drfctl(["create-token", "alice", "--reset"]).run().ok().key();
    assert_ne!(old, new);
    assert_eq!(sandbox.sql("SELECT key FROM authtoken_token"), [[new]]);
}

#[test]
fn reset_of_a_user_without_a_token_makes_one() {
    assert_data_eq!(
        stock().drfctl(["create-token", "--reset", "--format", "tsv", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
username	key	created	outcome
alice	KEY	[..]Z	created
--- stderr

"#]]
    );
}

#[test]
fn reset_renews_the_time_of_creation() {
    let sandbox = stock();
    sandbox.exec(
        "INSERT INTO authtoken_token SELECT 'old', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'",
    );
    let _ = sandbox.drfctl(["create-token", "-r", "alice"]).run().ok();
    assert_eq!(sandbox.value("SELECT created > '2020' FROM authtoken_token"), "1");
}

#[test]
fn several_names_are_answered_in_their_order() {
    assert_data_eq!(
        stock().drfctl(["create-token", "bob", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_name_given_twice_is_answered_twice_with_one_key() {
    let sandbox = stock();
    let outcome = sandbox.drfctl(["create-token", "-r", "--format", "raw", "alice", "alice"]).run().ok();
    let key = sandbox.value("SELECT key FROM authtoken_token");
    assert_eq!(outcome.stdout, format!("{key}\n{key}\n"));
}

#[test]
fn several_names_are_all_or_nothing() {
    assert_data_eq!(
        refused(&stock(), &["create-token", "alice", "nobody"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: user nobody does not exist

"#]]
    );
}

#[test]
fn a_reset_of_several_names_is_all_or_nothing() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice", "bob"]).run().ok();
    assert_eq!(refused(&sandbox, &["create-token", "-r", "alice", "bob", "nobody"]).status, "3");
}

#[test]
fn an_inactive_user_gets_a_token_and_a_warning() {
    assert_data_eq!(
        stock().drfctl(["create-token", "ina"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user ina
--- stderr
warning: user ina is inactive: the application will refuse this token

"#]]
    );
}

#[test]
fn a_dash_reads_names_from_standard_input() {
    assert_data_eq!(
        stock().drfctl(["create-token", "-"]).stdin("bob\nalice\n").run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn the_last_line_of_standard_input_needs_no_end() {
    let outcome = stock().drfctl(["create-token", "--format", "raw", "-"]).stdin("bob\nalice").run().ok();
    assert_eq!(outcome.stdout.lines().count(), 2);
}

#[test]
fn lines_of_standard_input_may_end_as_on_windows() {
    assert_data_eq!(
        stock().drfctl(["create-token", "-"]).stdin("bob\r\nalice\r\n").run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user bob
Generated token KEY for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_dash_among_names_keeps_its_place() {
    assert_data_eq!(
        stock().drfctl(["create-token", "ina", "-", "bob", "-q"]).stdin("alice\n").run().to_string(),
        str![[r#"
exit: 0
--- stdout
--- stderr

"#]]
    );
}

#[test]
fn an_empty_line_of_standard_input_is_refused_and_counted() {
    let sandbox = stock();
    let before = sandbox.dump();
    let outcome = sandbox.drfctl(["create-token", "-"]).stdin("alice\n\nbob\n").run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: line 2 of standard input: the name is empty

"#]]
    );
    assert_eq!(sandbox.dump(), before);
}

#[test]
fn standard_input_without_a_name_is_refused() {
    assert_data_eq!(
        stock().drfctl(["create-token", "-"]).stdin("").run().to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: standard input holds no name
hint: one name a line

"#]]
    );
}

#[test]
fn a_name_with_a_nul_character_is_refused() {
    // Not a snapshot: those take a backslash for a separator of paths.
    assert_eq!(
        stock().drfctl(["create-token", "-"]).stdin("ali\0ce\n").run().to_string(),
        "exit: 3\n--- stdout\n--- stderr\n\
         error: line 1 of standard input: the name ali\\u{0}ce holds a NUL character\n"
    );
}

#[test]
fn a_name_that_is_not_utf_8_is_refused() {
    assert_data_eq!(
        stock().drfctl(["create-token", "-"]).stdin(b"ali\xffce\n").run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: line 1 of standard input: the name [..] is not UTF-8

"#]]
    );
}

#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    assert_data_eq!(
        stock().drfctl(["create-token"]).arg(std::ffi::OsStr::from_bytes(b"ali\xffce")).run().to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name [..] is not UTF-8

"#]]
    );
}

#[test]
fn an_empty_name_is_refused() {
    assert_data_eq!(
        refused(&stock(), &["create-token", ""]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name is empty

"#]]
    );
}

#[test]
fn a_blank_name_is_refused() {
    assert_data_eq!(
        refused(&stock(), &["create-token", "  "]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the name is empty

"#]]
    );
}

#[test]
fn no_name_without_a_terminal_is_a_usage_error_that_says_what_to_type() {
    assert_data_eq!(
        refused(&stock(), &["create-token"]).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: Username is missing, and there is no terminal to ask for it
hint: drfctl create-token USERNAME, or - to read names from standard input

"#]]
    );
}

#[test]
fn quiet_is_nothing_at_all_but_the_exit_code() {
    assert_data_eq!(
        stock().drfctl(["create-token", "-q", "ina"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
--- stderr

"#]]
    );
}

#[test]
fn quiet_holds_for_errors_too() {
    assert_data_eq!(
        refused(&stock(), &["create-token", "--quiet", "nobody"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr

"#]]
    );
}

#[test]
fn raw_is_the_key_alone() {
    assert_data_eq!(
        stock().drfctl(["create-token", "--format", "raw", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
KEY
--- stderr

"#]]
    );
}

#[test]
fn json_is_an_array_of_records() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    let outcome = sandbox.drfctl(["create-token", "--format", "json", "alice", "bob"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let seen: Vec<_> = records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let record = record.as_object().unwrap();
            (
                record.keys().map(String::as_str).collect::<Vec<_>>().len(),
                record["username"].as_str().unwrap(),
                record["key"].as_str().unwrap().len(),
                record["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [(4, "alice", 40, "existing"), (4, "bob", 40, "created")]);
}

#[test]
fn json_of_one_user_is_an_array_too() {
    let outcome = stock().drfctl(["--format", "json", "create-token", "alice"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(records.as_array().unwrap().len(), 1);
}

#[test]
fn jsonl_is_one_record_a_line() {
    assert_data_eq!(
        stock().drfctl(["create-token", "--format", "jsonl", "-r", "alice", "bob"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
{"username":"alice","key":"KEY","created":"[..]Z","outcome":"created"}
{"username":"bob","key":"KEY","created":"[..]Z","outcome":"created"}
--- stderr

"#]]
    );
}

#[test]
fn csv_has_a_header_and_the_outcome_reset() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--format", "csv", "-r", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,KEY,[..]Z,reset
--- stderr

"#]]
    );
}

#[test]
fn tsv_has_a_header_and_the_outcome_existing() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--format", "tsv", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
username	key	created	outcome
alice	KEY	[..]Z	existing
--- stderr

"#]]
    );
}

#[test]
fn table_has_the_same_four_columns() {
    assert_data_eq!(
        stock().drfctl(["create-token", "--format", "table", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
┌[..]┐
│ username ┆ key[..]┆ created[..]┆ outcome │
╞[..]╡
│ alice    ┆ KEY ┆ [..]Z ┆ created │
└[..]┘
--- stderr

"#]]
    );
}

#[test]
fn an_unknown_format_is_a_usage_error() {
    assert_eq!(refused(&stock(), &["create-token", "--format", "yaml", "alice"]).status, "2");
}

#[test]
fn the_time_in_a_record_is_the_time_in_the_row() {
    let sandbox = stock();
    let outcome = sandbox.drfctl(["create-token", "--format", "json", "alice"]).run().ok();
    let records: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    let row = sandbox.value("SELECT created FROM authtoken_token");
    assert_eq!(records[0]["created"].as_str().unwrap(), format!("{}Z", row.replace(' ', "T")));
}

#[test]
fn a_time_without_a_fraction_is_read_as_django_writes_it() {
    let sandbox = stock();
    sandbox.exec(
        "INSERT INTO authtoken_token SELECT 'k', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--format", "csv", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,k,2001-02-03T04:05:06Z,existing
--- stderr

"#]]
    );
}

#[test]
fn a_given_key_becomes_the_users_token() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y\n").unwrap();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token 2Kx9Wq7LmZ4tVb8NcR3y for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_given_key_can_come_through_standard_input() {
    let sandbox = stock();
    assert_data_eq!(
        sandbox
            .drfctl(["create-token", "--key-from", "-", "alice"])
            .stdin("5f0c1e9a7b3d2846f1e0d9c8b7a6958473625140")
            .run()
            .to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token 5f0c1e9a7b3d2846f1e0d9c8b7a6958473625140 for user alice
--- stderr

"#]]
    );
}

#[test]
fn a_key_given_again_is_the_existing_token() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let args = ["create-token", "--key-from", "key", "--format", "csv", "alice"];
    let _ = sandbox.drfctl(args).run().ok();
    assert_data_eq!(
        refused(&sandbox, &args).to_string(),
        str![[r#"
exit: 0
--- stdout
username,key,created,outcome
alice,2Kx9Wq7LmZ4tVb8NcR3y,[..]Z,existing
--- stderr

"#]]
    );
}

#[test]
fn a_given_key_does_not_replace_another_without_reset() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    assert_data_eq!(
        refused(&sandbox, &["create-token", "--key-from", "key", "alice"]).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: user alice has another token already
hint: -r replaces it by the given key

"#]]
    );
}

#[test]
fn a_given_key_replaces_another_with_reset() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let _ = sandbox.drfctl(["create-token", "-r", "--key-from", "key", "alice"]).run().ok();
    assert_eq!(sandbox.value("SELECT key FROM authtoken_token"), "2Kx9Wq7LmZ4tVb8NcR3y");
}

#[test]
fn a_given_key_of_another_user_is_a_conflict_and_not_shown() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    let _ = sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().ok();
    assert_data_eq!(
        refused(&sandbox, &["create-token", "-r", "--key-from", "key", "bob"]).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: the key given for user bob is another user's token

"#]]
    );
}

#[test]
fn a_given_key_that_is_too_short_is_refused_and_not_shown() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "short").unwrap();
    assert_data_eq!(
        refused(&sandbox, &["create-token", "--key-from", "key", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the given key has 5 characters; a key has 20 to 40

"#]]
    );
}

/// J10: what never ends is read no further than it could be right.
#[test]
fn no_input_without_an_end_is_read_to_it() {
    let sandbox = stock();
    let give =
        |args: &[&str]| sandbox.drfctl(args).through(["sh", "-c", r#"ulimit -v 1000000; exec "$@" < /dev/zero"#, "sh"]);
    for args in [
        &["create-token", "-"][..],
        &["create-token", "--key-from", "-", "alice"],
        &["create-token", "--key-from", "/dev/zero", "alice"],
        &["revoke", "--keys-from", "-", "--yes"],
        &["revoke", "--yes", "-"],
        &["verify"],
        &["verify", "--user", "alice", "--password-stdin"],
        &["create-user", "carol", "--password-file", "/dev/zero"],
        &["create-user", "--from", "-"],
        &["deactivate", "-"],
    ] {
        let outcome = crate::create_user::unchanged(&sandbox, give(args));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{args:?}\n{outcome}");
    }
}

#[test]
fn a_given_key_that_is_too_long_is_refused() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "4k".repeat(21)).unwrap();
    assert_eq!(refused(&sandbox, &["create-token", "--key-from", "key", "alice"]).status, "3");
}

#[test]
fn a_given_key_with_white_space_is_refused() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ 4tVb8NcR3y").unwrap();
    assert_eq!(refused(&sandbox, &["create-token", "--key-from", "key", "alice"]).status, "3");
}

#[test]
fn a_given_key_that_looks_weak_is_taken_with_a_warning() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "a".repeat(20)).unwrap();
    assert_data_eq!(
        sandbox.drfctl(["create-token", "--key-from", "key", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token aaaaaaaaaaaaaaaaaaaa for user alice
--- stderr
warning: the given key looks easy to guess: use it for tests only

"#]]
    );
}

#[test]
fn a_given_key_is_for_exactly_one_user() {
    let sandbox = stock();
    std::fs::write(sandbox.dir().join("key"), "2Kx9Wq7LmZ4tVb8NcR3y").unwrap();
    assert_data_eq!(
        refused(&sandbox, &["create-token", "--key-from", "key", "alice", "bob"]).to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: --key-from gives a key to one user
hint: name one user

"#]]
    );
}

#[test]
fn a_given_key_whose_file_is_missing_is_refused() {
    assert_data_eq!(
        refused(&stock(), &["create-token", "--key-from", "no-file", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: [..]no-file[..]
...
"#]]
    );
}

#[test]
fn a_trigger_that_aborts_leaves_everything_as_it_was() {
    let sandbox = stock();
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    sandbox.exec(
        "CREATE TRIGGER guard BEFORE UPDATE ON authtoken_token \
         BEGIN SELECT RAISE(ABORT, 'not on a Friday'); END",
    );
    assert_data_eq!(
        refused(&sandbox, &["create-token", "-r", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: [..]not on a Friday[..]
...
"#]]
    );
}

#[test]
fn a_trigger_that_aborts_for_the_second_user_takes_back_the_first() {
    let sandbox = stock();
    sandbox.exec(
        "CREATE TRIGGER guard BEFORE INSERT ON authtoken_token \
         WHEN NEW.user_id = (SELECT id FROM auth_user WHERE username = 'bob') \
         BEGIN SELECT RAISE(ABORT, 'not for bob'); END",
    );
    assert_data_eq!(
        refused(&sandbox, &["create-token", "alice", "bob"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: [..]not for bob[..]
...
"#]]
    );
}

#[test]
fn a_name_is_matched_with_its_case() {
    assert_data_eq!(
        refused(&stock(), &["create-token", "Alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: user Alice does not exist
...
"#]]
    );
}

#[test]
fn a_name_is_looked_up_without_normalisation_as_django_does() {
    let sandbox = stock();
    // The ligature: another name than `fiona`, and both may be in the table.
    sandbox.exec("UPDATE auth_user SET username = 'fiona' WHERE username = 'alice'");
    assert_eq!(refused(&sandbox, &["create-token", "\u{fb01}ona"]).status, "3");
}

#[test]
fn what_sql_gives_a_meaning_to_is_only_a_name() {
    for name in ["o'; DROP TABLE auth_user--", "%", "_lice", "\"", "`", "a%"] {
        let sandbox = stock();
        assert_eq!(refused(&sandbox, &["create-token", "--", name]).status, "3", "{name}");
        sandbox.exec(&format!("UPDATE auth_user SET username = '{}' WHERE username = 'bob'", name.replace('\'', "''")));
        let outcome = sandbox.drfctl(["create-token", "--", name]).run().ok();
        assert_eq!(outcome.mask_keys().stdout, format!("Generated token KEY for user {name}\n"));
    }
}

#[test]
fn a_key_in_the_database_is_printed_as_the_server_accepts_it() {
    let sandbox = stock();
    sandbox.exec("INSERT INTO authtoken_token SELECT 'NOT-hex', '2001-02-03 04:05:06', id FROM auth_user WHERE username = 'alice'");
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token NOT-hex for user alice
--- stderr
...
"#]]
    );
}

#[test]
fn a_broken_reference_elsewhere_is_not_ours() {
    let sandbox = stock();
    sandbox.exec("CREATE TABLE other (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES auth_user (id)); INSERT INTO other VALUES (1, 999)");
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
}
