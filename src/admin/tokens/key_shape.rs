//! Examines stored keys, because an application may generate its own kind of
//! keys. Never writes.

use crate::admin::session::Session;
use crate::django::key_shape::{KeyComparison, KeyShape};
use crate::engine::Row;
use crate::error::Result;
use crate::query::tokens::{KeyRow, outermost_keys};

/// How many keys are compared, of the first users and of the last.
pub(super) const COMPARED: u64 = 50;

impl Session {
    /// Returns what the stored keys have in common that DRF's keys do not.
    ///
    /// # Errors
    /// Unusable or busy if tokens cannot be read.
    pub fn key_shape(&mut self) -> Result<Option<KeyShape>> {
        let mut snapshot = self.snapshot()?;
        let statement = outermost_keys(snapshot.layout().tokens()?, snapshot.dialect(), COMPARED);
        let mut comparison = KeyComparison::default();
        snapshot.each(&statement, &mut |row| compare(&mut comparison, row))?;
        Ok(comparison.shape())
    }
}

/// Adds a row of [`outermost_keys`] to a comparison.
pub(super) fn compare(comparison: &mut KeyComparison, row: Row<'_>) -> Result<()> {
    if let Some(key) = KeyRow(row).key()?.as_str() {
        comparison.add(key);
    }
    Ok(())
}
