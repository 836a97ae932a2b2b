//! The parts of a database URL as text, and what a text is that is not quite
//! one. `url` parses the values.

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

/// Returns whether a text begins with a scheme.
pub(super) fn looks_like_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Returns the path as it was written: a parsed URL would have lost its `..`.
pub(super) fn raw_name(text: &str) -> &str {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    path.split(['?', '#']).next().unwrap_or_default()
}
