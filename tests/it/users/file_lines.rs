//! `create-user --from`: line numbers, and lines that cannot be parsed.
//!
//! Tags such as `H5` name cases of `tests/CASES.md`.

use crate::support::{CANARY, Sandbox, TWO_USERS};

/// Files with an invalid username, and its line.
const LINES: [(&str, u64); 4] = [
    ("username,password\na b,pw\n", 2),
    ("username,password\ncarol,pw\n\n\na b,pw\n", 5),
    ("username,last_name,password\ncarol,\"two\nlines\",pw\na b,,pw\n", 4),
    ("\n{\"username\": \"carol\", \"password\": \"pw\"}\n\n{\"username\": \"a b\"}\n", 4),
];

#[test]
fn lines_are_numbered_like_in_an_editor() {
    for (content, line) in LINES {
        let sandbox = Sandbox::stock();
        sandbox.unchanged(sandbox.create_users_from(content)).error_begins("3", &format!("line {line}: "));
    }
}

#[test]
fn a_windows_line_end_counts_once() {
    for (content, line) in LINES {
        let sandbox = Sandbox::stock();
        sandbox
            .unchanged(sandbox.create_users_from(content.replace('\n', "\r\n")))
            .error_begins("3", &format!("line {line}: "));
    }
    let records = Sandbox::stock().create_users_from(TWO_USERS.replace('\n', "\r\n")).records("0");
    assert_eq!((records[0]["line"].as_u64(), records[1]["line"].as_u64()), (Some(2), Some(3)));
}

const UNEQUAL: &str = "expected 2 values, found ";

const NOT_UTF8: &str = "not UTF-8";

const NO_OBJECT: &str = "expected a JSON object of plain values";

/// Lines that cannot be parsed, and their errors.
const UNREADABLE: [(&[u8], &str); 10] = [
    (b"dora", UNEQUAL),
    (b"dora,pw,more", UNEQUAL),
    (b"d\xffra,pw", NOT_UTF8),
    (b"dora,p\xff", NOT_UTF8),
    (b"{\"username\": \"dora\"", NO_OBJECT),
    (b"[\"dora\", \"pw\"]", NO_OBJECT),
    (b"{\"username\": \"dora\", \"password\": {}}", NO_OBJECT),
    (b"{\"username\": {}, \"password\": \"pw\"}", NO_OBJECT),
    (b"dora,pw", NO_OBJECT),
    (b"{\"username\": \"d\xff\"}", NO_OBJECT),
];

/// Returns a file of JSON objects or CSV in which `line` is line 3.
fn with_unreadable(line: &[u8], words: &str) -> Vec<u8> {
    let (before, after) = if words == NO_OBJECT {
        ("{\"username\": \"carol\", \"password\": \"pw\"}\n\n", "\n{\"username\": \"zoe\", \"password\": \"pw\"}\n")
    } else {
        ("username,password\ncarol,pw\n", "\nzoe,pw\n")
    };
    [before.as_bytes(), line, after.as_bytes()].concat()
}

#[test]
fn an_invalid_line_is_reported_with_its_number() {
    for (line, words) in UNREADABLE {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_users_from(with_unreadable(line, words)));
        outcome.error_begins("3", "line 3: ");
        assert!(outcome.stderr.contains(words), "{words}\n{outcome}");
    }
}

#[test]
fn keep_going_skips_an_invalid_line() {
    for (line, words) in UNREADABLE {
        let sandbox = Sandbox::stock();
        let outcome =
            sandbox.create_users_from(with_unreadable(line, words)).args(["--keep-going", "--format", "csv"]).run();
        let lines: Vec<_> = outcome.stdout.lines().collect();
        assert!(outcome.status == "3" && lines.len() == 4 && lines[2].contains(words), "{words}\n{outcome}");
        assert!(lines[2].starts_with("3,") && lines[1].contains("carol,created") && lines[3].contains("zoe,created"));
    }
}

/// N72: the message names the line of an array element and does not repeat its content.
#[test]
fn elements_of_an_array_are_rejected_with_their_lines() {
    let long = "x".repeat(70_000);
    for (content, words) in [
        (
            format!("[\n{{\"username\": \"carol\", \"password\": \"pw\"}},\n[\"{CANARY}\"]]"),
            "line 3 (element 2): expected a JSON object",
        ),
        (format!("[\n\n{{\"username\": {{\"x\": \"{CANARY}\"}}}}]"), "line 3 (element 1): expected a JSON object"),
        (format!("[{{\"username\": \"carol\"}}, [\"{CANARY}\"]]"), "line 1 (element 2): expected a JSON object"),
        (format!("[{{\"username\": \"carol\",\n\"password\": \"{CANARY}\"]"), "line 2: invalid JSON"),
        (format!("[\n{{\"username\": \"{long}\"}}]"), "line 2: longer than 65536 bytes"),
    ] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_users_from(&content));
        outcome.error_begins("3", words);
        assert!(!outcome.stderr.contains(CANARY), "{outcome}");
    }
}

