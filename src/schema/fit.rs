//! Compares tables with those that Django's migrations create. The expected
//! catalog comes from running the migrations on another database.

use std::fmt;

use crate::engine::{Column, Table};
use crate::schema::catalog::Catalog;

/// How closely tables must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Django and drfctl can use them.
    Usable,
    /// They are what the migrations create, including every length.
    Exact,
}

/// How a table differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The table is missing.
    Missing(String),
    /// The table has another shape.
    Changed {
        /// Its name.
        table: String,
        /// The difference, as the end of a sentence.
        how: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(table) => write!(f, "the table {table} is missing"),
            Self::Changed { table, how } => write!(f, "{table}: {how}"),
        }
    }
}

/// Returns the first difference from the expected tables.
#[must_use]
pub fn misfit(expected: &Catalog, found: &Catalog, likeness: Likeness) -> Option<Misfit> {
    expected.tables.values().find_map(|table| {
        let Some(there) = found.table(&table.name) else { return Some(Misfit::Missing(table.name.clone())) };
        let how = difference(table, there, likeness)?;
        Some(Misfit::Changed { table: there.name.clone(), how })
    })
}

/// Returns the columns of the expected tables that exist and are not expected.
pub fn extra_columns<'a>(expected: &'a Catalog, found: &'a Catalog) -> impl Iterator<Item = (&'a Table, &'a Column)> {
    pairs(expected, found).flat_map(|(table, there)| {
        let extra = there.columns.iter().filter(|column| table.column(&column.name).is_none());
        extra.map(move |column| (there, column))
    })
}

/// Returns the unique sets of columns that are not expected.
pub fn extra_unique_sets<'a>(
    expected: &'a Catalog,
    found: &'a Catalog,
) -> impl Iterator<Item = (&'a Table, &'a Vec<String>)> {
    pairs(expected, found).flat_map(|(table, there)| {
        let extra = there.unique.iter().filter(|set| !has_unique_set(table, set));
        extra.map(move |set| (there, set))
    })
}

/// Returns whether a migration adds unique sets of columns to tables, and all of
/// them exist already. `before` and `after` are the tables before and after it.
#[must_use]
pub fn has_added_unique_sets(before: &Catalog, after: &Catalog, found: &Catalog) -> bool {
    let added: Vec<_> = extra_unique_sets(before, after).collect();
    let exists =
        |table: &Table, set: &[String]| found.table(&table.name).is_some_and(|there| has_unique_set(there, set));
    !added.is_empty() && added.into_iter().all(|(table, set)| exists(table, set))
}

/// Returns each expected table with the existing one.
fn pairs<'a>(expected: &'a Catalog, found: &'a Catalog) -> impl Iterator<Item = (&'a Table, &'a Table)> {
    expected.tables.values().filter_map(|table| Some((table, found.table(&table.name)?)))
}

fn difference(expected: &Table, found: &Table, likeness: Likeness) -> Option<String> {
    for column in &expected.columns {
        let Some(there) = found.column(&column.name) else { return Some(format!("{} is missing", column.name)) };
        if !there.kind.joins(&column.kind) {
            return Some(format!("{} is {}, not {}", column.name, there.kind.name(), column.kind.name()));
        }
        if likeness == Likeness::Exact {
            if there.max_length() != column.max_length() {
                return Some(format!("{} is {}, not {}", column.name, spelled(there), spelled(column)));
            }
            if there.not_null != column.not_null {
                let how = if column.not_null { "may be NULL" } else { "may not be NULL" };
                return Some(format!("{} {how}", column.name));
            }
        }
    }
    for set in &expected.unique {
        if !has_unique_set(found, set) {
            return Some(format!("{} is not unique", set.join(", ")));
        }
    }
    if likeness == Likeness::Usable {
        return None;
    }
    let is_extra = |column: &&Column| expected.column(&column.name).is_none();
    if let Some(extra) = found.columns.iter().filter(is_extra).find(|column| column.is_required()) {
        return Some(format!("{} is required, but Django does not create it", extra.name));
    }
    let missing = expected
        .foreign_keys
        .iter()
        .find(|key| !found.references(&key.column).any(|there| there.table.eq_ignore_ascii_case(&key.table)));
    missing.map(|key| format!("{} does not refer to {}", key.column, key.table))
}

/// Returns the type of a text column, spelled alike for all engines.
fn spelled(column: &Column) -> String {
    column.max_length().map_or_else(|| column.kind.name().to_owned(), |length| format!("varchar({length})"))
}

