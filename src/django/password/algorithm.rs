//! The names of Django's password hashers.

use std::fmt;

/// A password hashing algorithm, one for each hasher class of the newest
/// Django.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `PBKDF2PasswordHasher`: Django's default.
    Pbkdf2Sha256,
    /// `PBKDF2SHA1PasswordHasher`.
    Pbkdf2Sha1,
    /// `Argon2PasswordHasher`.
    Argon2,
    /// `ScryptPasswordHasher`.
    Scrypt,
    /// `BCryptSHA256PasswordHasher`: the password is hashed with SHA-256 first.
    BcryptSha256,
    /// `BCryptPasswordHasher`: accepts passwords of at most 72 bytes.
    Bcrypt,
    /// `MD5PasswordHasher`: for test suites only.
    Md5,
}

/// The module of the classes, as `PASSWORD_HASHERS` names it.
const MODULE: &str = "django.contrib.auth.hashers.";

impl Algorithm {
    /// Every algorithm, Django's preferred first.
    pub const ALL: [Self; 7] =
        [Self::Pbkdf2Sha256, Self::Pbkdf2Sha1, Self::Argon2, Self::Scrypt, Self::BcryptSha256, Self::Bcrypt, Self::Md5];

    /// Returns the prefix of its hashes, up to a `$`; mirrors
    /// `BasePasswordHasher.algorithm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().0
    }

    /// Returns whether Django's default `PASSWORD_HASHERS` includes it.
    #[must_use]
    pub fn is_in_djangos_default(self) -> bool {
        !matches!(self, Self::Bcrypt | Self::Md5)
    }

    /// Returns the algorithm of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Returns the algorithm of an entry of `PASSWORD_HASHERS`, such as
    /// `django.contrib.auth.hashers.PBKDF2PasswordHasher`; `None` for a
    /// project's own class, because its work factor is unknown.
    #[must_use]
    pub fn from_class(path: &str) -> Option<Self> {
        let class = path.strip_prefix(MODULE)?;
        Self::ALL.into_iter().find(|algorithm| algorithm.names().1 == class)
    }

    /// Returns the algorithm that a stored hash names; mirrors
    /// `identify_hasher`, which does not check the rest of the hash.
    #[must_use]
    pub fn of_encoded(encoded: &str) -> Option<Self> {
        // Unsalted MD5 of old versions of Django, which no longer has its
        // hasher.
        if encoded.len() == 37 && encoded.starts_with("md5$$") {
            return None;
        }
        Self::from_name(encoded.split('$').next()?)
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Pbkdf2Sha256 => ("pbkdf2_sha256", "PBKDF2PasswordHasher"),
            Self::Pbkdf2Sha1 => ("pbkdf2_sha1", "PBKDF2SHA1PasswordHasher"),
            Self::Argon2 => ("argon2", "Argon2PasswordHasher"),
            Self::Scrypt => ("scrypt", "ScryptPasswordHasher"),
            Self::BcryptSha256 => ("bcrypt_sha256", "BCryptSHA256PasswordHasher"),
            Self::Bcrypt => ("bcrypt", "BCryptPasswordHasher"),
            Self::Md5 => ("md5", "MD5PasswordHasher"),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_class_find_their_algorithm() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(Algorithm::from_class(&format!("{MODULE}{}", algorithm.names().1)), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("sha1"), None);
        for path in ["shop.hashers.PBKDF2PasswordHasher", "PBKDF2PasswordHasher", ""] {
            assert_eq!(Algorithm::from_class(path), None, "{path}");
        }
    }

    #[test]
    fn only_a_known_word_up_to_a_dollar_identifies() {
        for encoded in ["md5", "md5$x", "md5$$x"] {
            assert_eq!(Algorithm::of_encoded(encoded), Some(Algorithm::Md5), "{encoded}");
        }
        for encoded in ["", "$", "!md5$x", "md5x", "MD5$x", "md5$$21232f297a57a5a743894a0e4a801fc3"] {
            assert_eq!(Algorithm::of_encoded(encoded), None, "{encoded}");
        }
    }
}
