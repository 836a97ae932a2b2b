//! Names that differ in nothing but case: users whom a person may take for one
//! another. Never writes.

use std::collections::HashMap;

use super::Store;
use crate::error::Result;
use crate::sql::{self, Value};

impl Store {
    /// A user whose name differs in nothing but case.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn twin(&mut self, username: &str) -> Result<Option<String>> {
        Ok(self.twins(&[username])?.pop().flatten())
    }

    /// For each of the names another one, of a user or earlier among them, that
    /// differs in nothing but case. Reads the names of all users once.
    ///
    /// # Errors
    /// As [`Store::twin`].
    pub fn twins(&mut self, names: &[&str]) -> Result<Vec<Option<String>>> {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let mut spellings: HashMap<&str, Vec<String>> =
            lower.iter().map(|lower| (lower.as_str(), Vec::new())).collect();
        let (users, _, _) = self.users(false)?;
        let statement = sql::users::names(&users, self.connection.dialect());
        self.connection.query(&statement, &mut |row| {
            if let Some(name) = row.first().and_then(Value::as_str)
                && let Some(stored) = spellings.get_mut(name.to_lowercase().as_str())
            {
                stored.push(name.to_owned());
            }
            Ok(())
        })?;
        let mut twins = Vec::with_capacity(names.len());
        for (name, lower) in names.iter().zip(&lower) {
            let known = spellings.entry(lower).or_default();
            twins.push(known.iter().find(|known| known != name).cloned());
            if !known.iter().any(|known| known == name) {
                known.push((*name).to_owned());
            }
        }
        Ok(twins)
    }
}
