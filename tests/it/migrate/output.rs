//! `migrate`: what it prints, and that looking makes and changes nothing.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Outcome, Sandbox, Site, State};

/// A database with everything but the last three migrations.
fn half_way() -> Sandbox {
    State::after("authtoken.0001_initial").sandbox()
}

/// The records of a call that succeeds silently.
fn records(sandbox: &Sandbox, args: &[&str]) -> Value {
    serde_json::from_str(&sandbox.drfctl(args).args(["--format", "json"]).run().ok().stdout).unwrap()
}

#[test]
fn a_new_database_is_reported_as_django_does() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_eq!(outcome.stdout, Sandbox::empty().manage(&["migrate"]).ok().stdout);
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
note: made the database [..]/db.sqlite3

"#]]
    );
}

#[test]
fn a_database_that_is_there_is_reported_as_django_does() {
    for ours in [half_way(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
        let theirs = ours.copy();
        let outcome = ours.drfctl(["migrate"]).run();
        assert_eq!(outcome, theirs.manage(&["migrate"]));
    }
}

#[test]
fn the_list_is_that_of_showmigrations() {
    for sandbox in [half_way(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
        for verbosity in ["0", "1", "2"] {
            let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", verbosity]));
            assert_eq!(ours, sandbox.manage(&["showmigrations", "-v", verbosity]));
        }
    }
}

#[test]
fn the_list_tells_when_drfctl_applied_a_migration() {
    let sandbox = Sandbox::empty();
    let _ = sandbox.drfctl(["migrate", "-v", "0"]).run().ok();
    let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", "2"]));
    assert_eq!(ours, sandbox.manage(&["showmigrations", "-v", "2"]));
}

#[test]
fn the_plan_is_djangos_from_every_state() {
    for args in [&["migrate", "--plan"][..], &["migrate", "--plan", "--check"]] {
        for sandbox in [half_way(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
            let ours = sandbox.untouched(sandbox.drfctl(args));
            let theirs = sandbox.manage(args);
            assert_eq!((&ours.stdout, &ours.status), (&theirs.stdout, &theirs.status), "{args:?}");
        }
    }
}

#[test]
fn a_plan_that_is_a_check_says_what_is_not_applied() {
    assert_data_eq!(
        half_way().untouched(half_way().drfctl(&["migrate", "--plan", "--check"])).to_string(),
        str![[r#"
exit: 1
--- stdout
Planned operations:
authtoken.0002_auto_20160226_1747
    Change Meta options on token
    Alter field created on token
    Alter field key on token
    Alter field user on token
authtoken.0003_tokenproxy
    Create proxy model TokenProxy
authtoken.0004_alter_tokenproxy_options
    Change Meta options on tokenproxy
--- stderr
error: not applied: authtoken.0002_auto_20160226_1747, authtoken.0003_tokenproxy, authtoken.0004_alter_tokenproxy_options
hint: drfctl migrate; or to see first what it would do: drfctl migrate --plan

"#]]
    );
}

#[test]
fn a_check_fails_as_long_as_something_is_not_applied() {
    let empty_file = Sandbox::empty();
    std::fs::write(empty_file.db(), "").unwrap();
    for (sandbox, status) in [
        (Sandbox::empty(), "1"),
        (empty_file, "1"),
        (State::oldest_with_users().sandbox(), "1"),
        (half_way(), "1"),
        (Sandbox::stock(), "0"),
    ] {
        let outcome = sandbox.untouched(sandbox.drfctl(["migrate", "--check"]));
        assert_eq!((outcome.stdout.as_str(), outcome.status.as_str()), ("", status), "{outcome}");
        assert_eq!(sandbox.manage(&["migrate", "--check"]).status, status);
    }
}

#[test]
fn a_check_names_what_is_not_applied() {
    assert_data_eq!(
        half_way().untouched(half_way().drfctl(&["migrate", "--check"])).to_string(),
        str![[r#"
exit: 1
--- stdout
--- stderr
error: not applied: authtoken.0002_auto_20160226_1747, authtoken.0003_tokenproxy, authtoken.0004_alter_tokenproxy_options
hint: drfctl migrate; or to see first what it would do: drfctl migrate --plan

"#]]
    );
}

#[test]
fn looking_at_a_file_that_is_not_there_makes_none() {
    for (args, status) in [
        (&["migrate", "--plan"][..], "0"),
        (&["migrate", "--list"], "0"),
        (&["migrate", "--check"], "1"),
        (&["migrate", "--plan", "--check"], "1"),
        (&["migrate", "--plan", "--fake-initial"], "0"),
        (&["migrate", "--list", "-d", "sqlite:///other.sqlite3"], "0"),
    ] {
        let outcome = Sandbox::empty().untouched(Sandbox::empty().drfctl(args));
        assert_eq!(outcome.status, status, "{args:?}\n{outcome}");
    }
}

#[test]
fn the_list_of_a_file_that_is_not_there_has_nothing_applied() {
    assert_data_eq!(
        Sandbox::empty().untouched(Sandbox::empty().drfctl(&["migrate", "-l"])).to_string(),
        str![[r#"
exit: 0
--- stdout
auth
 [ ] 0001_initial
 [ ] 0002_alter_permission_name_max_length
 [ ] 0003_alter_user_email_max_length
 [ ] 0004_alter_user_username_opts
 [ ] 0005_alter_user_last_login_null
 [ ] 0006_require_contenttypes_0002
 [ ] 0007_alter_validators_add_error_messages
 [ ] 0008_alter_user_username_max_length
 [ ] 0009_alter_user_last_name_max_length
 [ ] 0010_alter_group_name_max_length
 [ ] 0011_update_proxy_permissions
 [ ] 0012_alter_user_first_name_max_length
authtoken
 [ ] 0001_initial
 [ ] 0002_auto_20160226_1747
 [ ] 0003_tokenproxy
 [ ] 0004_alter_tokenproxy_options
contenttypes
 [ ] 0001_initial
 [ ] 0002_remove_content_type_name
--- stderr

"#]]
    );
}

#[test]
fn verbosity_0_is_silent() {
    for sandbox in [Sandbox::empty(), half_way(), Sandbox::stock()] {
        let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
        assert_eq!(outcome, Outcome { stdout: String::new(), stderr: String::new(), status: "0".to_owned() });
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
note: made the database [..]/db.sqlite3

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

"#]]
    );
}

#[test]
fn json_of_a_run_has_a_record_for_each_migration() {
    let sandbox = half_way();
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
fn json_of_a_run_on_a_new_database_has_the_whole_history() {
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
        records(&half_way(), &["migrate", "--plan"]),
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
    let sandbox = half_way();
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
fn the_list_of_a_site_with_local_time_is_that_of_showmigrations() {
    let sandbox = Sandbox::new(Site::Local);
    let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", "2", "--time-zone", "Europe/Berlin"]));
    assert_eq!(ours, sandbox.manage(&["showmigrations", "-v", "2"]));
}

#[test]
fn a_new_database_of_a_site_with_local_time_has_its_times() {
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
        half_way().drfctl(["migrate", "--format", "csv"]).run().to_string(),
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

#[test]
fn the_list_goes_with_no_option_that_writes() {
    for option in ["--check", "--plan", "--fake", "--fake-initial"] {
        let outcome = Sandbox::empty().untouched(Sandbox::empty().drfctl(&["migrate", "--list", option]));
        assert_eq!((outcome.stdout.as_str(), outcome.status.as_str()), ("", "2"), "{outcome}");
    }
}
