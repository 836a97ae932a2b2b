//! Lost connections, and locks that are not released, on servers.
//!
//! Tags such as `J2` name cases of `tests/CASES.md`.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ::mysql::prelude::Queryable;

use crate::support::{Engine, Invocation, Running, Sandbox, Site, printed_keys, servers_only, until};

servers_only![
    drfctl_waits_for_a_lock_until_the_busy_timeout,
    a_connection_terminated_while_waiting_changes_nothing,
    a_connection_lost_before_the_commit_changes_nothing,
    after_a_connection_lost_in_the_commit_the_result_is_checked,
    a_server_lost_at_the_commit_is_an_unknown_outcome,
    a_signal_interrupts_the_wait_for_a_lock,
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

/// The point at which a connection breaks when drfctl sends `COMMIT`.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The server does not receive it.
    Before,
    /// The server commits, and its response is lost.
    After,
    /// The same, and no later connection succeeds.
    ForGood,
}

/// A proxy to the server that breaks the connection at the first commit.
struct Proxy {
    port: u16,
}

impl Proxy {
    fn new(server: String, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_cut = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_cut.load(Ordering::SeqCst) && cut == Cut::ForGood {
                    continue;
                }
                let server = TcpStream::connect(&server).unwrap();
                let is_cut = Arc::clone(&is_cut);
                let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let is_silent = Arc::new(AtomicBool::new(false));
                let silent = Arc::clone(&is_silent);
                thread::spawn(move || {
                    let mut bytes = [0; 4_096];
                    while let Ok(length @ 1..) = answers.read(&mut bytes) {
                        if silent.load(Ordering::SeqCst) {
                            // The commit is done; now the connection breaks.
                            let _ = back.shutdown(Shutdown::Both);
                            return;
                        }
                        let _ = back.write_all(&bytes[..length]);
                    }
                    let _ = back.shutdown(Shutdown::Both);
                });
                thread::spawn(move || carry(client, server, cut, &is_cut, &is_silent));
            }
        });
        Self { port }
    }
}

fn carry(mut client: TcpStream, mut server: TcpStream, cut: Cut, is_cut: &AtomicBool, is_silent: &AtomicBool) {
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let contains = |word: &[u8]| bytes[..length].windows(word.len()).any(|window| window == word);
        let commits = contains(b"COMMIT") && !contains(b"COMMITTED");
        if commits && !is_cut.swap(true, Ordering::SeqCst) {
            if cut == Cut::Before {
                let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
                return;
            }
            is_silent.store(true, Ordering::SeqCst);
        }
        let _ = server.write_all(&bytes[..length]);
    }
    let _ = server.shutdown(Shutdown::Both);
}

/// Returns a call whose connection breaks.
fn cut(sandbox: &Sandbox, engine: Engine, cut: Cut, words: &[&str]) -> Invocation {
    let url = sandbox.database().into_string().unwrap();
    let (start, name) = url.rsplit_once('/').unwrap();
    let (login, server) = start.rsplit_once('@').unwrap();
    let proxy = Proxy::new(server.to_owned(), cut);
    let plain = if engine == Engine::Postgres { "sslmode=disable" } else { "ssl_mode=DISABLED" };
    sandbox.drfctl(words).env("DATABASE_URL", format!("{login}@127.0.0.1:{}/{name}?{plain}", proxy.port))
}

const CHANGES: [&[&str]; 4] = [
    &["create-token", "-r", "alice"],
    &["create-token", "-r", "--all", "--yes"],
    &["revoke", "alice"],
    &["create-user", "carol", "--no-password", "-v", "0"],
];

/// J1
fn a_connection_lost_before_the_commit_changes_nothing(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let outcome = sandbox.unchanged(cut(&sandbox, engine, Cut::Before, words));
        outcome.refused("6", &["the connection to ", "was lost"]);
    }
}

/// J1
fn after_a_connection_lost_in_the_commit_the_result_is_checked(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let before = sandbox.dump();
        let outcome = cut(&sandbox, engine, Cut::After, words).run();
        assert_eq!(outcome.status, "0", "{outcome}");
        assert!(outcome.stderr.contains("warning: committed"), "{outcome}");
        assert_ne!(sandbox.dump(), before, "{words:?}");
        if words[0] == "create-token" {
            let stored = sandbox.keys();
            let printed = printed_keys(&outcome.stdout);
            assert!(!printed.is_empty() && printed.iter().all(|(name, key)| stored[name] == *key), "{outcome}");
        }
    }
}

/// J1
fn a_server_lost_at_the_commit_is_an_unknown_outcome(engine: Engine) {
    for words in CHANGES {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let outcome = cut(&sandbox, engine, Cut::ForGood, words).run();
        outcome.refused("8", &["the outcome of the commit is unknown"]);
    }
}
