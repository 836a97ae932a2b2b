//! A server lost at the commit: drfctl finds out whether the change is there, or says that it cannot
//! know.
//!
//! Tags such as `J1` name cases of `tests/CASES.md`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ::mysql::prelude::Queryable;

use crate::support::{Engine, Invocation, Sandbox, Site, printed_keys, servers_only};

servers_only![
    a_connection_lost_before_the_commit_changes_nothing,
    after_a_connection_lost_in_the_commit_the_result_is_checked,
    a_server_lost_at_the_commit_is_an_unknown_outcome,
    a_row_changed_again_after_a_lost_commit_is_not_called_unchanged,
    a_server_that_falls_silent_at_the_commit_is_not_waited_for,
    a_server_that_falls_silent_during_a_migration_leaves_a_table_that_is_named,
];

/// The point at which a connection breaks when drfctl sends `COMMIT`.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The server does not receive it.
    Before,
    /// The server commits, and its response is lost.
    After,
    /// The same, and no later connection succeeds.
    ForGood,
    /// No connection is closed, and none gets a response anymore.
    Silent,
}

/// What another session does between the commit and the loss of the connection.
type Then = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// A proxy to the server that breaks the connection at the first commit, or at another statement.
struct Proxy {
    port: u16,
}

impl Proxy {
    fn new(server: String, cut: Cut, at: &'static str, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_cut = Arc::new(AtomicBool::new(false));
        thread::spawn(move || {
            let mut open = Vec::new();
            for client in listener.incoming().map_while(Result::ok) {
                if is_cut.load(Ordering::SeqCst) && cut == Cut::ForGood {
                    continue;
                }
                if is_cut.load(Ordering::SeqCst) && cut == Cut::Silent {
                    open.push(client);
                    continue;
                }
                let then = Arc::clone(&then);
                let server = TcpStream::connect(&server).unwrap();
                let is_cut = Arc::clone(&is_cut);
                let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let is_silent = Arc::new(AtomicBool::new(false));
                let silent = Arc::clone(&is_silent);
                thread::spawn(move || {
                    let mut bytes = [0; 4_096];
                    while let Ok(length @ 1..) = answers.read(&mut bytes) {
                        if silent.load(Ordering::SeqCst) && cut == Cut::Silent {
                            continue;
                        }
                        if silent.load(Ordering::SeqCst) {
                            if let Some(then) = then.lock().unwrap().take() {
                                then();
                            }
                            // The commit is done; now the connection breaks.
                            let _ = back.shutdown(Shutdown::Both);
                            return;
                        }
                        let _ = back.write_all(&bytes[..length]);
                    }
                    let _ = back.shutdown(Shutdown::Both);
                });
                thread::spawn(move || carry(client, server, (cut, at), &is_cut, &is_silent));
            }
        });
        Self { port }
    }
}

fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    (cut, at): (Cut, &str),
    is_cut: &AtomicBool,
    is_silent: &AtomicBool,
) {
    let mut bytes = [0; 4_096];
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let contains = |word: &[u8]| bytes[..length].windows(word.len()).any(|window| window == word);
        let is_there = contains(at.as_bytes()) && !contains(b"COMMITTED");
        if is_there && !is_cut.swap(true, Ordering::SeqCst) {
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
    cut_then(sandbox, engine, cut, Then::default(), words)
}

fn cut_then(sandbox: &Sandbox, engine: Engine, cut: Cut, then: Then, words: &[&str]) -> Invocation {
    // PostgreSQL's reading transactions end with COMMIT as well.
    let commit = if engine == Engine::Postgres { "SELECT 1; COMMIT" } else { "COMMIT" };
    cut_at(sandbox, engine, (cut, commit), then, words)
}

/// Returns a call whose connection breaks at the first statement that contains a text.
fn cut_at(sandbox: &Sandbox, engine: Engine, (cut, at): (Cut, &'static str), then: Then, words: &[&str]) -> Invocation {
    let url = sandbox.database().into_string().unwrap();
    let (start, name) = url.rsplit_once('/').unwrap();
    let (login, server) = start.rsplit_once('@').unwrap();
    let proxy = Proxy::new(server.to_owned(), cut, at, then);
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
        assert!(
            outcome.stderr.contains("warning: committed, although the answer of the server was lost: "),
            "{outcome}"
        );
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

/// N88: PostgreSQL knows the outcome of each transaction. Elsewhere, neither the new value nor the
/// former one is there.
fn a_row_changed_again_after_a_lost_commit_is_not_called_unchanged(engine: Engine) {
    let quoted = |name: &str| if engine == Engine::Postgres { format!("\"{name}\"") } else { format!("`{name}`") };
    let key = quoted("key");
    let of_token = format!("UPDATE authtoken_token SET {key} = '{}' WHERE user_id = 1", "e".repeat(40));
    let of_user = "UPDATE auth_user SET password = '!x' WHERE id = 1".to_owned();
    for (words, update) in [
        (&["create-token", "-r", "alice"][..], of_token.clone()),
        (&["create-token", "-r", "--all", "--yes"], of_token.clone()),
        (&["create-token", "-r", "--all", "--yes", "--single-transaction"], of_token),
        (&["set-password", "alice", "--generate-password"], of_user),
    ] {
        let sandbox = Sandbox::on(engine, Site::Stock);
        sandbox.give_numbered_tokens();
        let url = sandbox.database().into_string().unwrap();
        let change = move || match engine {
            Engine::Postgres => {
                ::postgres::Client::connect(&url, ::postgres::NoTls).unwrap().batch_execute(&update).unwrap();
            }
            _ => ::mysql::Conn::new(::mysql::Opts::from_url(&url).unwrap()).unwrap().query_drop(&update).unwrap(),
        };
        let then: Then = Arc::new(Mutex::new(Some(Box::new(change))));
        let outcome = cut_then(&sandbox, engine, Cut::After, then, words).run();
        if engine == Engine::Postgres {
            assert_eq!(outcome.status, "0", "{outcome}");
            assert!(
                outcome.stderr.contains("warning: committed, although the answer of the server was lost: "),
                "{outcome}"
            );
        } else {
            outcome.refused("8", &["the outcome of the commit is unknown"]);
        }
    }
}

/// N90
fn a_server_that_falls_silent_at_the_commit_is_not_waited_for(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.give_numbered_tokens();
    let call = cut(&sandbox, engine, Cut::Silent, &["--busy-timeout", "1s", "create-token", "-r", "alice"]);
    call.run().refused("8", &["the outcome of the commit is unknown"]);
}

/// N90: PostgreSQL rolls back, and MySQL cannot.
fn a_server_that_falls_silent_during_a_migration_leaves_a_table_that_is_named(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    let (at, status, says): (_, _, &[&str]) = match engine {
        Engine::Postgres => ("CREATE TABLE \"auth_permission\"", "6", &["does not answer"]),
        _ => (
            "CREATE TABLE `auth_permission`",
            "9",
            &[
                "error: stopped after 2 of 18: auth.0001_initial: ",
                "does not answer",
                "hint: run DROP TABLE IF EXISTS `auth_permission`, then this command again\n",
            ],
        ),
    };
    let words = ["--busy-timeout", "1s", "migrate", "-v", "0"];
    cut_at(&sandbox, engine, (Cut::Silent, at), Then::default(), &words).run().refused(status, says);
}
