//! Password hashes that Django accepts as its own: made, verified, described; no policy on passwords.
//!
//! Mirrors `django.contrib.auth.hashers`. Each family of hashes has its file
//! and does what `scheme::Scheme` asks of it; [`Hasher`] is one of them with
//! its work factor.
//!
//! A stored hash says how much work it wants, and the database may be
//! anybody's. So hashes are only read within bounds, and beyond them are as
//! unknown as garbage: PBKDF2 up to 10,000,000 iterations; Argon2 and scrypt
//! up to 1 GiB of memory and about a hundred times the work of Django's
//! default; bcrypt 4 to 17 rounds.

mod algorithm;
mod argon2;
mod bcrypt;
mod encoded;
mod hasher;
mod md5;
mod pbkdf2;
mod scheme;
mod scrypt;
mod stored;
mod verdict;

use std::hint::black_box;

use zeroize::Zeroizing;

pub use crate::django::password::algorithm::Algorithm;
pub use crate::django::password::encoded::EncodedPassword;
pub use crate::django::password::hasher::Hasher;
pub use crate::django::password::scheme::RANDOM_BYTES;
pub use crate::django::password::stored::{
    FEW_ITERATIONS, STRONG_PASSWORDS, StoredPassword, is_usable, unknown_format,
};
pub use crate::django::password::verdict::{Comparison, SiteHashers, Verdict};

use crate::django::crypto::{constant_time_compare, random_string};
use crate::django::password::hasher::Decoded;
use crate::django::password::stored::UNUSABLE_PREFIX;
use crate::error::Result;

/// Mirrors `UNUSABLE_PASSWORD_SUFFIX_LENGTH`.
const UNUSABLE_SUFFIX_LENGTH: usize = 40;

/// Stands in for random bytes where the hash is thrown away.
const NO_SECRET: &[u8; RANDOM_BYTES] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./";

/// Returns whether the password is the one that was hashed; mirrors the hashers'
/// `verify`.
///
/// The comparison takes the same time wherever the hashes differ. A hash that
/// nothing matches is answered at once; [`check`] hides that, too. Plain bcrypt
/// does not match the passwords that [`Hasher::hash`] refuses.
#[must_use]
pub fn verify(password: &[u8], encoded: &str) -> bool {
    Decoded::of(encoded)
        .and_then(|Decoded { hasher, salt }| hasher.scheme().encode(password, &salt).ok())
        .is_some_and(|again| constant_time_compare(&again, encoded))
}

/// Returns whether a user with this hash, or none if there is no such user, has the
/// password; mirrors `check_password` and `ModelBackend.authenticate`.
///
/// A user who does not exist or has no password takes as long as one who has a
/// hash of the preferred hasher.
#[must_use]
pub fn check(password: &[u8], encoded: Option<&str>, preferred: &Hasher) -> bool {
    let work = work_of(encoded, preferred);
    let made = work.hasher.scheme().encode(password, &work.salt);
    // Not even a refusal tells, where there is nothing to compare with.
    black_box(made).is_ok_and(|made| encoded.is_some_and(|encoded| constant_time_compare(&made, encoded)))
}

/// Returns the one hash that a check makes: like the user's, or like that of a user
/// who is not there.
fn work_of(encoded: Option<&str>, preferred: &Hasher) -> Decoded {
    encoded.and_then(Decoded::of).unwrap_or_else(|| Decoded {
        hasher: *preferred,
        // The bytes are in order: there is always a salt.
        salt: preferred.scheme().salt(NO_SECRET).unwrap_or_default(),
    })
}

/// Returns whether Django would replace the hash at the next login, if this were its
/// preferred hasher; mirrors `verify_password`, whose second answer it is.
///
/// A hash of the same algorithm that cannot be read, at which Django fails, is
/// to be replaced.
#[must_use]
pub fn must_update(encoded: &str, preferred: &Hasher) -> bool {
    let Some(algorithm) = Algorithm::of_encoded(encoded) else { return false };
    let is_kept = |Decoded { hasher, salt }| hasher == *preferred && !hasher.scheme().must_update_salt(&salt);
    algorithm != preferred.algorithm() || !Decoded::of(encoded).is_some_and(is_kept)
}

