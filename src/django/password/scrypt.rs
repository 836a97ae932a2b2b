//! scrypt. The encoding: `scrypt$n$salt$r$p$base64`.

use std::fmt;

use base64ct::{Base64, Encoding};
use scrypt::Params;
use zeroize::Zeroizing;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::scheme::{Scheme, number, require_salt};
use crate::error::{Error, Result};

/// The largest `n × r`, which takes 128 bytes each: 1 GiB.
///
/// Django itself fails above OpenSSL's 32 MiB, unless a project raises
/// `maxmem`.
const MAX_MEMORY: u64 = 1 << 23;

/// The largest `n × r × p`: about a hundred times Django's default.
const MAX_WORK: u64 = 1 << 26;

/// Mirrors `ScryptPasswordHasher`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scrypt {
    work_factor: u32,
    block_size: u32,
    parallelism: u32,
}

impl Scrypt {
    /// Django 6.1's.
    pub(super) const NEWEST: Self = Self { work_factor: 1 << 14, block_size: 8, parallelism: 5 };

    /// Mirrors `ScryptPasswordHasher.decode`.
    pub(super) fn decode(fields: &str) -> Option<(Self, String)> {
        let mut fields = fields.splitn(5, '$');
        let work_factor = number(fields.next()?)?;
        let salt = fields.next()?;
        let block_size = number(fields.next()?)?;
        let parallelism = number(fields.next()?)?;
        fields.next()?;
        let hasher = Self { work_factor, block_size, parallelism };
        hasher.params()?;
        Some((hasher, salt.to_owned()))
    }

    fn params(&self) -> Option<Params> {
        let memory = u64::from(self.work_factor).checked_mul(u64::from(self.block_size))?;
        let work = memory.checked_mul(u64::from(self.parallelism))?;
        // This check comes first, because the crate's own check may overflow.
        if memory > MAX_MEMORY || work > MAX_WORK || self.work_factor < 2 || !self.work_factor.is_power_of_two() {
            return None;
        }
        let log_n = u8::try_from(self.work_factor.ilog2()).ok()?;
        Params::new(log_n, self.block_size, self.parallelism).ok()
    }
}

impl Scheme for Scrypt {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Scrypt
    }

    fn work(&self) -> u64 {
        u64::from(self.work_factor) * u64::from(self.block_size) * u64::from(self.parallelism)
    }

    /// Django's `ScryptPasswordHasher.must_update` ignores it.
    fn must_update_salt(&self, _: &str) -> bool {
        false
    }

    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>> {
        require_salt(salt)?;
        let params = self.params().ok_or_else(|| Error::internal("the scrypt work factor is invalid"))?;
        let mut hash = Zeroizing::new([0; 64]);
        scrypt::scrypt(password, salt.as_bytes(), &params, &mut hash[..])
            .map_err(|cause| Error::internal("scrypt failed").caused_by(cause))?;
        let hash = Zeroizing::new(Base64::encode_string(&hash[..]));
        let Self { work_factor, block_size, parallelism } = self;
        Ok(Zeroizing::new(format!("{}${work_factor}${salt}${block_size}${parallelism}${}", self.algorithm(), *hash)))
    }
}

impl fmt::Display for Scrypt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { work_factor, block_size, parallelism } = self;
        write!(f, "{} n={work_factor},r={block_size},p={parallelism}", self.algorithm())
    }
}
