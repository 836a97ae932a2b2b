//! `create-user --from`: empty columns, lists, duplicate names, rows that are too long, and names
//! that differ only in case.
//!
//! Tags such as `B18` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

/// B18: in the database and on an earlier line.
#[test]
fn names_that_differ_only_in_case_are_created_with_a_warning() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = 'Zoé' WHERE username = 'ina'");
    let content = "username,password\nalice,pw\nALICE,pw\ncarol,pw\nzoÉ,pw\nCarol,pw\ncarol,pw\n";
    assert_data_eq!(
        sandbox.create_users_from(content).arg("--if-not-exists").run().to_string(),
        str![[r#"
exit: 0
--- stdout
User alice already exists
Created user ALICE
Created user carol
Created user zoÉ
Created user Carol
User carol already exists
--- stderr
warning: line 3: the name ALICE differs only in case from alice
warning: line 5: the name zoÉ differs only in case from Zoé
warning: line 6: the name Carol differs only in case from carol
warning: line 7: the name carol differs only in case from Carol

"#]]
    );
}

/// B18
#[test]
fn names_that_differ_in_the_case_of_other_letters_warn() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = 'Zoé' WHERE username = 'ina'");
    let outcome = sandbox.drfctl(["create-user", "zoÉ", "--no-password"]).run();
    let warning = "warning: the name differs only in case from that of the existing user Zoé\n";
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\nCreated user zoÉ\n--- stderr\n{warning}"));
}

/// A new user gets the default; an existing user keeps the value.
#[test]
fn an_empty_column_of_a_row_changes_nothing() {
    let columns = "SELECT username, email, first_name, is_staff, is_active, last_login FROM auth_user";
    let csv = "username,password,email,first_name,is_staff,is_active,last_login,groups\n{},pw,,,,,,\n";
    let json = r#"{"username": "{}", "password": "pw", "email": null, "first_name": null, "is_staff": null, "is_active": null, "last_login": null, "groups": null}"#;
    for content in [csv, json] {
        let sandbox = Sandbox::stock();
        sandbox.exec("INSERT INTO auth_group (name) VALUES ('a')");
        let outcome = sandbox.create_users_from(content.replace("{}", "carol")).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nCreated user carol\n--- stderr\n");
        let row = sandbox.sql(&format!("{columns} WHERE username = 'carol'"));
        assert_eq!(row, [["carol", "", "", "0", "1", "NULL"]]);
        sandbox.exec(
            "UPDATE auth_user SET first_name = 'Al', is_staff = 1, is_active = 0, last_login = '2020-01-01 00:00:00' \
             WHERE username = 'alice'",
        );
        let before = sandbox.sql(&format!("{columns} WHERE username = 'alice'"));
        let call = sandbox.create_users_from(content.replace("{}", "alice")).args(["--update", "--group", "a"]);
        assert_eq!(call.run().to_string(), "exit: 0\n--- stdout\nUpdated user alice\n--- stderr\n");
        assert_eq!(sandbox.sql(&format!("{columns} WHERE username = 'alice'")), before);
        assert_eq!(sandbox.value("SELECT count(*) FROM auth_user_groups"), "1");
    }
}

#[test]
fn an_option_fills_an_empty_column() {
    let sandbox = Sandbox::stock();
    let call =
        sandbox.create_users_from("username,password,last_name\ncarol,pw,\ndora,pw,D\n").args(["--last-name", "Lee"]);
    assert_eq!(call.run().to_string(), "exit: 0\n--- stdout\nCreated user carol\nCreated user dora\n--- stderr\n");
    assert_eq!(sandbox.sql("SELECT last_name FROM auth_user WHERE id > 3 ORDER BY id").concat(), ["Lee", "D"]);
}

#[test]
fn an_empty_json_string_is_a_value() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET first_name = 'Al', last_name = 'B' WHERE username = 'alice'");
    let content = r#"{"username": "alice", "first_name": "", "email": ""}"#;
    let outcome = sandbox.create_users_from(content).arg("--update").run();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nUpdated user alice\n--- stderr\n");
    let row = sandbox.sql("SELECT first_name, last_name, email FROM auth_user WHERE username = 'alice'");
    assert_eq!(row, [["", "B", ""]]);
}

#[test]
fn a_group_in_a_json_list_may_contain_a_semicolon() {
    let sandbox = Sandbox::stock();
    sandbox.exec("INSERT INTO auth_group (id, name) VALUES (1, 'a;b'), (2, 'c')");
    let content = r#"{"username": "carol", "password": "pw", "groups": ["a;b", "c"]}"#;
    let outcome = sandbox.create_users_from(content).run();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\nCreated user carol\n--- stderr\n");
    assert_eq!(sandbox.value("SELECT group_concat(group_id) FROM auth_user_groups"), "1,2");
}

