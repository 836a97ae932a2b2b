//! `migrate` on a new database and on every older state: the result matches Django's own `migrate`.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use drfctl::engine::Family;
use drfctl::migrations::{HISTORY, Scripts, UserModel};

use crate::support::{Sandbox, Site, State, django_project};

/// Creates a folder in which drfctl has created the database.
fn migrated() -> Sandbox {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
    assert_eq!(outcome.ok().stdout, "");
    sandbox
}

#[test]
fn a_new_database_matches_djangos() {
    let theirs = Sandbox::empty();
    let _ = theirs.manage(["migrate"]).ok();
    assert_eq!(migrated().image(), theirs.image());
}

#[test]
fn an_empty_file_becomes_the_same_database_as_djangos() {
    let (ours, theirs) = (Sandbox::empty(), Sandbox::empty());
    std::fs::write(ours.db(), "").unwrap();
    let _ = ours.drfctl(["migrate"]).run().ok();
    let _ = theirs.manage(["migrate"]).ok();
    assert_eq!(ours.image(), theirs.image());
}

#[test]
fn a_new_database_is_private() {
    let sandbox = migrated();
    let mode = std::fs::metadata(sandbox.db()).unwrap().permissions().mode();
    assert_eq!((mode & 0o7777, sandbox.files().len()), (0o600, 1));
}

#[test]
fn django_reads_every_time_of_the_history() {
    let sandbox = migrated();
    let seen = sandbox.django(
        "from datetime import timedelta\n\
         from django.utils.timezone import now\n\
         from django.db.migrations.recorder import MigrationRecorder\n\
         from django.db import connection\n\
         times = MigrationRecorder(connection).migration_qs.values_list('applied', flat=True)\n\
         print(len(times), all(timedelta(0) <= now() - time < timedelta(minutes=5) for time in times))",
    );
    assert_eq!(seen, "18 True");
}

#[test]
fn django_has_no_migrations_to_apply() {
    let sandbox = migrated();
    let before = sandbox.dump();
    for (args, last_line) in [
        (&["migrate", "--check"][..], None),
        (&["makemigrations", "--check"], Some("No changes detected")),
        (&["check"], Some("System check identified no issues (0 silenced).")),
        (&["migrate"], Some("  No migrations to apply.")),
    ] {
        let outcome = sandbox.manage(args);
        assert_eq!((outcome.status.as_str(), outcome.stdout.lines().last()), ("0", last_line), "{args:?}\n{outcome}");
    }
    assert_eq!(sandbox.dump(), before);
}

#[test]
fn a_user_that_django_creates_gets_a_valid_token() {
    let sandbox = migrated();
    let _ = sandbox.django("from django.contrib.auth.models import User; User.objects.create_user('nina')");
    let key = sandbox.drfctl(["create-token", "nina"]).run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), r#"200 {"user":"nina"}"#);
}

#[test]
fn every_older_state_with_rows_migrates_to_the_result_of_django() {
    let states = State::all();
    assert_eq!(states.len(), 19 + 19 + 14);
    for state in states {
        let sandbox = state.sandbox();
        let outcome = sandbox.drfctl(["migrate"]).run();
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{state}\n{outcome}");
        assert_eq!(sandbox.image(), state.migrated().image(), "{state}");
    }
}

#[test]
fn every_row_of_an_older_state_is_kept() {
    // Without columns that migrations remove, and without generated ids.
    let rows = |sandbox: &Sandbox| {
        let mut rows = Vec::new();
        for (table, columns) in [
            ("django_content_type", "id, app_label, model"),
            ("auth_permission", "id, name, content_type_id, codename"),
            ("auth_group", "*"),
            ("auth_group_permissions", "*"),
            (
                "auth_user",
                "id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff, is_active, \
                 date_joined",
            ),
            ("auth_user_groups", "*"),
            ("auth_user_user_permissions", "*"),
            ("authtoken_token", "*"),
            ("django_migrations", "*"),
        ] {
            if sandbox.value(&format!("SELECT count(*) FROM sqlite_master WHERE name = '{table}'")) == "1" {
                let found = sandbox.sql(&format!("SELECT '{table}', {columns} FROM \"{table}\""));
                rows.extend(found);
            }
        }
        rows
    };
    for state in State::all() {
        let sandbox = state.sandbox();
        let before = rows(&sandbox);
        let _ = sandbox.drfctl(["migrate"]).run().ok();
        let after = rows(&sandbox);
        let lost: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
        assert_eq!(lost, Vec::<&Vec<String>>::new(), "{state}");
    }
}

#[test]
fn missing_content_types_and_permissions_are_created_without_migrations() {
    for loss in [
        "DELETE FROM auth_permission WHERE codename LIKE 'view_%'",
        "DELETE FROM auth_permission WHERE codename LIKE '%_tokenproxy';
         DELETE FROM django_content_type WHERE model = 'tokenproxy'",
        "DELETE FROM auth_permission; DELETE FROM django_content_type",
    ] {
        let (ours, theirs) = (Sandbox::stock(), Sandbox::stock());
        ours.exec(loss);
        theirs.exec(loss);
        assert_eq!(ours.drfctl(["migrate"]).run(), theirs.manage(["migrate"]).ok(), "{loss}");
        assert_eq!(ours.image(), theirs.image(), "{loss}");
    }
}

#[test]
fn a_second_run_changes_no_byte() {
    let sandbox = migrated();
    let _ = sandbox.untouched(sandbox.drfctl(["migrate"])).ok();
}

#[test]
fn embedded_migrations_match_those_of_django() {
    let user = |stock, table: &str, key: &str, key_type: &str| UserModel {
        stock,
        table: table.into(),
        key: key.into(),
        key_type: key_type.into(),
        auto_field: "bigint".into(),
    };
    for (site, users) in [
        (Site::Stock, user(true, "auth_user", "id", "integer")),
        (Site::Email, user(false, "people_emailuser", "id", "char(32)")),
        (Site::Odd, user(false, r#"Odd "User" Table"#, "Code Name", "varchar(20)")),
        (Site::Member, user(false, "member_member", "user_ptr_id", "bigint")),
    ] {
        let sandbox = Sandbox::unmigrated(site);
        let output = sandbox.python([django_project().join("statements.py")]);
        let theirs: BTreeMap<String, Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!([Scripts::of_family(Family::Sqlite).recorder.trim_end()], *theirs["recorder"], "{site:?}");
        for migration in HISTORY {
            let ours = Scripts::of_family(Family::Sqlite).statements(migration, &users);
            let ours: Vec<&str> = ours.lines().collect();
            assert_eq!(ours, theirs[&migration.to_string()], "{site:?} {migration}");
        }
    }
}

#[test]
fn the_plan_of_an_empty_database_has_the_output_of_django() {
    let sandbox = Sandbox::empty();
    assert_eq!(sandbox.drfctl(["migrate", "--plan"]).run(), sandbox.manage(["migrate", "--plan"]));
}
