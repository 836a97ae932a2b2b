//! `migrate` if the tables are newer than the history, because a migration was applied and not
//! recorded.

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![an_applied_but_unrecorded_migration_is_recorded,];

fn an_applied_but_unrecorded_migration_is_recorded(engine: Engine) {
    for lost in [
        "app = 'auth' AND name LIKE '0012%'",
        // No user has ever logged in, which the column allows since 0005.
        "app = 'auth' AND name > '0002'",
        "(app = 'contenttypes' AND name LIKE '0002%') OR (app = 'auth' AND name > '0006')",
    ] {
        let sandbox = Sandbox::on(engine, Site::Stock);
        let schema = |sandbox: &Sandbox| if engine == Engine::Sqlite { String::new() } else { sandbox.schema() };
        let (before, users) = (schema(&sandbox), sandbox.sql("SELECT * FROM auth_user ORDER BY id"));
        sandbox.exec(&format!("DELETE FROM django_migrations WHERE {lost}"));
        let outcome = sandbox.drfctl(["migrate", "-v", "0"]).run();
        assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{lost}");
        assert_eq!((schema(&sandbox), sandbox.sql("SELECT * FROM auth_user ORDER BY id")), (before, users), "{lost}");
        assert_eq!(sandbox.manage(["migrate", "--check"]).status, "0", "{lost}");
        assert_eq!(sandbox.value("SELECT count(*) FROM django_migrations WHERE app IN ('auth', 'contenttypes')"), "14");
    }
    if engine == Engine::MySql {
        // The server commits the step before drfctl records it.
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.exec("DELETE FROM django_migrations WHERE app = 'auth' AND name LIKE '0012%'");
        sandbox.exec("ALTER TABLE auth_user MODIFY first_name varchar(30) NOT NULL");
        sandbox.exec(
            "CREATE TRIGGER no BEFORE INSERT ON django_migrations FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
        );
        let outcome = sandbox.drfctl(["migrate"]).run();
        outcome.refused(
            "9",
            &[
                "stopped after 0 of 1: auth.0012_alter_user_first_name_max_length: the database rejected the change: no",
                "hint: run the same command again to apply the remaining migrations",
            ],
        );
        sandbox.exec("DROP TRIGGER no");
        let _ = sandbox.drfctl(["migrate"]).run().ok();
        assert_eq!(sandbox.manage(["migrate", "--check"]).status, "0");
    }
    // A table that matches no migration is not changed; the message spells types like Django.
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'auth' AND name LIKE '0012%'");
    match engine {
        Engine::Sqlite => sandbox.exec(
            r#"PRAGMA writable_schema = ON; UPDATE sqlite_master
               SET sql = replace(sql, '"first_name" varchar(150)', '"first_name" varchar(60)') WHERE name = 'auth_user'"#,
        ),
        Engine::Postgres => sandbox.exec("ALTER TABLE auth_user ALTER COLUMN first_name TYPE varchar(60)"),
        Engine::MySql => sandbox.exec("ALTER TABLE auth_user MODIFY first_name varchar(60) NOT NULL"),
    }
    let outcome = sandbox.unchanged(sandbox.drfctl(["migrate"]));
    outcome.refused(
        "6",
        &["auth_user differs from what the applied migrations create", "first_name is varchar(60), not varchar(30)"],
    );
}
