//! Whether an application accepts a password, as far as the hash and the
//! settings show it.

use std::fmt;

use crate::django::password::algorithm::Algorithm;
use crate::django::password::stored::StoredPassword;

/// What is known about the application's `PASSWORD_HASHERS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SiteHashers {
    /// Nothing: settings were not read.
    #[default]
    Unknown,
    /// Every user has a password of this algorithm.
    Using(Algorithm),
    /// The classes, the preferred one first.
    Listed(Vec<String>),
}

/// The result of comparing a password with a stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The hashes are equal.
    Same,
    /// The hashes differ, or the password cannot be hashed that way.
    Different,
}

/// Whether the application accepts a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Accepted,
    /// It does not.
    Rejected,
    /// This is unknown.
    Undecided(Reason),
}

/// Why it is unknown whether a password is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The password matches, but Django's default hashers do not read the hash.
    NotInDefault(Algorithm),
    /// drfctl cannot compute such a hash, but the application may.
    Unsupported(StoredPassword),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInDefault(algorithm) => write!(
                f,
                "the password matches, but its {algorithm} hash is accepted only if PASSWORD_HASHERS includes {algorithm}"
            ),
            Self::Unsupported(stored) => write!(f, "drfctl cannot verify a hash of this format ({stored})"),
        }
    }
}

impl SiteHashers {
    /// Returns the verdict for a comparison with a stored password.
    #[must_use]
    pub fn verdict(&self, stored: &StoredPassword, comparison: Comparison) -> Verdict {
        match stored {
            StoredPassword::Empty | StoredPassword::Unusable => Verdict::Rejected,
            StoredPassword::Hash(_) if comparison == Comparison::Different => Verdict::Rejected,
            StoredPassword::Hash(hasher) => self.verdict_on_match(hasher.algorithm()),
            // A user model may override `check_password`.
            StoredPassword::Foreign(_) => Verdict::Undecided(Reason::Unsupported(stored.clone())),
            other if self.may_have_other_hashers() => Verdict::Undecided(Reason::Unsupported(other.clone())),
            _ => Verdict::Rejected,
        }
    }

    fn verdict_on_match(&self, algorithm: Algorithm) -> Verdict {
        match self {
            Self::Using(used) if *used == algorithm => Verdict::Accepted,
            Self::Unknown | Self::Using(_) if algorithm.is_in_djangos_default() => Verdict::Accepted,
            Self::Unknown | Self::Using(_) => Verdict::Undecided(Reason::NotInDefault(algorithm)),
            Self::Listed(classes) if classes.iter().any(|class| Algorithm::from_class(class) == Some(algorithm)) => {
                Verdict::Accepted
            }
            // A custom class of the application may read it.
            Self::Listed(_) if self.may_have_other_hashers() => Verdict::Undecided(Reason::NotInDefault(algorithm)),
            Self::Listed(_) => Verdict::Rejected,
        }
    }

    /// Returns whether the application may have hashers that drfctl does not have.
    fn may_have_other_hashers(&self) -> bool {
        match self {
            Self::Unknown | Self::Using(_) => true,
            Self::Listed(classes) => classes.iter().any(|class| Algorithm::from_class(class).is_none()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::django::password::hasher::Hasher;

    fn listed(classes: &[&str]) -> SiteHashers {
        SiteHashers::Listed(classes.iter().map(|class| (*class).to_owned()).collect())
    }

    #[test]
    fn an_uncertain_password_is_not_reported_as_accepted() {
        let hash = |algorithm| StoredPassword::Hash(Hasher::newest(algorithm));
        let (pbkdf2, md5) = (hash(Algorithm::Pbkdf2Sha256), hash(Algorithm::Md5));
        let foreign = StoredPassword::of("{SHA512-CRYPT}$6$rounds=70000$0123456789abcdef$0123456789");
        let only_pbkdf2 = listed(&["django.contrib.auth.hashers.PBKDF2PasswordHasher"]);
        let with_own = listed(&["django.contrib.auth.hashers.PBKDF2PasswordHasher", "shop.hashers.Crypt"]);
        let undecided = |verdict| matches!(verdict, Verdict::Undecided(_));
        for site in [&SiteHashers::Unknown, &only_pbkdf2, &with_own] {
            assert_eq!(site.verdict(&pbkdf2, Comparison::Same), Verdict::Accepted, "{site:?}");
            for (stored, comparison) in [
                (&pbkdf2, Comparison::Different),
                (&md5, Comparison::Different),
                (&StoredPassword::Empty, Comparison::Same),
                (&StoredPassword::Unusable, Comparison::Same),
            ] {
                assert_eq!(site.verdict(stored, comparison), Verdict::Rejected, "{site:?} {stored}");
            }
            let is_unclear = *site != only_pbkdf2;
            assert_eq!(undecided(site.verdict(&md5, Comparison::Same)), is_unclear, "{site:?}");
            assert!(undecided(site.verdict(&foreign, Comparison::Different)), "{site:?}");
        }
    }

    #[test]
    fn what_django_no_longer_reads_may_be_read_by_a_class_of_the_application() {
        let only_md5 = listed(&["django.contrib.auth.hashers.MD5PasswordHasher"]);
        let with_own = listed(&["django.contrib.auth.hashers.MD5PasswordHasher", "shop.hashers.Crypt"]);
        let using = SiteHashers::Using(Algorithm::Md5);
        for encoded in ["pbkdf2_sha256$x", "crypt$$ab1234567890.", "secret"] {
            let stored = StoredPassword::of(encoded);
            let unsupported = Verdict::Undecided(Reason::Unsupported(stored.clone()));
            for site in [&SiteHashers::Unknown, &using, &with_own] {
                assert_eq!(site.verdict(&stored, Comparison::Different), unsupported, "{site:?} {encoded}");
            }
            assert_eq!(only_md5.verdict(&stored, Comparison::Different), Verdict::Rejected, "{encoded}");
        }
        let verdict = |algorithm| using.verdict(&StoredPassword::Hash(Hasher::newest(algorithm)), Comparison::Same);
        assert_eq!(verdict(Algorithm::Md5), Verdict::Accepted);
        assert_eq!(verdict(Algorithm::Scrypt), Verdict::Accepted);
        assert_eq!(verdict(Algorithm::Bcrypt), Verdict::Undecided(Reason::NotInDefault(Algorithm::Bcrypt)));
    }
}
