//! `create-user --from`: files of users as CSV, as JSON lines and on standard input.
//!
//! Tags such as `B26` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site, TWO_USERS};

const CSV: &str = "\
username,password,email,first_name,last_name,is_staff,is_superuser,is_active,groups
carol,pw,Carol.C@EXAMPLE.com,,,false,false,true,
dave,\"p,w \"\"é\"\"\",,Dave,\"O'Neil, Jr.\",1,no,yes,a
\u{fb01}ona, spaced ,f@x.org,Jose\u{301},x'; DROP TABLE auth_user--,true,true,true,b;a
-rf,$(id),,,,no,0,False,\"b\"
";

const JSON_LINES: &str = r#"
{"username": "carol", "password": "pw", "email": "Carol.C@EXAMPLE.com", "groups": []}
{"password": "p,w \"é\"", "username": "dave", "first_name": "Dave", "last_name": "O'Neil, Jr.", "is_staff": true, "groups": ["a"]}

{"username": "ﬁona", "password": " spaced ", "email": "f@x.org", "first_name": "Jose\u0301", "last_name": "x'; DROP TABLE auth_user--", "is_staff": 1, "is_superuser": "true", "groups": ["b", "a"]}
{"username": "-rf", "password": "$(id)", "email": null, "is_active": false, "groups": "b"}
"#;

const THEIRS: &str = r#"
from django.contrib.auth import get_user_model
def create(*args, groups=(), **more):
    get_user_model().objects.create_user(*args, **more).groups.set(groups)
create("carol", "Carol.C@EXAMPLE.com", "pw")
create("dave", "", 'p,w "é"', first_name="Dave", last_name="O'Neil, Jr.", is_staff=True, groups=[1])
create("ﬁona", "f@x.org", " spaced ", first_name="Jose\u0301", last_name="x'; DROP TABLE auth_user--",
     is_staff=True, is_superuser=True, groups=[1, 2])
create("-rf", "", "$(id)", is_active=False, groups=[2])
"#;

#[test]
fn users_from_a_file_are_the_same_rows_as_djangos() {
    for (site, table) in [(Site::Stock, "auth_user"), (Site::Big, "accounts_user"), (Site::Local, "auth_user")] {
        let template = Sandbox::new(site);
        template.exec("INSERT INTO auth_group (id, name) VALUES (1, 'a'), (2, 'b')");
        let theirs = template.copy();
        theirs.django(THEIRS);
        let seen = |sandbox: &Sandbox| {
            let users = sandbox.rows(table, &["password", "date_joined"]);
            (users, sandbox.rows(&format!("{table}_groups"), &["id"]))
        };
        for content in [CSV, JSON_LINES] {
            for from_stdin in [false, true] {
                let ours = template.copy();
                let call = if from_stdin {
                    ours.drfctl(["create-user", "--from", "-"]).stdin(content)
                } else {
                    ours.create_users_from(content)
                };
                let outcome = call.args(["--time-zone", "UTC"]).run().ok();
                let created = "Created user carol\nCreated user dave\nCreated user fiona\nCreated user -rf\n";
                assert_eq!(outcome.stdout, created, "{site:?}");
                assert_eq!(seen(&ours), seen(&theirs), "{site:?}");
                let pairs = [("carol", "pw"), ("dave", "p,w \"é\""), ("fiona", " spaced "), ("-rf", "$(id)")];
                assert_eq!(ours.passwords_match(&pairs), [true; 4], "{site:?}");
            }
        }
    }
}

#[test]
fn the_hasher_option_applies_to_every_row() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.create_users_from(TWO_USERS).args(["--hasher", "pbkdf2_sha256", "--iterations", "1000"]).run().ok();
    let hashes = sandbox.sql("SELECT password FROM auth_user WHERE username IN ('carol', 'dora')").concat();
    let salts: BTreeSet<_> = hashes.iter().map(|hash| hash.split('$').nth(2).unwrap()).collect();
    assert!(hashes.iter().all(|hash| hash.starts_with("pbkdf2_sha256$1000$")) && salts.len() == 2, "{hashes:?}");
    assert_eq!(sandbox.passwords_match(&[("carol", "pw carol"), ("dora", "pw dora")]), [true; 2]);
}

