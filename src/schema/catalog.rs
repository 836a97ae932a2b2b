//! The tables of a database.

use std::collections::BTreeMap;

use crate::engine::{Table, TableName};

/// The names of all tables, and the shape of those that were described.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The names of all tables.
    pub names: Vec<TableName>,
    /// The tables described so far, by name.
    pub tables: BTreeMap<String, Table>,
}

/// The schema in which the search path finds a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaChoice {
    /// Its name.
    pub schema: String,
    /// How many other schemas have a table of this name.
    pub others: usize,
}

impl Catalog {
    /// Returns the catalog of tables with these names, of which some were described.
    #[must_use]
    pub fn new(names: Vec<TableName>, described: Vec<Table>) -> Self {
        let tables = described.into_iter().map(|table| (table.name.clone(), table)).collect();
        Self { names, tables }
    }

    /// Returns the catalog's spelling of a table name: the exact one, else one
    /// that differs in ASCII case. `None` for a table outside the search path.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        let mut reached = self.names.iter().filter(|table| table.schema.is_none()).map(|table| table.name.as_str());
        let exact = reached.clone().find(|known| *known == name);
        exact.or_else(|| reached.find(|known| known.eq_ignore_ascii_case(name)))
    }

    /// Returns a table that was described.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(self.spelling(name)?)
    }

    /// Returns the schemas outside the search path that have a table of this
    /// name.
    pub fn elsewhere<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.names.iter().filter(move |table| table.name == name).filter_map(|table| table.schema.as_deref())
    }

    /// Returns the schema of the search path that has a table of this name, where
    /// the engine has schemas, and how many others have one.
    #[must_use]
    pub fn schema_of(&self, name: &str) -> Option<SchemaChoice> {
        let reached = self.names.iter().find(|table| table.name == name && table.schema.is_none());
        let schema = reached?.path_schema.clone()?;
        Some(SchemaChoice { schema, others: self.elsewhere(name).count() })
    }

    /// Returns whether the database has no tables.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.iter().all(|table| table.schema.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_path_decides_which_table_a_name_means() {
        let table = |name: &str, outside: Option<&str>| TableName {
            name: name.to_owned(),
            schema: outside.map(str::to_owned),
            path_schema: outside.is_none().then(|| "public".to_owned()),
            ..TableName::default()
        };
        let elsewhere = Catalog::new(vec![table("a", Some("shop"))], Vec::new());
        assert!(elsewhere.is_empty() && elsewhere.spelling("a").is_none() && elsewhere.schema_of("a").is_none());
        let names = vec![table("a", Some("shop")), table("A", None), table("a", None), table("b", None)];
        let catalog = Catalog::new(names, vec![Table { name: "a".to_owned(), ..Table::default() }]);
        assert!(!catalog.is_empty());
        assert_eq!([catalog.spelling("a"), catalog.spelling("B"), catalog.spelling("c")], [Some("a"), Some("b"), None]);
        assert_eq!(catalog.elsewhere("a").collect::<Vec<_>>(), ["shop"]);
        for (name, others) in [("a", 1), ("b", 0)] {
            assert_eq!(catalog.schema_of(name), Some(SchemaChoice { schema: "public".to_owned(), others }));
        }
        assert_eq!([catalog.table("a").is_some(), catalog.table("b").is_some()], [true, false]);
    }
}
