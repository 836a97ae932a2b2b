//! Encoded hashes.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A value of the column `password`: an encoded hash, or the mark of a user
/// without a password. `Debug` hides it, and the memory is wiped when it is
/// dropped.
#[derive(Clone, Deserialize, PartialEq, Eq, Serialize)]
pub struct EncodedPassword(Zeroizing<String>);

impl EncodedPassword {
    /// Returns an encoded hash of a hasher or of a database.
    #[must_use]
    pub fn new(encoded: Zeroizing<String>) -> Self {
        Self(encoded)
    }

    /// Returns the stored text.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_an_encoded_password() {
        let encoded = EncodedPassword::new(Zeroizing::new("marker".to_owned()));
        assert_eq!(format!("{encoded:?}"), "EncodedPassword([redacted])");
        assert_eq!(encoded.reveal(), "marker");
    }
}
