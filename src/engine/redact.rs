//! Removes what may be a secret from the messages of a database.

use crate::engine::value::Value;

/// The fewest characters of a word that may be a secret. drfctl accepts no
/// shorter key.
pub(super) const SECRET_LENGTH: usize = 20;

/// What replaces a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Returns the message without those values of parameters that may be secrets.
/// A shorter value, such as the username `denied`, may be a word of the message.
pub(super) fn without_bound(words: &str, values: &[Value]) -> String {
    let mut words = words.to_owned();
    for text in values.iter().filter_map(Value::as_str).filter(|text| text.chars().count() >= SECRET_LENGTH) {
        words = words.replace(text, REDACTED);
    }
    words
}

/// Returns the message without what may be a secret: the values of parameters,
/// and every run of letters and digits that is as long as a key. Names of tables
/// and indexes are as long, but have underscores between their words.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn without_values(words: &str, values: &[Value]) -> String {
    let is_long = |word: &str| word.split(|c: char| !c.is_ascii_alphanumeric()).any(|run| run.len() >= SECRET_LENGTH);
    let words: Vec<_> = words.split(' ').map(|word| if is_long(word) { REDACTED } else { word }).collect();
    without_bound(&words.join(" "), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_parameters_as_long_as_a_key_are_redacted() {
        let values =
            ["pbkdf2_sha256$1$salt$", "!0123456789abcdefghi", "nineteen-characters", "denied", ""].map(Value::text);
        assert_eq!(
            without_bound("denied nineteen-characters: pbkdf2_sha256$1$salt$= and !0123456789abcdefghi", &values),
            "denied nineteen-characters: [redacted]= and [redacted]"
        );
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    #[test]
    fn a_word_as_long_as_a_key_is_redacted_unless_a_name() {
        let words = "key 0123456789abcdef01234567 in authtoken_token_user_id_35299eff_fk";
        assert_eq!(without_values(words, &[]), "key [redacted] in authtoken_token_user_id_35299eff_fk");
    }
}
