//! Random bytes from the operating system. There is no fallback.

use rand::TryRng;
use rand::rngs::SysRng;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::django::password::RANDOM_BYTES;
use crate::django::token_key::{KEY_BYTES, TokenKey};
use crate::error::{Error, Result};
use crate::os::{SECRET_BYTES, Spool};

/// Fills a buffer with random bytes.
///
/// # Errors
/// Internal if the operating system provides none.
pub(in crate::cli) fn fill(bytes: &mut [u8]) -> Result<()> {
    SysRng.try_fill_bytes(bytes).map_err(|error| {
        Error::internal("the operating system provides no random numbers")
            .caused_by(anyhow::Error::msg(error.to_string()))
    })
}

/// Returns a new random key.
///
/// Mirrors `Token.generate_key`.
///
/// # Errors
/// Same as [`fill`].
pub(in crate::cli) fn key() -> Result<TokenKey> {
    let mut bytes = Zeroizing::new([0; KEY_BYTES]);
    fill(bytes.as_mut_slice())?;
    TokenKey::from_random(&bytes)
}

/// Random keys, many of them from one call of the operating system.
pub(in crate::cli) struct Keys {
    bytes: Zeroizing<Vec<u8>>,
    used: usize,
}

impl Keys {
    /// Returns a source of keys that reads random bytes for this many at once.
    pub(in crate::cli) fn new(at_once: usize) -> Self {
        let bytes = Zeroizing::new(vec![0; KEY_BYTES * at_once]);
        Self { used: bytes.len(), bytes }
    }

    /// Returns the next key.
    ///
    /// # Errors
    /// Same as [`fill`].
    pub(in crate::cli) fn next(&mut self) -> Result<TokenKey> {
        if self.used == self.bytes.len() {
            fill(&mut self.bytes)?;
            self.used = 0;
        }
        let Some((bytes, _)) = self.bytes[self.used..].split_first_chunk() else { return key() };
        self.used += KEY_BYTES;
        TokenKey::from_random(bytes)
    }
}

/// Returns the random bytes for a salt or a password.
///
/// # Errors
/// Same as [`fill`].
pub(in crate::cli) fn salt() -> Result<Zeroizing<[u8; RANDOM_BYTES]>> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// Returns an encrypted store for rows that do not fit in memory.
///
/// # Errors
/// Same as [`fill`].
pub(in crate::cli) fn spool<T: Serialize>() -> Result<Spool<T>> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    fill(secret.as_mut_slice())?;
    Ok(Spool::new(&secret))
}
