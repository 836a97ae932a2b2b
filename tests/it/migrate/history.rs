//! `migrate` with a history that contains unknown migrations, and with tables that do not match the
//! history.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, State};

/// Records an unknown migration.
fn record(sandbox: &Sandbox, app: &str, name: &str) {
    sandbox.exec(&format!(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', '2031-01-01 00:00:00')"
    ));
}

/// Creates a state with one pending migration of authtoken.
fn with_one_pending() -> Sandbox {
    State::after("authtoken.0003_tokenproxy").sandbox()
}

#[test]
fn unknown_apps_in_the_history_are_ignored() {
    let (sandbox, without) = (with_one_pending(), with_one_pending());
    for app in ["admin", "sessions", "shop"] {
        record(&sandbox, app, "0001_initial");
    }
    sandbox.exec("CREATE TABLE django_session (session_key varchar(40) NOT NULL PRIMARY KEY)");
    assert_eq!(sandbox.drfctl(["migrate"]).run(), without.drfctl(["migrate"]).run().ok());
    assert_eq!(
        sandbox.sql("SELECT app, name FROM django_migrations ORDER BY id DESC LIMIT 2"),
        [["authtoken", "0004_alter_tokenproxy_options"], ["shop", "0001_initial"]]
    );
    let list = sandbox.drfctl(["migrate", "--list"]).run().ok();
    assert!(!list.stdout.contains("shop") && !list.stdout.contains("sessions"), "{list}");
}

#[test]
fn a_newer_migration_is_reported_and_the_others_are_applied() {
    let sandbox = with_one_pending();
    record(&sandbox, "auth", "0099_future");
    assert_data_eq!(
        sandbox.drfctl(["migrate"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr
note: migrations that this drfctl does not know are applied, but the tables match: auth.0099_future

"#]]
    );
    let check = sandbox.drfctl(["migrate", "--check"]).run();
    assert_eq!((check.status.as_str(), check.stdout.as_str()), ("0", ""), "{check}");
}

#[test]
fn a_newer_migration_alone_changes_nothing() {
    let sandbox = Sandbox::stock();
    record(&sandbox, "authtoken", "0005_scopes");
    sandbox.exec("ALTER TABLE authtoken_token ADD COLUMN scope varchar(20) NULL");
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  No migrations to apply.
--- stderr
note: authtoken_token has a column that Django does not create: scope
note: migrations that this drfctl does not know are applied, but the tables match: authtoken.0005_scopes

"#]]
    );
}

#[test]
fn a_newer_migration_is_listed_as_applied() {
    let sandbox = Sandbox::stock();
    record(&sandbox, "auth", "0099_future");
    let list = sandbox.drfctl(["migrate", "--list"]).run().ok();
    assert!(
        list.stdout.contains("\n [X] 0012_alter_user_first_name_max_length\n [X] 0099_future\nauthtoken\n"),
        "{list}"
    );
}

#[test]
fn a_newer_migration_with_mismatched_tables_is_rejected() {
    for change in [
        "ALTER TABLE auth_user RENAME COLUMN username TO login",
        "ALTER TABLE auth_permission RENAME COLUMN codename TO code",
        "DROP TABLE auth_group_permissions",
        "ALTER TABLE authtoken_token DROP COLUMN created",
    ] {
        for sandbox in [with_one_pending(), Sandbox::stock()] {
            record(&sandbox, "auth", "0099_future");
            sandbox.exec(change);
            let error = "migrations that this drfctl does not know are applied (auth.0099_future), and the tables do not match: ";
            sandbox.untouched(sandbox.drfctl(["migrate"])).error_begins("6", error);
        }
    }
}

#[test]
fn tables_that_do_not_match_the_history_are_rejected() {
    for (change, words) in [
        (
            "DROP TABLE authtoken_token",
            "half migrated: django_migrations records a migration that creates the table authtoken_token, which is missing\n",
        ),
        (
            "DROP TABLE auth_group",
            "half migrated: django_migrations records a migration that creates the table auth_group, which is missing\n",
        ),
        (
            "DROP TABLE auth_user_groups",
            "half migrated: django_migrations records a migration that creates the table auth_user_groups, which is missing\n",
        ),
        (
            "ALTER TABLE auth_user RENAME COLUMN username TO login",
            "a table differs from what Django creates: auth_user: username is missing\n",
        ),
        (
            "ALTER TABLE auth_permission ADD COLUMN scope text NOT NULL DEFAULT ''; \
             CREATE TABLE copy AS SELECT * FROM auth_permission; DROP TABLE auth_permission; \
             CREATE TABLE auth_permission (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, content_type_id integer NOT \
             NULL REFERENCES django_content_type (id), codename varchar(100) NOT NULL, name varchar(255) NOT NULL, \
             scope text NOT NULL, UNIQUE (content_type_id, codename))",
            "a table differs from what Django creates: auth_permission: scope is required, but drfctl has no value",
        ),
    ] {
        for args in [&["migrate"][..], &["migrate", "--plan"], &["migrate", "--check"]] {
            let sandbox = with_one_pending();
            sandbox.exec(change);
            sandbox.untouched(sandbox.drfctl(args)).error_begins("6", words);
        }
    }
}

#[test]
fn a_table_that_is_not_in_the_history_is_rejected() {
    let sandbox = Sandbox::empty();
    sandbox.exec("CREATE TABLE authtoken_token (key varchar(40) NOT NULL PRIMARY KEY)");
    sandbox.untouched(sandbox.drfctl(["migrate"])).refused("6", &["authtoken_token"]);
}

#[test]
fn a_history_with_a_gap_within_an_app_is_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM django_migrations WHERE name = '0005_alter_user_last_login_null'");
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the migration history is inconsistent: auth.0006_require_contenttypes_0002 is applied before auth.0005_alter_user_last_login_null, which it depends on
hint: restore the missing row, or a backup; list what is recorded: drfctl migrate --list

"#]]
    );
}

