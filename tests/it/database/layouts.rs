//! Where tokens and users are in databases of every shape: found by following keys, or refused
//! before anything is written.

use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site};

/// Runs `create-token`, and asserts that no row has changed.
fn refused(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    sandbox.unchanged(sandbox.drfctl(["create-token"]).args(args))
}

/// Makes the token table anew with other columns.
fn remake_tokens(sandbox: &Sandbox, columns: &str) {
    sandbox.exec(&format!("DROP TABLE authtoken_token; CREATE TABLE authtoken_token ({columns})"));
}

const KEY: &str = r#""key" varchar(40) NOT NULL PRIMARY KEY"#;
const CREATED: &str = r#""created" datetime NOT NULL"#;
const USER: &str = r#""user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED"#;

/// B7
#[test]
fn every_site_is_found_without_an_option() {
    for site in Site::ALL {
        let sandbox = Sandbox::new(site);
        let outcome = sandbox.drfctl(["create-token", "--format", "raw", site.alice()]).run().ok();
        assert_eq!(outcome.stdout, format!("{}\n", sandbox.value("SELECT key FROM authtoken_token")), "{site:?}");
    }
}

#[test]
fn a_file_without_django_tables_is_unusable() {
    let sandbox = Sandbox::empty();
    sandbox.exec("CREATE TABLE lonely (id INTEGER)");
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: there are no Django tables: auth_user, authtoken_token and django_migrations are missing
hint: python manage.py migrate, or without Python: drfctl migrate
hint: [..]

"#]]
    );
}

#[test]
fn an_application_without_the_token_app_is_unusable() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'");
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the token table authtoken_token is missing
hint: add 'rest_framework.authtoken' to INSTALLED_APPS, then: python manage.py migrate authtoken

"#]]
    );
}

#[test]
fn a_recorded_migration_without_its_table_is_unusable() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE authtoken_token");
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: half migrated: django_migrations records authtoken.0001_initial, but the table authtoken_token is missing
hint: [..]manage.py migrate[..]

"#]]
    );
}

#[test]
fn a_table_without_its_recorded_migration_is_unusable() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'authtoken'");
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: half migrated: the table authtoken_token is there, but django_migrations does not record authtoken.0001_initial
hint: if a migration is running, let it finish
hint: if the history was lost: drfctl migrate --fake-initial

"#]]
    );
}

#[test]
fn a_user_table_that_is_gone_is_unusable() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DROP TABLE auth_user");
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: [..]auth_user[..]
...
"#]]
    );
}

#[test]
fn newer_migrations_are_allowed_with_a_notice() {
    let sandbox = Sandbox::stock();
    sandbox
        .exec("INSERT INTO django_migrations (app, name, applied) VALUES ('authtoken', '0005_future', '2031-01-01')");
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user alice
--- stderr
note: migrations newer than drfctl are applied, and the tables still fit: authtoken.0005_future

"#]]
    );
}

#[test]
fn more_columns_that_may_be_left_out_are_allowed_with_a_notice() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "ALTER TABLE authtoken_token ADD COLUMN label varchar(20) NULL;
         ALTER TABLE authtoken_token ADD COLUMN scope varchar(20) NOT NULL DEFAULT 'all'",
    );
    assert_data_eq!(
        sandbox.drfctl(["create-token", "alice"]).run().mask_keys().to_string(),
        str![[r#"
exit: 0
--- stdout
Generated token KEY for user alice
--- stderr
note: authtoken_token has a column that is not DRF's: label
note: authtoken_token has a column that is not DRF's: scope

"#]]
    );
}

#[test]
fn verbosity_0_leaves_notices_out() {
    let sandbox = Sandbox::stock();
    sandbox.exec("ALTER TABLE authtoken_token ADD COLUMN label varchar(20) NULL");
    let _ = sandbox.drfctl(["create-token", "-v", "0", "alice"]).run().ok();
}

#[test]
fn a_required_column_that_we_do_not_know_is_unusable() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!(r"{KEY}, {CREATED}, scope varchar(20) NOT NULL, {USER}"));
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the table authtoken_token is not as Django makes it: scope is required, and drfctl does not know its value
hint: [..]

"#]]
    );
}

#[test]
fn a_user_who_could_have_two_tokens_is_unusable() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!("{KEY}, {CREATED}, {}", USER.replace("UNIQUE", "")));
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the table authtoken_token is not as Django makes it: user_id is not unique: a user could have two tokens
hint: [..]

"#]]
    );
}

