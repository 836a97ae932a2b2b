//! Passwords and their stored hashes: invalid hashes neither panic nor match, a description contains
//! nothing of the hash, and a password that is hashed with the hasher of another hash verifies.
//!
//! The input: a stored hash, a NUL, a password. Hashes that need much work are
//! described, and not computed.

#![no_main]

use drfctl::django::password::{
    Algorithm, Hasher, RANDOM_BYTES, StoredPassword, check, is_usable, must_update, verify,
};
use drfctl::django::password_validation::{UserAttributes, Validator, validate};
use drfctl_fuzz::assert_harmless;
use libfuzzer_sys::fuzz_target;

const RANDOM: &[u8; RANDOM_BYTES] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./";

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let (encoded, password) = text.split_once('\0').unwrap_or((&text, ""));
    describes(encoded);
    hashes(encoded, password.as_bytes());
    let columns = ["username", "email"].map(|name| (name.to_owned(), encoded.to_owned()));
    for fault in validate(password, &UserAttributes::of(&columns), &Validator::of_new_project()) {
        assert!(fault.ends_with('.'), "{fault}");
        assert_harmless(&fault);
    }
});

fn describes(encoded: &str) {
    let description = StoredPassword::of(encoded).to_string();
    // The last characters occur in formats that are not Django's.
    let is_expected =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '=' | ',' | ':' | '-' | '{' | '}' | '$');
    assert!(description.len() <= 80 && description.chars().all(is_expected), "{description}");
    assert_eq!(description == "unusable", !is_usable(encoded));
    for algorithm in Algorithm::ALL {
        let _ = must_update(encoded, &Hasher::newest(algorithm));
    }
    assert_eq!(Algorithm::from_name(encoded).map(Algorithm::name), Some(encoded).filter(|name| is_name(name)));
    let _ = Algorithm::from_class(encoded);
}

fn is_name(text: &str) -> bool {
    Algorithm::ALL.iter().any(|algorithm| algorithm.name() == text)
}

fn hashes(encoded: &str, password: &[u8]) {
    let Some(hasher) = Hasher::of_encoded(encoded) else {
        assert!(!verify(password, encoded));
        return;
    };
    assert!(Algorithm::of_encoded(encoded) == Some(hasher.algorithm()));
    let _ = hasher.is_weak();
    if work_of(&hasher) > 4_096 {
        return;
    }
    let matches = verify(password, encoded);
    assert_eq!(matches, check(password, Some(encoded), &hasher));
    assert!(!check(password, None, &hasher));
    // Plain bcrypt refuses some passwords.
    let Ok(own) = hasher.hash(password, RANDOM) else { return };
    let own = own.reveal();
    assert!(verify(password, own) && !must_update(own, &hasher));
    assert_eq!(Hasher::of_encoded(own), Some(hasher));
    let other = [password, b"x"].concat();
    assert!(hasher.algorithm() == Algorithm::Bcrypt || !verify(&other, own));
}

/// Returns the product of all numbers in the description, without those in the
/// name of the algorithm.
fn work_of(hasher: &Hasher) -> u64 {
    let description = hasher.to_string();
    let (_, factors) = description.split_once(' ').unwrap_or_default();
    let numbers = factors.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok());
    let work = numbers.fold(1_u64, u64::saturating_mul);
    match hasher.algorithm() {
        // The work is two to the power of this number.
        Algorithm::Bcrypt | Algorithm::BcryptSha256 if work > 4 => u64::MAX,
        _ => work,
    }
}
