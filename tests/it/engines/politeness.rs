//! What drfctl does to other sessions: its settings end with its transaction, it obeys the server's
//! limits, and other sessions do not wait for it while it waits for a lock.
//!
//! Tags such as `N40` name cases of `tests/CASES.md`.

use std::time::Duration;

use ::mysql::prelude::Queryable;

use crate::support::{Engine, Sandbox, Site, servers_only, until};

servers_only![
    other_sessions_do_not_wait_for_a_command_that_waits,
    a_list_continues_after_the_server_has_closed_its_idle_connection,
];

/// N40: through a pooler, the session serves the application afterwards.
#[test]
fn postgres_commands_set_nothing_in_the_session() {
    let mut sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.use_logged_account();
    for words in [
        &["create-token", "alice"][..],
        &["list"],
        &["create-user", "carol", "--no-password"],
        &["deactivate", "carol"],
        &["revoke", "alice"],
        &["migrate", "--check"],
        &["inspect"],
    ] {
        let mut outcome = None;
        let statements = sandbox.statements_during(|| outcome = Some(sandbox.drfctl(words).run()));
        assert_eq!(outcome.unwrap().status, "0", "{words:?}");
        assert!(statements.len() > 1, "{words:?}");
        for part in statements.iter().flat_map(|sql| sql.split(';')).map(str::trim) {
            let outlives = part.starts_with("SET ") && !part.starts_with("SET LOCAL ");
            assert!(!outlives && !part.starts_with("PREPARE"), "{words:?}: {part}");
        }
    }
}

/// N40: a pooler that assigns a session to each transaction uses the same one here.
#[test]
fn a_pooled_session_has_the_settings_that_it_had() {
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    let url = sandbox.database().into_string().unwrap();
    let settings = || {
        let mut client = ::postgres::Client::connect(&url, ::postgres::NoTls).unwrap();
        let sql = "SELECT name, setting FROM pg_settings WHERE name <> 'application_name' ORDER BY name";
        let rows = client.query(sql, &[]).unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(String, Option<String>)>>()
    };
    let before = settings();
    for words in [
        &["create-token", "alice"][..],
        &["create-user", "carol", "--no-password"],
        &["list"],
        &["migrate"],
        &["inspect"],
    ] {
        let outcome = sandbox.drfctl(words).args(["--time-zone", "Asia/Tokyo"]).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        assert_eq!(settings(), before, "{words:?}");
    }
}

/// N42: the tables belong to the role, as those of Django's `migrate` do.
#[test]
fn postgres_assumes_the_role_of_the_options() {
    let sandbox = Sandbox::empty_on(Engine::Postgres);
    let url = sandbox.database().into_string().unwrap();
    let role = format!("{}_limited", url.rsplit_once('/').unwrap().1);
    sandbox.exec(&format!("CREATE ROLE {role} NOLOGIN; GRANT ALL ON SCHEMA public TO {role}"));
    let url = format!("{url}?assume_role={role}");
    let call = |words: &[&str]| sandbox.drfctl(words).env("DATABASE_URL", &url).run();
    let _ = call(&["migrate", "-v", "0"]).ok();
    assert_eq!(sandbox.sql("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'").concat(), [role]);
    call(&["create-user", "carol", "--no-password"]).is("0", "Created user carol\n", "");
    call(&["create-token", "carol", "--quiet"]).is("0", "", "");
    let _ = call(&["list"]).ok();
}

/// N43: a hidden token would be reported as missing or invalid.
#[test]
fn rows_that_row_level_security_hides_are_an_error() {
    let mut sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.give_numbered_tokens();
    let key = sandbox.keys()["alice"].clone();
    sandbox.exec("ALTER TABLE authtoken_token ENABLE ROW LEVEL SECURITY");
    sandbox.limit_connections(5);
    for words in [&["list"][..], &["verify"], &["revoke", "--all", "--yes"], &["create-token", "alice"]] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words).stdin(key.clone()));
        outcome.refused("6", &["row level security hides rows from this role", "as a role with BYPASSRLS"]);
    }
}

/// N44
#[test]
fn a_role_that_is_read_only_is_obeyed() {
    let mut sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.give_numbered_tokens();
    sandbox.limit_connections(5);
    let url = sandbox.database().into_string().unwrap();
    let role = format!("{}_limited", url.rsplit_once('/').unwrap().1);
    sandbox.exec(&format!("ALTER ROLE {role} SET default_transaction_read_only = on"));
    let _ = sandbox.drfctl(["list"]).run().ok();
    for words in [&["create-token", "-r", "alice"][..], &["deactivate", "alice"], &["revoke", "alice"]] {
        let outcome = sandbox.unchanged(sandbox.drfctl(words));
        outcome.refused("6", &["cannot be written: default_transaction_read_only is on", "hint: turn it off"]);
    }
}