/// Otherwise the users on the lines after it would become part of a password.
#[test]
fn an_unclosed_quote_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.unchanged(sandbox.create_users_from("username,password\ncarol,\"pw\ndora,pw\n")).error_begins("3", "line ");
}

/// H5: without a header, the first line may contain a password.
#[test]
fn a_first_line_that_is_not_a_header_is_not_repeated() {
    for content in [
        format!("carol,{CANARY}\n"),
        format!("[{{\"username\": \"carol\", \"password\": \"{CANARY}\"}}\n"),
        format!("[{{\"username\": \"carol\", \"password\": \"{CANARY}\"}}] {{}}\n"),
        format!("[\"carol\", \"{CANARY}\"]\n"),
        format!("carol;{CANARY}\n"),
        format!("username,password\rcarol,{CANARY}\r"),
        format!("username,\"password\ncarol,{CANARY}\n"),
    ] {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_users_from(&content));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
        assert!(!outcome.stderr.contains(CANARY), "{outcome}");
    }
}

/// N65.
#[test]
fn a_file_without_users_is_noted_without_a_header_rejected() {
    let sandbox = Sandbox::stock();
    for content in ["username,password\n", "username,password", "\n\u{20}\nusername\r\n\r\n", "[]", " [ ]\n"] {
        let call = sandbox.drfctl(["create-user", "--format", "json", "--from", "-"]).stdin(content);
        sandbox.unchanged(call).is("0", "[]\n", "note: standard input has no users: nothing to do\n");
    }
    for content in ["", "\n", "\u{feff}", " \r\n\n"] {
        let call = sandbox.drfctl(["create-user", "--from", "-"]).stdin(content);
        sandbox.unchanged(call).is(
            "2",
            "",
            "error: standard input is empty: there is no header\n\
             hint: begin CSV with a line of column names; an empty list of JSON is []\n",
        );
    }
}

/// N72: a list of users is a users file, except for the columns that cannot be set.
#[test]
fn users_of_a_list_can_be_created_in_another_database() {
    let (from, to) = (Sandbox::stock(), Sandbox::stock());
    to.exec("DELETE FROM auth_user");
    let all = from.drfctl(["list", "users", "--format", "json"]).run().ok().stdout;
    let call = to.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(all);
    to.unchanged(call).is(
        "3",
        "",
        "error: the user model has no column has_token\n\
         hint: to copy users, list only what can be set: \
         list users --columns username,email,active,staff,superuser\n",
    );
    let columns = ["list", "users", "--columns", "username,email,active,staff,superuser", "--format"];
    for format in ["json", "csv"] {
        let list = from.drfctl(columns).arg(format).run().ok().stdout;
        let _ = to.drfctl(["create-user", "--from", "-", "--no-password"]).stdin(list.clone()).run().ok();
        assert_eq!(to.drfctl(columns).arg(format).run().ok().stdout, list);
        to.exec("DELETE FROM auth_user");
    }
}

/// N72: an array, as `--format json` writes it, and the separators of spreadsheets.
#[test]
fn arrays_and_other_separators_are_read() {
    for content in [
        r#"[{"username": "carol", "email": "c@x.org", "password": "pw"}, {"username": "dora", "password": "pw"}]"#,
        "\u{feff}[\n  {\"username\":\"carol\",\"email\":\"c@x.org\",\"password\":\"pw\",\"groups\":[]},\r\n  \
         {\n\"username\":\"dora\",\"password\":\"pw\"}\n]\n",
        "username;email;password\ncarol;c@x.org;pw\ndora;;pw\n",
        "username\temail\tpassword\r\ncarol\tc@x.org\tpw\r\ndora\t\tpw\r\n",
    ] {
        let sandbox = Sandbox::stock();
        let stdout = "Created user carol\nCreated user dora\n";
        assert_eq!(sandbox.create_users_from(content).run().ok().stdout, stdout, "{content}");
        assert_eq!(sandbox.value("SELECT email FROM auth_user WHERE username = 'carol'"), "c@x.org");
        assert_eq!(sandbox.passwords_match(&[("carol", "pw"), ("dora", "pw")]), [true; 2]);
    }
}
