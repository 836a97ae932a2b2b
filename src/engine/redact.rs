//! Takes what may be a secret out of the words of a database.

use crate::engine::value::Value;

/// The fewest characters of a word that may be a secret: no key that drfctl
/// accepts is shorter.
pub(super) const SECRET_LENGTH: usize = 20;

/// What a secret is replaced by.
pub(super) const REDACTED: &str = "[redacted]";

/// The words without the texts that were bound.
pub(super) fn without_bound(words: &str, values: &[Value]) -> String {
    let mut words = words.to_owned();
    for text in values.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()) {
        words = words.replace(text, REDACTED);
    }
    words
}

/// The words without what may be a secret: the texts that were bound, and all
/// that is as long as a key. Names of tables and indexes are as long, but have
/// their words apart.
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
    fn bound_texts_are_redacted() {
        assert_eq!(
            without_bound("duplicate alice of alice", &[Value::text("alice"), Value::text("")]),
            "duplicate [redacted] of [redacted]"
        );
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    #[test]
    fn words_as_long_as_a_key_are_redacted_and_names_of_tables_are_not() {
        let words = "key 0123456789abcdef01234567 in authtoken_token_user_id_35299eff_fk";
        assert_eq!(without_values(words, &[]), "key [redacted] in authtoken_token_user_id_35299eff_fk");
    }
}