#[test]
fn users_from_a_file_are_records_in_every_format() {
    for (format, expected) in [
        (
            "text",
            "Created user carol\nGenerated token KEY for user carol\nCreated user dora\nGenerated token KEY for user dora\n",
        ),
        ("raw", "KEY\nKEY\n"),
        (
            "json",
            "[\n  {\"line\":2,\"username\":\"carol\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\",\"error\":null},\n  \
             {\"line\":3,\"username\":\"dora\",\"outcome\":\"created\",\"password\":null,\"key\":\"KEY\",\"error\":null}\n]\n",
        ),
        ("csv", "line,username,outcome,password,key,error\r\n2,carol,created,,KEY,\r\n3,dora,created,,KEY,\r\n"),
        (
            "tsv",
            "line\tusername\toutcome\tpassword\tkey\terror\n2\tcarol\tcreated\t\tKEY\t\n3\tdora\tcreated\t\tKEY\t\n",
        ),
    ] {
        let sandbox = Sandbox::stock();
        let call = sandbox.create_users_from(TWO_USERS).args(["--with-token", "--format", format]);
        assert_eq!(call.run().ok().mask_keys().stdout, expected);
    }
}

#[test]
fn the_username_column_may_have_the_name_of_the_field() {
    for login in ["email", "username"] {
        let sandbox = Sandbox::new(Site::Email);
        let _ = sandbox.create_users_from(format!("{login},password\nZed@EXAMPLE.com,pw\n")).run().ok();
        assert_eq!(sandbox.value("SELECT email FROM people_emailuser WHERE email LIKE 'zed%'"), "Zed@example.com");
    }
    let sandbox = Sandbox::new(Site::Odd);
    let _ = sandbox.create_users_from("handle,password,Code Name\nzed,pw,U-900\n").run().ok();
    assert_eq!(sandbox.passwords_match(&[("zed", "pw")]), [true]);
}

