//! A key as a client sends it, alone or in a header.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A key as a client or a person gives it, valid or not. `Debug` hides it, and
/// the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedKey(Zeroizing<String>);

impl PresentedKey {
    /// Returns the key that was given.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Returns the key itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PresentedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedKey([redacted])")
    }
}

/// The keyword before a key in the `Authorization` header.
///
/// Mirrors `TokenAuthentication.keyword`.
const KEYWORD: &str = "Token";

/// The name of the header.
const HEADER: &[u8] = b"authorization:";

/// Returns the key of a line that has the key alone, after `Token`, or in a
/// whole header.
///
/// Mirrors `TokenAuthentication.authenticate`, which splits bytes.
///
/// # Errors
/// Rejected, with DRF's own message.
pub fn key_in(line: &[u8]) -> Result<PresentedKey> {
    let start = line.get(..HEADER.len()).filter(|start| start.eq_ignore_ascii_case(HEADER));
    let rest = if start.is_some() { &line[HEADER.len()..] } else { line };
    // The vertical tab is white space to Python, and not to Rust.
    let words: Vec<&[u8]> =
        rest.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b).filter(|word| !word.is_empty()).collect();
    let (is_ours, rest) = match words.as_slice() {
        [first, rest @ ..] if first.eq_ignore_ascii_case(KEYWORD.as_bytes()) => (true, rest),
        words => (start.is_none(), words),
    };
    let refused = |words: &str| Err(Error::rejected(words));
    match rest {
        _ if !is_ours => refused("Authentication credentials were not provided."),
        [] => refused("Invalid token header. No credentials provided."),
        [key] => match std::str::from_utf8(key) {
            Ok(key) => Ok(PresentedKey::new(key)),
            Err(_) => refused("Invalid token header. Token string should not contain invalid characters."),
        },
        _ => refused("Invalid token header. Token string should not contain spaces."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_the_application_finds_it() {
        for line in ["k3y", " k3y ", "Token k3y", "token  k3y", "Authorization: Token k3y", "AUTHORIZATION:TOKEN k3y"] {
            assert_eq!(key_in(line.as_bytes()).unwrap().reveal(), "k3y", "{line}");
        }
        for (line, words) in [
            ("Authorization: Bearer k3y", "Authentication credentials were not provided."),
            ("Authorization:", "Authentication credentials were not provided."),
            ("", "Invalid token header. No credentials provided."),
            ("Token", "Invalid token header. No credentials provided."),
            ("Token a b", "Invalid token header. Token string should not contain spaces."),
            ("a b", "Invalid token header. Token string should not contain spaces."),
        ] {
            assert_eq!(key_in(line.as_bytes()).unwrap_err().to_string(), words, "{line}");
        }
        let words = "Invalid token header. Token string should not contain invalid characters.";
        assert_eq!(key_in(b"Token k\xe9y").unwrap_err().to_string(), words);
    }

    #[test]
    fn debug_hides_a_presented_key() {
        assert_eq!(format!("{:?}", PresentedKey::new("marker")), "PresentedKey([redacted])");
    }
}
