//! Fake servers that ask for the password or for a file: they get what the server's own client would
//! send, and no more.
//!
//! Tags such as `N85` name cases of `tests/CASES.md`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::support::Sandbox;

const PASSWORD: &str = "n0t.for.imp0st0rs";

/// A fake server.
struct Impostor {
    port: u16,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Impostor {
    /// Talks to each client in a thread of its own, as servers do, and keeps what `talk` returns.
    fn new(talk: impl Fn(&mut TcpStream) -> Option<Vec<u8>> + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            let mut clients = Vec::new();
            loop {
                let (mut client, _) = listener.accept().unwrap();
                if ends.load(Ordering::SeqCst) {
                    return clients
                        .into_iter()
                        .filter_map(|client: JoinHandle<_>| client.join().unwrap())
                        .flatten()
                        .collect();
                }
                let talk = talk.clone();
                clients.push(thread::spawn(move || talk(&mut client)));
            }
        });
        Self { port, is_over, thread }
    }

    /// Returns what the clients sent after the server had accepted the user, in their order.
    fn answers(self) -> Vec<u8> {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.thread.join().unwrap()
    }

    /// A MySQL server that accepts any user with this plugin, and answers with these packets.
    fn mysql(plugin: &'static str, packets: Vec<Vec<u8>>) -> Self {
        Self::new(move |client| {
            send(client, 0, &greeting(plugin));
            let (mut number, _) = receive(client)?;
            let mut answers = Vec::new();
            for packet in &packets {
                send(client, number + 1, packet);
                let Some((next, answer)) = receive(client) else { return Some(answers) };
                number = next;
                answers.extend(answer);
            }
            // No server sends an empty packet here.
            send(client, number + 1, b"");
            Some(answers)
        })
    }

    /// A PostgreSQL server without TLS that asks for the password in clear.
    fn postgres() -> Self {
        Self::new(|client| {
            let mut length = [0; 4];
            for _ in 0..2 {
                client.read_exact(&mut length).ok()?;
                let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
                client.read_exact(&mut message).unwrap();
                // The number of a request for TLS.
                if message == 80_877_103_u32.to_be_bytes() {
                    client.write_all(b"N").unwrap();
                } else {
                    break;
                }
            }
            client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).unwrap();
            let mut answer = vec![0; 256];
            let length = client.read(&mut answer).unwrap_or_default();
            answer.truncate(length);
            Some(answer)
        })
    }
}

fn send(client: &mut TcpStream, number: u8, payload: &[u8]) {
    let length = u8::try_from(payload.len()).unwrap();
    let _ = client.write_all(&[&[length, 0, 0, number], payload].concat());
}

fn receive(client: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    client.read_exact(&mut header).ok()?;
    let mut payload = vec![0; usize::from(header[0]) | usize::from(header[1]) << 8];
    client.read_exact(&mut payload).ok()?;
    Some((header[3], payload))
}

/// The first packet of a server without TLS.
fn greeting(plugin: &str) -> Vec<u8> {
    // Protocol 4.1, secure connection, and names of plugins and databases.
    let capabilities: u32 = 0x0008_8208;
    let [a, b, c, d] = capabilities.to_le_bytes();
    let start = [&b"\x0a8.4.0\0"[..], &[1, 0, 0, 0], b"abcdefgh\0", &[a, b, 45, 2, 0, c, d, 21], &[0; 10]].concat();
    [&start, &b"ijklmnopqrst\0"[..], plugin.as_bytes(), b"\0"].concat()
}

/// N85, K2, K3: MySQL's own client refuses both, unless an option asks for the key.
#[test]
fn mysql_gets_no_password_without_tls() {
    let sandbox = Sandbox::stock();
    let clear = [&b"\xfemysql_clear_password\0"[..], b"salt\0"].concat();
    for (plugin, next, options, answer, says) in [
        ("caching_sha2_password", vec![1, 4], "", &b""[..], "the server asks for the password itself"),
        ("caching_sha2_password", vec![1, 4], "?ssl_mode=DISABLED", b"", "the server asks for the password itself"),
        ("caching_sha2_password", vec![1, 4], "?ssl_mode=REQUIRED", b"", "the server has no TLS"),
        ("caching_sha2_password", vec![1, 4], "?get_server_public_key=1", b"\x02", "cannot be read"),
        ("mysql_native_password", clear, "", b"", "mysql_clear_password"),
    ] {
        let impostor = Impostor::mysql(plugin, vec![next]);
        let url = format!("mysql://shop:{PASSWORD}@127.0.0.1:{}/shop{options}", impostor.port);
        let outcome = sandbox.drfctl(["list"]).env("DATABASE_URL", url).run();
        outcome.refused("6", &[says]);
        assert_eq!(impostor.answers(), answer, "{plugin} {options}\n{outcome}");
    }
}

/// K4: the server asks for a file instead of answering a statement.
#[test]
fn mysql_gets_no_file_of_the_client() {
    let sandbox = Sandbox::stock();
    let file = sandbox.dir().join("secret");
    std::fs::write(&file, PASSWORD).unwrap();
    let accepted = vec![0, 0, 0, 2, 0, 0, 0];
    let wants_file = [b"\xfb", file.to_str().unwrap().as_bytes()].concat();
    let impostor = Impostor::mysql("mysql_native_password", vec![accepted, wants_file]);
    let url = format!("mysql://shop:{PASSWORD}@127.0.0.1:{}/shop?connect_timeout=5", impostor.port);
    let outcome = sandbox.drfctl(["list"]).env("DATABASE_URL", url).run();
    outcome.refused(
        "6",
        &["/shop asks for a file of this machine", "hint: check that the address is that of the database server"],
    );
    // The first packet is a statement (COM_QUERY).
    let answers = impostor.answers();
    assert_eq!(answers.first(), Some(&3), "{outcome}");
    assert!(!answers.windows(PASSWORD.len()).any(|sent| sent == PASSWORD.as_bytes()), "{outcome}");
}

/// N84, K1: psql sends it, too, where nothing forbids it.
#[test]
fn postgresql_gets_a_password_in_clear_only_where_it_is_allowed() {
    let sandbox = Sandbox::stock();
    let sent = [b"p\0\0\0\x16", PASSWORD.as_bytes(), b"\0"].concat();
    for (options, answer, status, says) in [
        ("?sslmode=disable", &sent[..], "6", "connection closed"),
        ("", &sent, "6", "connection closed"),
        ("?sslmode=require", b"", "6", "does not support TLS"),
        ("?channel_binding=require", b"", "6", "channel binding"),
        ("?require_auth=scram-sha-256", b"", "2", "the database option require_auth=scram-sha-256 is not supported"),
    ] {
        let impostor = Impostor::postgres();
        let url = format!("postgres://shop:{PASSWORD}@127.0.0.1:{}/shop{options}", impostor.port);
        let outcome = sandbox.drfctl(["list"]).env("DATABASE_URL", url).run();
        outcome.refused(status, &[says]);
        assert_eq!(impostor.answers(), answer, "{options}\n{outcome}");
    }
}
