//! Answers of a server: whatever it sends, a command ends without a panic of drfctl, and no error repeats
//! the password.
//!
//! The input: an engine, an operation, and then everything that the server sends. The seeds are what real
//! servers sent.

#![no_main]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::{set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use drfctl::engine::{DatabaseUrl, Target};
use drfctl_fuzz::{SECRET, commands, error_text, open};
use libfuzzer_sys::fuzz_target;

/// How long the server waits for a request before it sends the next answer without one.
const READ_TIMEOUT: Duration = Duration::from_millis(1);

fuzz_target!(init: accept_panics_of_drivers(), |input: &[u8]| {
    let Some(([engine, operation], answers)) = input.split_first_chunk::<2>() else { return };
    let (scheme, option, answers) = match engine % 2 {
        0 => ("postgres", "sslmode=disable", postgresql(answers)),
        _ => ("mysql", "ssl_mode=DISABLED", vec![answers]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let url = format!("{scheme}://shop:{SECRET}@127.0.0.1:{port}/shop?{option}");
    let url = DatabaseUrl::parse(&url).expect("a URL");
    let is_over = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            for client in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                // The client may be gone.
                let _ = client.and_then(|client| talk(client, &answers));
            }
        });
        let outcome =
            open(Target::Url(url)).and_then(|mut session| commands::run(&mut session, *operation, &mut false));
        is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", port));
        outcome
    });
    if let Err(error) = outcome {
        let text = error_text(&error);
        // The fuzzer can find the password in a comparison.
        let is_in_input = input.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes());
        assert!(is_in_input || !text.contains(SECRET), "{text}");
    }
});

/// Lets drivers, and the crates that they use, panic, because drfctl catches it; the hook of the fuzzer
/// aborts at every panic. An uncaught panic still aborts.
fn accept_panics_of_drivers() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| {
        let is_of_dependency = panic.location().is_some_and(|place| place.file().contains("/registry/src/"));
        if !is_of_dependency {
            abort(panic);
        }
    }));
}

/// Sends each answer after a request, and then ends the connection.
fn talk(mut client: TcpStream, answers: &[&[u8]]) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(READ_TIMEOUT))?;
    let mut request = [0; 4096];
    for answer in answers {
        let _ = client.read(&mut request);
        client.write_all(answer)?;
    }
    client.shutdown(Shutdown::Write)?;
    while client.read(&mut request)? > 0 {}
    Ok(())
}

/// Splits the messages of PostgreSQL after each `ReadyForQuery`. The driver rejects an answer to a
/// request that it has not sent yet.
fn postgresql(mut messages: &[u8]) -> Vec<&[u8]> {
    let (mut answers, mut length) = (Vec::new(), 0);
    while let Some([kind, a, b, c, d]) = messages.get(length..).and_then(|rest| rest.first_chunk::<5>()) {
        let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        length = length.saturating_add(1).saturating_add(size).min(messages.len());
        if *kind == b'Z' {
            let (answer, rest) = messages.split_at(length);
            answers.push(answer);
            (messages, length) = (rest, 0);
        }
    }
    answers.push(messages);
    answers
}