#[test]
fn a_column_of_another_type_is_unusable() {
    for (key, created, user) in [
        (r#""key" integer NOT NULL PRIMARY KEY"#, CREATED, USER),
        (KEY, r#""created" integer NOT NULL"#, USER),
        (KEY, CREATED, r#""user_id" char(32) NOT NULL UNIQUE REFERENCES "auth_user" ("id")"#),
    ] {
        let sandbox = Sandbox::stock();
        remake_tokens(&sandbox, &format!("{key}, {created}, {user}"));
        assert_data_eq!(
            refused(&sandbox, &["alice"]).to_string(),
            str![[r#"
exit: 6
--- stdout
--- stderr
error: the table authtoken_token is not as Django makes it: [..]
...
"#]]
        );
    }
}

#[test]
fn a_key_that_is_not_unique_is_unusable() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!(r#""key" varchar(40) NOT NULL, {CREATED}, {USER}"#));
    assert_eq!(refused(&sandbox, &["alice"]).status, "6");
}

#[test]
fn a_unique_index_serves_as_well_as_a_constraint() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!("{KEY}, {CREATED}, {}", USER.replace("UNIQUE", "")));
    sandbox.exec("CREATE UNIQUE INDEX one_token ON authtoken_token (user_id)");
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
}

#[test]
fn a_unique_index_over_some_rows_only_does_not() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!("{KEY}, {CREATED}, {}", USER.replace("UNIQUE", "")));
    sandbox.exec("CREATE UNIQUE INDEX one_token ON authtoken_token (user_id) WHERE user_id > 100");
    assert_eq!(refused(&sandbox, &["alice"]).status, "6");
}

#[test]
fn a_function_that_only_django_has_is_named() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "CREATE TRIGGER shape BEFORE INSERT ON authtoken_token \
         WHEN NEW.key NOT REGEXP '^[0-9a-f]+$' BEGIN SELECT RAISE(ABORT, 'shape'); END",
    );
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string().to_lowercase(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: [..]function [..]regexp[..]
...
"#]]
    );
}

/// B9
#[test]
fn a_check_with_json_valid_works() {
    let sandbox = Sandbox::stock();
    remake_tokens(
        &sandbox,
        &format!(r#"{KEY}, {CREATED}, "extra" text NULL CHECK ((JSON_VALID("extra") OR "extra" IS NULL)), {USER}"#),
    );
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
}

#[test]
fn the_user_table_can_be_named_where_no_key_leads_to_it() {
    let sandbox = Sandbox::stock();
    remake_tokens(&sandbox, &format!("{KEY}, {CREATED}, user_id integer NOT NULL UNIQUE"));
    assert_data_eq!(
        refused(&sandbox, &["alice"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the column user_id of authtoken_token does not tell which table holds the users
hint: name it: --user-table TABLE

"#]]
    );
    let _ = sandbox.drfctl(["create-token", "--user-table", "auth_user", "alice"]).run().ok();
}

#[test]
fn a_user_table_that_is_not_there_is_refused() {
    assert_data_eq!(
        refused(&Sandbox::stock(), &["--user-table", "nowhere", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: there is no table nowhere, which --user-table names
hint: [..]

"#]]
    );
}

#[test]
fn a_user_table_against_the_foreign_key_is_refused() {
    assert_data_eq!(
        refused(&Sandbox::stock(), &["--user-table", "auth_group", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: tokens belong to the table auth_user, not to auth_group, which --user-table names
hint: [..]

"#]]
    );
}

#[test]
fn another_login_column_can_be_named() {
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
fn a_login_column_that_is_not_there_is_refused() {
    assert_data_eq!(
        refused(&Sandbox::stock(), &["--username-field", "nowhere", "alice"]).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: the user table auth_user has no column nowhere, which --username-field names
hint: [..]

"#]]
    );
}

#[test]
fn an_address_that_is_no_username_gets_the_hint_to_look_in_the_other_column() {
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE UNIQUE INDEX one_address ON auth_user (email)");
    assert_data_eq!(
        refused(&sandbox, &["alice@example.com"]).to_string(),
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
fn two_possible_login_columns_are_refused_with_the_option_to_give() {
    let sandbox = Sandbox::new(Site::Email);
    sandbox.exec(
        "ALTER TABLE people_emailuser ADD COLUMN handle varchar(20) NOT NULL DEFAULT '';
         UPDATE people_emailuser SET handle = substr(email, 1, 3);
         CREATE UNIQUE INDEX one_handle ON people_emailuser (handle)",
    );
    assert_data_eq!(
        refused(&sandbox, &["alice@example.com"]).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the user table people_emailuser has more than one possible login column
hint: name the user model's USERNAME_FIELD: --username-field email or --username-field handle

"#]]
    );
    let _ = sandbox.drfctl(["create-token", "--username-field", "handle", "ali"]).run().ok();
}

#[test]
fn two_users_of_one_name_are_refused_not_chosen_between() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET email = 'same@example.com'");
    assert_eq!(refused(&sandbox, &["--username-field", "email", "same@example.com"]).status, "3");
}

#[test]
fn a_user_key_of_64_bits_negative_or_zero_works() {
    for id in ["9223372036854775807", "4294967297", "-5", "0"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("UPDATE auth_user SET id = {id} WHERE username = 'alice'"));
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        assert_eq!(sandbox.value("SELECT user_id FROM authtoken_token"), id);
    }
}