/// N81: a commit keeps new readers out while it waits for a long one, so it waits in slices.
#[test]
fn a_commit_that_waits_for_a_reader_lets_others_read() {
    let sandbox = Sandbox::stock();
    sandbox.give_numbered_tokens();
    let reader = rusqlite::Connection::open(sandbox.database()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM auth_user").unwrap();
    let other = rusqlite::Connection::open(sandbox.database()).unwrap();
    other.busy_timeout(Duration::from_millis(800)).unwrap();
    let mut running = sandbox.drfctl(["--busy-timeout", "2s", "-v", "0", "create-token", "-r", "alice"]).spawn();
    let mut reads = 0;
    while running.child.try_wait().unwrap().is_none() {
        other.execute_batch("SELECT * FROM authtoken_token").expect("the application reads");
        reads += 1;
    }
    running.wait().refused("5", &["is locked"]);
    assert!(reads > 1);
}

/// Writes of the application that need other rows than Alice's.
const OTHER_WRITES: [&str; 3] = [
    "UPDATE auth_user SET last_login = NULL WHERE username = 'bob'",
    "DELETE FROM authtoken_token WHERE user_id = 2",
    "INSERT INTO authtoken_token (user_id, created, \
     \"key\") VALUES (2, '2026-01-01 00:00:00', 'ffffffffffffffffffffffffffffffffffffffff')",
];

/// N80: the limit is the other session's own: its statements fail if they wait for longer.
fn other_sessions_do_not_wait_for_a_command_that_waits(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let update = "UPDATE auth_user SET first_name = 'A' WHERE username = 'alice'";
    let (mut postgres, mut mysql) = match engine {
        Engine::Postgres => (Some([sandbox.postgres(), sandbox.postgres()]), None),
        _ => (None, Some([sandbox.mysql(), sandbox.mysql()])),
    };
    if let Some([holder, other]) = &mut postgres {
        holder.batch_execute(&format!("BEGIN; {update}")).unwrap();
        other.batch_execute("SET lock_timeout = '250ms'").unwrap();
    }
    if let Some([holder, other]) = &mut mysql {
        holder.query_drop("START TRANSACTION").unwrap();
        holder.query_drop(update).unwrap();
        // The shortest limit of the server.
        other.query_drop("SET SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 1").unwrap();
        other.query_drop("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')").unwrap();
    }
    for words in
        [&["deactivate", "alice"][..], &["create-token", "-r", "alice"], &["set-password", "alice", "--no-password"]]
    {
        let mut running = sandbox.drfctl(["--busy-timeout", "1s", "-v", "0"]).args(words).spawn();
        let mut writes = 0;
        while running.child.try_wait().unwrap().is_none() {
            for sql in OTHER_WRITES {
                if let Some([_, other]) = &mut postgres {
                    other.batch_execute(sql).unwrap_or_else(|error| panic!("{words:?} {sql}: {error}"));
                }
                if let Some([_, other]) = &mut mysql {
                    other.query_drop(sql).unwrap_or_else(|error| panic!("{words:?} {sql}: {error}"));
                }
                writes += 1;
            }
        }
        running.wait().refused("5", &["is locked by another session"]);
        assert!(writes > OTHER_WRITES.len(), "{words:?}");
    }
}

/// N97: the server closes a connection that is idle while a pager shows the first page.
fn a_list_continues_after_the_server_has_closed_its_idle_connection(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let columns = "password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined";
    let flags = if engine == Engine::Postgres { "false" } else { "0" };
    let row = |n| format!("('', {flags}, 'user{n}', '', '', 'user{n}@example.com', {flags}, {flags}, '2026-01-01')");
    let rows: Vec<String> = (0..5_000).map(row).collect();
    sandbox.exec(&format!("INSERT INTO auth_user ({columns}) VALUES {}", rows.join(", ")));
    // Nothing reads its output yet, which is longer than a pipe.
    let running = sandbox.drfctl(["list", "users", "--format", "jsonl"]).spawn();
    let idle = if engine == Engine::Postgres {
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'drfctl' AND datname = current_database()
         AND state = 'idle' AND query_start < clock_timestamp() - interval '200 ms'"
    } else {
        "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND COMMAND = 'Sleep' AND TIME > 0
         AND ID <> CONNECTION_ID()"
    };
    until("it waits for its reader", || !sandbox.sql(idle).is_empty());
    let ids = sandbox.sql(idle).concat();
    let end = if engine == Engine::Postgres { "SELECT pg_terminate_backend" } else { "KILL" };
    for id in ids {
        sandbox.exec(&format!("{end} ({id})"));
    }
    let outcome = running.wait().ok();
    assert_eq!(outcome.stdout.lines().count(), 5_003);
}
