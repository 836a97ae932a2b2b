//! Locks that are not released, on servers.
//!
//! Tags such as `J2` name cases of `tests/CASES.md`.

use std::cell::RefCell;

use ::mysql::prelude::Queryable;

use crate::support::{Engine, Running, Sandbox, Site, servers_only, until};

servers_only![
    drfctl_waits_for_a_lock_until_the_busy_timeout,
    a_connection_terminated_while_waiting_changes_nothing,
    a_signal_interrupts_the_wait_for_a_lock,
    a_signal_interrupts_a_long_statement,
    a_slow_statement_is_waited_for_while_the_server_answers,
    a_reading_command_waits_for_a_locked_table,
];

/// A transaction of another session that locks Alice and her token until dropped.
enum Holder {
    Postgres(Box<::postgres::Client>),
    MySql(::mysql::Conn),
}

impl Holder {
    fn of(sandbox: &Sandbox, engine: Engine) -> Self {
        if engine == Engine::Postgres {
            let mut client = sandbox.postgres();
            let lock = "SELECT 1 FROM auth_user FOR UPDATE; SELECT 1 FROM authtoken_token FOR UPDATE";
            client.batch_execute(&format!("BEGIN; {lock}")).unwrap();
            return Self::Postgres(Box::new(client));
        }
        let mut connection = sandbox.mysql();
        connection.query_drop("START TRANSACTION").unwrap();
        let _: Vec<::mysql::Row> = connection.query("SELECT * FROM auth_user FOR UPDATE").unwrap();
        Self::MySql(connection)
    }

    /// Returns the ids of drfctl's connections that wait for a lock.
    fn waiting(sandbox: &Sandbox, engine: Engine) -> Vec<String> {
        sandbox
            .sql(if engine == Engine::Postgres {
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'drfctl' AND datname = current_database()
                 AND wait_event_type = 'Lock'"
            } else {
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE 'SELECT u0.%FOR UPDATE'"
            })
            .concat()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = match self {
            Self::Postgres(client) => client.batch_execute("ROLLBACK").is_ok(),
            Self::MySql(connection) => {
                connection.query_drop("ROLLBACK").is_ok() && connection.query_drop("UNLOCK TABLES").is_ok()
            }
        };
    }
}

/// Starts a reset of Alice's token that waits for a lock, and returns the ids of its connections.
/// drfctl waits in slices; between two of them, no connection waits.
fn waiting(engine: Engine) -> (Sandbox, Holder, Running, Vec<String>) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let holder = Holder::of(&sandbox, engine);
    let running = sandbox.drfctl(["--busy-timeout", "1h", "-v", "0", "create-token", "-r", "alice"]).spawn();
    let connections = RefCell::new(Vec::new());
    until("it waits", || {
        *connections.borrow_mut() = Holder::waiting(&sandbox, engine);
        !connections.borrow().is_empty()
    });
    (sandbox, holder, running, connections.into_inner())
}

/// J2
fn drfctl_waits_for_a_lock_until_the_busy_timeout(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let holder = Holder::of(&sandbox, engine);
    for words in [&["create-token", "-r", "alice"][..], &["create-token", "-r", "--all", "--yes"], &["revoke", "alice"]]
    {
        let outcome = sandbox.unchanged(sandbox.drfctl(["--busy-timeout", "300ms"]).args(words));
        outcome.refused("5", &["is locked by another session; drfctl waited "]);
    }
    // Reading does not wait.
    let _ = sandbox.drfctl(["--busy-timeout", "300ms", "list"]).run().ok();
    drop(holder);
    let _ = sandbox.drfctl(["--busy-timeout", "300ms", "create-token", "-r", "alice"]).run().ok();
}

