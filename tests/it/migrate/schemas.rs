//! `migrate` with schemas and histories that Django does not create: what it rejects before it
//! writes, and which objects of the application it keeps.
//!
//! Tags such as `B1` name cases of `tests/CASES.md`.

use snapbox::{assert_data_eq, str};

use crate::support::{MIGRATE_CALLS, Sandbox, names_in};

/// Creates a database without the last two migrations, which change no table.
fn two_behind() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM django_migrations WHERE app = 'authtoken' AND name >= '0003'");
    sandbox
}

/// Asserts that `migrate` fails and changes nothing.
#[track_caller]
fn assert_rejected_unchanged(sandbox: &Sandbox, status: &str, message: &[&str]) {
    let before = sandbox.dump();
    sandbox.drfctl(["migrate"]).run().refused(status, message);
    assert_eq!(sandbox.dump(), before);
    assert_eq!(names_in(sandbox.dir()), ["db.sqlite3"]);
}

/// Recreates a table with a changed definition and the same rows and indexes.
fn redefine(sandbox: &Sandbox, table: &str, from: &str, to: &str) {
    let sql =
        format!("SELECT sql FROM sqlite_master WHERE tbl_name = '{table}' AND sql IS NOT NULL ORDER BY type DESC");
    let objects = sandbox.sql(&sql).concat();
    let (definition, indexes) = objects.split_first().expect("a table");
    assert!(definition.contains(from), "{definition}");
    let more = if to.contains("surplus") { ", ''" } else { "" };
    sandbox.exec(&format!(
        "CREATE TABLE kept AS SELECT * FROM {table}; DROP TABLE {table}; {}; \
         INSERT INTO {table} SELECT *{more} FROM kept; DROP TABLE kept; {}",
        definition.replace(from, to),
        indexes.join(";")
    ));
}

/// B1
#[test]
fn other_tables_are_kept_with_their_objects() {
    let sandbox = Sandbox::empty();
    sandbox.exec(
        "CREATE TABLE shop_order (id integer PRIMARY KEY, note text NOT NULL UNIQUE); \
         CREATE TABLE shop_log (id integer); CREATE INDEX shop_notes ON shop_order (note, id); \
         CREATE TRIGGER shop_seen AFTER INSERT ON shop_order BEGIN INSERT INTO shop_log VALUES (NEW.id); END; \
         CREATE VIEW shop_names AS SELECT note FROM shop_order; INSERT INTO shop_order VALUES (7, 'tea')",
    );
    let before = sandbox.dump();
    assert!(before.contains("7|tea"), "{before}");
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    let after = sandbox.dump();
    let lost: Vec<&str> = before.lines().filter(|line| !after.lines().any(|other| other == *line)).collect();
    assert_eq!(lost, [""; 0]);
    sandbox.assert_migrated();
    sandbox.assert_django_agrees();
}

/// B3
#[test]
fn a_recorded_but_missing_table_is_rejected() {
    for create in [two_behind, || Sandbox::stock()] {
        for table in ["authtoken_token", "auth_group_permissions", "django_content_type", "auth_user"] {
            let sandbox = create();
            sandbox.exec(&format!("DROP TABLE {table}"));
            assert_rejected_unchanged(&sandbox, "6", &[table]);
            for call in &MIGRATE_CALLS[1..3] {
                sandbox.drfctl(*call).run().refused("6", &[table]);
            }
        }
    }
}

/// B3
#[test]
fn an_unrecorded_table_is_rejected_with_a_hint() {
    for forget in [
        "DELETE FROM django_migrations WHERE app = 'authtoken'",
        "DELETE FROM django_migrations WHERE app <> 'contenttypes'",
        "DELETE FROM django_migrations",
        "DROP TABLE django_migrations",
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(forget);
        assert_rejected_unchanged(&sandbox, "6", &["half migrated", "drfctl migrate --fake-initial"]);
        let faked = sandbox.drfctl(["migrate", "--fake-initial"]).run().ok();
        assert!(faked.stdout.ends_with("Applying authtoken.0004_alter_tokenproxy_options... FAKED\n"), "{faked}");
        sandbox.assert_migrated();
    }
}

