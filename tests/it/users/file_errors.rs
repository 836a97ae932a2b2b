//! `create-user --from`: rejected rows, the reported line, and what happens to the other rows.
//!
//! Tags such as `H5` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{CANARY, Sandbox, Site, TWO_USERS};

/// Otherwise one of the two values would be ignored silently.
#[test]
fn a_duplicate_column_is_rejected() {
    for content in
        ["username,password,email,email\ncarol,pw,a@x.org,b@x.org\n", "username,password,password\ncarol,a,b\n"]
    {
        let sandbox = Sandbox::stock();
        let outcome = sandbox.unchanged(sandbox.create_users_from(content));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
    }
}

const HEAD: &str = "username,password,email,is_staff,groups\n";

/// Rows that are rejected, their errors and the exit status.
const BAD: [(&str, &str, &str); 11] = [
    ("a b,pw,,no,", "3", "Enter a valid username."),
    (",pw,,no,", "3", "This field cannot be blank."),
    ("alice,pw,,no,", "4", "user alice already exists"),
    ("carol,pw,,no,", "4", "user carol already exists"),
    ("\u{ff43}arol,pw,,no,", "4", "user carol already exists"),
    ("erin,,,no,", "3", "user erin has no password"),
    ("erin,  ,,no,", "3", "Blank passwords aren't allowed."),
    ("erin,pw,,no,a;nope", "3", "group nope does not exist"),
    ("erin,pw,,maybe,", "3", "column is_staff: expected true or false"),
    ("erin,pw,nonsense,no,", "3", "Enter a valid email address."),
    ("\"erin\nx\",pw,,no,", "3", "Enter a valid username."),
];

/// Returns a file in which `row` is line 3.
fn with_bad(row: &str) -> String {
    format!("{HEAD}carol,pw carol,,no,a\n{row}\nzoe,pw zoe,,no,\n")
}

#[test]
fn unknown_columns_in_a_file_are_rejected() {
    let words = "the file has columns that the user model does not have: color, shoe size\n";
    for content in [
        "username,color,password,shoe size\ncarol,red,pw,9\n",
        "username,color,password,shoe size\n",
        r#"{"username": "carol", "password": "pw", "color": "red", "shoe size": 9}"#,
    ] {
        for more in [&[][..], &["--keep-going"]] {
            let sandbox = Sandbox::stock();
            let outcome = sandbox.unchanged(sandbox.create_users_from(content).args(more));
            outcome.error_begins("3", words);
            assert!(
                outcome.stderr.contains("hint: use only these columns: username, password, groups, ")
                    && outcome.stderr.contains("email")
            );
        }
    }
    let sandbox = Sandbox::stock();
    let content =
        format!("{}\n{}\n", r#"{"username": "carol", "password": "pw"}"#, r#"{"username": "dora", "hat": 1}"#);
    let outcome = sandbox.unchanged(sandbox.create_users_from(content));
    assert!(outcome.status == "3" && outcome.stderr.contains("does not have: hat"), "{outcome}");
}

#[test]
fn one_invalid_row_rejects_the_file_with_its_line() {
    for (row, status, words) in BAD {
        let sandbox = Sandbox::stock();
        sandbox.exec("INSERT INTO auth_group (name) VALUES ('a')");
        let outcome = sandbox.unchanged(sandbox.create_users_from(with_bad(row)));
        outcome.error_begins(status, "line 3: ");
        assert!(outcome.stderr.contains(words), "{row:?}\n{outcome}");
    }
}

#[test]
fn a_missing_file_and_a_folder_are_rejected() {
    let sandbox = Sandbox::stock();
    for file in ["missing.csv", "."] {
        let call = sandbox.drfctl(["create-user", "--from", file]);
        sandbox.unchanged(call).error_begins("3", &format!("{file} cannot be read: "));
    }
}

#[test]
fn keep_going_creates_the_users_of_valid_rows() {
    for (row, _, words) in BAD {
        let sandbox = Sandbox::stock();
        sandbox.exec("INSERT INTO auth_group (name) VALUES ('a')");
        let records = sandbox.create_users_from(with_bad(row)).arg("--keep-going").records("3");
        let outcomes: Vec<_> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["created", "rejected", "created"], "{row:?} {records:?}");
        assert!(records[1]["error"].as_str().unwrap().contains(words) && records[1]["line"] == 3, "{records:?}");
        let created = sandbox.sql("SELECT username FROM auth_user WHERE id > 3 ORDER BY id").concat();
        assert_eq!(created, ["carol", "zoe"], "{row:?}");
        assert_eq!(sandbox.passwords_match(&[("carol", "pw carol"), ("zoe", "pw zoe")]), [true; 2]);
    }
}