fn a_connection_terminated_while_waiting_changes_nothing(engine: Engine) {
    let (sandbox, _holder, running, connections) = waiting(engine);
    let before = sandbox.dump();
    for id in connections {
        sandbox.exec(&if engine == Engine::Postgres {
            format!("SELECT pg_terminate_backend({id})")
        } else {
            format!("KILL {id}")
        });
    }
    running.wait().refused("6", &["the connection to ", "was lost"]);
    assert_eq!(sandbox.dump(), before);
}

fn a_signal_interrupts_the_wait_for_a_lock(engine: Engine) {
    let (sandbox, _holder, running, _) = waiting(engine);
    let before = sandbox.dump();
    let pid = nix::unistd::Pid::from_raw(running.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    let outcome = running.wait();
    assert_eq!(outcome.to_string(), "exit: signal 15\n--- stdout\n--- stderr\nerror: interrupted by SIGTERM\n");
    assert_eq!(sandbox.dump(), before);
}

/// Makes each new token take some seconds.
fn delay_new_tokens(sandbox: &Sandbox, engine: Engine, seconds: u32) {
    let insert = "BEFORE INSERT ON authtoken_token FOR EACH ROW";
    sandbox.exec(&if engine == Engine::Postgres {
        let body = format!("BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END");
        format!(
            "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS '{body}';
             CREATE TRIGGER linger {insert} EXECUTE FUNCTION linger()"
        )
    } else {
        format!("CREATE TRIGGER linger {insert} SET @slept = SLEEP({seconds})")
    });
}

/// Whether the server runs a statement that [`delay_new_tokens`] delays.
fn inserts(sandbox: &Sandbox, engine: Engine) -> bool {
    let statement = if engine == Engine::Postgres {
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    } else {
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE = 'User sleep'"
    };
    !sandbox.sql(statement).is_empty()
}

/// N90: PostgreSQL cancels the statement. On MySQL, drfctl leaves after five seconds.
fn a_signal_interrupts_a_long_statement(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let before = sandbox.dump();
    delay_new_tokens(&sandbox, engine, 60);
    let running = sandbox.drfctl(["create-token", "alice"]).spawn();
    until("it inserts", || inserts(&sandbox, engine));
    let pid = nix::unistd::Pid::from_raw(running.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    running.wait().refused("signal 2", &["error: interrupted by SIGINT"]);
    until("the server has ended it", || !inserts(&sandbox, engine));
    assert_eq!(sandbox.dump(), before);
}

/// N90: another connection shows that the server answers.
fn a_slow_statement_is_waited_for_while_the_server_answers(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    delay_new_tokens(&sandbox, engine, 3);
    let _ = sandbox.drfctl(["--busy-timeout", "1s", "create-token", "alice"]).run().ok();
}

/// Locks the tables of users and tokens against readers, as an `ALTER TABLE` does.
fn lock_tables(sandbox: &Sandbox, engine: Engine) -> Holder {
    if engine == Engine::Postgres {
        let mut client = sandbox.postgres();
        client.batch_execute("BEGIN; LOCK TABLE auth_user, authtoken_token IN ACCESS EXCLUSIVE MODE").unwrap();
        return Holder::Postgres(Box::new(client));
    }
    let mut connection = sandbox.mysql();
    connection.query_drop("LOCK TABLES auth_user WRITE, authtoken_token WRITE").unwrap();
    Holder::MySql(connection)
}

/// J2
fn a_reading_command_waits_for_a_locked_table(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    for words in [&["list", "--count"][..], &["verify", "--user", "alice", "--password-stdin"], &["revoke", "alice"]] {
        let holder = lock_tables(&sandbox, engine);
        let mut running = sandbox.drfctl(["--busy-timeout", "1h"]).args(words).stdin("secret").spawn();
        running.until_it_waits();
        drop(holder);
        assert_eq!(running.wait().status, "0", "{words:?}");
        let holder = lock_tables(&sandbox, engine);
        let busy = sandbox.drfctl(["--busy-timeout", "100ms"]).args(words).stdin("secret").run();
        busy.refused("5", &["is locked by another session; drfctl waited 100ms"]);
        drop(holder);
    }
}
