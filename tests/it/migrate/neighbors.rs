//! `migrate` next to tables, columns, indexes, triggers and views of the application: it keeps them
//! when it rebuilds Django's tables, or it rejects the database.

use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, State};

/// Creates a state in which every table that a migration rebuilds is still to be rebuilt.
fn oldest() -> Sandbox {
    State::oldest_with_users().sandbox()
}

fn schema_of(sandbox: &Sandbox, names: &[&str]) -> Vec<Vec<String>> {
    let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    sandbox.sql(&format!(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name IN ({}) ORDER BY name",
        names.join(", ")
    ))
}

#[test]
fn objects_of_the_application_are_kept() {
    let neighbors = [
        ("by_email", "CREATE INDEX by_email ON auth_user (email)"),
        (
            "By \"Last\" Name",
            "CREATE INDEX \"By \"\"Last\"\" Name\" ON \"auth_user\"(last_name COLLATE NOCASE, first_name DESC)",
        ),
        ("one_email", "CREATE UNIQUE INDEX one_email ON auth_user (lower(email), username)"),
        ("staff", "CREATE INDEX staff ON auth_user (username) WHERE is_staff = 1 -- only staff"),
        ("by_code", "CREATE INDEX by_code ON auth_permission (codename)"),
        ("by_model", "CREATE INDEX by_model ON django_content_type (model)"),
        ("group_names", "CREATE UNIQUE INDEX group_names ON auth_group (lower(name))"),
        ("audit", "CREATE TABLE audit (what text, who text)"),
        (
            "orders",
            "CREATE TABLE orders (id integer PRIMARY KEY, buyer integer NOT NULL REFERENCES auth_user (id) ON DELETE CASCADE)",
        ),
        (
            "user_added",
            "CREATE TRIGGER user_added AFTER INSERT ON auth_user BEGIN\n  INSERT INTO audit VALUES ('user', new.username);\nEND",
        ),
        (
            "permission_added",
            "CREATE TRIGGER permission_added AFTER INSERT ON auth_permission WHEN new.codename = 'can_wave' BEGIN INSERT INTO audit VALUES ('permission', new.codename); END",
        ),
        (
            "type_added",
            "CREATE TRIGGER type_added BEFORE UPDATE OF model ON django_content_type BEGIN SELECT RAISE(ABORT, 'fixed'); END",
        ),
        (
            "order_added",
            "CREATE TRIGGER order_added AFTER INSERT ON orders BEGIN UPDATE auth_user SET last_name = 'buyer ' || new.id WHERE id = new.buyer; END",
        ),
        ("addresses", "CREATE VIEW addresses AS SELECT id, username, email FROM auth_user"),
        (
            "view_written",
            "CREATE TRIGGER view_written INSTEAD OF UPDATE ON addresses BEGIN UPDATE auth_user SET email = new.email WHERE id = old.id; END",
        ),
        (
            "rights",
            "CREATE VIEW rights AS SELECT p.codename, t.app_label FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id",
        ),
    ];
    let sandbox = oldest();
    for (_, sql) in neighbors {
        sandbox.exec(sql);
    }
    sandbox.exec("INSERT INTO orders VALUES (1, 2), (2, 9)");
    let names: Vec<_> = neighbors.iter().map(|(name, _)| *name).collect();
    let before = schema_of(&sandbox, &names);
    assert_eq!(before.len(), neighbors.len());
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{outcome}");
    assert_eq!(schema_of(&sandbox, &names), before);
    assert_eq!(sandbox.sql("SELECT buyer FROM orders"), [["2"], ["9"]]);
    assert_eq!(sandbox.value("SELECT email FROM addresses WHERE id = 9"), "e@example.org");
    assert_eq!(sandbox.value("SELECT app_label FROM rights WHERE codename = 'can_ship'"), "shop");
    assert_eq!(sandbox.value("SELECT count(*) FROM audit"), "0");

    sandbox.exec(
        "INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, \
         first_name) VALUES ('!', 0, 'new', '', '', 0, 1, '2020-01-01', '');
         INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('Can wave', 77, 'can_wave');
         INSERT INTO orders VALUES (3, 9);
         UPDATE addresses SET email = 'seen@example.org' WHERE id = 2",
    );
    assert_eq!(sandbox.sql("SELECT * FROM audit"), [["user", "new"], ["permission", "can_wave"]]);
    assert_eq!(
        sandbox.sql("SELECT last_name, email FROM auth_user WHERE id IN (2, 9) ORDER BY id"),
        [["buyer 1", "seen@example.org"], ["buyer 3", "e@example.org"]]
    );
    assert_eq!(sandbox.value("PRAGMA integrity_check"), "ok");
    assert_eq!(sandbox.sql("PRAGMA foreign_key_check"), Vec::<Vec<String>>::new());
}

