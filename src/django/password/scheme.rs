//! The interface of all families of hashes.

use std::fmt::Display;

use zeroize::Zeroizing;

use crate::django::crypto::random_string;
use crate::django::password::algorithm::Algorithm;
use crate::error::{Error, Result};

/// How many random bytes a salt or an unusable password is made from.
///
/// A salt needs 22 characters and an unusable password 40. Some bytes are
/// skipped; of 64, too few remain less than once in 10¹⁹ times.
pub const RANDOM_BYTES: usize = 64;

/// Characters of a salt: the fewest that have `BasePasswordHasher.salt_entropy`, 128 bits.
const SALT_LENGTH: usize = 22;

/// One of Django's hashers with its work factor, which `Display` shows.
pub(super) trait Scheme: Display {
    /// Mirrors `BasePasswordHasher.algorithm`.
    fn algorithm(&self) -> Algorithm;

    /// Returns the work of a hash, in a unit of the family.
    fn work(&self) -> u64;

    /// Mirrors `BasePasswordHasher.salt`.
    fn salt(&self, random: &[u8; RANDOM_BYTES]) -> Result<String> {
        random_string(SALT_LENGTH, random)
    }

    /// Returns whether Django would rehash because of the salt; mirrors
    /// `must_update_salt`.
    fn must_update_salt(&self, salt: &str) -> bool {
        salt.chars().count() < SALT_LENGTH
    }

    /// Mirrors `BasePasswordHasher.encode`.
    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>>;

    /// Returns whether two passwords at a time take less time than one after the
    /// other.
    fn is_faster_in_pairs(&self) -> bool {
        false
    }

    /// Encodes two passwords.
    fn encode_pair(&self, passwords: [&[u8]; 2], salts: [&str; 2]) -> [Result<Zeroizing<String>>; 2] {
        let ([one, other], [salt, other_salt]) = (passwords, salts);
        [self.encode(one, salt), self.encode(other, other_salt)]
    }
}

/// Rejects the salts that Django rejects; mirrors
/// `BasePasswordHasher._check_encode_args`.
pub(super) fn require_salt(salt: &str) -> Result<()> {
    if salt.is_empty() || salt.contains('$') {
        return Err(Error::internal("a salt is empty or contains a dollar sign"));
    }
    Ok(())
}

/// Parses a number as Python's `%d` writes it. Django's verification never
/// matches a hash with another spelling.
pub(super) fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}
