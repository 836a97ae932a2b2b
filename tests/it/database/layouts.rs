//! Which tables contain tokens and users, in databases of every layout: drfctl detects them by
//! their foreign keys, or rejects the database before it writes.
//!
//! Tags such as `B7` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site};

/// Returns SQL that replaces the token table by one with these columns.
fn token_table(columns: &str) -> String {
    format!("DROP TABLE authtoken_token; CREATE TABLE authtoken_token ({columns})")
}

const KEY: &str = r#""key" varchar(40) NOT NULL PRIMARY KEY"#;

const CREATED: &str = r#""created" datetime NOT NULL"#;

const USER: &str = r#""user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED"#;

/// Returns `user_id` without the unique constraint.
fn user_not_unique() -> String {
    USER.replace("UNIQUE", "")
}

/// B7
#[test]
fn every_site_is_detected_without_options() {
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
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the database has no Django tables: auth_user, authtoken_token and django_migrations are missing
hint: apply the migrations: python manage.py migrate or drfctl migrate
hint: [..]

"#]]
    );
}

#[test]
fn a_database_that_cannot_be_used_is_rejected_with_the_reason() {
    let not_unique = token_table(&format!("{KEY}, {CREATED}, {}", user_not_unique()));
    for (change, report) in [
        // The application does not use DRF's tokens.
        (
            "DROP TABLE authtoken_token; DELETE FROM django_migrations WHERE app = 'authtoken'".to_owned(),
            str![[r#"
error: the token table authtoken_token is missing
hint: add 'rest_framework.authtoken' to INSTALLED_APPS, then: python manage.py migrate authtoken

"#]],
        ),
        // A recorded migration without its table.
        (
            "DROP TABLE authtoken_token".to_owned(),
            str![[r#"
error: half migrated: django_migrations records authtoken.0001_initial, but the table authtoken_token is missing
hint: [..]manage.py migrate[..]

"#]],
        ),
        // A table without its recorded migration.
        (
            "DELETE FROM django_migrations WHERE app = 'authtoken'".to_owned(),
            str![[r#"
error: half migrated: the table authtoken_token exists, but django_migrations does not record authtoken.0001_initial
hint: wait if a migration is running
hint: record the migrations if the history was lost: drfctl migrate --fake-initial

"#]],
        ),
        // No user table.
        (
            "DROP TABLE auth_user".to_owned(),
            str![[r#"
error: [..]auth_user[..]
...
"#]],
        ),
        // A required column of the application.
        (
            token_table(&format!("{KEY}, {CREATED}, scope varchar(20) NOT NULL, {USER}")),
            str![[r#"
error: the table authtoken_token differs from what Django creates: scope is required, but drfctl has no value for it
hint: [..]

"#]],
        ),
        // A user could have two tokens.
        (
            not_unique.clone(),
            str![[r#"
error: the table authtoken_token differs from what Django creates: user_id is not unique: a user could have two tokens
hint: [..]

"#]],
        ),
        // A partial unique index does not prevent that.
        (
            not_unique + "; CREATE UNIQUE INDEX one_token ON authtoken_token (user_id) WHERE user_id > 100",
            str!["error: [..]\n..."],
        ),
        // Two users could have one key.
        (token_table(&format!(r#""key" varchar(40) NOT NULL, {CREATED}, {USER}"#)), str!["error: [..]\n..."]),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&change);
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).reports("6", report);
    }
}

#[test]
fn newer_migrations_are_noted() {
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
note: migrations that this drfctl does not know are applied, but the tables match: authtoken.0005_future

"#]]
    );
}

#[test]
fn additional_optional_columns_are_noted() {
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
note: authtoken_token has a column that DRF does not create: label
note: authtoken_token has a column that DRF does not create: scope

"#]]
    );
}

#[test]
fn verbosity_0_hides_notes() {
    let sandbox = Sandbox::stock();
    sandbox.exec("ALTER TABLE authtoken_token ADD COLUMN label varchar(20) NULL");
    let _ = sandbox.drfctl(["create-token", "-v", "0", "alice"]).run().ok();
}

#[test]
fn a_column_of_another_type_is_rejected() {
    for (key, created, user) in [
        (r#""key" integer NOT NULL PRIMARY KEY"#, CREATED, USER),
        (KEY, r#""created" integer NOT NULL"#, USER),
        (KEY, CREATED, r#""user_id" char(32) NOT NULL UNIQUE REFERENCES "auth_user" ("id")"#),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&token_table(&format!("{key}, {created}, {user}")));
        assert_data_eq!(
            sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).to_string(),
            str![[r#"
exit: 6
--- stdout
--- stderr
error: the table authtoken_token differs from what Django creates: [..]
...
"#]]
        );
    }
}

#[test]
fn a_unique_index_replaces_a_unique_constraint() {
    let sandbox = Sandbox::stock();
    sandbox.exec(&token_table(&format!("{KEY}, {CREATED}, {}", user_not_unique())));
    sandbox.exec("CREATE UNIQUE INDEX one_token ON authtoken_token (user_id)");
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
}

#[test]
fn a_function_that_only_django_defines_is_named() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "CREATE TRIGGER shape BEFORE INSERT ON authtoken_token \
         WHEN NEW.key NOT REGEXP '^[0-9a-f]+$' BEGIN SELECT RAISE(ABORT, 'shape'); END",
    );
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["create-token", "alice"])).to_string().to_lowercase(),
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
    sandbox.exec(&token_table(&format!(
        r#"{KEY}, {CREATED}, "extra" text NULL CHECK ((JSON_VALID("extra") OR "extra" IS NULL)), {USER}"#
    )));
    let outcome = sandbox.drfctl(["create-token", "alice"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
}

#[test]
fn large_negative_and_zero_primary_keys_are_supported() {
    for id in ["9223372036854775807", "4294967297", "-5", "0"] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("UPDATE auth_user SET id = {id} WHERE username = 'alice'"));
        let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
        assert_eq!(sandbox.value("SELECT user_id FROM authtoken_token"), id);
    }
}
