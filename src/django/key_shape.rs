//! The common shape of keys, for sites that generate their own keys.

use zeroize::Zeroizing;

use crate::django::token_key::MAX_LENGTH;

/// The characters that end a prefix.
const SEPARATORS: [char; 5] = ['_', '-', '.', ':', '~'];

/// The longest prefix that is shown, in characters.
const LONGEST_PREFIX: usize = 16;

/// How many characters of a key must follow a prefix, to be secret enough.
const SECRET_LENGTH: usize = 16;

/// The common shape of keys that differ from DRF's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyShape {
    /// The prefix of all keys, up to a separator. It is not secret.
    pub prefix: Option<String>,
    /// The length of the shortest, in characters.
    pub shortest: usize,
    /// The length of the longest.
    pub longest: usize,
}

/// Compares keys, and keeps one of them, so it has no `Debug`.
#[derive(Default)]
pub struct KeyComparison {
    first: Option<Zeroizing<String>>,
    /// The length of the common prefix, in bytes.
    common: usize,
    lengths: Vec<usize>,
    is_several: bool,
}

impl KeyComparison {
    /// Adds another key.
    pub fn add(&mut self, key: &str) {
        self.lengths.push(key.chars().count());
        let Some(first) = &self.first else {
            self.first = Some(Zeroizing::new(key.to_owned()));
            self.common = key.len();
            return;
        };
        self.is_several |= first.as_str() != key;
        self.common = first.bytes().zip(key.bytes()).take(self.common).take_while(|(one, other)| one == other).count();
    }

    /// Returns the common shape of the keys if it differs from DRF's; `None`
    /// for a single key.
    #[must_use]
    pub fn shape(&self) -> Option<KeyShape> {
        let first = self.first.as_deref().filter(|_| self.is_several)?;
        let (shortest, longest) = (*self.lengths.iter().min()?, *self.lengths.iter().max()?);
        let common = first.get(..self.common).unwrap_or_default();
        let prefix = common.rfind(SEPARATORS).map(|at| &common[..=at]);
        let is_no_secret = |prefix: &&str| {
            let length = prefix.len();
            prefix.bytes().all(|byte| byte.is_ascii_graphic())
                && length <= LONGEST_PREFIX
                && length + SECRET_LENGTH <= shortest
        };
        let prefix = prefix.filter(is_no_secret).map(str::to_owned);
        let is_foreign = prefix.is_some() || self.lengths.iter().all(|length| *length != MAX_LENGTH);
        is_foreign.then_some(KeyShape { prefix, shortest, longest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(keys: &[String]) -> Option<KeyShape> {
        let mut comparison = KeyComparison::default();
        for key in keys {
            comparison.add(key);
        }
        comparison.shape()
    }

    /// N29c
    #[test]
    fn custom_keys_have_a_prefix_or_another_length() {
        let (a, b) = ("0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98");
        let (tail, other) = (&a[4..], &b[4..]);
        let foreign = |prefix: Option<&str>, shortest, longest| {
            Some(KeyShape { prefix: prefix.map(str::to_owned), shortest, longest })
        };
        for (keys, expected) in [
            (vec![a.to_owned(), b.to_owned()], None),
            (vec![format!("wlu_{a}"), format!("wlu_{b}")], foreign(Some("wlu_"), 44, 44)),
            (vec![format!("wlu_{tail}"), format!("wlu_{other}")], foreign(Some("wlu_"), 40, 40)),
            (vec![format!("a.b-{a}"), format!("a.b-{tail}")], foreign(Some("a.b-"), 40, 44)),
            // No part of the secret is shown.
            (vec![format!("wlu_x{a}"), format!("wlu_x{b}")], foreign(Some("wlu_"), 45, 45)),
            (vec!["k_1".to_owned(), "k_2".to_owned()], foreign(None, 3, 3)),
            (vec![format!("{a}_{a}"), format!("{a}_{b}")], foreign(None, 81, 81)),
            (vec![a[..32].to_owned(), b[..32].to_owned()], foreign(None, 32, 32)),
            (vec![a[..32].to_owned(), format!("{b}{b}")], foreign(None, 32, 80)),
            // Not all keys have the prefix.
            (vec![format!("wlu_{tail}"), b.to_owned(), format!("wlu_{other}")], None),
            // One key has the shape of DRF's.
            (vec![a.to_owned(), format!("wlu_{b}")], None),
            (vec![format!("wlu_{a}"), format!("wlu_{a}")], None),
            (vec![format!("wlu_{a}")], None),
            (vec![], None),
        ] {
            assert_eq!(shape(&keys), expected, "{keys:?}");
        }
    }
}
