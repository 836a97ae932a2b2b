//! Which columns may contain secrets, by their names and values.

/// Words in the names of columns that contain secrets.
const WORDS: [&str; 43] = [
    "2fa",
    "access",
    "activation",
    "apikey",
    "auth",
    "backup",
    "bearer",
    "card",
    "cookie",
    "credential",
    "csrf",
    "cvv",
    "fido",
    "hash",
    "iban",
    "invite",
    "jwt",
    "key",
    "mfa",
    "nonce",
    "oauth",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "private",
    "pwd",
    "recovery",
    "refresh",
    "reset",
    "salt",
    "secret",
    "seed",
    "session",
    "signature",
    "ssn",
    "token",
    "totp",
    "verification",
    "webauthn",
];

/// The length from which a single word may be a secret.
const LONG: usize = 20;

/// Returns whether a column may contain a secret, such as a password or a key.
#[must_use]
pub fn may_hold_secret(column: &str) -> bool {
    let mut words = String::with_capacity(column.len() + 4);
    let mut is_after_small = false;
    for letter in column.chars() {
        // `apiKey` is two words.
        if letter.is_uppercase() && is_after_small {
            words.push(' ');
        }
        is_after_small = letter.is_lowercase();
        words.extend(letter.to_lowercase());
    }
    words
        .split(|letter: char| !letter.is_alphanumeric())
        .any(|word| WORDS.contains(&word) || word.strip_suffix('s').is_some_and(|singular| WORDS.contains(&singular)))
}

/// Returns whether a value looks like a key: one long word of letters and digits.
#[must_use]
pub fn looks_like_key(value: &str) -> bool {
    let is_word = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'+' | b'/' | b'=');
    value.len() >= LONG
        && value.bytes().all(is_word)
        && value.bytes().any(|letter| letter.is_ascii_digit())
        && value.bytes().any(|letter| letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_named_like_a_secret_may_contain_one() {
        for name in
            ["api_key", "auth-token", "otpSecret", "Recovery Codes", "password_hash", "passwords", "accessToken"]
        {
            assert!(may_hold_secret(name), "{name}");
        }
        for name in ["language", "keyboard", "user_id", "tokenizer", "country_code", "passage", "ID", "isVerified"] {
            assert!(!may_hold_secret(name), "{name}");
        }
    }

    #[test]
    fn a_long_word_of_letters_and_digits_looks_like_a_key() {
        for value in
            ["9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "cus_NffrFeUfNV2Hib99"]
        {
            assert!(looks_like_key(value), "{value}");
        }
        for value in [
            "en",
            "2026-01-31 09:00:00",
            "a sentence with 2 numbers in it",
            "internationalization",
            "1234567890123456789012",
        ] {
            assert!(!looks_like_key(value), "{value}");
        }
    }
}
