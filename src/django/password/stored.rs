//! Classifies stored passwords: hashes of Django's current or past formats, or
//! others.

use std::fmt;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::hasher::Hasher;
use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};

/// Mirrors `UNUSABLE_PASSWORD_PREFIX`.
pub(super) const UNUSABLE_PREFIX: char = '!';

/// Patterns of unusable passwords, and of hashes that are expensive to guess
/// unless they match [`FEW_ITERATIONS`].
pub const STRONG_PASSWORDS: [&str; 7] =
    ["!*", "pbkdf2_sha256$*", "pbkdf2_sha1$*", "argon2$*", "scrypt$*", "bcrypt_sha256$*", "bcrypt$*"];

/// Patterns of hashes of PBKDF2 with fewer than 100,000 iterations.
pub const FEW_ITERATIONS: [&str; 10] = [
    "pbkdf2_sha256$?$*",
    "pbkdf2_sha256$??$*",
    "pbkdf2_sha256$???$*",
    "pbkdf2_sha256$????$*",
    "pbkdf2_sha256$?????$*",
    "pbkdf2_sha1$?$*",
    "pbkdf2_sha1$??$*",
    "pbkdf2_sha1$???$*",
    "pbkdf2_sha1$????$*",
    "pbkdf2_sha1$?????$*",
];

/// The shortest text that counts as a hash of an unknown format. A shorter one
/// may be a plain password.
const SHORTEST_HASH: usize = 32;

/// The longest name of an unknown format that is shown.
const LONGEST_FORMAT: usize = 20;

/// A value of the column `password` of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredPassword {
    /// Nothing: no password matches.
    Empty,
    /// Django's mark for a user without a password.
    Unusable,
    /// A hash of a supported hasher.
    Hash(Hasher),
    /// An invalid hash of one of these algorithms, or one with a work factor
    /// above drfctl's limit.
    Unreadable(Algorithm),
    /// A hash of a hasher that Django has removed, by its name.
    Historical(&'static str),
    /// A hash of another format, with its prefix.
    Foreign(String),
    /// Text that does not look like a hash.
    PlainText,
}

impl StoredPassword {
    /// Classifies a stored password. Mirrors `identify_hasher` for the formats
    /// of the hashers that Django has removed.
    #[must_use]
    pub fn of(encoded: &str) -> Self {
        if encoded.is_empty() {
            return Self::Empty;
        }
        if !is_usable(encoded) {
            return Self::Unusable;
        }
        if let Some(hasher) = Hasher::of_encoded(encoded) {
            return Self::Hash(hasher);
        }
        let is_unsalted_md5 =
            encoded.len() == 32 && is_hex(encoded) || encoded.len() == 37 && encoded.starts_with("md5$$");
        if is_unsalted_md5 {
            return Self::Historical("unsalted_md5");
        }
        if encoded.len() == 46 && encoded.starts_with("sha1$$") {
            return Self::Historical("unsalted_sha1");
        }
        if let Some(algorithm) = Algorithm::of_encoded(encoded) {
            return Self::Unreadable(algorithm);
        }
        let (format, rest) = encoded.split_once('$').unwrap_or(("", encoded));
        match format {
            "sha1" => Self::Historical("sha1"),
            "crypt" => Self::Historical("crypt"),
            // Plain hashes of crypt(3): $6$salt$hash.
            "" if encoded.len() >= SHORTEST_HASH && rest.contains('$') => Self::Foreign(crypt_format(rest)),
            _ if encoded.len() >= SHORTEST_HASH && is_format(format) => Self::Foreign(format.to_owned()),
            _ => Self::PlainText,
        }
    }

    /// Checks that Django's current hashers read it, so that it may be replaced
    /// by default.
    ///
    /// # Errors
    /// Rejected, if another hasher may have generated it.
    pub fn check_format(&self) -> Result<()> {
        if self.is_of_unknown_format() {
            return Err(unknown_format(format!("the user's password has an unknown hash format ({self})")));
        }
        Ok(())
    }

