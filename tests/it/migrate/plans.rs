//! `migrate --list`, `--plan` and `--check` have the output of Django, and change nothing.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, Site, State};

#[test]
fn the_list_has_the_output_of_showmigrations() {
    for sandbox in [Sandbox::half_migrated(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
        for verbosity in ["0", "1", "2"] {
            let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", verbosity]));
            assert_eq!(ours.stdout, sandbox.manage(["showmigrations", "-v", verbosity]).ok().stdout);
        }
    }
}

#[test]
fn the_list_has_the_time_of_each_migration() {
    let sandbox = Sandbox::empty();
    let _ = sandbox.drfctl(["migrate", "-v", "0"]).run().ok();
    let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", "2"]));
    assert_eq!(ours.stdout, sandbox.manage(["showmigrations", "-v", "2"]).ok().stdout);
}

#[test]
fn the_plan_of_every_state_has_the_output_of_django() {
    for args in [&["migrate", "--plan"][..], &["migrate", "--plan", "--check"]] {
        for sandbox in [Sandbox::half_migrated(), State::oldest_with_users().sandbox(), Sandbox::stock()] {
            let ours = sandbox.untouched(sandbox.drfctl(args));
            let theirs = sandbox.manage(args);
            assert_eq!((&ours.stdout, &ours.status), (&theirs.stdout, &theirs.status), "{args:?}");
        }
    }
}

#[test]
fn a_plan_with_check_names_the_pending_migrations() {
    assert_data_eq!(
        Sandbox::half_migrated()
            .untouched(Sandbox::half_migrated().drfctl(&["migrate", "--plan", "--check"]))
            .to_string(),
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
hint: apply them: drfctl migrate; or show them first: drfctl migrate --plan
hint: an older Django or DRF has fewer migrations: name the settings with --settings MODULE, or the apps to check

"#]]
    );
}

#[test]
fn a_check_fails_while_migrations_are_pending() {
    let empty_file = Sandbox::empty();
    std::fs::write(empty_file.db(), "").unwrap();
    for (sandbox, status) in [
        (Sandbox::empty(), "1"),
        (empty_file, "1"),
        (State::oldest_with_users().sandbox(), "1"),
        (Sandbox::half_migrated(), "1"),
        (Sandbox::stock(), "0"),
    ] {
        let outcome = sandbox.untouched(sandbox.drfctl(["migrate", "--check"]));
        assert_eq!((outcome.stdout.as_str(), outcome.status.as_str()), ("", status), "{outcome}");
        assert_eq!(sandbox.manage(["migrate", "--check"]).status, status);
    }
}

#[test]
fn a_check_names_the_pending_migrations() {
    assert_data_eq!(
        Sandbox::half_migrated().untouched(Sandbox::half_migrated().drfctl(&["migrate", "--check"])).to_string(),
        str![[r#"
exit: 1
--- stdout
--- stderr
error: not applied: authtoken.0002_auto_20160226_1747, authtoken.0003_tokenproxy, authtoken.0004_alter_tokenproxy_options
hint: apply them: drfctl migrate; or show them first: drfctl migrate --plan
hint: an older Django or DRF has fewer migrations: name the settings with --settings MODULE, or the apps to check

"#]]
    );
}

#[test]
fn reading_a_missing_file_does_not_create_it() {
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
fn the_list_of_a_missing_file_has_no_applied_migrations() {
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
fn the_list_has_the_local_times_of_showmigrations() {
    let sandbox = Sandbox::new(Site::Local);
    let ours = sandbox.untouched(sandbox.drfctl(["migrate", "--list", "-v", "2", "--time-zone", "Europe/Berlin"]));
    assert_eq!(ours.stdout, sandbox.manage(["showmigrations", "-v", "2"]).ok().stdout);
}

#[test]
fn the_list_conflicts_with_options_that_write() {
    for option in ["--check", "--plan", "--fake", "--fake-initial"] {
        let outcome = Sandbox::empty().untouched(Sandbox::empty().drfctl(&["migrate", "--list", option]));
        assert_eq!((outcome.stdout.as_str(), outcome.status.as_str()), ("", "2"), "{outcome}");
    }
}
