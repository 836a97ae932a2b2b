//! How to connect: through a socket, with TLS or without.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use mysql_async::{Conn, Error, Opts, OptsBuilder, SslOpts};

use crate::engine::loopback::loopback;
use crate::engine::mysql::relay::{Greeted, Inspection, Relay};

/// How to connect.
#[derive(Clone)]
pub(super) enum Endpoint {
    /// Through a Unix socket.
    Socket(Opts),
    /// To a host.
    Host(Box<Host>),
}

/// How to connect to a host.
#[derive(Clone)]
pub(super) struct Host {
    /// The account and what else all connections have.
    pub(super) opts: OptsBuilder,
    /// The name or address of the host. A certificate that is verified must have
    /// it.
    pub(super) name: String,
    pub(super) port: u16,
    /// The addresses of the host, once they are known.
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) encryption: Encryption,
    pub(super) server_key: ServerKey,
}

/// Whether a connection to a host has TLS.
#[derive(Clone)]
pub(super) enum Encryption {
    Disabled,
    /// If the server has it.
    Preferred(SslOpts),
    Required(SslOpts),
}

/// What to do if a server without TLS asks for the password itself, which the
/// driver encrypts with a key that the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerKey {
    /// Use it. In MySQL, `get-server-public-key`.
    Trusted,
    /// End the connection: a fake server could send a key of its own.
    Refused,
}

/// An open connection.
pub(super) struct Opened {
    pub(super) driver: Conn,
    /// The relay that carries its data; `None` if the driver connects itself.
    relay: Option<Relay>,
}

impl Opened {
    /// Ends the connection.
    pub(super) async fn end(self) {
        // If this fails, the server notices that the connection is closed.
        let _ = self.driver.disconnect().await;
        if let Some(relay) = self.relay {
            relay.end().await;
        }
    }
}

impl Endpoint {
    /// Looks up the addresses of the host. Blocks.
    ///
    /// # Errors
    /// The system's, if the name is unknown.
    pub(super) fn resolve(&mut self) -> io::Result<()> {
        if let Self::Host(host) = self {
            host.addresses = match loopback(&host.name) {
                Some(address) => vec![(address, host.port).into()],
                None => (host.name.as_str(), host.port).to_socket_addrs()?.collect(),
            };
        }
        Ok(())
    }

    /// Connects.
    pub(super) async fn open(&self) -> Result<Opened, Error> {
        match self {
            Self::Socket(opts) => direct(Conn::new(opts.clone()).await),
            Self::Host(host) => host.open().await,
        }
    }
}

fn direct(outcome: Result<Conn, Error>) -> Result<Opened, Error> {
    outcome.map(|driver| Opened { driver, relay: None })
}

impl Host {
    async fn open(&self) -> Result<Opened, Error> {
        match (&self.encryption, self.server_key) {
            (Encryption::Required(tls), _) => direct(Conn::new(self.opts().ssl_opts(tls.clone())).await),
            (Encryption::Disabled, ServerKey::Trusted) => direct(Conn::new(self.opts()).await),
            (encryption, server_key) => {
                let greeted = Greeted::connect(&self.addresses).await?;
                let tls = match encryption {
                    Encryption::Preferred(tls) if greeted.has_tls() => Some(tls),
                    _ => None,
                };
                let inspection = match (tls, server_key) {
                    (None, ServerKey::Refused) => Inspection::KeyRequests,
                    _ => Inspection::None,
                };
                self.open_through(Relay::start(greeted, inspection).await?, tls).await
            }
        }
    }

    async fn open_through(&self, relay: Relay, tls: Option<&SslOpts>) -> Result<Opened, Error> {
        let mut opts = self.opts.clone().ip_or_hostname(relay.address.ip().to_string()).tcp_port(relay.address.port());
        if let Some(tls) = tls {
            opts = opts.ssl_opts(tls.clone().with_danger_tls_hostname_override(Some(self.name.clone())));
        }
        match Conn::new(opts).await {
            Ok(driver) => Ok(Opened { driver, relay: Some(relay) }),
            Err(error) => Err(relay.explain(error)),
        }
    }

    fn opts(&self) -> OptsBuilder {
        let addresses: Vec<_> = self.addresses.iter().map(SocketAddr::ip).collect();
        self.opts.clone().ip_or_hostname(self.name.as_str()).tcp_port(self.port).resolved_ips(Some(addresses))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_host_is_connected_to_at_its_known_addresses() {
        let host = Host {
            opts: OptsBuilder::default().user(Some("u")),
            name: "localhost".to_owned(),
            port: 3307,
            addresses: Vec::new(),
            encryption: Encryption::Disabled,
            server_key: ServerKey::Trusted,
        };
        let mut endpoint = Endpoint::Host(Box::new(host));
        endpoint.resolve().unwrap();
        let Endpoint::Host(host) = endpoint else { panic!("a host") };
        let known: Vec<_> = host.addresses.iter().map(SocketAddr::ip).collect();
        assert!(!known.is_empty() && host.addresses.iter().all(|one| one.ip().is_loopback() && one.port() == 3307));
        let opts = Opts::from(host.opts());
        assert_eq!((opts.ip_or_hostname(), opts.tcp_port(), opts.user()), ("localhost", 3307, Some("u")));
        assert_eq!(opts.resolved_ips().as_deref(), Some(&known[..]));
        let mut literal = Endpoint::Host(Box::new(Host { name: "192.0.2.1".to_owned(), ..*host }));
        literal.resolve().unwrap();
        let Endpoint::Host(literal) = literal else { panic!("a host") };
        assert_eq!(literal.addresses, [SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 3307))]);
    }
}
