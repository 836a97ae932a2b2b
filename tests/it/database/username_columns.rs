//! The user table and its username column: detected, or named by an option.
//!
//! Tags such as `B7` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site};

/// N4
#[test]
fn two_user_tables_without_a_foreign_key_are_ambiguous() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DROP TABLE authtoken_token;
         CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL, user_id integer NOT NULL UNIQUE);
         CREATE TABLE customers (id integer PRIMARY KEY, password text NOT NULL, last_login datetime, email text NOT NULL UNIQUE)",
    );
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: cannot detect the table of the user model
hint: name it: --user-table auth_user or --user-table customers
hint: or name the settings, whose AUTH_USER_MODEL decides: --settings MODULE

"#]]
    );
    let _ = sandbox.drfctl(["create-token", "--user-table", "auth_user", "alice"]).run().ok();
}

#[test]
fn an_option_with_an_unknown_table_or_column_is_rejected() {
    for (args, report) in [
        (
            ["--user-table", "nowhere"],
            str![[r#"
error: the table nowhere does not exist
hint: [..]

"#]],
        ),
        // The foreign key contradicts the option.
        (
            ["--user-table", "auth_group"],
            str![[r#"
error: tokens reference the table auth_user, not auth_group
hint: [..]

"#]],
        ),
        (
            ["--username-field", "nowhere"],
            str![[r#"
error: the user table auth_user has no column nowhere
hint: [..]

"#]],
        ),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice"]).args(args)).reports("3", report);
    }
}

#[test]
fn another_username_field_can_be_named() {
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE UNIQUE INDEX one_address ON auth_user (email)");
    assert_data_eq!(
        sandbox
            .drfctl(["create-token", "--username-field", "email"])
            .arg("alice@example.com")
            .run()
            .mask_keys()
            .to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user alice@example.com
--- stderr

"#]]
    );
}

#[test]
fn an_unknown_email_address_gets_a_hint_to_the_email_column() {
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE UNIQUE INDEX one_address ON auth_user (email)");
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice@example.com"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: user alice@example.com does not exist
hint: [..]--username-field email[..]
hint: did you mean alice?

"#]]
    );
}

/// B7
#[test]
fn two_possible_username_columns_are_ambiguous() {
    let sandbox = Sandbox::new(Site::Email);
    sandbox.exec(
        "ALTER TABLE people_emailuser ADD COLUMN handle varchar(20) NOT NULL DEFAULT '';
         UPDATE people_emailuser SET handle = substr(email, 1, 3);
         CREATE UNIQUE INDEX one_handle ON people_emailuser (handle)",
    );
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice@example.com"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the user table people_emailuser has more than one possible username column
hint: name the user model's USERNAME_FIELD: --username-field email or --username-field handle

"#]]
    );
    let _ = sandbox.drfctl(["create-token", "--username-field", "handle", "ali"]).run().ok();
}

#[test]
fn an_ambiguous_username_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET email = 'same@example.com'");
    assert_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "--username-field", "email", "same@example.com"])).status,
        "3"
    );
}
