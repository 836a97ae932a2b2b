//! The environment variables about servers.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::error::{Error, Result};

/// The environment variables about servers, such as `PGHOST` and `MYSQL_PWD`.
/// `Debug` shows their names only: some are passwords.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// Returns the variables that are set and not empty.
    pub fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let wanted = |name: &str| name == "HOME" || name.starts_with("PG") || name.starts_with("MYSQL_");
        let named = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.filter(|(name, value)| wanted(name) && !value.is_empty()).collect())
    }

    /// Returns a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// Returns a variable as text.
    ///
    /// # Errors
    /// Usage if it is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        self.get(name)
            .map(|value| value.to_str().ok_or_else(|| Error::usage(format!("the variable {name} is not UTF-8"))))
            .transpose()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
