//! Carries a connection between the driver and the server, because the driver lacks
//! two features.
//!
//! The first is TLS if the server has it: the relay reads the server's greeting,
//! which says so, before the driver connects.
//!
//! The second is to refuse the server's RSA key without TLS: the relay ends the
//! connection if the driver asks for it.
//! `caching_sha2_password` sends the password itself if the server does not know
//! it yet. Without TLS, the driver would encrypt it with a key that it asks the
//! server for, so that a fake server could read it. MySQL's own client refuses
//! this, and the driver has no option for it.

use std::error;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{Either, select};
use mysql_async::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The payload of the packet that asks for the key. No command of drfctl has it.
const KEY_REQUEST: u8 = 2;

/// The length of a packet's header: three bytes of length, and a number.
const HEADER: usize = 4;

/// The longest greeting that is read. A greeting has the server's version and about
/// 50 more bytes.
const LONGEST_GREETING: usize = 4096;

/// The capability of a server that has TLS.
const CLIENT_SSL: u16 = 0x0800;

/// The number of bytes between the server's version and its capabilities: a number
/// and a part of the authentication.
const BEFORE_CAPABILITIES: usize = 13;

/// A connection to a server that has sent its greeting.
pub(super) struct Greeted {
    server: TcpStream,
    greeting: Vec<u8>,
}

/// A relay, which works while one of the driver's calls runs.
pub(super) struct Relay {
    /// The address to which the driver connects.
    pub(super) address: SocketAddr,
    /// Whether the driver has asked for the server's key.
    asked: Arc<AtomicBool>,
    /// Ends when the driver has closed the connection, or a direction failed.
    task: JoinHandle<io::Result<()>>,
}

/// What the relay reads of what the driver sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inspection {
    /// The packets: a request for the server's key ends the connection.
    KeyRequests,
    /// Nothing.
    None,
}

/// The server cannot check the password unless it gets the password itself.
#[derive(Debug)]
pub(super) struct UntrustedKey;

impl Greeted {
    /// Connects to the first of these addresses that answers, and reads the
    /// greeting.
    pub(super) async fn connect(addresses: &[SocketAddr]) -> io::Result<Self> {
        let mut server = TcpStream::connect(addresses).await?;
        server.set_nodelay(true)?;
        let mut greeting = vec![0; HEADER];
        read(&mut server, &mut greeting).await?;
        // Anything longer is not a greeting. The driver reports it.
        let length = length_in(&greeting);
        if length <= LONGEST_GREETING {
            greeting.resize(HEADER + length, 0);
            read(&mut server, &mut greeting[HEADER..]).await?;
        }
        Ok(Self { server, greeting })
    }

    /// Returns whether the server has TLS.
    pub(super) fn has_tls(&self) -> bool {
        has_tls(&self.greeting)
    }
}

/// Reads this many bytes.
async fn read(server: &mut TcpStream, bytes: &mut [u8]) -> io::Result<()> {
    match server.read_exact(bytes).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(io::Error::new(error.kind(), "the server closed the connection"))
        }
        outcome => outcome.map(drop),
    }
}

/// Returns whether a greeting says that the server has TLS.
fn has_tls(greeting: &[u8]) -> bool {
    let Some([10, rest @ ..]) = greeting.get(HEADER..) else { return false };
    let Some(version) = rest.iter().position(|byte| *byte == 0) else { return false };
    let capabilities = rest[version + 1..].get(BEFORE_CAPABILITIES..).and_then(|rest| rest.first_chunk());
    capabilities.is_some_and(|flags| u16::from_le_bytes(*flags) & CLIENT_SSL != 0)
}

impl Relay {
    /// Waits for the driver. It serves one connection; if another process is
    /// faster, the driver cannot connect.
    pub(super) async fn start(greeted: Greeted, inspection: Inspection) -> io::Result<Self> {
        let loopback: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
        let listener = TcpListener::bind(&loopback[..]).await?;
        let (address, asked) = (listener.local_addr()?, Arc::<AtomicBool>::default());
        let task = tokio::spawn(serve(listener, greeted, inspection, Arc::clone(&asked)));
        Ok(Self { address, asked, task })
    }

    /// Waits until the server has got all that the driver sent.
    pub(super) async fn end(self) {
        // If a direction failed, the connection is closed as well.
        let _ = self.task.await;
    }

    /// Returns the error of a connection, or why the relay has ended it.
    pub(super) fn explain(&self, error: Error) -> Error {
        if self.asked.load(Ordering::SeqCst) { Error::Other(Box::new(UntrustedKey)) } else { error }
    }
}

