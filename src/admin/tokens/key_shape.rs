//! Examines stored keys, because an application may generate its own kind of
//! keys. Never writes.

use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::django::key_shape::{KeyComparison, KeyShape};
use crate::error::Result;
use crate::query::tokens::{KeyRow, outermost_keys};
use crate::schema::layout::TokenTable;

/// How many keys are examined, of the first users and of the last.
const LOOKED_AT: u64 = 50;

impl Session {
    /// Returns what the stored keys have in common that DRF's keys do not.
    ///
    /// # Errors
    /// Unusable or busy if tokens cannot be read.
    pub fn key_shape(&mut self) -> Result<Option<KeyShape>> {
        let mut snapshot = self.snapshot()?;
        let tokens = snapshot.layout().tokens()?;
        snapshot.key_shape(tokens)
    }
}

impl Snapshot<'_> {
    /// Returns the same, of this token table.
    pub(super) fn key_shape(&mut self, tokens: &TokenTable) -> Result<Option<KeyShape>> {
        let statement = outermost_keys(tokens, self.dialect(), LOOKED_AT);
        let mut comparison = KeyComparison::default();
        self.each(&statement, &mut |row| {
            if let Some(key) = KeyRow(row).key()?.as_str() {
                comparison.add(key);
            }
            Ok(())
        })?;
        Ok(comparison.shape())
    }
}