/// B3
#[test]
fn an_inconsistent_history_is_rejected_with_the_migration() {
    for (app, name, child) in [
        ("auth", "0001_initial", "auth.0002_alter_permission_name_max_length"),
        ("auth", "0004_alter_user_username_opts", "auth.0005_alter_user_last_login_null"),
        ("contenttypes", "0001_initial", "auth.0001_initial"),
        ("contenttypes", "0002_remove_content_type_name", "auth.0006_require_contenttypes_0002"),
        ("authtoken", "0002_auto_20160226_1747", "authtoken.0003_tokenproxy"),
    ] {
        let sandbox = Sandbox::stock();
        sandbox.exec(&format!("DELETE FROM django_migrations WHERE app = '{app}' AND name = '{name}'"));
        let message = format!("inconsistent: {child} is applied before {app}.{name}");
        assert_rejected_unchanged(&sandbox, "6", &[&message]);
    }
}

/// B5
#[test]
fn an_additional_optional_column_is_noted_and_kept() {
    let sandbox = two_behind();
    sandbox.exec(
        "ALTER TABLE auth_user ADD COLUMN shoe_size integer; \
         ALTER TABLE django_content_type ADD COLUMN color text NOT NULL DEFAULT 'red'; \
         UPDATE auth_user SET shoe_size = 44",
    );
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying authtoken.0003_tokenproxy... OK
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr
note: auth_user has a column that Django does not create: shoe_size
note: django_content_type has a column that Django does not create: color

"#]]
    );
    assert_eq!(sandbox.value("SELECT count(*) FROM auth_user WHERE shoe_size = 44"), "3");
    sandbox.assert_django_agrees();
}

/// B5: Django's own `migrate` would lose the column.
#[test]
fn a_column_that_the_rebuild_would_lose_is_rejected_and_kept() {
    let sandbox = Sandbox::at_auth_0005();
    sandbox.exec("ALTER TABLE auth_user ADD COLUMN shoe_size integer; UPDATE auth_user SET shoe_size = 44");
    assert_rejected_unchanged(&sandbox, "6", &["would lose the column shoe_size of auth_user"]);
}

