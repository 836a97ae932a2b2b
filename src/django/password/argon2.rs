//! Argon2. The encoding: `argon2$argon2id$v=19$m=…,t=…,p=…$base64 salt$base64 hash`.

use std::fmt;

use argon2::{Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::scheme::{Scheme, number};
use crate::error::{Error, Result};

/// The largest memory, in KiB: 1 GiB.
const MAX_MEMORY: u32 = 1 << 20;

/// The largest memory × passes, in KiB: about a hundred times Django's default.
const MAX_WORK: u64 = 1 << 24;

/// Mirrors `Argon2PasswordHasher`, with all that its `params()` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Argon2 {
    variety: argon2::Algorithm,
    version: Version,
    memory_cost: u32,
    time_cost: u32,
    parallelism: u32,
    hash_length: usize,
}

impl Argon2 {
    /// Django 6.1's.
    pub(super) const NEWEST: Self = Self {
        variety: argon2::Algorithm::Argon2id,
        version: Version::V0x13,
        memory_cost: 102_400,
        time_cost: 2,
        parallelism: 8,
        hash_length: 32,
    };

    /// Returns the hasher with this work factor that Django would make a new hash
    /// with: it verifies every variety, but makes one.
    pub(super) fn renewed(self) -> Self {
        let Self { memory_cost, time_cost, parallelism, .. } = self;
        Self { memory_cost, time_cost, parallelism, ..Self::NEWEST }
    }

    /// Mirrors `Argon2PasswordHasher.decode`. A salt that is not ASCII is not
    /// one that Django made.
    pub(super) fn decode(fields: &str) -> Option<(Self, String)> {
        let fields: Vec<&str> = fields.split('$').collect();
        let [variety, version, costs, salt, hash] = fields[..] else { return None };
        let costs: Vec<&str> = costs.split(',').collect();
        let [memory, time, lanes] = costs[..] else { return None };
        let hasher = Self {
            variety: variety.parse().ok()?,
            version: Version::try_from(number(version.strip_prefix("v=")?)?).ok()?,
            memory_cost: number(memory.strip_prefix("m=")?)?,
            time_cost: number(time.strip_prefix("t=")?)?,
            parallelism: number(lanes.strip_prefix("p=")?)?,
            hash_length: Base64Unpadded::decode_vec(hash).ok()?.len(),
        };
        hasher.params()?;
        let salt = String::from_utf8(Base64Unpadded::decode_vec(salt).ok()?).ok()?;
        salt.is_ascii().then_some((hasher, salt))
    }

    fn params(&self) -> Option<Params> {
        let work = u64::from(self.memory_cost) * u64::from(self.time_cost);
        if self.memory_cost > MAX_MEMORY || work > MAX_WORK {
            return None;
        }
        Params::new(self.memory_cost, self.time_cost, self.parallelism, Some(self.hash_length)).ok()
    }
}

impl Scheme for Argon2 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Argon2
    }

    fn work(&self) -> u64 {
        u64::from(self.memory_cost) * u64::from(self.time_cost)
    }

    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>> {
        let params = self.params().ok_or_else(|| Error::internal("the argon2 work factor is invalid"))?;
        let mut hash = Zeroizing::new(vec![0; self.hash_length]);
        argon2::Argon2::new(self.variety, self.version, params)
            .hash_password_into(password, salt.as_bytes(), &mut hash)
            .map_err(|cause| Error::internal("argon2 failed").caused_by(anyhow::Error::msg(cause)))?;
        let hash = Zeroizing::new(Base64Unpadded::encode_string(&hash));
        let Self { variety, memory_cost, time_cost, parallelism, .. } = self;
        Ok(Zeroizing::new(format!(
            "{}${variety}$v={}$m={memory_cost},t={time_cost},p={parallelism}${}${}",
            self.algorithm(),
            u32::from(self.version),
            Base64Unpadded::encode_string(salt.as_bytes()),
            *hash,
        )))
    }
}

impl fmt::Display for Argon2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_cost, time_cost, parallelism, .. } = self;
        write!(f, "{} m={memory_cost},t={time_cost},p={parallelism}", self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Hasher, must_update, verify};

    /// Made by argon2-cffi from `secret`, as projects with a hasher of their own store them.
    const VARIETIES: [&str; 6] = [
        "argon2$argon2i$v=16$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$XWrdRbAGyIKFzAQx0NBmiQ",
        "argon2$argon2i$v=19$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$nTWLQZc6p2sDoKEkfrzWaA",
        "argon2$argon2d$v=16$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$DRAFAavxns6rNHfEYAmVIQ",
        "argon2$argon2d$v=19$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$2DK6Uyb3uybFyQ/wwY4L4Q",
        "argon2$argon2id$v=16$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$s5zNCcv9mxe9xYxJX0j4dQ",
        "argon2$argon2id$v=19$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$lcLzoChy6Sr68n7RhcHkNg",
    ];

    #[test]
    fn every_variety_verifies_and_is_followed_by_djangos_own() {
        for encoded in VARIETIES {
            assert!(verify(b"secret", encoded), "{encoded}");
            assert!(!verify(b"Secret", encoded), "{encoded}");
            let follower = Hasher::of_encoded(encoded).unwrap();
            assert_eq!(follower.to_string(), "argon2 m=16,t=1,p=2");
            assert!(must_update(encoded, &follower), "{encoded}");
        }
    }
}
