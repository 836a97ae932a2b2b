//! `migrate` if several tables could belong to the user model: foreign keys and settings decide,
//! or drfctl refuses to run.
//!
//! Tags such as `N6` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site, State};

const OTHER_USERS: &str = "CREATE TABLE auth_user (id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    password varchar(128) NOT NULL, last_login datetime NULL, username varchar(150) NOT NULL UNIQUE)";

fn token_table(sandbox: &Sandbox) -> String {
    sandbox.value("SELECT sql FROM sqlite_master WHERE name = 'authtoken_token'")
}

#[test]
fn a_leftover_stock_table_does_not_affect_a_migrated_site() {
    let sandbox = Sandbox::new(Site::Big);
    sandbox.exec(OTHER_USERS);
    for args in [&["migrate"][..], &["migrate", "--check"], &["migrate", "--fake"]] {
        let _ = sandbox.drfctl(args).run().ok();
    }
}

#[test]
fn a_leftover_stock_table_makes_the_user_model_ambiguous() {
    let sandbox = Sandbox::without_tokens(Site::Big);
    sandbox.exec(OTHER_USERS);
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: cannot detect the table of the user model
hint: name it: --user-table accounts_user or --user-table auth_user
hint: or name the settings, whose AUTH_USER_MODEL decides: --settings MODULE

"#]]
    );
}

#[test]
fn settings_decide_even_if_the_admin_log_references_another_model() {
    let table = token_table(&Sandbox::new(Site::Big));
    let sandbox = Sandbox::without_tokens(Site::Big);
    sandbox.exec(&format!(
        "{OTHER_USERS}; CREATE TABLE django_admin_log (id integer NOT NULL PRIMARY KEY,
         user_id integer NOT NULL REFERENCES auth_user (id))"
    ));
    let _ = sandbox.with_settings(Site::Big.settings(), ["migrate"]).run().ok();
    assert_eq!(token_table(&sandbox), table);
}

#[test]
fn settings_that_contradict_the_token_table_are_rejected() {
    let sandbox = Sandbox::stock();
    sandbox.exec("CREATE TABLE people_emailuser (id char(32) NOT NULL PRIMARY KEY)");
    assert_data_eq!(
        sandbox.untouched(sandbox.with_settings(Site::Email.settings(), ["migrate"])).to_string(),
        str![[r#"
exit: 3
--- stdout
--- stderr
error: tokens reference the table auth_user, but the settings name the user model people.EmailUser of the table people_emailuser
hint: check that these settings belong to this database
hint: if AUTH_USER_MODEL was changed, create the token table again, without its tokens: python manage.py migrate authtoken zero; then: python manage.py migrate authtoken

"#]]
    );
}

#[test]
fn a_history_with_authtoken_before_auth_is_consistent() {
    let ours = Sandbox::unmigrated(Site::Email);
    let _ = ours.manage(["migrate", "authtoken", "-v", "0"]).ok();
    assert_eq!(ours.value("SELECT count(*) FROM django_migrations WHERE app = 'auth'"), "0");
    let theirs = ours.copy();
    let _ = ours.drfctl(["migrate"]).run().ok();
    let _ = theirs.manage(["migrate"]).ok();
    let history = "SELECT id, app, name FROM django_migrations ORDER BY id";
    let schema = "SELECT name, sql FROM sqlite_master ORDER BY rowid";
    assert_eq!((ours.sql(history), ours.sql(schema)), (theirs.sql(history), theirs.sql(schema)));
    let _ = ours.manage(["migrate", "--check"]).ok();
}

#[test]
fn a_plan_for_a_missing_database_fails_like_migrate() {
    let sandbox = Sandbox::unmigrated(Site::Stock);
    for args in [
        &["migrate", "--user-table", "customers"][..],
        &["migrate", "--fake"],
        &["migrate", "--user-table", "customers", "--plan"],
        &["migrate", "--fake", "--plan"],
        &["migrate", "--user-table", "customers", "--check"],
    ] {
        sandbox.untouched(sandbox.drfctl(args)).refused("6", &[]);
    }
    for args in [&["migrate"][..], &["migrate", "--plan"]] {
        sandbox.untouched(sandbox.with_settings(Site::Email.settings(), args)).refused("6", &[]);
    }
}

#[test]
fn an_unsupported_format_is_rejected_before_a_file_is_created() {
    let sandbox = Sandbox::unmigrated(Site::Stock);
    for args in [&["migrate"][..], &["migrate", "--plan"], &["migrate", "--list"]] {
        sandbox.untouched(sandbox.drfctl(args).args(["--format", "raw"])).refused("2", &[]);
    }
}

#[test]
fn a_proxy_named_like_its_concrete_model_is_left_to_the_application() {
    let sandbox = State::after("auth.0010_alter_group_name_max_length").sandbox();
    sandbox.exec("INSERT INTO django_content_type (app_label, model) VALUES ('accounts', 'user')");
    let outcome = sandbox.untouched(sandbox.drfctl(["migrate"]));
    outcome.refused("6", &["python manage.py migrate auth 0011_update_proxy_permissions"]);
}

/// N6: for every step at which an older Django may have stopped.
#[test]
fn no_migration_rebuilds_the_table_of_another_user_model() {
    let table = |sandbox: &Sandbox| sandbox.value("SELECT sql FROM sqlite_master WHERE name = 'auth_user'");
    for step in ["0001", "0002", "0004", "0007", "0009", "0011"] {
        let unmigrated = || {
            let sandbox = Sandbox::new(Site::Kept);
            sandbox.exec(&format!("DELETE FROM django_migrations WHERE app = 'auth' AND name > '{step}_z'"));
            sandbox
        };
        // The settings or the content types identify the user model.
        let by_settings = unmigrated();
        let _ = by_settings.with_settings(Site::Kept.settings(), ["migrate", "-v", "0"]).run().ok();
        let by_content_types = unmigrated();
        let _ = by_content_types.drfctl(["migrate", "-v", "0"]).run();
        for sandbox in [by_settings, by_content_types] {
            assert_eq!(table(&sandbox), table(&unmigrated()), "{step}");
            let models = "SELECT group_concat(model) FROM (SELECT model FROM django_content_type WHERE app_label = 'auth' ORDER BY 1)";
            assert_eq!(sandbox.value(models), "group,permission", "{step}");
            assert_eq!(sandbox.manage(["migrate", "--check"]).status, "0", "{step}");
        }
        // Without them, the columns do.
        let sandbox = unmigrated();
        sandbox.exec("DELETE FROM auth_permission; DELETE FROM django_content_type");
        let outcome = sandbox.untouched(sandbox.drfctl(["migrate"]));
        outcome
            .refused("6", &["the table auth_user differs from what the applied migrations create and was not changed"]);
    }
}
