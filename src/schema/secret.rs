//! Which columns may hold secrets, by their names.

/// Words of names of columns that hold secrets.
const WORDS: [&str; 18] = [
    "apikey",
    "backup",
    "credential",
    "credentials",
    "hash",
    "key",
    "nonce",
    "otp",
    "password",
    "pin",
    "private",
    "recovery",
    "salt",
    "secret",
    "seed",
    "session",
    "token",
    "totp",
];

/// Returns whether a column may hold a secret, such as a password or a key.
#[must_use]
pub fn may_hold_secret(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    column
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .any(|word| WORDS.contains(&word) || word.strip_suffix('s').is_some_and(|singular| WORDS.contains(&singular)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_with_a_word_for_a_secret_in_its_name_may_hold_one() {
        for name in ["api_key", "auth-token", "otp_secret", "Recovery Codes", "password_hash", "passwords", "key"] {
            assert!(may_hold_secret(name), "{name}");
        }
        for name in ["language", "keyboard", "user_id", "tokenizer", "country_code"] {
            assert!(!may_hold_secret(name), "{name}");
        }
    }
}
