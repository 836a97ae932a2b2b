//! A hasher: an algorithm with its work factor. Its family computes the hash.

use std::fmt;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::argon2::Argon2;
use crate::django::password::bcrypt::Bcrypt;
use crate::django::password::encoded::EncodedPassword;
use crate::django::password::md5::SaltedMd5;
use crate::django::password::pbkdf2::{Digest, MAX_ITERATIONS, Pbkdf2};
use crate::django::password::scheme::{RANDOM_BYTES, Scheme};
use crate::django::password::scrypt::Scrypt;
use crate::error::{Error, Result};

/// A hasher as Django's `get_hasher` returns it: an algorithm with its work
/// factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hasher(Family);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Pbkdf2(Pbkdf2),
    Argon2(Argon2),
    Scrypt(Scrypt),
    Bcrypt(Bcrypt),
    Md5(SaltedMd5),
}

/// The parameters of a stored hash, with which it can be computed again.
pub(super) struct Decoded {
    /// The hasher, with all parameters.
    pub(super) hasher: Hasher,
    /// The salt for [`Scheme::encode`].
    pub(super) salt: String,
}

impl Decoded {
    /// Returns the parameters; `None` if the work exceeds the limits.
    pub(super) fn of(encoded: &str) -> Option<Self> {
        let algorithm = Algorithm::of_encoded(encoded)?;
        let (_, fields) = encoded.split_once('$')?;
        let (family, salt) = match algorithm {
            Algorithm::Pbkdf2Sha256 => with(Family::Pbkdf2, Pbkdf2::decode(Digest::Sha256, fields)?),
            Algorithm::Pbkdf2Sha1 => with(Family::Pbkdf2, Pbkdf2::decode(Digest::Sha1, fields)?),
            Algorithm::Argon2 => with(Family::Argon2, Argon2::decode(fields)?),
            Algorithm::Scrypt => with(Family::Scrypt, Scrypt::decode(fields)?),
            Algorithm::BcryptSha256 => with(Family::Bcrypt, Bcrypt::NEWEST_SHA256.decode(fields)?),
            Algorithm::Bcrypt => with(Family::Bcrypt, Bcrypt::NEWEST.decode(fields)?),
            Algorithm::Md5 => with(Family::Md5, SaltedMd5::decode(fields)?),
        };
        Some(Self { hasher: Hasher(family), salt })
    }
}

fn with<S>(family: fn(S) -> Family, (scheme, salt): (S, String)) -> (Family, String) {
    (family(scheme), salt)
}

impl Hasher {
    /// Returns the hasher with the work factor of the newest Django, 6.1.
    #[must_use]
    pub fn newest(algorithm: Algorithm) -> Self {
        Self(match algorithm {
            Algorithm::Pbkdf2Sha256 => Family::Pbkdf2(Pbkdf2::newest(Digest::Sha256)),
            Algorithm::Pbkdf2Sha1 => Family::Pbkdf2(Pbkdf2::newest(Digest::Sha1)),
            Algorithm::Argon2 => Family::Argon2(Argon2::NEWEST),
            Algorithm::Scrypt => Family::Scrypt(Scrypt::NEWEST),
            Algorithm::BcryptSha256 => Family::Bcrypt(Bcrypt::NEWEST_SHA256),
            Algorithm::Bcrypt => Family::Bcrypt(Bcrypt::NEWEST),
            Algorithm::Md5 => Family::Md5(SaltedMd5),
        })
    }

    /// Returns the same hasher with another number of iterations.
    ///
    /// # Errors
    /// Usage, if the algorithm has no iterations, or the number is 0 or above
    /// 10,000,000.
    pub fn with_iterations(self, iterations: u32) -> Result<Self> {
        let Family::Pbkdf2(pbkdf2) = self.0 else {
            return Err(Error::usage(format!("the hasher {} has no iterations", self.algorithm())));
        };
        let pbkdf2 = pbkdf2.with_iterations(iterations).ok_or_else(|| {
            Error::usage(format!("invalid number of iterations {iterations}: expected 1 to {MAX_ITERATIONS}"))
        })?;
        Ok(Self(Family::Pbkdf2(pbkdf2)))
    }

    /// Returns the hasher with the parameters of a stored hash, so that Django
    /// does not rehash. `None` for an unusable password, an unknown algorithm,
    /// an invalid hash, and a work factor out of bounds.
    #[must_use]
    pub fn of_encoded(encoded: &str) -> Option<Self> {
        let Self(family) = Decoded::of(encoded)?.hasher;
        Some(Self(if let Family::Argon2(argon2) = family { Family::Argon2(argon2.renewed()) } else { family }))
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.scheme().algorithm()
    }