/// Returns what stands in the column of a user who has no password; mirrors
/// `make_password(None)`.
///
/// # Errors
/// Internal, if the bytes are not random.
pub fn unusable(random: &[u8; RANDOM_BYTES]) -> Result<EncodedPassword> {
    let text = format!("{UNUSABLE_PREFIX}{}", random_string(UNUSABLE_SUFFIX_LENGTH, random)?);
    Ok(EncodedPassword::new(Zeroizing::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "pässwörd\u{301}";

    /// Made by Django 5.2 from [`PASSWORD`], each with little work.
    const MADE_BY_DJANGO: [(&str, &str); 7] = [
        (
            "pbkdf2_sha256 iterations=7",
            "pbkdf2_sha256$7$Mk3Zr8Wq1TnB6vXc0YhJ5d$xO06aWMj6fUPbk6WIOGSeIGbRYra4ibcoVaRy2HFHDU=",
        ),
        ("pbkdf2_sha1 iterations=7", "pbkdf2_sha1$7$Mk3Zr8Wq1TnB6vXc0YhJ5d$IXfG27GzhjcRAuRVpms0RC76740="),
        (
            "argon2 m=16,t=1,p=2",
            "argon2$argon2id$v=19$m=16,t=1,p=2$TWszWnI4V3ExVG5CNnZYYzBZaEo1ZA$\
             rnrlxHu3Xw33yvyeeNkuyYVp348ralutBQcK2Sp9w4k",
        ),
        (
            "scrypt n=16,r=2,p=3",
            "scrypt$16$Mk3Zr8Wq1TnB6vXc0YhJ5d$2$3$\
             EhbzaujZ/hHsoZqaNr2seHP4sc0jjdaJ6RR9Ywr9wAumSQlY9cddAeNs2YQNAUwSVelLWL0/f/2+58mIF3Zngw==",
        ),
        ("bcrypt_sha256 rounds=4", "bcrypt_sha256$$2b$04$Mk3Zr8Wq1TnB6vXc0YhJ5eWGtYGq2fzjNFaBjFDvGvFE9uurV6Zpe"),
        ("bcrypt rounds=4", "bcrypt$$2b$04$Mk3Zr8Wq1TnB6vXc0YhJ5efsInKVFpc7LXn.iUbNMfyZBwMuKCUPG"),
        ("md5", "md5$Mk3Zr8Wq1TnB6vXc0YhJ5d$0fbfe7e4aa01411863bca3419b6bcf9f"),
    ];

    /// What no password matches.
    const NEVER_VALID: [&str; 4] = ["", "!Mk3Zr8Wq1TnB6vXc0YhJ5d", "gibberish", "sha1$salt$0123456789abcdef"];

    #[test]
    fn a_hash_that_django_made_has_its_password_and_no_other() {
        for (_, encoded) in MADE_BY_DJANGO {
            assert!(verify(PASSWORD.as_bytes(), encoded), "{encoded}");
            for wrong in ["", "pässwörd", "pa\u{308}sswo\u{308}rd\u{301}"] {
                assert!(!verify(wrong.as_bytes(), encoded), "{encoded} {wrong}");
            }
            assert!(!verify(PASSWORD.as_bytes(), &encoded[..encoded.len() - 1]), "{encoded}");
            assert!(!verify(PASSWORD.as_bytes(), &format!("{encoded}A")), "{encoded}");
        }
    }

    #[test]
    fn a_hash_made_like_another_verifies_and_is_kept() {
        for (_, encoded) in MADE_BY_DJANGO {
            let hasher = Hasher::of_encoded(encoded).unwrap();
            let own = hasher.hash(b"secret", NO_SECRET).unwrap();
            let own = own.reveal();
            assert!(verify(b"secret", own), "{own}");
            assert_eq!(Hasher::of_encoded(own), Some(hasher));
            assert!(!must_update(own, &hasher), "{own}");
            assert!(!own.contains("secret"), "{own}");
        }
    }

    #[test]
    fn another_algorithm_or_work_factor_must_be_updated() {
        for (_, encoded) in MADE_BY_DJANGO {
            for (_, other) in MADE_BY_DJANGO {
                let preferred = Hasher::of_encoded(other).unwrap();
                assert_eq!(must_update(encoded, &preferred), encoded != other, "{encoded} {other}");
            }
            let newest = Hasher::newest(Algorithm::of_encoded(encoded).unwrap());
            assert_eq!(must_update(encoded, &newest), encoded != "md5" && newest.to_string() != "md5", "{encoded}");
        }
    }

    #[test]
    fn a_description_says_nothing_of_salt_and_hash() {
        for (description, encoded) in MADE_BY_DJANGO {
            assert_eq!(StoredPassword::of(encoded).to_string(), description);
        }
    }

    #[test]
    fn what_is_no_hash_is_never_valid_nor_updated() {
        let hasher = Hasher::newest(Algorithm::Md5);
        for encoded in NEVER_VALID {
            assert!(!verify(b"", encoded), "{encoded}");
            assert!(!must_update(encoded, &hasher), "{encoded}");
            assert!(!check(b"", Some(encoded), &hasher), "{encoded}");
        }
    }

    #[test]
    fn a_user_is_checked_against_the_hash_if_there_is_one() {
        let hasher = Hasher::newest(Algorithm::Md5);
        let (_, encoded) = MADE_BY_DJANGO[0];
        assert!(check(PASSWORD.as_bytes(), Some(encoded), &hasher));
        assert!(!check(b"wrong", Some(encoded), &hasher));
        assert!(!check(PASSWORD.as_bytes(), None, &hasher));
    }

    /// [`check`] makes one hash in either case, and this is the one.
    #[test]
    fn a_user_who_is_not_there_is_as_much_work_as_one_who_is() {
        for (_, encoded) in MADE_BY_DJANGO {
            let hasher = Hasher::of_encoded(encoded).unwrap();
            let known = work_of(Some(encoded), &Hasher::newest(Algorithm::Scrypt));
            let length = known.salt.len();
            for unknown in [None].into_iter().chain(NEVER_VALID.map(Some)) {
                let work = work_of(unknown, &hasher);
                assert_eq!((work.hasher.to_string(), work.salt.len()), (known.hasher.to_string(), length), "{encoded}");
                assert!(work.hasher.scheme().encode(b"", &work.salt).is_ok(), "{encoded}");
                assert!(!check(PASSWORD.as_bytes(), unknown, &hasher), "{encoded}");
            }
        }
    }

    #[test]
    fn an_unusable_password_is_one_to_django() {
        let unusable = unusable(NO_SECRET).unwrap();
        let unusable = unusable.reveal();
        assert_eq!(unusable.len(), 41);
        assert!(!is_usable(unusable));
        assert!(unusable[1..].bytes().all(|byte| byte.is_ascii_alphanumeric()), "{unusable}");
        assert!(is_usable("md5$x$y"));
    }
}
