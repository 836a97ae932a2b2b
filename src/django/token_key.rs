//! The key of an API token: generated, given or stored, and never shown by
//! accident.

use std::fmt;

use zeroize::Zeroizing;

use crate::django::crypto::require_random;
use crate::error::{Error, Result};

/// Bytes of randomness in a key.
///
/// Mirrors `Token.generate_key`, which is `secrets.token_hex(20)`.
pub const KEY_BYTES: usize = 20;

/// The maximum length of `Token.key`, in characters.
pub const MAX_LENGTH: usize = 40;

/// The minimum length of a given key, in characters.
pub const MIN_LENGTH: usize = 20;

/// A token's key. `Debug` hides it, and the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey(Zeroizing<String>);

impl TokenKey {
    /// Returns a new key from random bytes: lower-case hex.
    ///
    /// # Errors
    /// Internal, if the bytes cannot be random because they are all the same.
    pub fn from_random(bytes: &[u8; KEY_BYTES]) -> Result<Self> {
        require_random(bytes)?;
        let mut key = Zeroizing::new([0; 2 * KEY_BYTES]);
        let written = hex::encode_to_slice(bytes, key.as_mut_slice()).ok();
        let key = written.and_then(|()| std::str::from_utf8(key.as_slice()).ok());
        key.map(Self::stored).ok_or_else(|| Error::internal("a key cannot be encoded"))
    }

    /// Validates a given key, for fixtures.
    ///
    /// # Errors
    /// Rejected, unless it has 20 to 40 characters that an HTTP header can
    /// carry.
    pub fn preset(text: &str) -> Result<Self> {
        let length = text.chars().count();
        if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
            return Err(Error::rejected(format!(
                "the given key has {length} characters; a key has {MIN_LENGTH} to {MAX_LENGTH}"
            )));
        }
        let key = Self::stored(text);
        if !key.is_sendable() {
            return Err(Error::rejected(
                "the given key contains white space or characters that an HTTP header cannot carry",
            ));
        }
        Ok(key)
    }

    /// Returns a stored key, valid or not.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Returns the bytes of a key in DRF's format, which is hex.
    #[must_use]
    pub fn bytes(key: &str) -> Option<[u8; KEY_BYTES]> {
        let mut bytes = [0; KEY_BYTES];
        hex::decode_to_slice(key, &mut bytes).is_ok().then_some(bytes)
    }

    /// Returns the key itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns whether a client can send it in `Authorization: Token …`.
    ///
    /// Mirrors `TokenAuthentication.authenticate`, which splits the header at
    /// white space and looks up the part after the keyword.
    #[must_use]
    pub fn is_sendable(&self) -> bool {
        is_sendable(&self.0)
    }

    /// Returns whether it is easy to guess: few distinct characters, a repeated
    /// part, or mostly a run such as `0123…` or `abcd…`.
    #[must_use]
    pub fn looks_weak(&self) -> bool {
        let bytes = self.0.as_bytes();
        let mut distinct = bytes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let steps = bytes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
        let repeats = (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
        distinct.len() < 9 || steps * 2 > bytes.len() || repeats
    }
}

/// Returns a prefix of a key that identifies the token but cannot be used: 8
/// characters of DRF's keys, and at most a quarter of a shorter key.
#[must_use]
pub fn shortened(key: &str) -> String {
    [beginning(key), "…"].concat()
}

/// Returns the prefix that [`shortened`] shows.
#[must_use]
pub fn beginning(key: &str) -> &str {
    let length = if key.is_ascii() { key.len() } else { key.chars().count() };
    let shown = (length / 4).min(8);
    let end = key.char_indices().nth(shown).map_or(key.len(), |(at, _)| at);
    &key[..end]
}

/// Returns a name for messages. Hides a name that may be a key typed in the
/// wrong place.
#[must_use]
pub fn as_name(typed: &str) -> String {
    if KeyKind::of(typed) == KeyKind::Drf { shortened(typed) } else { typed.to_owned() }
}

/// What a key looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A key that DRF generated.
    Drf,
    /// Another key that the application accepts.
    Other,
    /// A key that no client can send.
    Unsendable,
}