    /// Returns whether it takes less work than another hasher of the same algorithm.
    #[must_use]
    pub fn takes_less_work_than(&self, other: &Self) -> bool {
        self.algorithm() == other.algorithm() && self.scheme().work() < other.scheme().work()
    }

    /// Returns whether guessing passwords from a hash is cheap: fewer than
    /// 100,000 iterations of PBKDF2, or MD5.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        match self.0 {
            Family::Pbkdf2(pbkdf2) => pbkdf2.is_weak(),
            Family::Md5(_) => true,
            Family::Argon2(_) | Family::Scrypt(_) | Family::Bcrypt(_) => false,
        }
    }

    /// Returns the encoded hash of a password, with a salt from random bytes;
    /// mirrors `make_password`.
    ///
    /// # Errors
    /// Rejected, if plain bcrypt gets a password that is longer than 72 bytes
    /// or contains a NUL character; internal, if the bytes are not random or
    /// Argon2 cannot allocate memory.
    pub fn hash(&self, password: &[u8], random: &[u8; RANDOM_BYTES]) -> Result<EncodedPassword> {
        self.scheme().encode(password, &self.scheme().salt(random)?).map(EncodedPassword::new)
    }

    /// Returns whether [`Hasher::hash_pair`] takes less time than two calls of
    /// [`Hasher::hash`].
    #[must_use]
    pub fn is_faster_in_pairs(&self) -> bool {
        self.scheme().is_faster_in_pairs()
    }

    /// Returns the encoded hashes of two passwords.
    ///
    /// # Errors
    /// Same as [`Hasher::hash`].
    pub fn hash_pair(&self, passwords: [&[u8]; 2], random: [&[u8; RANDOM_BYTES]; 2]) -> [Result<EncodedPassword>; 2] {
        let scheme = self.scheme();
        match random.map(|random| scheme.salt(random)) {
            [Ok(one), Ok(other)] => {
                scheme.encode_pair(passwords, [&one, &other]).map(|encoded| encoded.map(EncodedPassword::new))
            }
            _ => [self.hash(passwords[0], random[0]), self.hash(passwords[1], random[1])],
        }
    }

    /// Returns the scheme of its family.
    pub(super) fn scheme(&self) -> &dyn Scheme {
        match &self.0 {
            Family::Pbkdf2(scheme) => scheme,
            Family::Argon2(scheme) => scheme,
            Family::Scrypt(scheme) => scheme,
            Family::Bcrypt(scheme) => scheme,
            Family::Md5(scheme) => scheme,
        }
    }
}

