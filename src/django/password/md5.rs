//! One round of salted MD5, for test suites. The encoding: `md5$salt$hex`.

use std::fmt;

use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::scheme::{Scheme, require_salt};
use crate::error::Result;

/// Mirrors `MD5PasswordHasher`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SaltedMd5;

impl SaltedMd5 {
    /// Mirrors `MD5PasswordHasher.decode`.
    pub(super) fn decode(fields: &str) -> Option<(Self, String)> {
        let (salt, _) = fields.split_once('$')?;
        Some((Self, salt.to_owned()))
    }
}

impl Scheme for SaltedMd5 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Md5
    }

    fn work(&self) -> u64 {
        1
    }

    fn encode(&self, password: &[u8], salt: &str) -> Result<Zeroizing<String>> {
        require_salt(salt)?;
        let hash = Md5::new().chain_update(salt).chain_update(password).finalize();
        let hash = Zeroizing::new(hex::encode(hash));
        Ok(Zeroizing::new(format!("{}${salt}${}", self.algorithm(), *hash)))
    }
}

impl fmt::Display for SaltedMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm().fmt(f)
    }
}
