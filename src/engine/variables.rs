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

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn only_variables_about_servers_are_kept_and_no_value_is_shown() {
        let all = [
            ("PGPASSWORD", "s3cret"),
            ("MYSQL_PWD", "s3cret"),
            ("HOME", "/home/alice"),
            ("PGHOST", ""),
            ("MYSQLX", "x"),
            ("PATH", "/bin"),
        ];
        let variables = Variables::of(all.map(|(name, value)| (name.into(), value.into())).into_iter());
        assert_eq!(format!("{variables:?}"), r#"{"HOME", "MYSQL_PWD", "PGPASSWORD"}"#);
        assert_eq!(variables.get("MYSQL_PWD"), Some(OsStr::new("s3cret")));
        assert_eq!(variables.text("HOME").unwrap(), Some("/home/alice"));
        assert_eq!(variables.text("PATH").unwrap(), None);
    }

    #[test]
    fn a_variable_that_is_not_utf_8_is_named() {
        let variables = Variables::of([("PGUSER".into(), OsString::from_vec(vec![0xff]))].into_iter());
        assert_eq!(variables.text("PGUSER").unwrap_err().to_string(), "the variable PGUSER is not UTF-8");
    }
}
