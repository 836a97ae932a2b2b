//! The number of times that a command waits for the answer of a server. With a remote server, this
//! takes most of its time.
//!
//! Tags such as `N51` name cases of `tests/CASES.md`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::support::{Engine, Sandbox, Site, servers_only};

servers_only![a_command_waits_for_few_answers,];

/// The size of the buffer, which holds everything that is sent together.
const BUFFER: usize = 1 << 16;

/// How long an answer is delayed, so that everything that is sent together arrives before it.
const DELAY: Duration = Duration::from_millis(5);

/// A proxy that counts how often statements are sent after an answer.
struct Proxy {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Proxy {
    fn new(engine: Engine, server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(&server).unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let is_answered = Arc::new(AtomicBool::new(true));
                let (answered, counter) = (Arc::clone(&is_answered), Arc::clone(&counter));
                let (answers, back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || {
                    carry(answers, back, |_| {
                        thread::sleep(DELAY);
                        answered.store(true, Ordering::SeqCst);
                    });
                });
                thread::spawn(move || {
                    carry(client, server, |bytes| {
                        if is_answered.swap(false, Ordering::SeqCst) && is_statement(engine, bytes) {
                            counter.fetch_add(1, Ordering::SeqCst);
                        }
                    });
                });
            }
        });
        Self { port, count }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut on_bytes: impl FnMut(&[u8])) {
    let mut bytes = vec![0; BUFFER];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        on_bytes(&bytes[..length]);
        let _ = to.write_all(&bytes[..length]);
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// Returns whether this is a statement, and not a part of the login or the end.
fn is_statement(engine: Engine, bytes: &[u8]) -> bool {
    match engine {
        Engine::Postgres => matches!(bytes[0], b'Q' | b'P'),
        // The number of the packet is 0, and the command is COM_QUERY.
        _ => bytes[3..5] == [0, 3],
    }
}

/// N51
fn a_command_waits_for_few_answers(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let url = sandbox.database().into_string().unwrap();
    let (start, name) = url.rsplit_once('/').unwrap();
    let (login, server) = start.rsplit_once('@').unwrap();
    let plain = if engine == Engine::Postgres { "sslmode=disable" } else { "ssl_mode=DISABLED" };
    let mut counts = Vec::new();
    let cases = [
        ("create-user carol --no-password", 9),
        ("set-password carol --generate-password", 8),
        ("create-token carol", 5),
        ("create-token carol", 4),
        ("create-token -r carol", 5),
        ("list", 2),
        ("revoke carol", 8),
        ("deactivate carol", 5),
    ];
    for (words, _) in cases {
        let proxy = Proxy::new(engine, server.to_owned());
        let url = format!("{login}@127.0.0.1:{}/{name}?{plain}", proxy.port);
        let outcome = sandbox.drfctl(words.split(' ')).env("DATABASE_URL", url).run();
        assert_eq!(outcome.status, "0", "{words}: {outcome}");
        counts.push((words, proxy.count.load(Ordering::SeqCst)));
    }
    assert_eq!(counts, cases);
}
