//! Splits a filter whose names and keys are too many for one statement.

use crate::query::filter::Filter;

impl Filter {
    /// Splits the filter into chunks of at most `size` names and `size` keys.
    /// Each row matches one of them, or several under other spellings.
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Self> {
        let rest = self.without_lists();
        let parts = |length: usize| 0..length.div_ceil(size).max(1);
        let keys = parts(self.keys.len());
        let pairs = parts(self.names.len()).flat_map(move |names| keys.clone().map(move |keys| (names, keys)));
        pairs.map(move |(names, keys)| Self {
            names: self.names.iter().skip(names * size).take(size).cloned().collect(),
            keys: self.keys.iter().skip(keys * size).take(size).cloned().collect(),
            ..rest.clone()
        })
    }

    /// Returns whether [`Filter::chunks`] splits it.
    #[must_use]
    pub fn is_split_by(&self, size: usize) -> bool {
        self.names.len().max(self.keys.len()) > size
    }

    /// Copies the filter without names and keys, which may be very many.
    fn without_lists(&self) -> Self {
        Self {
            names: Vec::new(),
            keys: Vec::new(),
            patterns: self.patterns.clone(),
            key_prefix: self.key_prefix.clone(),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::django::authorization::PresentedKey;
    use crate::django::username::Username;
    use crate::query::filter::Filter;

    #[test]
    fn names_and_keys_are_cut_into_chunks_and_nothing_is_lost() {
        let name = |n: usize| Username::parse(n.to_string().as_ref()).unwrap();
        let filter = Filter { names: (0..5).map(name).collect(), is_staff: true, ..Filter::default() };
        let chunks: Vec<_> = filter.chunks(2).collect();
        assert_eq!(chunks.iter().map(|chunk| chunk.names.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(chunks.iter().all(|chunk| chunk.is_staff));
        assert!(filter.is_split_by(4) && !filter.is_split_by(5));
        assert_eq!(Filter::default().chunks(2).count(), 1);
        // A row must match a name and a key, which may be in any two chunks.
        let keys = vec![PresentedKey::new("k1"), PresentedKey::new("k2"), PresentedKey::new("k3")];
        let filter = Filter { keys, ..filter };
        assert!(Filter { names: Vec::new(), ..filter.clone() }.is_split_by(2));
        let chunks: Vec<_> = filter.chunks(2).collect();
        let sizes: Vec<_> = chunks.iter().map(|chunk| (chunk.names.len(), chunk.keys.len())).collect();
        assert_eq!(sizes, [(2, 2), (2, 1), (2, 2), (2, 1), (1, 2), (1, 1)]);
    }
}
