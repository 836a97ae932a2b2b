//! Tables that are rebuilt, which is how `SQLite` changes a table. Foreign keys
//! are not checked during a rebuild.

use std::collections::BTreeMap;

use rusqlite::{Connection, ErrorCode, Result};

use crate::engine::sqlite::catalog;
use crate::engine::table::TableName;
use crate::error::{Error, Kind};

/// The pragmas that are set before the transaction that changes tables. Without
/// them, a view of the application could prevent renaming a table.
pub(super) const PRAGMAS: &str = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;";

const BROKEN: &str = "SELECT parent, COUNT(*) FROM pragma_foreign_key_check(?1) GROUP BY parent";

/// How many rows of a table reference a missing row, by the referenced table;
/// `None` for a table that cannot be checked.
pub(super) type BrokenKeys = BTreeMap<String, Option<BTreeMap<String, i64>>>;

/// Returns whether a table is rebuilt. Only then are foreign keys checked,
/// which reads every table with one while the application waits.
pub(super) fn is_rebuild(script: &str) -> bool {
    script.contains("DROP TABLE")
}

/// Returns the broken foreign keys.
pub(super) fn broken_keys(connection: &Connection) -> Result<BrokenKeys> {
    let mut broken = BrokenKeys::new();
    for TableName { name: table, .. } in catalog::tables(connection)? {
        let found =
            connection.prepare_cached(BROKEN)?.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect();
        let found = match found {
            Ok(found) => Some(found),
            // Foreign keys to missing tables cannot be checked.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => None,
            Err(error) => return Err(error),
        };
        broken.insert(table, found);
    }
    Ok(broken)
}

/// Returns a foreign key that the change broke.
pub(super) fn newly_broken(before: &BrokenKeys, after: &BrokenKeys) -> Option<Error> {
    after.iter().filter_map(|(table, found)| Some((table, found.as_ref()?))).find_map(|(table, found)| {
        let known = |parent: &str| match before.get(table) {
            Some(None) => i64::MAX,
            Some(Some(known)) => known.get(parent).copied().unwrap_or(0),
            None => 0,
        };
        let (parent, _) = found.iter().find(|(parent, count)| **count > known(parent))?;
        Some(Error::new(Kind::Conflict, format!("rows of {table} would reference missing rows of {parent}")))
    })
}