#[test]
fn tables_match_djangos_next_to_tables_of_the_application() {
    let sandbox = oldest();
    sandbox.exec(
        "CREATE INDEX by_email ON auth_user (email);
         CREATE VIEW addresses AS SELECT username FROM auth_user;
         CREATE TABLE orders (id integer PRIMARY KEY, buyer integer NOT NULL REFERENCES auth_user (id))",
    );
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    sandbox.exec("DROP INDEX by_email; DROP VIEW addresses; DROP TABLE orders");
    assert_eq!(sandbox.image(), State::oldest_with_users().migrated().image());
}

#[test]
fn a_column_that_the_rebuild_would_lose_is_rejected() {
    for (sandbox, column, words) in [
        (oldest(), "auth_user ADD COLUMN phone text", "the column phone of auth_user"),
        (oldest(), "auth_permission ADD COLUMN note text DEFAULT 'x'", "the column note of auth_permission"),
        (oldest(), "django_content_type ADD COLUMN icon text", "the column icon of django_content_type"),
        (
            State::after("auth.0009_alter_user_last_name_max_length").sandbox(),
            "auth_group ADD COLUMN leader integer REFERENCES auth_user (id)",
            "the column leader of auth_group",
        ),
    ] {
        sandbox.exec(&format!("ALTER TABLE {column}"));
        let error = format!("rebuilding the table would lose {words}, which Django does not create\n");
        sandbox.unchanged(sandbox.drfctl(["migrate"])).error_begins("6", &error);
    }
}

#[test]
fn a_column_of_a_table_that_needs_no_rebuild_is_kept_and_noted() {
    let sandbox = State::after("authtoken.0001_initial").sandbox();
    sandbox.exec("ALTER TABLE auth_user ADD COLUMN phone text; UPDATE auth_user SET phone = '112' WHERE id = 9");
    assert_data_eq!(
        sandbox.drfctl(["migrate"]).run().to_string(),
        str![[r#"
exit: 0
--- stdout
Operations to perform:
  Apply all migrations: auth, authtoken, contenttypes
Running migrations:
  Applying authtoken.0002_auto_20160226_1747... OK
  Applying authtoken.0003_tokenproxy... OK
  Applying authtoken.0004_alter_tokenproxy_options... OK
--- stderr
note: auth_user has a column that Django does not create: phone

"#]]
    );
    assert_eq!(sandbox.value("SELECT phone FROM auth_user WHERE id = 9"), "112");
}

#[test]
fn an_index_on_a_column_that_django_removes_is_rejected() {
    for index in [
        "CREATE INDEX by_name ON django_content_type (name)",
        "CREATE INDEX by_name ON django_content_type (app_label, name)",
        "CREATE INDEX by_name ON django_content_type (model) WHERE name <> ''",
    ] {
        let sandbox = oldest();
        sandbox.exec(index);
        sandbox.unchanged(sandbox.drfctl(["migrate"])).refused("6", &["by_name"]);
    }
}

#[test]
fn the_error_about_an_index_has_a_hint() {
    let sandbox = oldest();
    sandbox.exec("CREATE INDEX by_name ON django_content_type (name)");
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the index by_name of django_content_type, which Django does not create, does not match the migrated tables: no such column: name
hint: drop it, run the command again, then create it again

"#]]
    );
}

#[test]
fn a_foreign_key_that_was_violated_before_is_ignored() {
    let sandbox = oldest();
    sandbox.exec(
        "CREATE TABLE orders (id integer PRIMARY KEY, buyer integer NOT NULL REFERENCES auth_user (id));
         INSERT INTO orders VALUES (1, 4711);
         INSERT INTO auth_user_groups (user_id, group_id) VALUES (4711, 3);
         CREATE TABLE notes (id integer PRIMARY KEY, page integer REFERENCES pages (id));
         INSERT INTO notes VALUES (1, 1)",
    );
    let broken = sandbox.sql("PRAGMA foreign_key_check");
    assert_eq!(broken.len(), 3);
    let outcome = sandbox.drfctl(["migrate"]).run();
    assert_eq!((outcome.status.as_str(), outcome.stderr.as_str()), ("0", ""), "{outcome}");
    assert_eq!(sandbox.value("SELECT buyer FROM orders"), "4711");
}

#[test]
fn a_table_with_the_name_of_a_temporary_table_is_not_dropped() {
    let sandbox = oldest();
    sandbox.exec("CREATE TABLE new__auth_user (id integer PRIMARY KEY); INSERT INTO new__auth_user VALUES (1)");
    let outcome = sandbox.unchanged(sandbox.drfctl(["migrate"]));
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 6
--- stdout
--- stderr
error: the database [..]/db.sqlite3 cannot be used: table "new__auth_user" already exists

"#]]
    );
}