    /// Checks that a hash of this hasher may replace it by default.
    ///
    /// # Errors
    /// Same as [`Self::check_format`]; rejected, if the new hash would be weaker.
    pub fn check_replacement(&self, new: &Hasher) -> Result<()> {
        self.check_format()?;
        match self {
            Self::Hash(hasher) if new.is_weak() && !hasher.is_weak() => {
                Err(Error::rejected(format!("{new} is weaker than the hash that it would replace ({hasher})"))
                    .hint(Hint::option(Setting::Hasher).lead("choose a hasher")))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether a hasher other than Django's current ones may have
    /// generated it. Apparent plain text may be in a format that drfctl does
    /// not know.
    #[must_use]
    pub fn is_of_unknown_format(&self) -> bool {
        matches!(self, Self::Historical(_) | Self::Foreign(_) | Self::PlainText)
    }
}

/// Returns whether a user may have a password. Mirrors `is_password_usable`,
/// which is true for invalid hashes.
#[must_use]
pub fn is_usable(encoded: &str) -> bool {
    !encoded.starts_with(UNUSABLE_PREFIX)
}

/// Returns the error for a password that Django's current hashers do not read.
#[must_use]
pub fn unknown_format(message: String) -> Error {
    Error::rejected(message).hint(
        Hint::option(Setting::Hasher)
            .lead("set the password in the application, or choose a hasher of its PASSWORD_HASHERS"),
    )
}

/// Returns the error for an algorithm that the settings do not have.
#[must_use]
pub fn unlisted(wanted: Algorithm) -> Error {
    let words = "the application would reject the password: PASSWORD_HASHERS of the settings does not have";
    Error::rejected(format!("{words} {wanted}"))
        .hint(Hint::option(Setting::Hasher).lead("omit the hasher, or choose one that the settings have"))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the identifier of a crypt(3) hash: `6` of `6$salt$hash`.
fn crypt_format(rest: &str) -> String {
    let identifier = rest.split('$').next().unwrap_or_default();
    if is_format(identifier) { format!("${identifier}$") } else { "$".to_owned() }
}

fn is_format(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '{' | '}');
    !text.is_empty() && text.len() <= LONGEST_FORMAT && text.chars().all(is_part)
}

/// Writes the algorithm and the work factor, but no part of the salt, the hash,
/// or a plain password.
impl fmt::Display for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Unusable => f.write_str("unusable"),
            Self::Hash(hasher) => hasher.fmt(f),
            Self::Unreadable(algorithm) => write!(f, "{algorithm}, unreadable"),
            Self::Historical(name) => f.write_str(name),
            Self::Foreign(format) => write!(f, "unknown, {format}"),
            Self::PlainText => f.write_str("plain text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_named_and_nothing_of_a_password_shown() {
        for (encoded, shown) in [
            ("", "empty"),
            ("!Mk3Zr8Wq1TnB6vXc0YhJ5d", "unusable"),
            ("md5$Mk3Zr8Wq1TnB6vXc0YhJ5d$0fbfe7e4aa01411863bca3419b6bcf9f", "md5"),
            ("pbkdf2_sha256$x", "pbkdf2_sha256, unreadable"),
            ("pbkdf2_sha256$99999999$salt$hash", "pbkdf2_sha256, unreadable"),
            ("21232f297a57a5a743894a0e4a801fc3", "unsalted_md5"),
            ("md5$$21232f297a57a5a743894a0e4a801fc3", "unsalted_md5"),
            ("sha1$$d033e22ae348aeb5660fc2140aec35850c4da997", "unsalted_sha1"),
            ("sha1$salt$0123456789abcdef", "sha1"),
            ("crypt$$ab1234567890.", "crypt"),
            ("{SHA512-CRYPT}$6$rounds=70000$0123456789abcdef$0123456789", "unknown, {SHA512-CRYPT}"),
            ("$6$0123456789abcdef$0123456789abcdef0123456789", "unknown, $6$"),
            ("$2y$10$0123456789012345678901234567890123456789012345678901", "unknown, $2y$"),
            ("$$0123456789abcdef0123456789abcdef0123", "unknown, $"),
            ("$6$salt$0123456789", "plain text"),
            ("$0123456789abcdef0123456789abcdef", "plain text"),
            ("a-part-that-is-too-long-for-a-format$0123456789", "plain text"),
            ("12345678901234567890123456789012x", "plain text"),
            ("1234567890123456789012345678901234567", "plain text"),
            ("secret", "plain text"),
            ("pa$word", "plain text"),
            ("a whole sentence with a $ in the middle of it", "plain text"),
        ] {
            assert_eq!(StoredPassword::of(encoded).to_string(), shown, "{encoded}");
        }
    }

    #[test]
    fn no_weaker_hash_replaces_another_and_none_an_unknown_format() {
        let of = |iterations: u32| format!("pbkdf2_sha256${iterations}$Mk3Zr8Wq1TnB6vXc0YhJ5d$h");
        let (weak, strong) = (of(99_999), of(100_000));
        for (stored, new, is_replaced) in [
            (strong.as_str(), strong.as_str(), true),
            (&strong, &weak, false),
            (&weak, &weak, true),
            (&weak, &strong, true),
            ("", &weak, true),
            ("!unusable", &weak, true),
            ("pbkdf2_sha256$x", &weak, true),
            ("sha1$salt$0123456789abcdef", &strong, false),
            ("$6$0123456789abcdef$0123456789abcdef0123456789", &strong, false),
            ("secret", &strong, false),
        ] {
            let (stored, new) = (StoredPassword::of(stored), Hasher::of_encoded(new).unwrap());
            assert_eq!(stored.check_replacement(&new).is_ok(), is_replaced, "{stored} {new}");
        }
    }
}
