//! Carries a connection without TLS between the driver and the server, and ends
//! it where the driver asks for the server's RSA key.
//!
//! `caching_sha2_password` sends the password itself if the server does not know
//! it yet. Without TLS, the driver would encrypt it with a key that it asks the
//! server for, so that a fake server could read it. MySQL's own client refuses
//! this, and the driver has no option for it.

use std::error;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join;
use mysql_async::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The payload of the packet that asks for the key. No command of drfctl has it.
const KEY_REQUEST: u8 = 2;

/// The length of a packet's header: three bytes of length, and a number.
const HEADER: usize = 4;

/// A relay, which works while one of the driver's calls runs.
pub(super) struct Relay {
    /// The address to which the driver connects.
    pub(super) address: SocketAddr,
    /// Whether the driver has asked for the server's key.
    asked: Arc<AtomicBool>,
    /// Ends when both directions have ended.
    task: JoinHandle<io::Result<()>>,
}

/// The server cannot check the password unless it gets the password itself.
#[derive(Debug)]
pub(super) struct UntrustedKey;

impl Relay {
    /// Connects to the first of these addresses that answers, and waits for the
    /// driver. It serves one connection; if another process is faster, the driver
    /// cannot connect.
    pub(super) async fn start(addresses: &[SocketAddr]) -> io::Result<Self> {
        let server = TcpStream::connect(addresses).await?;
        server.set_nodelay(true)?;
        let loopback: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()];
        let listener = TcpListener::bind(&loopback[..]).await?;
        let (address, asked) = (listener.local_addr()?, Arc::<AtomicBool>::default());
        let task = tokio::spawn(serve(listener, server, Arc::clone(&asked)));
        Ok(Self { address, asked, task })
    }

    /// Waits until both sides have closed the connection.
    pub(super) async fn end(self) {
        // If a direction failed, the connection is closed as well.
        let _ = self.task.await;
    }

    /// Returns the error of a connection, or why the relay has ended it.
    pub(super) fn explain(&self, error: Error) -> Error {
        if self.asked.load(Ordering::SeqCst) { Error::Other(Box::new(UntrustedKey)) } else { error }
    }
}

async fn serve(listener: TcpListener, server: TcpStream, asked: Arc<AtomicBool>) -> io::Result<()> {
    let (driver, _) = listener.accept().await?;
    drop(listener);
    driver.set_nodelay(true)?;
    let (mut from_server, to_server) = server.into_split();
    let (from_driver, mut to_driver) = driver.into_split();
    let backward = async move { copy(&mut from_server, &mut to_driver).await.map(drop) };
    let (forward, backward) = join(carry(from_driver, to_server, asked), backward).await;
    forward.and(backward)
}

/// Carries what the driver sends.
async fn carry(mut driver: OwnedReadHalf, mut server: OwnedWriteHalf, asked: Arc<AtomicBool>) -> io::Result<()> {
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
                self.left = self.length();
                bytes = rest;
            } else {
                if self.length() == 1 && first == KEY_REQUEST {
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

    fn length(&self) -> usize {
        let [low, middle, high, _] = self.header;
        usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16
    }
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
}