#[test]
fn pragmas_stored_in_the_file_are_kept() {
    let sandbox = oldest();
    let _ = sandbox.sql("PRAGMA journal_mode = wal");
    sandbox.exec("PRAGMA user_version = 7; PRAGMA application_id = 4711");
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(
        ["journal_mode", "user_version", "application_id"].map(|name| sandbox.value(&format!("PRAGMA {name}"))),
        ["wal", "7", "4711"]
    );
    assert_eq!(sandbox.image(), State::oldest_with_users().migrated().image());
}

#[test]
fn an_equal_index_with_another_name_is_kept() {
    let sandbox = oldest();
    sandbox.exec("CREATE INDEX twin ON \"auth_permission\" (\"content_type_id\")");
    let before = schema_of(&sandbox, &["twin"]);
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(schema_of(&sandbox, &["twin"]), before);
}

#[test]
fn an_object_using_a_column_that_django_removes_is_rejected() {
    for (name, neighbor) in [
        ("names", "CREATE VIEW names AS SELECT name FROM django_content_type"),
        (
            "renamed",
            "CREATE TABLE log (what text);
             CREATE TRIGGER renamed AFTER INSERT ON log BEGIN UPDATE django_content_type SET name = new.what; END",
        ),
        (
            "watched",
            "CREATE TABLE log (what text);
             CREATE TRIGGER watched AFTER UPDATE ON django_content_type BEGIN INSERT INTO log VALUES (new.name); END",
        ),
    ] {
        let sandbox = oldest();
        sandbox.exec(neighbor);
        sandbox.unchanged(sandbox.drfctl(["migrate"])).refused("6", &[name]);
    }
}

#[test]
fn a_view_that_was_broken_before_does_not_prevent_a_rebuild() {
    let state = State::after("contenttypes.0002_remove_content_type_name");
    let sandbox = state.sandbox();
    sandbox.exec("CREATE VIEW stale AS SELECT * FROM table_that_is_gone");
    let _ = sandbox.drfctl(["migrate"]).run().ok();
    assert_eq!(schema_of(&sandbox, &["stale"]).len(), 1);
    sandbox.exec("DROP VIEW stale");
    assert_eq!(sandbox.image(), state.migrated().image());
}

#[test]
fn a_broken_view_that_prevents_the_rebuild_is_named() {
    let sandbox = oldest();
    sandbox.exec("CREATE VIEW stale AS SELECT * FROM table_that_is_gone");
    sandbox.unchanged(sandbox.drfctl(["migrate"])).refused("6", &["stale"]);
}

#[test]
fn a_trigger_that_discards_a_row_is_reported() {
    for table in ["django_migrations", "django_content_type", "auth_permission"] {
        let sandbox = oldest();
        sandbox.exec(&format!("CREATE TRIGGER deaf BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"));
        let before = sandbox.dump();
        let outcome = sandbox.drfctl(["migrate"]).run();
        assert_eq!((outcome.stdout.as_str(), sandbox.dump()), ("", before), "{table}\n{outcome}");
        assert_ne!(outcome.status, "0", "{table}\n{outcome}");
        assert!(outcome.stderr.contains("trigger"), "{table}\n{outcome}");
    }
}

#[test]
fn a_trigger_that_breaks_a_foreign_key_rolls_back() {
    let sandbox = oldest();
    sandbox.exec("CREATE TRIGGER wipe AFTER INSERT ON django_migrations BEGIN DELETE FROM auth_user; END");
    assert_data_eq!(
        sandbox.unchanged(sandbox.drfctl(["migrate"])).to_string(),
        str![[r#"
exit: 4
--- stdout
--- stderr
error: rows of auth_user_groups would reference missing rows of auth_user

"#]]
    );
}
