//! A hash as it is stored.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What stands in the column `password`: an encoded hash, or what marks a user
/// without a password. `Debug` hides it; the memory is wiped when it is dropped.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
pub struct EncodedPassword(Zeroizing<String>);

impl EncodedPassword {
    /// Returns a hash as a hasher writes it, or as a database holds it.
    #[must_use]
    pub fn new(encoded: Zeroizing<String>) -> Self {
        Self(encoded)
    }

    /// Returns the text that is stored.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EncodedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncodedPassword([redacted])")
    }
}
