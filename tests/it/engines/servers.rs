//! Differences between servers and files: sessions, schemas, storage and character sets.
//!
//! Tags such as `J4` name cases of `tests/CASES.md`.

use crate::support::{Engine, Sandbox, Site, servers_only};

servers_only![
    commits_are_durable_whatever_the_servers_default,
    names_with_emoji_are_supported,
    a_name_that_differs_only_in_case_warns_or_conflicts,
    required_tls_that_cannot_be_verified_fails,
];

/// J4, J7: a trigger records the session's settings when the token is written.
fn commits_are_durable_whatever_the_servers_default(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let expected = if engine == Engine::Postgres {
        let name = sandbox.database().into_string().unwrap().rsplit_once('/').unwrap().1.to_owned();
        sandbox.exec(&format!(
            "ALTER DATABASE {name} SET synchronous_commit = off;
             ALTER DATABASE {name} SET default_transaction_isolation = 'serializable';
             CREATE TABLE seen (durable text, isolation text);
             CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO seen VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation'));
             RETURN NEW; END $$;
             CREATE TRIGGER look BEFORE INSERT ON authtoken_token FOR EACH ROW EXECUTE FUNCTION look()"
        ));
        vec!["on", "read committed"]
    } else {
        sandbox.exec("CREATE TABLE seen (isolation varchar(40), strict bool)");
        sandbox.exec(
            "CREATE TRIGGER look BEFORE INSERT ON authtoken_token FOR EACH ROW BEGIN INSERT INTO seen VALUES (/*M!100100 @@tx_isolation */ /*!50720 @@transaction_isolation */, @@sql_mode LIKE '%STRICT%'); END",
        );
        vec!["READ-COMMITTED", "1"]
    };
    let _ = sandbox.drfctl(["create-token", "alice"]).run().ok();
    assert_eq!(sandbox.sql("SELECT * FROM seen"), [expected]);
}

/// B23, J8
fn names_with_emoji_are_supported(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.exec("UPDATE auth_user SET username = '\u{1f980} o''Neil' WHERE username = 'bob'");
    let key = sandbox.drfctl(["create-token", "\u{1f980} o'Neil"]).run().ok().key();
    assert_eq!(sandbox.serve().whoami(&key), "200 {\"user\":\"\u{1f980} o'Neil\"}");
    let listed = sandbox.drfctl(["list", "\u{1f980}*", "--columns", "username", "--no-header"]).run().ok().stdout;
    assert_eq!(listed, "\u{1f980} o'Neil\n");
    // Some collations of MySQL treat all emoji as equal; so does Django there.
    let ask = "from django.contrib.auth.models import User\nanswer = User.objects.filter(username=table).exists()";
    let is_one: bool = sandbox.ask(&"\u{1f981} o'Neil", ask);
    let outcome = sandbox.drfctl(["create-token", "\u{1f981} o'Neil"]).run();
    assert_eq!(outcome.status, if is_one { "0" } else { "3" }, "{outcome}");
    sandbox.drfctl(["create-token", "-"]).stdin(b"al\0ice\n".to_vec()).run().refused("3", &["line 1"]);
    if engine == Engine::MySql {
        sandbox.exec("UPDATE auth_user SET username = 'bob' WHERE username LIKE '%Neil'");
        sandbox.exec("ALTER TABLE auth_user CONVERT TO CHARACTER SET utf8mb3");
        let beyond = sandbox.drfctl(["create-token", "\u{1f980}"]).run();
        beyond.refused("3", &["the character set of a column does not support every character"]);
        let _ = sandbox.drfctl(["create-token", "bob"]).run().ok();
    }
}

/// B18
fn a_name_that_differs_only_in_case_warns_or_conflicts(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let outcome = sandbox.drfctl(["create-user", "ALICE", "--no-password"]).run();
    if engine == Engine::MySql {
        outcome.refused("4", &["user ALICE already exists"]);
    } else {
        assert_eq!(outcome.status, "0", "{outcome}");
        assert!(outcome.stderr.contains("alice"), "{outcome}");
    }
}

fn required_tls_that_cannot_be_verified_fails(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let url = sandbox.database().into_string().unwrap();
    let option = if engine == Engine::Postgres { "sslmode=verify-full" } else { "ssl_mode=VERIFY_IDENTITY" };
    sandbox.drfctl(["list"]).env("DATABASE_URL", format!("{url}?{option}")).run().refused("6", &["cannot connect to "]);
}

#[test]
fn the_search_path_selects_the_tables() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    let tables = ["auth_user", "authtoken_token", "django_migrations", "auth_group", "auth_user_groups"];
    let copy = |table: &str| format!("CREATE TABLE tenant.{table} (LIKE public.{table} INCLUDING ALL);\n");
    let copies = tables.map(copy).concat();
    sandbox.exec(&format!(
        "CREATE SCHEMA tenant; {copies}
         INSERT INTO tenant.django_migrations SELECT * FROM public.django_migrations;
         ALTER TABLE tenant.authtoken_token ADD FOREIGN KEY (user_id) REFERENCES tenant.auth_user (id);
         INSERT INTO tenant.auth_user SELECT * FROM public.auth_user WHERE username = 'bob';
         UPDATE tenant.auth_user SET username = 'tina'"
    ));
    let url = sandbox.database().into_string().unwrap();
    let in_tenant = |words: &[&str]| {
        sandbox.drfctl(words).env("DATABASE_URL", format!("{url}?options=-csearch_path%3Dtenant")).run()
    };
    assert_eq!(in_tenant(&["list", "users", "--columns", "username", "--no-header"]).ok().stdout, "tina\n");
    let created = in_tenant(&["create-token", "tina"]);
    let key = created.key();
    assert_eq!(
        created.stderr,
        "note: the search path selects the table authtoken_token of the schema tenant; another schema also has one\n"
    );
    assert_eq!(sandbox.sql("SELECT key FROM tenant.authtoken_token"), [[key]]);
    assert_eq!(sandbox.value("SELECT count(*) FROM public.authtoken_token"), "0");
    in_tenant(&["create-token", "alice"]).refused("3", &["user alice does not exist"]);
}