/// B6
#[test]
fn a_table_that_differs_is_rejected_before_a_write() {
    for (table, from, to, message) in [
        (
            "django_content_type",
            r#""model" varchar(100) NOT NULL"#,
            r#""model" varchar(100) NOT NULL, "surplus" text NOT NULL"#,
            "surplus is required",
        ),
        (
            "auth_permission",
            r#""name" varchar(255) NOT NULL"#,
            r#""name" varchar(255) NOT NULL, "surplus" text NOT NULL"#,
            "surplus is required",
        ),
        (
            "django_migrations",
            r#""applied" datetime NOT NULL"#,
            r#""applied" datetime NOT NULL, "surplus" text NOT NULL"#,
            "surplus is required",
        ),
        ("django_content_type", r#""app_label" varchar(100)"#, r#""app_label" integer"#, "app_label is"),
        ("auth_user", r#""date_joined" datetime"#, r#""date_joined" integer"#, "date_joined is"),
        ("auth_user", r#""first_name" varchar(150) NOT NULL"#, r#""given_name" varchar(150)"#, "first_name is missing"),
        ("authtoken_token", " UNIQUE", "", "user_id is not unique"),
        ("auth_user", " UNIQUE", "", "username is not unique"),
    ] {
        for create in [two_behind, || Sandbox::stock()] {
            let sandbox = create();
            redefine(&sandbox, table, from, to);
            assert_rejected_unchanged(&sandbox, "6", &[table, message]);
        }
    }
}

/// B8
#[test]
fn an_object_that_needs_a_missing_function_is_rejected() {
    for (statement, function) in [
        ("CREATE INDEX shop_hash ON auth_user (MD5(username))", "md5"),
        ("CREATE INDEX shop_some ON auth_user (id) WHERE username REGEXP '^u'", "regexp"),
        (
            "CREATE TRIGGER shop_seen AFTER INSERT ON django_content_type BEGIN UPDATE auth_group SET name = MD5(name); END",
            "md5",
        ),
        (
            "CREATE TRIGGER shop_seen AFTER INSERT ON django_migrations WHEN NEW.app REGEXP 'x' BEGIN SELECT 1; END",
            "regexp",
        ),
    ] {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.django(&format!("from django.db import connection; connection.cursor().execute({statement:?})"));
        assert_rejected_unchanged(&sandbox, "6", &["function", function]);
    }
}

/// B8
#[test]
fn a_missing_function_of_another_table_is_ignored() {
    let sandbox = Sandbox::at_auth_0005();
    let statement = "CREATE VIEW shop_hashes AS SELECT MD5(username) FROM auth_user; \
                CREATE TABLE shop_order (note text CHECK (note REGEXP 't')); INSERT INTO shop_order VALUES ('tea'); \
                CREATE INDEX shop_hash ON shop_order (MD5(note))";
    sandbox.django(&format!("from django.db import connection; connection.cursor().executescript({statement:?})"));
    let outcome = sandbox.drfctl(["migrate"]).run().ok();
    assert!(outcome.stdout.ends_with("Applying authtoken.0004_alter_tokenproxy_options... OK\n"), "{outcome}");
    let numbers = sandbox.django("from django.db import connection; c = connection.cursor(); c.execute('SELECT count(*) FROM shop_hashes'); print(c.fetchone())");
    assert_eq!(numbers, "(3,)");
    sandbox.assert_django_agrees();
}

/// B10
#[test]
fn a_trigger_that_rejects_a_row_changes_nothing() {
    for table in ["django_content_type", "auth_permission", "django_migrations"] {
        for (action, message) in [
            ("RAISE(ABORT, 'frozen by policy 7')", "frozen by policy 7"),
            ("RAISE(FAIL, 'frozen by policy 7')", "frozen by policy 7"),
            ("RAISE(ROLLBACK, 'frozen by policy 7')", "frozen by policy 7"),
        ] {
            let sandbox = Sandbox::at_auth_0005();
            sandbox.exec(&format!("CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT {action}; END"));
            assert_rejected_unchanged(&sandbox, "3", &[message]);
        }
    }
}

/// B10
#[test]
fn a_trigger_that_discards_rows_of_migrate_is_reported() {
    for table in ["django_content_type", "auth_permission", "django_migrations"] {
        let sandbox = Sandbox::at_auth_0005();
        sandbox.exec(&format!("CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"));
        assert_rejected_unchanged(&sandbox, "3", &["trigger"]);
    }
}

/// B10
#[test]
fn a_trigger_of_the_application_runs_and_is_kept() {
    let sandbox = Sandbox::at_auth_0005();
    sandbox.exec(
        "CREATE TABLE shop_log (what text); \
         CREATE TRIGGER shop_seen AFTER INSERT ON django_content_type BEGIN INSERT INTO shop_log VALUES (NEW.model); END; \
         CREATE TRIGGER shop_user AFTER UPDATE ON auth_user BEGIN INSERT INTO shop_log VALUES (NEW.username); END",
    );
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    sandbox.exec("UPDATE auth_user SET is_staff = 1 WHERE username = 'u2'");
    assert_eq!(sandbox.sql("SELECT what FROM shop_log").concat(), ["token", "tokenproxy", "u2"]);
    sandbox.assert_migrated();
}

/// B11
#[test]
fn foreign_keys_that_were_violated_before_are_ignored() {
    let sandbox = Sandbox::at_auth_0005();
    sandbox.exec(
        "CREATE TABLE shop_order (id integer PRIMARY KEY, buyer integer REFERENCES auth_user (id)); \
         INSERT INTO shop_order VALUES (1, 999), (2, 1); INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 998)",
    );
    let broken = sandbox.sql("PRAGMA foreign_key_check");
    assert_eq!(broken.len(), 2);
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(sandbox.sql("PRAGMA foreign_key_check"), broken);
    assert_eq!(sandbox.value("SELECT group_concat(id || ':' || buyer) FROM shop_order"), "1:999,2:1");
    sandbox.assert_django_agrees();
}
