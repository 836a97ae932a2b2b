//! Conditions that a row is the one that a lookup asked for. A damaged index
//! leads to the row of another user.
//!
//! A server compares the row that it has read. `SQLite` compares, and returns,
//! the values of the index that it searched; so it is asked to read the row
//! again by its number, which needs no index.

use crate::engine::{Dialect, Row, Table};
use crate::error::{Error, Result};

/// The alias of a row that is read again.
const ITSELF: &str = "v";

/// The alias of a row that an index leads to.
const FOUND: &str = "w";

/// The number of a row.
const NUMBER: &str = "_rowid_";

/// Returns the condition, about the row of this alias as it is stored.
pub(super) fn stored(dialect: &Dialect, alias: &str, table: &Table, condition: impl FnOnce(&str) -> String) -> String {
    if !table.has_row_numbers {
        return condition(alias);
    }
    let (name, condition) = (dialect.name(&table.name), condition(ITSELF));
    format!("EXISTS (SELECT 1 FROM {name} AS {ITSELF} WHERE {ITSELF}.{NUMBER} = {alias}.{NUMBER} AND {condition})")
}

/// Returns the condition that the stored row has the value of the index that
/// was searched; none where the engine reads no value from an index.
pub(super) fn is_as_indexed(dialect: &Dialect, alias: &str, table: &Table, column: &str) -> Option<String> {
    if !table.has_row_numbers || is_number(table, column) {
        return None;
    }
    Some(format!("{alias}.{} IS {}", dialect.name(column), value(dialect, alias, table, column)))
}

/// Returns the condition that the index of a unique column leads from the
/// stored value back to the row; none where the engine needs no such proof.
pub(super) fn leads_back(dialect: &Dialect, alias: &str, table: &Table, column: &str) -> Option<String> {
    if !table.has_row_numbers || is_number(table, column) || !table.is_unique(column) {
        return None;
    }
    let (value, name, column) = (value(dialect, alias, table, column), dialect.name(&table.name), dialect.name(column));
    Some(format!(
        "(SELECT {FOUND}.{NUMBER} FROM {name} AS {FOUND} WHERE {FOUND}.{column} = {value}) = {alias}.{NUMBER}"
    ))
}

/// Returns the stored value of a column.
fn value(dialect: &Dialect, alias: &str, table: &Table, column: &str) -> String {
    let (name, column) = (dialect.name(&table.name), dialect.name(column));
    format!("(SELECT {ITSELF}.{column} FROM {name} AS {ITSELF} WHERE {ITSELF}.{NUMBER} = {alias}.{NUMBER})")
}

/// Returns whether the column is the row's number itself.
fn is_number(table: &Table, column: &str) -> bool {
    table
        .primary_key()
        .is_some_and(|key| key.name.eq_ignore_ascii_case(column) && key.declared.eq_ignore_ascii_case("integer"))
}

/// Returns a cell for [`check`] that says whether all conditions hold.
pub(super) fn cell(conditions: &[String]) -> String {
    if conditions.is_empty() {
        return "1".to_owned();
    }
    format!("CASE WHEN {} THEN 1 ELSE 0 END", conditions.join(" AND "))
}

/// Checks a row by its cell of the conditions.
///
/// # Errors
/// Unusable if the row is not the one that was asked for.
pub(super) fn check(row: Row<'_>, at: usize) -> Result<()> {
    if row.flag(at)? {
        return Ok(());
    }
    Err(Error::unusable("the database is damaged: an index leads to the row of another user")
        .hint("back up the database, then rebuild its indexes: REINDEX, or ALTER TABLE … FORCE"))
}
