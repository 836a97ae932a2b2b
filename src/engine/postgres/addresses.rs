//! The servers of a connection: host, address and port of each.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use crate::engine::postgres::conninfo::Conninfo;
use crate::error::{Error, Result};

/// The default port.
const PORT: u16 = 5432;

/// The default folders of Unix sockets.
const SOCKETS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) place: Place,
    pub(super) port: u16,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A Unix socket in this folder.
    Socket(PathBuf),
    /// A host, by its name or address.
    Host(String),
    /// An address, with the name that its certificate must have.
    Address(IpAddr, Option<String>),
}

impl Address {
    /// Returns the host as a password file names it.
    pub(super) fn host_of_passwords(&self) -> String {
        match &self.place {
            Place::Socket(folder) if SOCKETS.iter().any(|known| Path::new(known) == folder) => "localhost".to_owned(),
            Place::Socket(folder) => folder.display().to_string(),
            Place::Host(host) | Place::Address(_, Some(host)) => host.clone(),
            Place::Address(address, None) => address.to_string(),
        }
    }
}

/// Returns the servers, in the order in which libpq tries them.
///
/// # Errors
/// Usage, if a port or an address is invalid, or the lists have different
/// lengths.
pub(super) fn find(conninfo: &Conninfo<'_>) -> Result<Vec<Address>> {
    let list = |keyword: &str| -> Result<Vec<String>> {
        let text = conninfo.get(keyword)?.filter(|text| !text.is_empty());
        Ok(text.map(|text| text.split(',').map(|part| part.trim().to_owned()).collect()).unwrap_or_default())
    };
    let (hosts, addresses, ports) = (list("host")?, list("hostaddr")?, list("port")?);
    let count = hosts.len().max(addresses.len()).max(1);
    let differs = |part: &[String]| part.len() > 1 && part.len() != count;
    if differs(&ports) || (!addresses.is_empty() && !hosts.is_empty() && hosts.len() != addresses.len()) {
        return Err(Error::usage("host, hostaddr and port have different numbers of elements")
            .hint("give one port for each host, or one for all of them, and one hostaddr for each host"));
    }
    let at = |list: &[String], index: usize| list.get(index).cloned().filter(|part| !part.is_empty());
    (0..count)
        .map(|index| {
            let port = match at(&ports, if ports.len() == 1 { 0 } else { index }) {
                Some(port) => port
                    .parse()
                    .ok()
                    .filter(|port| *port > 0)
                    .ok_or_else(|| Error::usage(format!("{} is not a port: {port}", conninfo.origin("port"))))?,
                None => PORT,
            };
            let host = at(&hosts, index).map(|host| host.trim_start_matches('[').trim_end_matches(']').to_owned());
            let address = at(&addresses, index).map(|address| {
                let invalid = || Error::usage(format!("{} is not an address: {address}", conninfo.origin("hostaddr")));
                address.parse::<IpAddr>().map_err(|_| invalid())
            });
            Ok(Address { place: place(host, address.transpose()?, port), port })
        })
        .collect()
}

fn place(host: Option<String>, address: Option<IpAddr>, port: u16) -> Place {
    match (host, address) {
        (host, Some(address)) => Place::Address(address, host.filter(|host| !host.starts_with('/'))),
        (Some(host), None) if host.starts_with('/') => Place::Socket(PathBuf::from(host)),
        (Some(host), None) => Place::Host(host),
        (None, None) => {
            let mut folders = SOCKETS.map(PathBuf::from).into_iter();
            let socket = folders.find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists());
            socket.map_or_else(|| Place::Host("localhost".to_owned()), Place::Socket)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::url::DatabaseUrl;
    use crate::engine::variables::Variables;

    fn found(url: &str, variables: &[(&str, &str)]) -> Result<Vec<String>> {
        let variables = Variables::of(variables.iter().map(|(name, value)| (name.into(), value.into())));
        let url = DatabaseUrl::parse(url)?;
        let show = |address: Address| match address.place {
            Place::Socket(folder) => format!("{} {}", folder.display(), address.port),
            Place::Host(host) => format!("{host} {}", address.port),
            Place::Address(ip, host) => format!("{ip} ({}) {}", host.unwrap_or_default(), address.port),
        };
        Ok(find(&Conninfo::read(&url, &variables)?)?.into_iter().map(show).collect())
    }

    #[test]
    fn a_password_file_names_a_usual_socket_localhost() {
        let socket = |folder: &str| Place::Socket(folder.into());
        let address = |name: Option<&str>| Place::Address([192, 0, 2, 1].into(), name.map(str::to_owned));
        for (place, expected) in [
            (socket(SOCKETS[0]), "localhost"),
            (socket("/cloudsql/p:r:i"), "/cloudsql/p:r:i"),
            (Place::Host("db".to_owned()), "db"),
            (address(Some("db")), "db"),
            (address(None), "192.0.2.1"),
        ] {
            assert_eq!(Address { place, port: 5432 }.host_of_passwords(), expected);
        }
    }

    /// N30, N35
    #[test]
    fn servers_are_those_that_libpq_would_try() {
        for (url, variables, expected) in [
            ("postgres://u@db/shop", &[][..], &["db 5432"][..]),
            ("postgres://u@/shop?host=/cloudsql/p:r:i", &[], &["/cloudsql/p:r:i 5432"]),
            ("postgres://u@%2Frun%2Fpg:5433/shop", &[], &["/run/pg 5433"]),
            ("postgres://u@a:1,b:2/shop", &[], &["a 1", "b 2"]),
            ("postgres://u@a,b:2/shop", &[], &["a 2", "b 2"]),
            ("postgres://u@[::1]:1,b:2/shop", &[], &["::1 1", "b 2"]),
            ("postgres://u@/shop?host=a,b&port=1,2", &[], &["a 1", "b 2"]),
            ("postgres://u@/shop?host=a,b&port=,2", &[], &["a 5432", "b 2"]),
            ("postgres://u@/shop", &[("PGHOST", "a,b"), ("PGPORT", "7")], &["a 7", "b 7"]),
            ("postgres://u@db/shop", &[("PGHOSTADDR", "192.0.2.1")], &["192.0.2.1 (db) 5432"]),
            ("postgres://u@/shop?hostaddr=192.0.2.1,::2", &[], &["192.0.2.1 () 5432", "::2 () 5432"]),
        ] {
            assert_eq!(found(url, variables).unwrap(), expected, "{url}");
        }
        for (url, says) in [
            ("postgres://u@/shop?host=a,b&port=1,2,3", "host, hostaddr and port have different numbers of elements"),
            ("postgres://u@a,b/shop?hostaddr=192.0.2.1", "host, hostaddr and port have different numbers of elements"),
            ("postgres://u@a/shop?hostaddr=db", "hostaddr is not an address: db"),
            ("postgres://u@/shop?port=x", "port is not a port: x"),
        ] {
            assert_eq!(found(url, &[]).unwrap_err().to_string(), says, "{url}");
        }
    }
}
