//! The address of this host on a system that cannot resolve its name.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

/// Returns the address of `localhost` on a system without `/etc/hosts`, such as
/// a minimal container: there, the resolver of the C library would ask a name
/// server that does not exist.
pub(super) fn loopback(host: &str) -> Option<IpAddr> {
    address_of(host, Path::new("/etc/hosts"))
}

fn address_of(host: &str, names: &Path) -> Option<IpAddr> {
    (host == "localhost" && !names.exists()).then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_localhost_without_a_file_of_names_has_an_address() {
        for (host, names, expected) in [
            ("localhost", "/missing/hosts", Some("127.0.0.1")),
            ("db.internal", "/missing/hosts", None),
            ("localhost", file!(), None),
        ] {
            let names = Path::new(env!("CARGO_MANIFEST_DIR")).join(names);
            let found = address_of(host, &names).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected, "{host} {}", names.display());
        }
    }
}