fn has_unique_set(table: &Table, set: &[String]) -> bool {
    table.unique.iter().any(|there| same_names(there, set))
}

fn same_names(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.iter().any(|o| o.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{ColumnKind, ForeignKey, TableName};

    fn catalog(tables: &[(&str, &[&[&str]])]) -> Catalog {
        let described = tables.iter().map(|(name, unique)| Table {
            name: (*name).to_owned(),
            unique: unique.iter().map(|set| set.iter().map(ToString::to_string).collect()).collect(),
            ..Table::default()
        });
        let described: Vec<_> = described.collect();
        let named = |table: &Table| TableName { name: table.name.clone(), ..TableName::default() };
        Catalog::new(described.iter().map(named).collect(), described.clone())
    }

    #[test]
    fn only_unexpected_unique_sets_of_expected_tables_are_extra() {
        let expected = catalog(&[("a", &[&["id"], &["x", "y"]])]);
        let found = catalog(&[("a", &[&["id"], &["y", "x"], &["z"]]), ("b", &[&["id"]])]);
        let extra: Vec<_> = extra_unique_sets(&expected, &found).collect();
        assert_eq!(extra, [(found.table("a").unwrap(), &vec!["z".to_owned()])]);
        assert_eq!(misfit(&expected, &found, Likeness::Exact), None);
        let misfit = misfit(&found, &expected, Likeness::Exact).unwrap();
        assert_eq!(misfit.to_string(), "a: z is not unique");
    }

    #[test]
    fn all_unique_sets_that_a_migration_adds_must_exist() {
        let before = catalog(&[("a", &[&["id"]])]);
        let after = catalog(&[("a", &[&["id"], &["x", "y"], &["z"]]), ("new", &[&["id"]])]);
        for (found, expected) in [
            (catalog(&[("a", &[&["z"], &["y", "x"]])]), true),
            (catalog(&[("a", &[&["id"], &["y", "x"]])]), false),
            (catalog(&[("new", &[&["x", "y"], &["z"]])]), false),
        ] {
            assert_eq!(has_added_unique_sets(&before, &after, &found), expected);
            assert!(!has_added_unique_sets(&before, &before, &found));
        }
    }

    #[test]
    fn an_exact_table_has_djangos_lengths_nulls_and_foreign_keys() {
        let column = |name: &str, declared: &str, not_null| Column {
            name: name.to_owned(),
            kind: ColumnKind::of_declared(declared),
            declared: declared.to_owned(),
            type_schema: None,
            range: None,
            not_null,
            has_default: false,
            is_generated: false,
            primary_key: false,
        };
        let key = || ForeignKey { column: "a".to_owned(), table: "b".to_owned(), schema: None, to: None };
        let table = |columns, foreign_keys| Table { columns, foreign_keys, ..Table::default() };
        let django = table(vec![column("a", "varchar(9)", true)], vec![key()]);
        for (columns, usable, exact) in [
            (vec![column("a", "varchar(9)", true)], None, None),
            (vec![column("A", "varchar(9)", true)], None, None),
            (vec![column("b", "varchar(9)", true)], Some("a is missing"), Some("a is missing")),
            (vec![column("a", "integer", true)], Some("a is integer, not text"), Some("a is integer, not text")),
            (vec![column("a", "varchar(8)", true)], None, Some("a is varchar(8), not varchar(9)")),
            (vec![column("a", "text", true)], None, Some("a is text, not varchar(9)")),
            (vec![column("a", "varchar(9)", false)], None, Some("a may be NULL")),
            (vec![column("a", "varchar(9)", true), column("b", "text", false)], None, None),
            (
                vec![column("a", "varchar(9)", true), column("b", "text", true)],
                None,
                Some("b is required, but Django does not create it"),
            ),
        ] {
            let found = table(columns, vec![key()]);
            assert_eq!(difference(&django, &found, Likeness::Usable).as_deref(), usable, "{found:?}");
            assert_eq!(difference(&django, &found, Likeness::Exact).as_deref(), exact, "{found:?}");
        }
        let loose = table(vec![column("a", "varchar(9)", true)], Vec::new());
        assert_eq!(difference(&django, &loose, Likeness::Usable), None);
        assert_eq!(difference(&django, &loose, Likeness::Exact).as_deref(), Some("a does not refer to b"));
        let nullable = table(vec![column("a", "varchar(9)", false)], Vec::new());
        assert_eq!(difference(&nullable, &django, Likeness::Exact).as_deref(), Some("a may not be NULL"));
    }
}