async fn serve(
    listener: TcpListener,
    greeted: Greeted,
    inspection: Inspection,
    asked: Arc<AtomicBool>,
) -> io::Result<()> {
    let (driver, _) = listener.accept().await?;
    drop(listener);
    driver.set_nodelay(true)?;
    let (mut from_server, mut to_server) = greeted.server.into_split();
    let (mut from_driver, mut to_driver) = driver.into_split();
    to_driver.write_all(&greeted.greeting).await?;
    let backward = async move { copy(&mut from_server, &mut to_driver).await.map(drop) };
    let forward = async move {
        match inspection {
            Inspection::KeyRequests => carry(&mut from_driver, &mut to_server, &asked).await,
            Inspection::None => copy(&mut from_driver, &mut to_server).await.map(drop),
        }
    };
    // Once the driver has ended, nothing is awaited from the server. If the server ends first,
    // the driver notices.
    match select(pin!(forward), pin!(backward)).await {
        Either::Left((forward, _)) => forward,
        Either::Right((backward, forward)) => forward.await.and(backward),
    }
}

/// Carries what the driver sends.
async fn carry(driver: &mut OwnedReadHalf, server: &mut OwnedWriteHalf, asked: &AtomicBool) -> io::Result<()> {
    let (mut buffer, mut packets) = (vec![0; 1 << 16], Packets::default());
    loop {
        let length = driver.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        if packets.ask_for_key(&buffer[..length]) {
            asked.store(true, Ordering::SeqCst);
            return Ok(());
        }
        server.write_all(&buffer[..length]).await?;
    }
}

/// The packets of one direction, as their bytes arrive.
#[derive(Default)]
struct Packets {
    header: [u8; HEADER],
    /// How many bytes of the header have arrived.
    of_header: usize,
    /// How many bytes of the payload have not.
    left: usize,
}

impl Packets {
    /// Returns whether one of these bytes ends a request for the server's key.
    fn ask_for_key(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((&first, rest)) = bytes.split_first() {
            if self.of_header < HEADER {
                self.header[self.of_header] = first;
                self.of_header += 1;
                self.left = length_in(&self.header);
                bytes = rest;
            } else {
                if length_in(&self.header) == 1 && first == KEY_REQUEST {
                    return true;
                }
                let some = self.left.min(bytes.len());
                self.left -= some;
                bytes = &bytes[some..];
            }
            if self.of_header == HEADER && self.left == 0 {
                self.of_header = 0;
            }
        }
        false
    }
}

/// Returns the length of the payload behind a header.
fn length_in(header: &[u8]) -> usize {
    header.iter().take(3).rev().fold(0, |length, byte| length << 8 | usize::from(*byte))
}

impl fmt::Display for UntrustedKey {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the server asks for the password itself, and the connection has no TLS")
    }
}

impl error::Error for UntrustedKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_packet_that_is_the_request_asks_for_the_key() {
        let cases: [(&[u8], bool); 6] = [
            (&[1, 0, 0, 3, 2], true),
            (&[2, 0, 0, 1, 2, 2], false),
            (&[1, 0, 0, 0, 1], false),
            (&[0, 0, 0, 0, 1, 0, 0, 1, 2], true),
            (&[3, 0, 0, 0, 9, 9, 9, 1, 0, 0, 0, 2], true),
            (&[5, 0, 0, 0, 1, 0, 0, 3, 2], false),
        ];
        for (bytes, asks) in cases {
            for cut in 0..bytes.len() {
                let mut packets = Packets::default();
                let found = packets.ask_for_key(&bytes[..cut]) || packets.ask_for_key(&bytes[cut..]);
                assert_eq!(found, asks, "{bytes:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn a_greeting_says_whether_the_server_has_tls() {
        let greeting = |version: &[u8], flags: [u8; 2]| [&[0; 4], &[10][..], version, &[0; 14], &flags, &[33]].concat();
        for (greeting, expected) in [
            (greeting(b"5.5.5-10.11.19-MariaDB", [0xfe, 0xff]), true),
            (greeting(b"8.0.36", [0xfe, 0xf7]), false),
            (greeting(b"8.0.36", [0xff, 0x08]), true),
            // An error, another version of the protocol, and parts.
            (vec![0, 0, 0, 0, 0xff, 0x10, 0x04, b'T'], false),
            (vec![0, 0, 0, 0, 9, 0], false),
            (greeting(b"8", [0xff, 0xff])[..20].to_vec(), false),
            (vec![0, 0, 0, 0], false),
            (Vec::new(), false),
        ] {
            assert_eq!(has_tls(&greeting), expected, "{greeting:?}");
        }
    }

    #[test]
    fn a_greeting_that_ends_too_early_is_explained() {
        use std::net::TcpListener as Listener;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let message = runtime.block_on(async {
            let mut client = TcpStream::connect(address).await.unwrap();
            drop(listener.accept().unwrap());
            read(&mut client, &mut [0]).await.unwrap_err().to_string()
        });
        assert_eq!(message, "the server closed the connection");
        // A server that does not read what it got resets the connection.
        let error = runtime.block_on(async {
            let mut client = TcpStream::connect(address).await.unwrap();
            let (server, _) = listener.accept().unwrap();
            client.write_all(b"x").await.unwrap();
            server.peek(&mut [0]).unwrap();
            drop(server);
            read(&mut client, &mut [0]).await.unwrap_err()
        });
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert_ne!(error.to_string(), message);
    }
}
