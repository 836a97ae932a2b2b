//! What a client presents: a key, or the header that carries it.

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The word before a key in the `Authorization` header.
///
/// Mirrors `TokenAuthentication.keyword`.
const KEYWORD: &str = "Token";

/// The name of the header.
const HEADER: &str = "authorization:";

/// The key in a line: alone, after `Token`, or in a whole header.
///
/// Mirrors `TokenAuthentication.authenticate`.
///
/// # Errors
/// Rejected, in the words of the application.
pub fn key_in(line: &str) -> Result<Zeroizing<String>> {
    let has_header = line.get(..HEADER.len()).is_some_and(|start| start.eq_ignore_ascii_case(HEADER));
    let words: Vec<&str> =
        line.get(if has_header { HEADER.len() } else { 0 }..).unwrap_or_default().split_whitespace().collect();
    let (is_ours, rest) = match words.as_slice() {
        [first, rest @ ..] if first.eq_ignore_ascii_case(KEYWORD) => (true, rest),
        words => (!has_header, words),
    };
    let refused = |words: &str| Err(Error::rejected(words));
    match rest {
        _ if !is_ours => refused("Authentication credentials were not provided."),
        [] => refused("Invalid token header. No credentials provided."),
        [key] if key.chars().all(|c| u32::from(c) < 256) => Ok(Zeroizing::new((*key).to_owned())),
        [_] => refused("Invalid token header. Token string should not contain invalid characters."),
        _ => refused("Invalid token header. Token string should not contain spaces."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_the_application_finds_it() {
        for line in ["k3y", " k3y ", "Token k3y", "token  k3y", "Authorization: Token k3y", "AUTHORIZATION:TOKEN k3y"] {
            assert_eq!(key_in(line).unwrap().as_str(), "k3y", "{line}");
        }
        for (line, words) in [
            ("Authorization: Bearer k3y", "Authentication credentials were not provided."),
            ("Authorization:", "Authentication credentials were not provided."),
            ("", "Invalid token header. No credentials provided."),
            ("Token", "Invalid token header. No credentials provided."),
            ("Token a b", "Invalid token header. Token string should not contain spaces."),
            ("a b", "Invalid token header. Token string should not contain spaces."),
            ("Token k\u{20ac}y", "Invalid token header. Token string should not contain invalid characters."),
        ] {
            assert_eq!(key_in(line).unwrap_err().message(), words, "{line}");
        }
    }
}