impl KeyKind {
    /// Returns what a key looks like.
    #[must_use]
    pub fn of(key: &str) -> Self {
        // Without an early exit, because a list checks millions of keys.
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if key.len() == 2 * KEY_BYTES && key.bytes().fold(true, |all, byte| all & is_hex(byte)) {
            Self::Drf
        } else if is_sendable(key) {
            Self::Other
        } else {
            Self::Unsendable
        }
    }

    /// Returns the name in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drf => "drf",
            Self::Other => "other",
            Self::Unsendable => "unsendable",
        }
    }
}

fn is_sendable(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_graphic())
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_key() {
        assert_eq!(format!("{:?}", TokenKey::stored("marker")), "TokenKey([redacted])");
    }

    #[test]
    fn a_shortened_key_hides_most_of_the_key() {
        for (key, shown) in [("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "9944b091…"), ("hunter2", "h…"), ("ab", "…")]
        {
            assert_eq!(shortened(key), shown);
        }
    }

    #[test]
    fn bytes_that_are_all_the_same_are_not_random() {
        assert!(TokenKey::from_random(&[0; KEY_BYTES]).is_err());
    }

    #[test]
    fn a_key_that_could_be_guessed_looks_weak() {
        let weak = [
            "aaaaaaaaaaaaaaaaaaaa",
            "0123456789012345678901234567890123456789",
            "testtokentesttokente",
            "abcdefghijklmnopqrst",
        ];
        let strong = ["9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "hT4kPq9Zc2LmX7vBn3Rw"];
        assert_eq!(weak.map(|key| TokenKey::stored(key).looks_weak()), [true; 4]);
        assert_eq!(strong.map(|key| TokenKey::stored(key).looks_weak()), [false; 2]);
    }

    #[test]
    fn a_preset_key_has_20_to_40_characters_without_white_space() {
        for key in ["x".repeat(19), "x".repeat(41), format!("a b{}", "x".repeat(20)), "é".repeat(25)] {
            assert!(TokenKey::preset(&key).is_err(), "{key}");
        }
        assert!(TokenKey::preset(&"x".repeat(20)).is_ok());
        assert!(TokenKey::preset(&"x".repeat(40)).is_ok());
    }

    #[test]
    fn a_key_of_few_characters_a_run_or_repetitions_looks_weak() {
        for (key, is_weak) in [
            ("9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", false),
            ("a1c3e5g7ii7g5e3c1a", false),
            ("a1c3e5g77g5e3c1a", true),
            ("a1c3e5g7ia1c3e5g7i", true),
            ("0123456789abcdefghijklmnop", true),
            // Half of the steps, and then more, are to a neighbor.
            ("abfgklpquvdeijnostyz", false),
            ("abfgklpquvdeijnostyzz", true),
        ] {
            assert_eq!(TokenKey::stored(key).looks_weak(), is_weak, "{key}");
        }
    }

    #[test]
    fn only_forty_lower_case_hexadecimal_digits_are_a_key_of_drf() {
        let key = TokenKey::from_random(&std::array::from_fn(|at| u8::try_from(at * 7).unwrap())).unwrap();
        assert_eq!(key.reveal(), "00070e151c232a31383f464d545b626970777e85");
        assert_eq!(TokenKey::bytes(key.reveal()), Some(std::array::from_fn(|at| u8::try_from(at * 7).unwrap())));
        for (key, kind) in [
            (key.reveal(), "drf"),
            ("00070E151C232A31383F464D545B626970777E85", "other"),
            ("00070e151c232a31383f464d545b626970777e8", "other"),
            ("g0070e151c232a31383f464d545b626970777e85", "other"),
            ("00070e151c232a31383f464d545b626970777e8g", "other"),
            ("gggggggggggggggggggggggggggggggggggggggg", "other"),
            ("a b", "unsendable"),
            ("é", "unsendable"),
            ("", "unsendable"),
        ] {
            assert_eq!(KeyKind::of(key).as_str(), kind, "{key}");
        }
    }
}
