//! A password as it was given, until it is hashed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::django::password::{self, EncodedPassword, Hasher, RANDOM_BYTES};
use crate::error::Result;

/// A password as it was given.
#[derive(Deserialize, Serialize)]
pub(in crate::cli) enum Password {
    /// This one.
    Given(Zeroizing<String>),
    /// This one, which drfctl has generated.
    Generated(Zeroizing<String>),
    /// An unusable one.
    Unusable,
}

impl Password {
    /// The encoded password. Takes as long as a password should.
    ///
    /// # Errors
    /// Rejected, if the algorithm cannot take it; internal, without randomness.
    pub(in crate::cli) fn encode(&self, hasher: &Hasher, random: &[u8; RANDOM_BYTES]) -> Result<EncodedPassword> {
        match self {
            Self::Given(password) | Self::Generated(password) => hasher.hash(password.as_bytes(), random),
            Self::Unusable => password::unusable(random),
        }
    }

    /// Whether a user can log in with it.
    pub(in crate::cli) fn is_usable(&self) -> bool {
        !matches!(self, Self::Unusable)
    }

    /// The password, if it is a usable one.
    pub(in crate::cli) fn reveal(&self) -> Option<&str> {
        match self {
            Self::Given(password) | Self::Generated(password) => Some(password),
            Self::Unusable => None,
        }
    }

    /// The password, where a person has yet to learn it, to keep.
    pub(in crate::cli) fn into_generated(self) -> Option<Zeroizing<String>> {
        match self {
            Self::Generated(password) => Some(password),
            _ => None,
        }
    }

    /// The password, where a person has yet to learn it.
    pub(in crate::cli) fn generated(&self) -> Option<&str> {
        match self {
            Self::Generated(password) => Some(password),
            _ => None,
        }
    }
}
