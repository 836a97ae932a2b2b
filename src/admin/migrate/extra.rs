//! What tables have that is not Django's.

use std::collections::BTreeSet;
use std::fmt;

use crate::schema::Catalog;
use crate::schema::fit;

/// A part of a table that no migration creates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extra {
    Column(String),
    /// The columns that are unique together.
    UniqueConstraint(Vec<String>),
}

impl fmt::Display for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => write!(f, "the column {name}"),
            Self::UniqueConstraint(columns) => write!(f, "the uniqueness of {}", columns.join(", ")),
        }
    }
}

/// Returns the columns and the unique constraints that exist and are not
/// expected.
pub(super) fn extra(expected: &Catalog, found: &Catalog) -> BTreeSet<(String, Extra)> {
    let mut extra = BTreeSet::new();
    for (table, column) in fit::extra_columns(expected, found) {
        extra.insert((table.name.clone(), Extra::Column(column.name.clone())));
    }
    for (table, set) in fit::extra_unique_sets(expected, found) {
        extra.insert((table.name.clone(), Extra::UniqueConstraint(set.clone())));
    }
    extra
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extra_part_is_named_by_its_columns() {
        let unique = Extra::UniqueConstraint(vec!["app".to_owned(), "name".to_owned()]);
        assert_eq!(Extra::Column("phone".to_owned()).to_string(), "the column phone");
        assert_eq!(unique.to_string(), "the uniqueness of app, name");
    }
}
