//! The output of `migrate` while it applies migrations, and its records.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site, State};

/// Returns the records of a call that succeeds without warnings.
fn records(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&sandbox.drfctl(args).args(["--format", "json"]).run().ok().stdout).unwrap()
}

#[test]
fn a_new_database_has_the_output_of_django() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_eq!(outcome.stdout, Sandbox::empty().manage(["migrate"]).ok().stdout);
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
...
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr
note: created the database [..]/db.sqlite3

"#]]
    );
}

#[test]
fn an_existing_database_has_the_output_of_django() {
    for ours in [Sandbox::half_migrated(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
        let theirs = ours.copy();
        let outcome = ours.drfctl(["migrate"]).run();
        assert_eq!(outcome, theirs.manage(["migrate"]));
    }
}

#[test]
fn verbosity_0_is_silent() {
    for sandbox in [Sandbox::empty(), Sandbox::half_migrated(), Sandbox::stock()] {
        let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
        assert_eq!(
            outcome,
            Outcome { stdout: String::new(), stderr: String::new(), status: "0".to_owned(), ..Outcome::default() }
        );
    }
}

#[test]
fn verbosity_2_names_content_types_and_permissions() {
    let sandbox = Sandbox::empty();
    assert_data_eq!(
        sandbox.drfctl(["migrate", "-v", "2"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
...
Adding content type 'auth | permission'
Adding content type 'auth | group'
Adding content type 'auth | user'
Adding content type 'contenttypes | contenttype'
Adding content type 'authtoken | token'
Adding content type 'authtoken | tokenproxy'
Adding permission 'auth | add_permission'
Adding permission 'auth | change_permission'
Adding permission 'auth | delete_permission'
Adding permission 'auth | view_permission'
Adding permission 'auth | add_group'
Adding permission 'auth | change_group'
Adding permission 'auth | delete_group'
Adding permission 'auth | view_group'
Adding permission 'auth | add_user'
Adding permission 'auth | change_user'
Adding permission 'auth | delete_user'
Adding permission 'auth | view_user'
Adding permission 'contenttypes | add_contenttype'
Adding permission 'contenttypes | change_contenttype'
Adding permission 'contenttypes | delete_contenttype'
Adding permission 'contenttypes | view_contenttype'
Adding permission 'authtoken | add_token'
Adding permission 'authtoken | change_token'
Adding permission 'authtoken | delete_token'
Adding permission 'authtoken | view_token'
Adding permission 'authtoken | add_tokenproxy'
Adding permission 'authtoken | change_tokenproxy'
Adding permission 'authtoken | delete_tokenproxy'
Adding permission 'authtoken | view_tokenproxy'
--- stderr
note: connected: engine SQLite, version [..], database [..]/db.sqlite3, owner [..], mode 0600, journal_mode delete
note: created the database [..]/db.sqlite3

"#]]
    );
    assert_data_eq!(
        sandbox.drfctl(["migrate", "-v", "2"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  No migrations to apply.
--- stderr
note: connected: engine SQLite, version [..], database [..]/db.sqlite3, owner [..], mode 0600, journal_mode delete
note: users: table auth_user, primary key id, username column username, active column is_active, group table auth_user_groups
note: tokens: table authtoken_token, key column key, user column user_id, created column created

"#]]
    );
}

#[test]
fn json_of_migrate_has_a_record_for_each_migration() {
    let sandbox = Sandbox::half_migrated();
    assert_data_eq!(
        sandbox.drfctl(["migrate", "--format", "json"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
[
  {"app":"authtoken","name":"0002_auto_20160226_1747","outcome":"applied","applied":"[..]Z"},
  {"app":"authtoken","name":"0003_tokenproxy","outcome":"applied","applied":"[..]Z"},
  {"app":"authtoken","name":"0004_alter_tokenproxy_options","outcome":"applied","applied":"[..]Z"}
]
--- stderr

"#]]
    );
    assert_eq!(records(&sandbox, &["migrate"]), json!([]));
}

#[test]
fn json_of_a_new_database_has_the_whole_history() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate", "--format", "json", "-v", "0"]).run().ok();
    let records: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let names: Vec<_> =
        records.as_array().unwrap().iter().map(|r| vec![r["app"].to_string(), r["name"].to_string()]).collect();
    assert_eq!(names, sandbox.sql("SELECT json_quote(app), json_quote(name) FROM django_migrations ORDER BY id"),);
}

#[test]
fn json_of_a_plan_has_the_operations() {
    assert_eq!(
        records(&Sandbox::half_migrated(), &["migrate", "--plan"]),
        json!([
            {
                "app": "authtoken",
                "name": "0002_auto_20160226_1747",
                "operations": [
                    "Change Meta options on token",
                    "Alter field created on token",
                    "Alter field key on token",
                    "Alter field user on token",
                ],
            },
            {"app": "authtoken", "name": "0003_tokenproxy", "operations": ["Create proxy model TokenProxy"]},
            {
                "app": "authtoken",
                "name": "0004_alter_tokenproxy_options",
                "operations": ["Change Meta options on tokenproxy"],
            },
        ])
    );
    assert_eq!(records(&Sandbox::stock(), &["migrate", "--plan"]), json!([]));
}

#[test]
fn json_of_the_list_has_every_migration() {
    let sandbox = Sandbox::half_migrated();
    sandbox.exec(
        "UPDATE django_migrations SET applied = '2020-01-02 03:04:05';
         UPDATE django_migrations SET applied = '2020-01-02 03:04:05.060700' WHERE app = 'authtoken'",
    );
    assert_data_eq!(
        sandbox.untouched(sandbox.drfctl(["migrate", "--list", "--format", "json"])).to_string(),
        str![[r#"
exit: 0
--- stdout
[
  {"app":"auth","name":"0001_initial","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0002_alter_permission_name_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0003_alter_user_email_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0004_alter_user_username_opts","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0005_alter_user_last_login_null","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0006_require_contenttypes_0002","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0007_alter_validators_add_error_messages","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0008_alter_user_username_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0009_alter_user_last_name_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0010_alter_group_name_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0011_update_proxy_permissions","applied":"2020-01-02T03:04:05Z"},
  {"app":"auth","name":"0012_alter_user_first_name_max_length","applied":"2020-01-02T03:04:05Z"},
  {"app":"authtoken","name":"0001_initial","applied":"2020-01-02T03:04:05.060700Z"},
  {"app":"authtoken","name":"0002_auto_20160226_1747","applied":null},
  {"app":"authtoken","name":"0003_tokenproxy","applied":null},
  {"app":"authtoken","name":"0004_alter_tokenproxy_options","applied":null},
  {"app":"contenttypes","name":"0001_initial","applied":"2020-01-02T03:04:05Z"},
  {"app":"contenttypes","name":"0002_remove_content_type_name","applied":"2020-01-02T03:04:05Z"}
]
--- stderr

"#]]
    );
}

#[test]
fn a_new_database_of_a_site_with_local_time_has_local_times() {
    let sandbox = Sandbox::unmigrated(Site::Local);
    let _ = sandbox.drfctl(["migrate", "-v", "0", "--time-zone", "Europe/Berlin"]).run().ok();
    let seen = sandbox.django(
        "from datetime import datetime\n\
         from django.db.migrations.recorder import MigrationRecorder\n\
         from django.db import connection\n\
         times = MigrationRecorder(connection).migration_qs.values_list('applied', flat=True)\n\
         print(len(times), all(abs((datetime.now() - time).total_seconds()) < 300 for time in times))",
    );
    assert_eq!(seen, "18 True");
}

#[test]
fn other_formats_have_the_fields_of_json() {
    assert_data_eq!(
        Sandbox::half_migrated().drfctl(["migrate", "--format", "csv"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
app,name,outcome,applied
authtoken,0002_auto_20160226_1747,applied,[..]Z
authtoken,0003_tokenproxy,applied,[..]Z
authtoken,0004_alter_tokenproxy_options,applied,[..]Z
--- stderr

"#]]
    );
}