/// J3: `log_statement` writes the statements as the server receives them.
#[test]
fn the_servers_log_contains_no_key_and_no_hash() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.exec(
        "CREATE TABLE seen (sent text);
         CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         INSERT INTO seen VALUES (current_query()); RETURN NULL; END $$;
         CREATE TRIGGER look AFTER INSERT OR UPDATE OR DELETE ON authtoken_token EXECUTE FUNCTION look();
         CREATE TRIGGER look AFTER INSERT OR UPDATE OR DELETE ON auth_user EXECUTE FUNCTION look()",
    );
    let mut secrets = Vec::new();
    for words in [
        "create-token alice",
        "create-token -r alice",
        "create-token --without-token --yes",
        "create-token -r --all --yes --single-transaction",
    ] {
        let outcome = sandbox.drfctl(words.split(' ')).args(["--format", "raw", "-v", "0"]).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        secrets.extend(outcome.stdout.lines().map(str::to_owned));
    }
    let _ = sandbox.drfctl(["create-user", "carol", "--password-stdin", "-v", "0"]).stdin("correct horse").run().ok();
    secrets.push(sandbox.value("SELECT password FROM auth_user WHERE username = 'carol'"));
    let _ = sandbox.drfctl(["set-password", "carol", "--password-stdin"]).stdin("battery staple").run().ok();
    secrets.push(sandbox.value("SELECT password FROM auth_user WHERE username = 'carol'"));
    let leaked = secrets[secrets.len() - 3].clone();
    let revoked = sandbox.drfctl(["revoke", "--keys-from", "-", "--yes"]).stdin(leaked).run();
    assert_eq!(revoked.status, "0", "{revoked}");
    let seen = sandbox.sql("SELECT sent FROM seen").concat();
    assert!(seen.len() >= 7 && secrets.len() >= 7, "{seen:?}");
    for sent in &seen {
        assert!(sent.contains('$'), "{sent}");
        let names = ["alice", "carol", "correct", "battery"];
        assert!(!secrets.iter().map(String::as_str).chain(names).any(|secret| sent.contains(secret)), "{sent}");
    }
}

/// J6, N47: such a server would silently truncate a name, so drfctl sets the strict mode.
#[test]
fn a_server_that_truncates_text_is_used_in_strict_mode() {
    let mut sandbox = Sandbox::on(Engine::MySql, Site::Stock);
    sandbox.exec("ALTER TABLE auth_user ADD COLUMN badge year NULL");
    sandbox.limit_connections(5);
    let user = sandbox.sql("SELECT CONCAT(DATABASE(), '_limited')").concat().remove(0);
    // Only for this account, because other tests use the server.
    let before = sandbox.sql("SELECT @@GLOBAL.init_connect").concat().remove(0);
    sandbox.exec(&format!(
        "SET GLOBAL init_connect = \"SET sql_mode = IF(CURRENT_USER() LIKE '{user}@%', 'ANSI_QUOTES', @@sql_mode)\""
    ));
    let rows = sandbox.dump();
    let create = ["create-user", "carol", "--no-password"];
    let cut = sandbox.drfctl(create).args(["--set", "badge=3000"]).run();
    let unchanged = sandbox.dump();
    let whole = sandbox.drfctl(create).args(["--set", "badge=2010"]).run();
    sandbox.exec(&format!("SET GLOBAL init_connect = '{}'", before.replace('\'', "''")));
    cut.refused("3", &["the database rejected the change: Out of range value for column 'badge'"]);
    assert_eq!(unchanged, rows);
    let _ = whole.ok();
    assert_eq!(sandbox.sql("SELECT badge FROM auth_user WHERE username = 'carol'"), [["2010"]]);
}

/// J9
#[test]
fn tables_without_transactions_are_read_only() {
    let sandbox = Sandbox::on(Engine::MySql, Site::Stock);
    sandbox.give_numbered_tokens();
    sandbox.exec("ALTER TABLE authtoken_token DROP FOREIGN KEY authtoken_token_user_id_35299eff_fk_auth_user_id");
    sandbox.exec("ALTER TABLE authtoken_token ENGINE = MyISAM");
    for words in [&["create-token", "-r", "alice"][..], &["revoke", "alice"]] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        outcome.refused("6", &["authtoken_token"]);
    }
}

/// The driver looks up the type on the same connection, and must not do so behind the rows. Some
/// servers do not have the extension.
#[test]
fn many_users_with_a_citext_username_are_listed() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    if sandbox.sql("SELECT name FROM pg_available_extensions WHERE name = 'citext'").is_empty() {
        return;
    }
    sandbox.exec(
        "CREATE EXTENSION citext;
         ALTER TABLE auth_user ALTER username TYPE citext;
         INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
         SELECT '', false, 'user' || n, '', '', '', false, true, '2026-01-01' FROM generate_series(1, 20000) AS n",
    );
    let outcome = sandbox.drfctl(["list", "users", "--format", "jsonl"]).run().ok();
    assert_eq!(outcome.stdout.lines().count(), 20_003);
    assert_eq!(sandbox.drfctl(["create-token", "USER7", "--format", "raw"]).run().ok().stdout.trim().len(), 40);
}