/// Valid JSON objects that are rejected, and their errors.
const INVALID_OBJECTS: [(&str, &str); 6] = [
    (r#"{"username": "dora", "password": "a", "password": "b"}"#, "duplicate name in the object"),
    (
        r#"{"username": "dora", "username": "dora", "password": "a", "hat": 1, "hat": 1}"#,
        "duplicate name in the object",
    ),
    (r#"{"username": "dora", "password": ["a", "b"]}"#, "the column password takes one value, not a list"),
    (r#"{"username": ["dora"], "password": "a"}"#, "the column username takes one value, not a list"),
    (r#"{"username": "dora", "password": "a", "first_name": []}"#, "the column first_name takes one value, not a list"),
    (r#"{"username": "dora", "password": ""}"#, "Blank passwords aren't allowed."),
];

#[test]
fn an_object_with_duplicate_names_or_lists_is_rejected() {
    for (object, words) in INVALID_OBJECTS {
        let [carol, zoe] = ["carol", "zoe"].map(|name| format!(r#"{{"username": "{name}", "password": "pw"}}"#));
        let content = format!("{carol}\n\n{object}\n{zoe}\n");
        let sandbox = Sandbox::stock();
        let stderr = format!("error: line 3: {words}\nhint: --keep-going creates the other users\n");
        let outcome = sandbox.unchanged(sandbox.create_users_from(&content));
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{stderr}"));
        let records = sandbox.create_users_from(&content).arg("--keep-going").records("3");
        let outcomes: Vec<_> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
        assert_eq!((outcomes, records[1]["error"].as_str()), (vec!["created", "rejected", "created"], Some(words)));
    }
}

const TOO_LONG: &str = "longer than 65536 bytes, or has more than 4096 values";

/// Returns files whose second row is too long, with the line of that row and of the next one.
fn with_too_long() -> [(String, u64, u64); 5] {
    let much = "x".repeat(70_000);
    let object = |name: &str, spaces: usize| {
        format!("{{\"username\": \"{name}\", {} \"password\": \"pw\"}}\n", " ".repeat(spaces))
    };
    let (carol, zoe) = (object("carol", 0), object("zoe", 0));
    [
        (format!("username,password\ncarol,pw\ndora,{much}\nzoe,pw\n"), 3, 4),
        (format!("username,password\ncarol,pw\ndora,\"a\n{much}\n\n{much}\"\nzoe,pw\n"), 3, 7),
        (format!("username,password\r\n\r\ncarol,pw\r\ndora,pw{}\r\nzoe,pw\r\n", ",".repeat(5_000)), 4, 5),
        (format!("{carol}{}{zoe}", object("dora", 70_000)), 2, 3),
        (format!("{carol}\n{}{zoe}", object("dora", 200_000)), 3, 4),
    ]
}

#[test]
fn a_row_that_is_too_long_is_rejected_and_its_lines_count() {
    for (content, long, last) in with_too_long() {
        let sandbox = Sandbox::stock();
        let stderr = format!("error: line {long}: {TOO_LONG}\nhint: --keep-going creates the other users\n");
        let outcome = sandbox.unchanged(sandbox.create_users_from(&content));
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{stderr}"));
        let records = sandbox.create_users_from(&content).arg("--keep-going").records("3");
        let lines: Vec<_> = records.iter().map(|record| record["line"].as_u64().unwrap()).collect();
        let outcomes: Vec<_> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
        assert_eq!((outcomes, &lines[1..]), (vec!["created", "rejected", "created"], &[long, last][..]));
    }
}

#[test]
fn a_row_with_the_longest_password_is_accepted() {
    let sandbox = Sandbox::stock();
    for (content, name) in [
        (format!("username,password\ncarol,{}\n", "x".repeat(4_096)), "carol"),
        (format!("{{\"username\": \"dora\", \"password\": \"{}\"}}", "é".repeat(2_048)), "dora"),
    ] {
        let outcome = sandbox.create_users_from(content).run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\nCreated user {name}\n--- stderr\n"));
    }
}

#[test]
fn a_file_without_line_ends_does_not_fill_the_memory() {
    for begin in ["username,password\ncarol,", "{\"username\": \""] {
        let sandbox = Sandbox::stock();
        let mut content = begin.as_bytes().to_vec();
        content.resize(100 << 20, b'x');
        let call = sandbox.create_users_from(content).args(["--keep-going", "--format", "csv"]);
        let outcome = sandbox.unchanged(call.through(["prlimit", "--as=80000000"]));
        let line = if begin.starts_with('{') { 1 } else { 2 };
        let row = format!("line,username,outcome,password,key,error\r\n{line},,rejected,,,\"{TOO_LONG}\"\r\n");
        let stderr = "error: 1 of 1 users was rejected; nothing was changed\n";
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n{row}--- stderr\n{stderr}"));
    }
}

/// drfctl stops at the limit.
#[test]
fn an_endless_file_is_rejected() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "--from", "/dev/zero"]));
    assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\nerror: line 1: {TOO_LONG}\n"));
}

#[test]
fn an_unclosed_quote_is_reported_on_its_first_line() {
    for (content, line) in [
        ("username,password\n\"carol,pw\n", 2),
        ("username,password\ncarol,pw\n\"dora,pw\nzoe,pw", 3),
        ("username,password\ncarol,pw\ndora", 3),
    ] {
        let sandbox = Sandbox::stock();
        let words = "expected 2 values, found 1";
        let stderr = format!("error: line {line}: {words}\nhint: --keep-going creates the other users\n");
        let outcome = sandbox.unchanged(sandbox.create_users_from(content));
        assert_eq!(outcome.to_string(), format!("exit: 3\n--- stdout\n--- stderr\n{stderr}"));
    }
}
