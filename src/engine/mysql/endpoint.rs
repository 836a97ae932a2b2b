//! How to connect: through a socket, with TLS or without.

use std::net::{SocketAddr, ToSocketAddrs};

use mysql_async::{Conn, DriverError, Error, Opts, OptsBuilder, SslOpts};

use crate::engine::mysql::relay::Relay;

/// How to connect.
#[derive(Clone, Debug)]
pub(super) enum Endpoint {
    /// Through a Unix socket.
    Socket(Opts),
    /// To a host.
    Host(Box<Host>),
}

/// How to connect to a host.
#[derive(Clone, Debug)]
pub(super) struct Host {
    /// The account and what else all connections have.
    pub(super) opts: OptsBuilder,
    /// The name or address of the host, which the server's certificate must have.
    pub(super) name: String,
    pub(super) port: u16,
    /// The addresses of the host, once they are known.
    pub(super) addresses: Vec<SocketAddr>,
    /// TLS, if it is used.
    pub(super) tls: Option<SslOpts>,
    pub(super) without_tls: WithoutTls,
}

/// What to do if the server has no TLS, or TLS is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithoutTls {
    /// Do not connect.
    Refused,
    /// Connect. Do not encrypt the password with a key that the server sends:
    /// a fake server could send its own.
    KeyRefused,
    /// Connect, and trust the server's key. In MySQL, `get-server-public-key`.
    KeyTrusted,
}

impl Endpoint {
    /// Looks up the addresses of the host. Blocks.
    ///
    /// # Errors
    /// The system's, if the name is unknown.
    pub(super) fn resolve(&mut self) -> std::io::Result<()> {
        if let Self::Host(host) = self {
            host.addresses = (host.name.as_str(), host.port).to_socket_addrs()?.collect();
        }
        Ok(())
    }

    /// Connects.
    pub(super) async fn open(&self) -> Result<Conn, Error> {
        match self {
            Self::Socket(opts) => Conn::new(opts.clone()).await,
            Self::Host(host) => host.open().await,
        }
    }
}

impl Host {
    async fn open(&self) -> Result<Conn, Error> {
        if let Some(tls) = &self.tls {
            match Conn::new(self.direct().ssl_opts(tls.clone())).await {
                Err(Error::Driver(DriverError::NoClientSslFlagFromServer))
                    if self.without_tls != WithoutTls::Refused => {}
                outcome => return outcome,
            }
        }
        match self.without_tls {
            WithoutTls::Refused => Err(DriverError::NoClientSslFlagFromServer.into()),
            WithoutTls::KeyTrusted => Conn::new(self.direct()).await,
            WithoutTls::KeyRefused => {
                let relay = Relay::start(&self.addresses).await?;
                let (host, port) = (relay.address.ip().to_string(), relay.address.port());
                let outcome = Conn::new(self.opts.clone().ip_or_hostname(host).tcp_port(port)).await;
                outcome.map_err(|error| relay.explain(error))
            }
        }
    }

    fn direct(&self) -> OptsBuilder {
        let addresses: Vec<_> = self.addresses.iter().map(SocketAddr::ip).collect();
        self.opts.clone().ip_or_hostname(self.name.as_str()).tcp_port(self.port).resolved_ips(Some(addresses))
    }
}
