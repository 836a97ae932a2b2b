//! The parts of a database URL as text, and what a text is that is not quite
//! one. `url` decodes the values.

use std::net::Ipv6Addr;

use crate::error::{Error, Result};

/// How to write a password into a URL.
pub(super) const ENCODE: &str =
    "percent-encode the password: @ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25";

/// Returns the part between `scheme://` and the path, and the rest.
fn authority(text: &str) -> (&str, &str) {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.split_at(after_scheme.find(['/', '?', '#']).unwrap_or(after_scheme.len()))
}

/// Returns whether the URL may contain a password.
pub(super) fn has_login(text: &str) -> bool {
    authority(text).0.contains([':', '@'])
}

/// Rejects a URL in which a part of the password would be taken for the host,
/// the port or the name: one with an `@` after the authority, or with a `#`.
pub(super) fn check_separators(text: &str) -> Result<()> {
    let (authority, rest) = authority(text);
    if rest.contains('#') || (!authority.is_empty() && rest.contains('@')) {
        let what = if has_login(text) { "the password in the database URL" } else { "the database URL" };
        let error = Error::usage(format!("{what} has a character that must be percent-encoded"));
        return Err(error.hint(ENCODE));
    }
    Ok(())
}

/// Returns whether a text may contain a password and is no URL: `user:password@host`,
/// or a connection string such as `host=db password=word`.
pub(super) fn looks_like_login(text: &str) -> bool {
    if text.starts_with(['/', '.']) {
        return false;
    }
    let host = text.split_once(':').and_then(|(_, rest)| rest.rsplit_once('@'));
    let lower = text.to_ascii_lowercase();
    host.is_some_and(|(_, host)| !host.is_empty())
        || ["password=", "passwd=", "pwd="].iter().any(|name| lower.contains(name))
}

/// The parts of a URL as they were written, percent-encoded.
pub(super) struct Parts<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    /// The hosts without the brackets of IPv6 addresses, separated by commas.
    pub(super) host: String,
    /// A port for each host, or one for all of them.
    pub(super) port: String,
    pub(super) name: &'a str,
    pub(super) query: &'a str,
}

/// Splits a URL as Python's `urlsplit` does: the user ends at the first colon,
/// the password at the last `@`.
///
/// # Errors
/// The reason why it is invalid.
pub(super) fn split(text: &str) -> std::result::Result<Parts<'_>, &'static str> {
    let (authority, rest) = authority(text);
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, port) = split_hosts(hosts)?;
    Ok(Parts { user, password, host, port, name: path.strip_prefix('/').unwrap_or(path), query })
}

/// Splits `host:port,host:port` as django-environ does: one port is for every
/// host. dj-database-url only knows that form.
fn split_hosts(text: &str) -> std::result::Result<(String, String), &'static str> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = match part.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or("invalid IPv6 address")?;
                host.parse::<Ipv6Addr>().map_err(|_| "invalid IPv6 address")?;
                (host, if port.is_empty() { "" } else { port.strip_prefix(':').ok_or("invalid port number")? })
            }
            None => part.rsplit_once(':').unwrap_or((part, "")),
        };
        if !part.starts_with('[')
            && host.contains(|c: char| c.is_whitespace() || c.is_control() || ":<>[\\]^|\"".contains(c))
        {
            return Err("invalid host name");
        }
        hosts.push(host);
        match port {
            "" => {}
            _ if !port.bytes().all(|digit| digit.is_ascii_digit()) => return Err("invalid port number"),
            // Python counts 0 as none.
            _ if port.parse::<u16>().map_err(|_| "invalid port number")? == 0 => {}
            _ => ports.push(port),
        }
    }
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err("some hosts have a port and some have none");
    }
    Ok((hosts.join(","), ports.join(",")))
}

/// Returns whether a text begins with a scheme.
pub(super) fn looks_like_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b))
    })
}