#[test]
fn with_keep_going_every_row_is_a_record_in_the_order_of_the_file() {
    let sandbox = Sandbox::stock();
    let content =
        format!("{HEAD}zoe,pw,,no,\na b,pw,,no,\nalice,pw,,no,\ncarol,pw,,no,\nerin,pw,,no,nope\nbea,pw,,no,\n");
    assert_data_eq!(
        sandbox.create_users_from(&content).arg("--keep-going").run().to_string(),
        str![[r#"
exit: 3
--- stdout
Created user zoe
Rejected user a b of line 3: Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.
Rejected user alice of line 4: user alice already exists
Created user carol
Rejected user erin of line 6: group nope does not exist
Created user bea
--- stderr
error: 3 of 6 users were rejected; the others are saved

"#]]
    );
    assert_data_eq!(
        Sandbox::stock().create_users_from(&content).args(["--keep-going", "--format", "csv"]).run().to_string(),
        str![[r#"
exit: 3
--- stdout
line,username,outcome,password,key,error
2,zoe,created,,,
3,a b,rejected,,,"Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
4,alice,rejected,,,user alice already exists
5,carol,created,,,
6,erin,rejected,,,group nope does not exist
7,bea,created,,,
--- stderr
error: 3 of 6 users were rejected; the others are saved

"#]]
    );
}

/// A row that fails in the second table leaves nothing in the first.
#[test]
fn a_row_that_fails_in_a_child_table_leaves_no_parent_row() {
    let sandbox = Sandbox::new(Site::Member);
    let long = "x".repeat(61);
    let content = format!("username,password,nickname\ncarol,pw,C\ndora,pw,{long}\nzoe,pw,Z\n");
    sandbox.unchanged(sandbox.create_users_from(&content)).error_begins("3", "line 3: ");
    let records = sandbox.create_users_from(&content).args(["--keep-going", "--with-token"]).records("3");
    assert_eq!((records[1]["outcome"].as_str(), records[1]["key"].as_str()), (Some("rejected"), None));
    let seen = "SELECT username, nickname, key FROM accounts_user LEFT JOIN member_member ON user_ptr_id = id \
                LEFT JOIN authtoken_token ON user_id = id WHERE username NOT IN ('alice', 'bob', 'ina') ORDER BY id";
    let key = |at: usize| records[at]["key"].as_str().unwrap();
    assert_eq!(sandbox.sql(seen), [["carol", "C", key(0)], ["zoe", "Z", key(2)]]);
    assert_eq!(sandbox.django("from member.models import Member\nprint(Member.objects.count())"), "5");
}

#[test]
fn a_missing_required_column_is_named_with_the_line() {
    let sandbox = Sandbox::with_badge();
    let outcome = sandbox.unchanged(sandbox.create_users_from(TWO_USERS));
    outcome.error_begins("3", "line 2: ");
    assert!(outcome.stderr.contains("hint: --set badge=VALUE"), "{outcome}");
}

#[test]
fn with_update_a_new_user_needs_a_password() {
    let sandbox = Sandbox::stock();
    let call = sandbox.create_users_from("username,first_name\nalice,Al\ncarol,C\n").arg("--update");
    let outcome = sandbox.unchanged(call);
    outcome.error_begins("3", "line 3: ");
    assert!(outcome.stderr.contains("password") && !outcome.stderr.contains("--set"), "{outcome}");
}

#[test]
fn a_row_without_a_password_is_rejected_with_a_hint() {
    let sandbox = Sandbox::stock();
    assert_data_eq!(
        sandbox.unchanged(sandbox.create_users_from("username\ncarol\n")).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: line 2: user carol has no password
hint: --generate-password or --no-password sets one for users without
hint: --keep-going creates the other users

"#]]
    );
}

#[test]
fn validate_password_rejects_weak_passwords_in_a_file() {
    let sandbox = Sandbox::stock();
    let content = "username,password\ncarol,Tr0ub4dor-and-3\ndoradora,doradora1\nerin,12345678\n";
    sandbox
        .unchanged(sandbox.create_users_from(content).arg("--validate-password"))
        .error_begins("3", "line 3: The password is too similar to the username.");
    let _ = sandbox.create_users_from(content).run().ok();
}

#[test]
fn conflicting_options_are_usage_errors() {
    let sandbox = Sandbox::stock();
    for more in [
        &["carol"][..],
        &["--noinput"],
        &["--password-stdin"],
        &["--password-file", "users"],
        &["--update", "--if-not-exists"],
        &["--no-password", "--generate-password"],
        &["--validate-password", "--skip-validation"],
        &["--format", "raw"],
        &["--hasher", "rot13"],
    ] {
        let outcome = sandbox.unchanged(sandbox.create_users_from(TWO_USERS).args(more));
        assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{more:?}\n{outcome}");
    }
}

/// Returns a file with a password on line 3 that plain bcrypt would truncate.
fn with_long() -> String {
    format!("username,password\ncarol,pw carol\ndora,{}\nzoe,pw zoe\n", "x".repeat(73))
}

/// I7: a password that cannot be hashed is rejected while another process has the lock.
#[test]
fn passwords_are_hashed_before_the_lock_is_taken() {
    let sandbox = Sandbox::stock();
    let mut server = sandbox.session();
    assert_eq!(server.run("BEGIN IMMEDIATE"), "ok []");
    let call =
        |content: &str| sandbox.create_users_from(content).args(["--hasher", "bcrypt", "--busy-timeout", "100ms"]);
    let outcome = sandbox.unchanged(call(&with_long()));
    assert!(outcome.status == "3" && outcome.stderr.contains("longer than the 72 bytes"), "{outcome}");
    assert_eq!(sandbox.unchanged(call(TWO_USERS)).status, "5");
}

#[test]
fn a_password_that_cannot_be_hashed_rejects_its_row() {
    let sandbox = Sandbox::stock();
    let call = || sandbox.create_users_from(with_long()).args(["--hasher", "bcrypt"]);
    sandbox.unchanged(call()).error_begins("3", "line 3: the password is longer than the 72 bytes that bcrypt reads");
    let records = call().arg("--keep-going").records("3");
    let outcomes: Vec<_> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["created", "rejected", "created"]);
    assert_eq!(sandbox.passwords_match(&[("carol", "pw carol"), ("zoe", "pw zoe")]), [true; 2]);
}

#[test]
fn keep_going_requires_a_file() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.unchanged(sandbox.drfctl(["create-user", "carol", "--no-password", "--keep-going"]));
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
}

/// H5
#[test]
fn no_message_about_a_file_contains_a_password() {
    let object = format!(r#"{{"username": "carol", "password": "{CANARY}""#);
    for content in BAD
        .iter()
        .map(|(row, ..)| with_bad(row).replace("pw", CANARY))
        .chain([format!("username,password,hat\ncarol,{CANARY},1\n")])
        .chain([object.clone(), format!("{object}, \"hat\": 1}}"), format!("{object}, \"is_staff\": \"x\"}}")])
        .chain([format!("{object}}}\n{object}}}\n"), format!("username,password\ncarol,{CANARY},1\n")])
    {
        let sandbox = Sandbox::stock();
        let call = sandbox.create_users_from(&content).args(["--traceback", "-v", "3"]);
        let outcome = sandbox.unchanged(call.env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace"));
        assert_ne!(outcome.status, "0", "{content}");
        assert!(!outcome.to_string().contains(CANARY) && !outcome.stderr.contains("panicked"), "{content}\n{outcome}");
    }
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE TRIGGER t BEFORE INSERT ON auth_user BEGIN SELECT RAISE(ABORT, 'no: ' || NEW.password); END");
    for more in ["--traceback", "--keep-going"] {
        let outcome = sandbox.unchanged(sandbox.create_users_from(TWO_USERS).arg(more));
        assert!(outcome.status == "3" && !outcome.to_string().contains("md5$"), "{outcome}");
    }
}
