//! bcrypt, plain and over SHA-256. The encoding: `name$` and bcrypt's own `$2b$rounds$…`.

use std::fmt;

use base64ct::{Base64Bcrypt, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::django::crypto::require_random;
use crate::django::password::algorithm::Algorithm;
use crate::django::password::scheme::{RANDOM_BYTES, Scheme};
use crate::error::{Error, Result};

/// The most rounds, as a power of two: several seconds of work.
const MAX_ROUNDS: u32 = 17;

/// How many bytes of a password bcrypt reads.
const MAX_PASSWORD: usize = 72;

/// The versions of bcrypt that Python's library supports. It computes all of
/// them in the same way.
const KINDS: [&str; 4] = ["2a", "2b", "2x", "2y"];

/// Mirrors `BCryptSHA256PasswordHasher`, and `BCryptPasswordHasher` if the
/// password is not hashed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bcrypt {
    hashed_first: bool,
    rounds: u32,
}

impl Bcrypt {
    /// Django 6.1's `BCryptSHA256PasswordHasher`.
    pub(super) const NEWEST_SHA256: Self = Self { hashed_first: true, rounds: 12 };

    /// Django 6.1's `BCryptPasswordHasher`.
    pub(super) const NEWEST: Self = Self { hashed_first: false, rounds: 12 };

    /// Mirrors `BCryptSHA256PasswordHasher.decode`. As in Django, the salt is
    /// everything before the hash: `$2b$12$` and 22 characters.
    pub(super) fn decode(self, fields: &str) -> Option<(Self, String)> {
        let salt = fields.get(..29)?;
        let (_, rounds, _) = taken_apart(salt)?;
        Some((Self { rounds, ..self }, salt.to_owned()))
    }

    /// Returns the input of bcrypt, a C string.
    fn key(self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mut key = Zeroizing::new(Vec::with_capacity(MAX_PASSWORD + 1));
        if self.hashed_first {
            let digest = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(password)));
            key.extend_from_slice(Zeroizing::new(hex::encode(*digest)).as_bytes());
        } else {
            require_plain(password)?;
            key.extend_from_slice(password);
        }
        key.push(0);
        key.truncate(MAX_PASSWORD);
        Ok(key)
    }
}

/// Checks that bcrypt cannot confuse the password with another one: it repeats
/// the password as a C string, and reads 72 bytes.
fn require_plain(password: &[u8]) -> Result<()> {
    let fault = if password.len() > MAX_PASSWORD {
        "the password is longer than the 72 bytes that bcrypt reads"
    } else if password.contains(&0) {
        "the password contains a NUL character, where bcrypt stops reading"
    } else {
        return Ok(());
    };
    Err(Error::rejected(fault).hint("choose the hasher bcrypt_sha256, which accepts every password"))
}

/// Returns the version, the rounds and the salt bytes of `$2b$12$` and 22
/// characters.
fn taken_apart(salt: &str) -> Option<(&str, u32, [u8; 16])> {
    let fields: Vec<&str> = salt.split('$').collect();
    let ["", kind, rounds, text] = fields[..] else { return None };
    let two_digits = rounds.len() == 2 && rounds.bytes().all(|byte| byte.is_ascii_digit());
    let rounds = rounds.parse().ok().filter(|rounds| two_digits && (4..=MAX_ROUNDS).contains(rounds))?;
    let mut bytes = [0; 16];
    let length = Base64Bcrypt::decode(text, &mut bytes).ok()?.len();
    (KINDS.contains(&kind) && length == bytes.len()).then_some((kind, rounds, bytes))
}

impl Scheme for Bcrypt {
    fn algorithm(&self) -> Algorithm {
        if self.hashed_first { Algorithm::BcryptSha256 } else { Algorithm::Bcrypt }
    }

    fn work(&self) -> u64 {
        1 << self.rounds
    }

    /// Mirrors `BCryptSHA256PasswordHasher.salt`, which is `bcrypt.gensalt`.
    fn salt(&self, random: &[u8; RANDOM_BYTES]) -> Result<String> {
        require_random(&random[..16])?;
        Ok(format!("$2b${:02}${}", self.rounds, Base64Bcrypt::encode_string(&random[..16])))
    }

    /// The salt always has 128 bits.
    fn must_update_salt(&self, _: &str) -> bool {
        false
    }

    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>> {
        let (_, rounds, bytes) = taken_apart(salt).ok_or_else(|| Error::internal("the bcrypt salt is invalid"))?;
        let key = self.key(password)?;
        let hash = Zeroizing::new(bcrypt::bcrypt(rounds, bytes, &key));
        // Every bcrypt omits the last byte.
        let hash = Zeroizing::new(Base64Bcrypt::encode_string(&hash[..23]));
        Ok(Zeroizing::new(format!("{}${salt}{}", self.algorithm(), *hash)))
    }
}

impl fmt::Display for Bcrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rounds={}", self.algorithm(), self.rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    const SALT: &str = "$2b$04$Mk3Zr8Wq1TnB6vXc0YhJ5e";

    #[test]
    fn plain_bcrypt_rejects_ambiguous_passwords() {
        let plain = Bcrypt::NEWEST;
        assert!(plain.encode(&[b'x'; 72], SALT).is_ok());
        for password in [&[b'x'; 73][..], b"a\0a", b"\0"] {
            let error = plain.encode(password, SALT).unwrap_err();
            assert_eq!(error.kind(), Kind::Rejected);
        }
    }

    #[test]
    fn bcrypt_sha256_accepts_every_password() {
        let hashed_first = Bcrypt::NEWEST_SHA256;
        let passwords = [&[b'x'; 72][..], &[b'x'; 73], &[b'x'; 4096], b"a", b"a\0a", b""];
        let mut hashes = passwords.map(|password| hashed_first.encode(password, SALT).unwrap().to_string());
        hashes.sort();
        assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]), "{hashes:?}");
    }

    #[test]
    fn the_kind_of_a_hash_is_kept() {
        for kind in KINDS {
            let salt = SALT.replace("2b", kind);
            let encoded = Bcrypt::NEWEST.encode(b"secret", &salt).unwrap();
            assert!(encoded.starts_with(&format!("bcrypt{salt}").replace("bcrypt$", "bcrypt$$")), "{}", *encoded);
        }
    }
}
