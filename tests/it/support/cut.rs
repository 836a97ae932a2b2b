//! A proxy to a server that breaks the connection at a statement.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// The point at which a connection breaks when drfctl sends a statement.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cut {
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
pub(crate) type Then = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// Starts a proxy that breaks the connection to the server of a URL at the first commit. Returns the URL of the same
/// database through the proxy.
pub(crate) fn cut_at_commit(url: &str, cut: Cut, then: Then) -> String {
    // PostgreSQL's reading transactions end with COMMIT as well.
    cut_at(url, cut, if url.starts_with("postgres") { "SELECT 1; COMMIT" } else { "COMMIT" }, then)
}

/// The same, at the first statement that contains a text.
pub(crate) fn cut_at(url: &str, cut: Cut, at: &'static str, then: Then) -> String {
    let (start, name) = url.rsplit_once('/').expect("a database");
    let (login, server) = start.rsplit_once('@').expect("an account");
    let tls = if url.starts_with("postgres") { "sslmode=disable" } else { "ssl_mode=DISABLED" };
    let timeout = if matches!(cut, Cut::ForGood | Cut::Silent) { "&connect_timeout=2" } else { "" };
    format!("{login}@127.0.0.1:{}/{name}?{tls}{timeout}", proxy(server.to_owned(), cut, at, then))
}

/// Starts a proxy, and returns its port.
fn proxy(server: String, cut: Cut, at: &'static str, then: Then) -> u16 {
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
    port
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
