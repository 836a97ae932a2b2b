//! Finds names that differ only in case, which a person may confuse. Never
//! writes.

use std::collections::HashMap;

use crate::admin::snapshot::Snapshot;
use crate::error::Result;
use crate::query;
use crate::query::users::SimilarRow;

/// The number of names that one statement looks up, each in up to three
/// spellings.
const AT_A_TIME: usize = 10_000;

impl Snapshot<'_> {
    /// Returns a user whose name differs only in case.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn similar_user(&mut self, username: &str) -> Result<Option<String>> {
        Ok(self.similar_users(&[username])?.pop().flatten())
    }

    /// Returns for each name another one that differs only in case: of a user,
    /// or earlier in the list.
    ///
    /// # Errors
    /// Same as [`Snapshot::similar_user`].
    pub fn similar_users(&mut self, names: &[&str]) -> Result<Vec<Option<String>>> {
        let users = &self.layout().users;
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let mut spellings: HashMap<&str, Vec<String>> = HashMap::new();
        for lower in &lower {
            spellings.insert(lower, Vec::new());
        }
        for some in names.chunks(AT_A_TIME) {
            let statement = query::users::similar(users, self.dialect(), some);
            self.each(&statement, &mut |row| {
                let name = SimilarRow(row).username()?;
                if let Some(name) = name.as_str()
                    && let Some(stored) = spellings.get_mut(name.to_lowercase().as_str())
                {
                    stored.push(name.to_owned());
                }
                Ok(())
            })?;
        }
        let mut similar = Vec::with_capacity(names.len());
        for (name, lower) in names.iter().zip(&lower) {
            let known = spellings.entry(lower).or_default();
            similar.push(known.iter().find(|known| known != name).cloned());
            if !known.iter().any(|known| known == name) {
                known.push((*name).to_owned());
            }
        }
        Ok(similar)
    }
}