#[test]
fn with_if_not_exists_existing_users_stay_unchanged() {
    let sandbox = Sandbox::stock();
    let content = "username,password,is_staff\nalice,other,yes\ncarol,pw carol,yes\ncarol,twice,no\n";
    let before = sandbox.sql("SELECT * FROM auth_user");
    assert_data_eq!(
        sandbox.create_users_from(content).args(["--if-not-exists", "--format", "csv"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
line,username,outcome,password,key,error
2,alice,existing,,,
3,carol,created,,,
4,carol,existing,,,
--- stderr

"#]]
    );
    assert_eq!(sandbox.sql("SELECT * FROM auth_user WHERE id <= 3"), before);
    assert_eq!(sandbox.passwords_match(&[("carol", "pw carol"), ("alice", "other")]), [true, false]);
    let _ = sandbox.unchanged(sandbox.create_users_from(content).arg("--if-not-exists")).ok();
}

#[test]
fn with_if_not_exists_an_existing_user_needs_no_password() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.unchanged(sandbox.create_users_from("username\nalice\n").arg("--if-not-exists")).ok();
}

#[test]
fn update_changes_only_the_columns_in_the_row() {
    let sandbox = Sandbox::stock();
    let content = "{\"username\": \"alice\", \"first_name\": \"Al\"}\n{\"username\": \"bob\", \"password\": \"new\"}\n\
                   {\"username\": \"carol\", \"password\": \"pw\"}\n";
    let kept = |sandbox: &Sandbox| {
        sandbox.sql("SELECT id, username, email, is_staff, is_active, date_joined FROM auth_user WHERE id <= 3")
    };
    let before = kept(&sandbox);
    let outcome = sandbox.create_users_from(content).arg("--update").run().ok();
    assert_eq!(outcome.stdout, "Updated user alice\nUpdated user bob\nCreated user carol\n");
    assert_eq!(kept(&sandbox), before);
    assert_eq!(sandbox.passwords_match(&[("alice", "secret"), ("bob", "new"), ("carol", "pw")]), [true; 3]);
    assert_eq!(sandbox.sql("SELECT first_name FROM auth_user").concat(), ["Al", "", "", ""]);
}

#[test]
fn the_application_accepts_the_tokens_of_users_from_a_file() {
    let sandbox = Sandbox::stock();
    let records = sandbox.create_users_from(TWO_USERS).arg("--with-token").records("0");
    let server = sandbox.serve();
    for record in &records {
        let (name, key) = (record["username"].as_str().unwrap(), record["key"].as_str().unwrap());
        assert_eq!(server.whoami(key), format!(r#"200 {{"user":"{name}"}}"#));
        let (status, body, _) =
            server.post("/obtain", &format!(r#"{{"username": "{name}", "password": "pw {name}"}}"#));
        assert_eq!((status, body), (200, format!(r#"{{"token":"{key}"}}"#)));
    }
    assert_eq!((records.len(), sandbox.value("SELECT count(*) FROM authtoken_token").as_str()), (2, "2"));
}

#[test]
fn a_row_without_a_password_gets_a_generated_one() {
    let sandbox = Sandbox::stock();
    let content = "username,password\ncarol,own\ndora,\nerin,\nalice,\n";
    let call = sandbox.create_users_from(content).args(["--generate-password", "--if-not-exists", "--format", "json"]);
    let outcome = call.run().ok();
    let records: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    let passwords: Vec<_> = records.iter().map(|record| record["password"].as_str()).collect();
    let (dora, erin) = (passwords[1].unwrap(), passwords[2].unwrap());
    assert_eq!((passwords[0], passwords[3], outcome.stdout.matches(dora).count()), (None, None, 1), "{outcome}");
    assert_ne!(dora, erin);
    let pairs = [("carol", "own"), ("dora", dora), ("erin", erin), ("alice", "secret")];
    assert_eq!(sandbox.passwords_match(&pairs), [true; 4]);
}

#[test]
fn with_no_password_a_row_gets_an_unusable_password() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.create_users_from("username,password\ncarol,own\ndora,\n").arg("--no-password").run().ok();
    let usable = "from django.contrib.auth.models import User\n\
        for name in ('carol', 'dora'): print(User.objects.get(username=name).has_usable_password())";
    assert_eq!(sandbox.django(usable), "True\nFalse");
    assert_eq!(sandbox.passwords_match(&[("carol", "own")]), [true]);
}

#[test]
fn options_apply_to_every_row() {
    let sandbox = Sandbox::stock();
    sandbox.exec("INSERT INTO auth_group (name) VALUES ('a'), ('b')");
    let call = sandbox.create_users_from("username,password,groups\ncarol,pw,\ndora,pw,a;b\n");
    let _ = call.args(["--staff", "--inactive", "--last-name", "Lee", "--group", "a"]).run().ok();
    let seen = "SELECT username, is_staff, is_active, last_name, group_concat(group_id) FROM auth_user u \
                JOIN auth_user_groups ON user_id = u.id GROUP BY u.id";
    assert_eq!(sandbox.sql(seen), [["carol", "1", "0", "Lee", "1"], ["dora", "1", "0", "Lee", "1,2"]]);
}

/// B26
#[test]
fn names_in_a_file_that_mix_scripts_are_created_with_a_warning() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.create_users_from("username,password\n\u{430}dmin,pw\n").run();
    let warning = "warning: the name \u{430}dmin mixes letters of several scripts: it may look like another name\n";
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\nCreated user \u{430}dmin\n--- stderr\n{warning}"));
}

/// I7: a change in between is detected.
#[test]
fn a_file_is_read_without_a_lock() {
    let sandbox = Sandbox::stock();
    let pipe = sandbox.dir().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = sandbox.drfctl(["create-user", "--from", "pipe"]).spawn();
    // The open returns when drfctl opens the pipe.
    let mut typing = fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let mut server = sandbox.session();
    for statement in ["BEGIN EXCLUSIVE", "UPDATE auth_user SET username = 'dora' WHERE id = 1", "COMMIT"] {
        assert_eq!(server.run(statement), "ok []");
    }
    let before = sandbox.dump();
    typing.write_all(TWO_USERS.as_bytes()).unwrap();
    drop(typing);
    let outcome = running.wait();
    assert!(outcome.status == "4" && outcome.stderr.contains("line 3: user dora already exists"), "{outcome}");
    assert_eq!(sandbox.dump(), before);
}

/// Returns a file of `count` users.
fn numbered(count: usize) -> String {
    (0..count).fold("username,password\n".to_owned(), |all, number| all + &format!("u{number},pw {number}\n"))
}

/// E2
#[test]
fn two_processes_with_one_file_one_creates_all_the_other_none() {
    let sandbox = Sandbox::stock();
    let outcomes = sandbox.at_once(&vec![(&["create-user", "--from", "-"][..], numbered(200)); 2]);
    let (created, other) =
        if outcomes[0].status == "0" { (&outcomes[0], &outcomes[1]) } else { (&outcomes[1], &outcomes[0]) };
    assert_eq!((created.status.as_str(), created.stdout.lines().count()), ("0", 200), "{created}");
    assert_eq!((other.status.as_str(), other.stdout.as_str()), ("4", ""), "{other}");
    assert!(other.stderr.contains("error: line 2: user u0 already exists\n"), "{other}");
    assert_eq!(sandbox.value("SELECT count(*) FROM auth_user"), "203");
}

/// E2
#[test]
fn two_processes_with_if_not_exists_both_succeed() {
    let sandbox = Sandbox::stock();
    let args = &["create-user", "--from", "-", "--if-not-exists", "--with-token", "--format", "raw"][..];
    let outcomes = sandbox.at_once(&vec![(args, numbered(200)); 2]);
    let keys = sandbox.sql("SELECT key FROM auth_user u JOIN authtoken_token ON user_id = u.id ORDER BY u.id").concat();
    for outcome in outcomes {
        assert!(outcome.status == "0" && outcome.stdout.lines().eq(keys.iter()), "{outcome}");
    }
    assert_eq!(keys.len(), 200);
}

#[test]
fn three_thousand_users_are_created_from_one_file() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.create_users_from(numbered(3000)).args(["--hasher", "md5"]).run().ok();
    assert!(outcome.stdout.lines().eq((0..3000).map(|number| format!("Created user u{number}"))));
    let users: Vec<_> = (0..3000).map(|number| (format!("u{number}"), format!("pw {number}"))).collect();
    let pairs: Vec<_> = users.iter().map(|(name, password)| (name.as_str(), password.as_str())).collect();
    assert_eq!(sandbox.passwords_match(&pairs), [true; 3000]);
}

#[test]
fn the_csv_of_spreadsheets_is_read() {
    for content in [
        "\u{feff}username,password,email\r\ncarol,pw,c@x.org\r\n",
        "\u{feff}\"username\",\"password\",\"email\"\r\n\"carol\",\"pw\",\"c@x.org\"\r\n",
        "username,password,email\r\n\r\ncarol,pw,c@x.org",
    ] {
        let sandbox = Sandbox::stock();
        assert_eq!(sandbox.create_users_from(content).run().ok().stdout, "Created user carol\n", "{content:?}");
        assert_eq!(sandbox.value("SELECT email FROM auth_user WHERE username = 'carol'"), "c@x.org");
        assert_eq!(sandbox.passwords_match(&[("carol", "pw")]), [true]);
    }
}

#[test]
fn objects_after_a_byte_order_mark_are_read() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.create_users_from("\u{feff}{\"username\": \"carol\", \"password\": \"pw\"}\r\n").run();
    assert!(outcome.status == "0" && outcome.stdout == "Created user carol\n", "{outcome}");
}