/// The algorithm and the work factor, such as `pbkdf2_sha256 iterations=1500000`.
impl fmt::Display for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.scheme().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_work_factors_are_those_of_django_6_1() {
        let newest = Algorithm::ALL.map(|algorithm| Hasher::newest(algorithm).to_string());
        assert_eq!(
            newest,
            [
                "pbkdf2_sha256 iterations=1500000",
                "pbkdf2_sha1 iterations=1500000",
                "argon2 m=102400,t=2,p=8",
                "scrypt n=16384,r=8,p=5",
                "bcrypt_sha256 rounds=12",
                "bcrypt rounds=12",
                "md5",
            ]
        );
    }

    #[test]
    fn the_work_of_a_hash_is_the_product_of_its_factors() {
        let work = Algorithm::ALL.map(|algorithm| Hasher::newest(algorithm).scheme().work());
        assert_eq!(work, [1_500_000, 1_500_000, 204_800, 655_360, 4_096, 4_096, 1]);
    }

    #[test]
    fn only_pbkdf2_with_sha256_is_faster_in_pairs() {
        let in_pairs = Algorithm::ALL.map(|algorithm| Hasher::newest(algorithm).is_faster_in_pairs());
        assert_eq!(in_pairs, [true, false, false, false, false, false, false]);
    }

    #[test]
    fn only_pbkdf2_has_iterations_and_they_have_bounds() {
        for algorithm in Algorithm::ALL {
            let hasher = Hasher::newest(algorithm);
            let has = matches!(algorithm, Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1);
            for (iterations, in_bounds) in [(0, false), (1, true), (MAX_ITERATIONS, true), (MAX_ITERATIONS + 1, false)]
            {
                let answer = hasher.with_iterations(iterations).map(|hasher| hasher.to_string());
                let expected = format!("{algorithm} iterations={iterations}");
                assert_eq!(answer.ok(), (has && in_bounds).then_some(expected), "{algorithm} {iterations}");
            }
        }
    }

    #[test]
    fn a_work_factor_within_the_bounds_is_read() {
        let salt = "A".repeat(22);
        let bcrypts = "O".repeat(22);
        for (encoded, hasher) in [
            (format!("pbkdf2_sha1$10000000${salt}$h"), "pbkdf2_sha1 iterations=10000000"),
            (format!("argon2$argon2id$v=19$m=1048576,t=16,p=4${salt}$AAAAAA"), "argon2 m=1048576,t=16,p=4"),
            (format!("scrypt$1048576${salt}$8$8$h"), "scrypt n=1048576,r=8,p=8"),
            (format!("scrypt$2${salt}$8$1$h"), "scrypt n=2,r=8,p=1"),
            (format!("bcrypt$$2a$17${bcrypts}h"), "bcrypt rounds=17"),
        ] {
            assert_eq!(Hasher::of_encoded(&encoded).map(|hasher| hasher.to_string()).as_deref(), Some(hasher));
        }
    }

    #[test]
    fn a_hostile_or_broken_hash_is_not_read() {
        for fields in [
            "pbkdf2_sha256$10000001$SALT$h",
            "pbkdf2_sha256$99999999999999999999$SALT$h",
            "pbkdf2_sha256$0$SALT$h",
            "pbkdf2_sha256$-1$SALT$h",
            "pbkdf2_sha256$+7$SALT$h",
            "pbkdf2_sha256$07$SALT$h",
            "pbkdf2_sha256$7$SALT",
            "pbkdf2_sha256$",
            "argon2$argon2id$v=19$m=1048577,t=1,p=1$SALT$AAAAAA",
            "argon2$argon2id$v=19$m=1048576,t=17,p=1$SALT$AAAAAA",
            "argon2$argon2id$v=19$m=16,t=4294967295,p=1$SALT$AAAAAA",
            "argon2$argon2id$v=19$m=16,t=1,p=4294967295$SALT$AAAAAA",
            "argon2$argon2id$v=18$m=16,t=1,p=1$SALT$AAAAAA",
            "argon2$argon2id$v=19$m=16,t=1$SALT$AAAAAA",
            "argon2$argon2id$v=19$m=16,t=1,p=1$SALT$A",
            "argon2$argon2id$v=19$m=16,t=1,p=1$SALT",
            "scrypt$2097152$SALT$8$1$h",
            "scrypt$16384$SALT$8$4294967295$h",
            "scrypt$16384$SALT$4294967295$4294967295$h",
            "scrypt$16$SALT$65536$65536$h",
            "scrypt$16383$SALT$8$1$h",
            "scrypt$1$SALT$8$1$h",
            "scrypt$0$SALT$0$0$h",
            "scrypt$16384$SALT$8$1",
            "bcrypt$$2b$18$SALTh",
            "bcrypt$$2b$03$SALTh",
            "bcrypt$$2b$4$SALTh",
            "bcrypt$$2b$+4$SALTh",
            "bcrypt$$2c$04$SALTh",
            "bcrypt$$2b$04$AAAA",
            "bcrypt$$2b$04$€€€€€€€€€€",
            "bcrypt$2b$04$SALTh",
            "md5$SALT",
        ] {
            let salt = if fields.starts_with("bcrypt") { "O" } else { "A" }.repeat(22);
            let encoded = fields.replace("SALT", &salt);
            assert_eq!(Hasher::of_encoded(&encoded), None, "{encoded}");
        }
    }

    #[test]
    fn the_newest_hashes_fit_the_column() {
        let random: [u8; RANDOM_BYTES] = std::array::from_fn(|index| u8::try_from(index).unwrap());
        for algorithm in Algorithm::ALL {
            let newest = Hasher::newest(algorithm);
            let (quick, digits_left_out) = newest.with_iterations(1).map_or((newest, 0), |one| (one, 6));
            let encoded = quick.hash(b"secret", &random).unwrap();
            let encoded = encoded.reveal();
            assert!(encoded.len() + digits_left_out <= 128, "{encoded}");
        }
    }

    #[test]
    fn only_hashes_of_one_algorithm_are_compared_by_their_work() {
        let hasher = |algorithm, iterations| Hasher::newest(algorithm).with_iterations(iterations).unwrap();
        let of = |iterations| hasher(Algorithm::Pbkdf2Sha256, iterations);
        for (one, other, takes_less) in [
            (of(1), of(2), true),
            (of(2), of(2), false),
            (of(3), of(2), false),
            (hasher(Algorithm::Pbkdf2Sha1, 1), of(2), false),
        ] {
            assert_eq!(one.takes_less_work_than(&other), takes_less, "{one}, {other}");
        }
    }
}
