//! A password before it is hashed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::django::password::{self, EncodedPassword, Hasher, RANDOM_BYTES};
use crate::error::Result;

/// A password before it is hashed.
#[derive(Deserialize, Serialize)]
pub(in crate::cli) enum Password {
    /// A password that a person or a script provided.
    Given(Zeroizing<String>),
    /// A password that drfctl generated.
    Generated(Zeroizing<String>),
    /// An unusable password.
    Unusable,
}

impl Password {
    /// Returns the encoded password. Slow on purpose.
    ///
    /// # Errors
    /// Rejected if the algorithm does not accept it; internal without randomness.
    pub(in crate::cli) fn encode(&self, hasher: &Hasher, random: &[u8; RANDOM_BYTES]) -> Result<EncodedPassword> {
        match self {
            Self::Given(password) | Self::Generated(password) => hasher.hash(password.as_bytes(), random),
            Self::Unusable => password::unusable(random),
        }
    }

    /// Returns two encoded passwords; see [`Hasher::hash_pair`].
    ///
    /// # Errors
    /// Same as [`Password::encode`].
    pub(in crate::cli) fn encode_pair(
        pair: [&Self; 2],
        hasher: &Hasher,
        random: [&[u8; RANDOM_BYTES]; 2],
    ) -> [Result<EncodedPassword>; 2] {
        match pair.map(Self::reveal) {
            [Some(one), Some(other)] => hasher.hash_pair([one.as_bytes(), other.as_bytes()], random),
            _ => [pair[0].encode(hasher, random[0]), pair[1].encode(hasher, random[1])],
        }
    }

    /// Returns whether a user can log in with it.
    pub(in crate::cli) fn is_usable(&self) -> bool {
        !matches!(self, Self::Unusable)
    }

    /// Returns the password, if it is usable.
    pub(in crate::cli) fn reveal(&self) -> Option<&str> {
        match self {
            Self::Given(password) | Self::Generated(password) => Some(password),
            Self::Unusable => None,
        }
    }

    /// Converts it into the generated password, if it is one.
    pub(in crate::cli) fn into_generated(self) -> Option<Zeroizing<String>> {
        match self {
            Self::Generated(password) => Some(password),
            _ => None,
        }
    }

    /// Returns the generated password, if it is one.
    pub(in crate::cli) fn generated(&self) -> Option<&str> {
        match self {
            Self::Generated(password) => Some(password),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_generated_password_is_printed_and_only_a_usable_one_revealed() {
        let secret = || Zeroizing::new("s3cret".to_owned());
        for (password, revealed, generated) in [
            (Password::Given(secret()), Some("s3cret"), None),
            (Password::Generated(secret()), Some("s3cret"), Some("s3cret")),
            (Password::Unusable, None, None),
        ] {
            assert_eq!((password.reveal(), password.is_usable()), (revealed, revealed.is_some()));
            assert_eq!(password.generated(), generated);
            assert_eq!(password.into_generated().as_ref().map(|text| text.as_str()), generated);
        }
    }

    #[test]
    fn two_passwords_are_encoded_as_each_of_them_alone() {
        let hasher = Hasher::newest(password::Algorithm::Md5);
        let given = |text: &str| Password::Given(Zeroizing::new(text.to_owned()));
        let (one, other) = (given("one"), Password::Generated(Zeroizing::new("other".to_owned())));
        let random = [3, 4].map(|step| std::array::from_fn(|at| u8::try_from(step * at).unwrap()));
        let text = |encoded: Result<EncodedPassword>| encoded.unwrap().reveal().to_owned();
        for pair in [[&one, &other], [&one, &Password::Unusable], [&Password::Unusable, &other]] {
            let encoded = Password::encode_pair(pair, &hasher, [&random[0], &random[1]]).map(text);
            let alone = [0, 1].map(|at| text(pair[at].encode(&hasher, &random[at])));
            assert_eq!(encoded, alone);
            assert_eq!(pair.map(Password::is_usable), alone.map(|encoded| encoded.starts_with("md5$")));
        }
    }
}
