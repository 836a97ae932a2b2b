//! `migrate` on servers: new databases and every older state match the result of Django's own
//! `migrate`, including the names of indexes and constraints.
//!
//! Tags such as `J9` name cases of `tests/CASES.md`.

use std::collections::BTreeMap;

use drfctl::engine::Family;
use drfctl::migrations::{HISTORY, Scripts, UserModel};

use crate::support::{Engine, Sandbox, Site, django_project, servers_only, stock_history};

servers_only![
    a_new_database_matches_djangos,
    every_older_state_migrates_to_the_result_of_django,
    tokens_reference_a_custom_user_model_like_in_django,
    embedded_migrations_match_those_of_django,
    fake_records_a_lost_history,
    concurrent_migrations_create_one_database,
    plan_check_and_list_change_nothing,
    a_failed_migration_can_be_repeated,
];

fn by_django(engine: Engine) -> Sandbox {
    let sandbox = Sandbox::empty_on(engine);
    let _ = sandbox.manage(["migrate", "-v", "0"]).ok();
    sandbox
}

fn a_new_database_matches_djangos(engine: Engine) {
    let ours = Sandbox::empty_on(engine);
    let stdout = ours.drfctl(["migrate"]).run().ok().stdout;
    assert_eq!(
        (stdout.lines().count(), stdout.lines().last()),
        (21, Some("  Applying authtoken.0004_alter_tokenproxy_options... OK"))
    );
    assert_eq!(ours.migrated_image(), by_django(engine).migrated_image());
    for (args, last_line) in [
        (&["migrate", "--check"][..], None),
        (&["makemigrations", "--check"], Some("No changes detected")),
        (&["migrate"], Some("  No migrations to apply.")),
    ] {
        let outcome = ours.manage(args);
        assert_eq!((outcome.status.as_str(), outcome.stdout.lines().last()), ("0", last_line), "{args:?}\n{outcome}");
    }
    let again = ours.unchanged(ours.drfctl(["migrate"])).ok();
    assert_eq!(again.stdout.lines().last(), Some("  No migrations to apply."));
    let _ = ours.django("from django.contrib.auth.models import User; User.objects.create_user('nina')");
    let key = ours.drfctl(["create-token", "nina"]).run().ok().key();
    assert_eq!(ours.serve().whoami(&key), r#"200 {"user":"nina"}"#);
}

fn every_older_state_migrates_to_the_result_of_django(engine: Engine) {
    let older = Sandbox::empty_on(engine);
    for migration in stock_history() {
        let _ = older.manage(["migrate", "-v", "0", migration.app, migration.name]).ok();
        let (sandbox, theirs) = (older.copied(), older.copied());
        let _ = theirs.manage(["migrate", "-v", "0"]).ok();
        let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{migration}");
        assert_eq!(sandbox.migrated_image(), theirs.migrated_image(), "{migration}");
    }
}

/// Returns the user model of a site, as detected in the database.
fn users_of(engine: Engine, site: Site) -> UserModel {
    let is_postgres = engine == Engine::Postgres;
    let (table, key, key_type) = match site {
        Site::Email => ("people_emailuser", "id", engine.uuid_type()),
        Site::Odd if is_postgres => (r#"Odd "User" Table"#, "Code Name", "varchar(20)"),
        Site::Odd => (r#"Odd ""User"" Table"#, "Code Name", "varchar(20)"),
        Site::Member => ("member_member", "user_ptr_id", "bigint"),
        _ => ("auth_user", "id", "integer"),
    };
    UserModel {
        stock: site == Site::Stock,
        table: table.into(),
        key: key.into(),
        key_type: key_type.into(),
        auto_field: "bigint".into(),
    }
}

fn tokens_reference_a_custom_user_model_like_in_django(engine: Engine) {
    for (site, app) in [(Site::Email, "people"), (Site::Odd, "odd"), (Site::Member, "member"), (Site::Big, "accounts")]
    {
        let (ours, theirs) = (Sandbox::unmigrated_on(engine, site), Sandbox::unmigrated_on(engine, site));
        for sandbox in [&ours, &theirs] {
            let _ = sandbox.manage(["migrate", "-v", "0", app]).ok();
        }
        let _ = theirs.manage(["migrate", "-v", "0"]).ok();
        let user_table = if site == Site::Big { "accounts_user".to_owned() } else { users_of(engine, site).table };
        let outcome = ours.drfctl(["migrate", "-v", "0", "--user-table", &user_table]).run();
        assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{site:?}");
        assert_eq!(ours.schema(), theirs.schema(), "{site:?}");
        assert_eq!(ours.manage(["migrate", "--check"]).status, "0", "{site:?}");
    }
}

fn embedded_migrations_match_those_of_django(engine: Engine) {
    let family = if engine == Engine::Postgres { Family::Postgres } else { Family::MySql };
    let scripts = Scripts::of_family(family);
    for site in [Site::Stock, Site::Email, Site::Odd, Site::Member] {
        let sandbox = Sandbox::unmigrated_on(engine, site);
        let output = sandbox.python([django_project().join("statements.py")]);
        let theirs: BTreeMap<String, Vec<String>> = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let users = users_of(engine, site);
        assert_eq!([scripts.recorder(&users).trim_end()], *theirs["recorder"], "{site:?}");
        for migration in HISTORY {
            let ours = scripts.statements(migration, &users);
            assert_eq!(ours.lines().collect::<Vec<_>>(), theirs[&migration.to_string()], "{site:?} {migration}");
        }
    }
}

fn fake_records_a_lost_history(engine: Engine) {
    for (option, lost) in [
        ("--fake-initial", "DELETE FROM django_migrations WHERE app = 'authtoken'"),
        ("--fake", "DROP TABLE django_migrations"),
    ] {
        let sandbox = by_django(engine);
        let expected = sandbox.migrated_image();
        sandbox.exec(lost);
        sandbox.drfctl(["migrate"]).run().refused("6", &["--fake-initial"]);
        let outcome = sandbox.drfctl(["migrate", "-v", "0", option]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{option}");
        assert_eq!(sandbox.migrated_image(), expected, "{option}");
    }
}

fn concurrent_migrations_create_one_database(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    let running = [(); 4].map(|()| sandbox.drfctl(["migrate"]).spawn());
    for one in running {
        let outcome = one.wait();
        // On a slow machine drfctl reports the wait.
        let stderr = outcome.stderr.replace("note: waiting for the database lock\n", "");
        assert_eq!((outcome.status.as_str(), stderr.as_str()), ("0", ""), "{outcome}");
    }
    assert_eq!(sandbox.migrated_image(), by_django(engine).migrated_image());
}

fn plan_check_and_list_change_nothing(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    for (args, status) in
        [(&["migrate", "--plan"][..], "0"), (&["migrate", "--check"], "1"), (&["migrate", "--list"], "0")]
    {
        assert_eq!(sandbox.unchanged(sandbox.drfctl(args)).status, status, "{args:?}");
    }
    assert_eq!(sandbox.schema(), "");
    let plan = sandbox.drfctl(["migrate", "--plan"]).run();
    assert_eq!(plan, sandbox.manage(["migrate", "--plan"]));
    let migrated = Sandbox::on(engine, Site::Stock);
    migrated.give_numbered_tokens();
    for args in [["migrate", "--plan"], ["migrate", "--check"], ["migrate", "--list"]] {
        assert_eq!(migrated.unchanged(migrated.drfctl(args)).status, "0", "{args:?}");
    }
}

/// J9: MySQL cannot roll back, so each migration is reported; PostgreSQL rolls back all of them.
fn a_failed_migration_can_be_repeated(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    let conflict = if engine == Engine::Postgres {
        "CREATE TABLE other (id integer); CREATE INDEX auth_permission_content_type_id_2f476e4b ON other (id)"
    } else {
        "CREATE TABLE one (id integer PRIMARY KEY); CREATE TABLE other (id integer, CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (id) REFERENCES one (id))"
    };
    sandbox.exec(conflict);
    let before = sandbox.schema();
    let outcome = sandbox.drfctl(["migrate"]).run();
    if engine == Engine::Postgres {
        outcome.refused("6", &["auth_permission_content_type_id_2f476e4b"]);
        assert_eq!(sandbox.schema(), before);
    } else {
        outcome.refused(
            "9",
            &[
                "stopped after 2 of 18: auth.0001_initial: ",
                "run the same command again to apply the remaining migrations",
            ],
        );
        let tables = sandbox.sql("SHOW TABLES").concat();
        assert_eq!(tables, ["django_content_type", "django_migrations", "one", "other"]);
        assert_eq!(sandbox.value("SELECT count(*) FROM django_migrations"), "2");
    }
    sandbox.exec("DROP TABLE other");
    sandbox.exec("DROP TABLE IF EXISTS one");
    let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
    assert_eq!(sandbox.migrated_image(), by_django(engine).migrated_image());
}
