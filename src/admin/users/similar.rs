//! Finds names that differ only in case, which a person may confuse. Never
//! writes.

use std::collections::HashMap;

use crate::admin::snapshot::Snapshot;
use crate::engine::Row;
use crate::error::Result;
use crate::query;
use crate::query::users::SimilarRow;

/// The number of names that one statement looks up, each in up to three
/// spellings.
const AT_A_TIME: usize = 10_000;

impl Snapshot<'_> {
    /// Returns for each name another one that differs only in case: of a user,
    /// or earlier in the list.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn similar_users(&mut self, names: &[&str]) -> Result<Vec<Option<String>>> {
        let users = &self.layout().users;
        let mut spellings = Spellings::of(names);
        for some in names.chunks(AT_A_TIME) {
            let statement = query::users::similar(users, self.dialect(), some);
            self.each(&statement, &mut |row| spellings.add(row))?;
        }
        let mut similar = Vec::with_capacity(names.len());
        for name in names {
            similar.push(spellings.other(name));
        }
        Ok(similar)
    }
}

/// The spellings of names that differ only in case.
pub(super) struct Spellings(HashMap<String, Vec<String>>);

impl Spellings {
    pub(super) fn of(names: &[&str]) -> Self {
        Self(names.iter().map(|name| (name.to_lowercase(), Vec::new())).collect())
    }

    /// Adds a row of [`query::users::similar`].
    pub(super) fn add(&mut self, row: Row<'_>) -> Result<()> {
        let name = SimilarRow(row).username()?;
        if let Some(name) = name.as_str()
            && let Some(stored) = self.0.get_mut(&name.to_lowercase())
        {
            stored.push(name.to_owned());
        }
        Ok(())
    }

    /// Returns a known spelling that is not this one, and adds this one.
    pub(super) fn other(&mut self, name: &str) -> Option<String> {
        let known = self.0.entry(name.to_lowercase()).or_default();
        let other = known.iter().find(|known| *known != name).cloned();
        if !known.iter().any(|known| known == name) {
            known.push(name.to_owned());
        }
        other
    }
}
