//! What a database says of its own tables.

use std::collections::BTreeMap;

use crate::engine::{Table, TableName};

/// The tables of a database, and the shape of those that were described.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The name of every table.
    pub names: Vec<TableName>,
    /// The tables described so far, by name.
    pub tables: BTreeMap<String, Table>,
}

impl Catalog {
    /// The catalog's spelling of a table's name: exact, or but for ASCII case.
    /// A table that a plain name does not reach has none.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        let mut reached = self.names.iter().filter(|table| table.schema.is_none()).map(|table| table.name.as_str());
        let exact = reached.clone().find(|known| *known == name);
        exact.or_else(|| reached.find(|known| known.eq_ignore_ascii_case(name)))
    }

    /// A table that was described.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(self.spelling(name)?)
    }

    /// The schemas with a table of this name that a plain name does not reach.
    pub fn elsewhere<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().filter(move |table| table.name == name).filter_map(|table| table.schema.as_deref())
    }

    /// Whether a database has no table at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.iter().all(|table| table.schema.is_some())
    }
}
