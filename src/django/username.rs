//! Usernames to look up.

use std::ffi::OsStr;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A value for the user model's `USERNAME_FIELD`, exactly as given.
///
/// Mirrors `BaseUserManager.get_by_natural_key`: a lookup compares exactly,
/// without the NFKC normalization of new usernames.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub struct Username(String);

impl Username {
    /// Validates a name from the command line or a line of a file.
    ///
    /// # Errors
    /// Rejected, if no user could have this name: it is empty, blank, not
    /// UTF-8, or contains a NUL character.
    pub fn parse(typed: &OsStr) -> Result<Self> {
        let name = utf8(typed)?;
        if name.trim().is_empty() {
            return Err(Error::rejected("the name is empty"));
        }
        if name.contains('\0') {
            return Err(Error::rejected(format!("the name {name} contains a NUL character")));
        }
        Ok(Self(name.to_owned()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the text of a name.
pub(super) fn utf8(typed: &OsStr) -> Result<&str> {
    typed.to_str().ok_or_else(|| Error::rejected(format!("the name {} is not UTF-8", typed.to_string_lossy())))
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kinds of identifiers that users log in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// Any other name.
    Name,
}

impl Shape {
    /// Returns the kind of identifier that a name looks like.
    #[must_use]
    pub fn of_value(value: &str) -> Self {
        let digits = value.chars().filter(char::is_ascii_digit).count();
        let dialled = value.chars().all(|c| c.is_ascii_digit() || "+-() ".contains(c));
        match value.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => Self::Email,
            _ if dialled && digits >= 6 => Self::Phone,
            _ => Self::Name,
        }
    }

    /// Returns the kind of identifier in a column of this name.
    #[must_use]
    pub fn of_column(column: &str) -> Self {
        let column = column.to_ascii_lowercase();
        if column.contains("mail") {
            Self::Email
        } else if ["phone", "mobile", "msisdn"].iter().any(|word| column.contains(word)) {
            Self::Phone
        } else {
            Self::Name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_username_is_rejected() {
        for name in ["", " ", "\t", "a\0b"] {
            assert!(Username::parse(OsStr::new(name)).is_err(), "{name:?}");
        }
    }

    #[test]
    fn the_shape_of_a_name_matches_its_column() {
        for (value, column) in [("a@example.com", "e_mail"), ("+49 30 123456", "phone_number"), ("@al", "handle")] {
            assert_eq!(Shape::of_value(value), Shape::of_column(column), "{value}");
        }
    }

    #[test]
    fn an_address_has_two_parts_and_a_number_six_digits() {
        for (value, shape) in [
            ("a@b", Shape::Email),
            ("@b", Shape::Name),
            ("a@", Shape::Name),
            ("123456", Shape::Phone),
            ("+1 (2) 3-456", Shape::Phone),
            ("+12345", Shape::Name),
            ("user123456", Shape::Name),
            ("", Shape::Name),
        ] {
            assert_eq!(Shape::of_value(value), shape, "{value}");
        }
        for (column, shape) in [("MSISDN", Shape::Phone), ("mobile", Shape::Phone), ("Email", Shape::Email)] {
            assert_eq!(Shape::of_column(column), shape, "{column}");
        }
    }
}
