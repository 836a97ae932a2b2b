//! PBKDF2 with HMAC; Django's default. The encoding: `name$iterations$salt$base64`.

use std::fmt;

use base64ct::{Base64, Encoding};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::pbkdf2_pair;
use crate::django::password::scheme::{Scheme, number, require_salt};
use crate::error::Result;

/// The most iterations that are accepted: several seconds of work.
pub(super) const MAX_ITERATIONS: u32 = 10_000_000;

/// Fewer iterations are weak. Django has used more since 2.0.
const WEAK_BELOW: u32 = 100_000;

/// The underlying hash function; mirrors `PBKDF2PasswordHasher.digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256,
    Sha1,
}

/// Mirrors `PBKDF2PasswordHasher` and `PBKDF2SHA1PasswordHasher`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pbkdf2 {
    digest: Digest,
    iterations: u32,
}

impl Pbkdf2 {
    /// Django 6.1's.
    pub(super) const fn newest(digest: Digest) -> Self {
        Self { digest, iterations: 1_500_000 }
    }

    /// Returns the hasher with this number of iterations; `None` if it is out
    /// of bounds.
    pub(super) fn with_iterations(self, iterations: u32) -> Option<Self> {
        (1..=MAX_ITERATIONS).contains(&iterations).then_some(Self { iterations, ..self })
    }

    /// Returns whether guessing is cheap.
    pub(super) fn is_weak(self) -> bool {
        self.iterations < WEAK_BELOW
    }

    fn encoded(self, salt: &str, hash: &[u8]) -> Zeroizing<String> {
        let hash = Zeroizing::new(Base64::encode_string(hash));
        Zeroizing::new(format!("{}${}${salt}${}", self.algorithm(), self.iterations, *hash))
    }

    /// Mirrors `PBKDF2PasswordHasher.decode`.
    pub(super) fn decode(digest: Digest, fields: &str) -> Option<(Self, String)> {
        let mut fields = fields.splitn(3, '$');
        let iterations = number(fields.next()?)?;
        let salt = fields.next()?;
        fields.next()?;
        Some((Self::newest(digest).with_iterations(iterations)?, salt.to_owned()))
    }
}

impl Scheme for Pbkdf2 {
    fn algorithm(&self) -> Algorithm {
        match self.digest {
            Digest::Sha256 => Algorithm::Pbkdf2Sha256,
            Digest::Sha1 => Algorithm::Pbkdf2Sha1,
        }
    }

    fn work(&self) -> u64 {
        u64::from(self.iterations)
    }

    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>> {
        require_salt(salt)?;
        let mut hash = Zeroizing::new([0; 32]);
        let hash = match self.digest {
            Digest::Sha256 => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt.as_bytes(), self.iterations, &mut hash[..]);
                &hash[..]
            }
            Digest::Sha1 => {
                pbkdf2::pbkdf2_hmac::<Sha1>(password, salt.as_bytes(), self.iterations, &mut hash[..20]);
                &hash[..20]
            }
        };
        Ok(self.encoded(salt, hash))
    }

    fn is_faster_in_pairs(&self) -> bool {
        self.digest == Digest::Sha256
    }

    fn encode_pair(&self, passwords: [&[u8]; 2], salts: [&str; 2]) -> [Result<Zeroizing<String>>; 2] {
        let ([one, other], [salt, other_salt]) = (passwords, salts);
        if self.digest != Digest::Sha256 || salts.into_iter().any(|salt| require_salt(salt).is_err()) {
            return [self.encode(one, salt), self.encode(other, other_salt)];
        }
        let inputs = [(one, salt.as_bytes()), (other, other_salt.as_bytes())];
        let [hash, other_hash] = pbkdf2_pair::derive(inputs, self.iterations);
        [Ok(self.encoded(salt, &*hash)), Ok(self.encoded(other_salt, &*other_hash))]
    }
}

impl fmt::Display for Pbkdf2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} iterations={}", self.algorithm(), self.iterations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hashes_at_a_time_are_those_of_one_at_a_time() {
        for digest in [Digest::Sha256, Digest::Sha1] {
            let hasher = Pbkdf2 { digest, iterations: 3 };
            for salts in [["salt", "other"], ["", "other"], ["salt", "dollar$"]] {
                let both = hasher.encode_pair([b"one", b"other"], salts).map(Result::ok);
                let each = [hasher.encode(b"one", salts[0]).ok(), hasher.encode(b"other", salts[1]).ok()];
                assert_eq!(both, each, "{salts:?}");
                assert_eq!(both.iter().flatten().count(), if salts == ["salt", "other"] { 2 } else { 1 }, "{salts:?}");
            }
        }
    }
}