#[test]
fn a_file_that_is_not_a_database_is_rejected() {
    let sandbox = Sandbox::empty();
    std::fs::write(sandbox.db(), "this is not a database, however long this line may be").unwrap();
    for args in [&["migrate"][..], &["migrate", "--list"], &["migrate", "--plan"], &["migrate", "--check"]] {
        sandbox.untouched(sandbox.drfctl(args)).refused("6", &[]);
    }
}

/// Creates a state before auth.0011, with a proxy model of the application.
fn with_old_proxy() -> Sandbox {
    let sandbox = State::after("auth.0010_alter_group_name_max_length").sandbox();
    // At that time, permissions of a proxy referenced its concrete model.
    sandbox.exec(
        "INSERT INTO django_content_type (id, app_label, model) VALUES (78, 'shop', 'giftorder');
         INSERT INTO auth_permission (name, content_type_id, codename) VALUES
             ('Can add gift order', 77, 'add_giftorder'),
             ('Can change gift order', 77, 'change_giftorder'),
             ('Can delete gift order', 77, 'delete_giftorder')",
    );
    sandbox
}

#[test]
fn permissions_of_a_proxy_model_are_left_to_the_application() {
    let sandbox = with_old_proxy();
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: auth.0011_update_proxy_permissions must change rows of shop.giftorder in a way that only the application can
hint: run it in the application: python manage.py migrate auth 0011_update_proxy_permissions; then: drfctl migrate

"#]]
    );
    let django = sandbox.manage(["migrate", "auth", "0011_update_proxy_permissions", "-v", "0"]);
    assert_eq!(django.ok().stdout, "");
    let theirs = sandbox.copy();
    let _ = theirs.manage(["migrate"]);
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(sandbox.image(), theirs.image());
}

#[test]
fn permissions_of_a_proxy_model_are_detected_without_a_history() {
    let sandbox = with_old_proxy();
    sandbox.exec("DELETE FROM django_migrations");
    let outcome = sandbox.untouched(sandbox.drfctl(["migrate", "--fake-initial"]));
    outcome.refused("6", &["auth.0011_update_proxy_permissions must change rows"]);
}
