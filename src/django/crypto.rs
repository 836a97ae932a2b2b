//! Strings from random bytes that the caller provides, and the comparison of
//! secrets.

use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// Mirrors `django.utils.crypto.RANDOM_STRING_CHARS`.
const RANDOM_STRING_CHARS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Refuses bytes that cannot be random because they are all the same.
///
/// # Errors
/// Internal, for such bytes.
pub fn require_random(bytes: &[u8]) -> Result<()> {
    if bytes.iter().all(|byte| *byte == bytes[0]) {
        return Err(Error::internal("the operating system's random numbers are not random"));
    }
    Ok(())
}

/// Returns `length` letters and digits from random bytes.
///
/// Mirrors `django.utils.crypto.get_random_string`. The 8 of 256 byte values
/// that would make some characters more likely are skipped, so it needs a few
/// more bytes than characters.
///
/// # Errors
/// Internal, if the bytes do not suffice or are not random.
pub fn random_string(length: usize, random: &[u8]) -> Result<String> {
    require_random(random)?;
    let unbiased = random.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < 4 * RANDOM_STRING_CHARS.len());
    let text: String =
        unbiased.take(length).map(|byte| char::from(RANDOM_STRING_CHARS[byte % RANDOM_STRING_CHARS.len()])).collect();
    if text.len() < length {
        return Err(Error::internal("there are not enough random bytes"));
    }
    Ok(text)
}

/// Returns whether two secrets are equal, in a time that does not depend on
/// where they differ.
///
/// Mirrors `django.utils.crypto.constant_time_compare`.
#[must_use]
pub fn constant_time_compare(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_as_likely_as_every_other() {
        let every_byte: Vec<u8> = (0..=255).collect();
        let text = random_string(248, &every_byte).unwrap();
        for character in RANDOM_STRING_CHARS {
            let count = text.bytes().filter(|byte| byte == character).count();
            assert_eq!(count, 4, "{}", char::from(*character));
        }
        assert!(random_string(249, &every_byte).is_err());
    }

    #[test]
    fn too_few_or_constant_bytes_are_an_error() {
        for bytes in [&[][..], &[7; 64], &[1, 2, 3]] {
            assert!(random_string(22, bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn only_equal_secrets_are_equal() {
        for (one, other) in [("", ""), ("a", "a"), ("a", "b"), ("a", "aa"), ("", "a")] {
            assert_eq!(constant_time_compare(one, other), one == other, "{one} {other}");
        }
    }
}
