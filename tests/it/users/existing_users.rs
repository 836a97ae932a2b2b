//! `create-user` with the name of an existing user: a conflict, except with `--if-not-exists` or
//! `--update`.
//!
//! Tags such as `B16` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

/// B16
#[test]
fn an_existing_username_is_a_conflict() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["create-user", "alice", "--email", "new@example.com", "--password-stdin"]).stdin("new");
    assert_data_eq!(
        sandbox.unchanged(call).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: user alice already exists
hint: keep the user unchanged: --if-not-exists
hint: update the user: --update

"#]]
    );
}

/// B17
#[test]
fn an_existing_username_in_another_unicode_form_is_a_conflict() {
    let sandbox = Sandbox::stock();
    let _ = sandbox.create_user(&["fiona"]).run().ok();
    sandbox.unchanged(sandbox.create_user(&["\u{fb01}ona"])).error_is("4", "user fiona already exists");
}

/// B18
#[test]
fn a_username_that_differs_in_case_is_created_with_a_warning() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.create_user(&["Alice"]).run();
    assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE lower(username) = 'alice'"), "2");
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", "Created user Alice\n"), "{outcome}");
    assert!(outcome.stderr.starts_with("warning: ") && outcome.stderr.contains("alice"), "{outcome}");
}

#[test]
fn if_not_exists_leaves_an_existing_user_unchanged() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["create-user", "alice", "--if-not-exists", "--staff", "--format", "json"]);
    assert_data_eq!(
        sandbox.unchanged(call.arg("--generate-password")).to_string(),
        str![[r#"
exit: 0
--- stdout
[
  {"username":"alice","outcome":"existing","password":null,"key":null}
]
--- stderr

"#]]
    );
    let outcome = sandbox.create_user(&["carol", "--if-not-exists", "--format", "csv"]).run().ok();
    assert_eq!(outcome.stdout, "username,outcome,password,key\r\ncarol,created,,\r\n");
}

#[test]
fn update_changes_only_the_given_columns() {
    let sandbox = Sandbox::stock();
    let before = sandbox.sql("SELECT * FROM auth_user WHERE username <> 'alice'");
    let password = sandbox.value("SELECT password FROM auth_user WHERE username = 'alice'");
    for (args, column, value) in [
        (&["--first-name", "Al"][..], "first_name", "Al"),
        (&["--email", "al@EXAMPLE.org"], "email", "al@example.org"),
        (&["--staff"], "is_staff", "1"),
        (&["--inactive"], "is_active", "0"),
        (&["--set", "is_active=true"], "is_active", "1"),
        (&["--set", "is_staff=no"], "is_staff", "0"),
        (&["--superuser"], "is_superuser", "1"),
    ] {
        let others = |sandbox: &Sandbox| sandbox.rows("auth_user", &[column, "is_staff"]);
        let before = others(&sandbox);
        let outcome = sandbox.drfctl(["create-user", "alice", "--update"]).args(args).run().ok();
        assert_eq!(outcome.stdout, "Updated user alice\n");
        assert_eq!(others(&sandbox), before, "{args:?}");
        assert_eq!(sandbox.value(&format!("SELECT {column} FROM auth_user WHERE username = 'alice'")), value);
    }
    assert_eq!(sandbox.value("SELECT password FROM auth_user WHERE username = 'alice'"), password);
    let _ = sandbox.drfctl(["create-user", "alice", "--update", "--password-stdin"]).stdin("other").run().ok();
    assert_ne!(sandbox.value("SELECT password FROM auth_user WHERE username = 'alice'"), password);
    assert_eq!(sandbox.sql("SELECT * FROM auth_user WHERE username <> 'alice'"), before);
}

#[test]
fn update_creates_a_missing_user() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.create_user(&["carol", "--update", "--format", "tsv"]).run().ok();
    assert_eq!(outcome.stdout, "username\toutcome\tpassword\tkey\ncarol\tcreated\t\t\n");
    let call = sandbox.drfctl(["create-user", "dora", "--update"]);
    assert_eq!(sandbox.unchanged(call).status, "2", "a new user needs a password option");
}

#[test]
fn update_and_if_not_exists_conflict() {
    let sandbox = Sandbox::stock();
    let outcome = sandbox.unchanged(sandbox.create_user(&["alice", "--update", "--if-not-exists"]));
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("2", ""), "{outcome}");
}

#[test]
fn update_rejects_a_new_primary_key() {
    let sandbox = Sandbox::stock();
    let call = sandbox.drfctl(["create-user", "alice", "--update", "--set", "id=77"]);
    let outcome = sandbox.unchanged(call);
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("3", ""), "{outcome}");
}
