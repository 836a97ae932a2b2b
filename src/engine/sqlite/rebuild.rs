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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_foreign_keys_that_a_change_breaks_prevent_it() {
        let broken =
            |found: &[(&str, i64)]| Some(found.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect());
        let keys = |table: &str, found| BrokenKeys::from([(table.to_owned(), found)]);
        for (before, after, is_broken) in [
            (keys("a", broken(&[])), keys("a", broken(&[])), false),
            (keys("a", broken(&[])), keys("a", broken(&[("b", 1)])), true),
            (keys("a", broken(&[("b", 1)])), keys("a", broken(&[("b", 1)])), false),
            (keys("a", broken(&[("b", 2)])), keys("a", broken(&[("b", 1)])), false),
            (keys("a", broken(&[("b", 1)])), keys("a", broken(&[("b", 2)])), true),
            (keys("a", broken(&[("c", 1)])), keys("a", broken(&[("b", 1)])), true),
            // It could not be checked before, or cannot be now.
            (keys("a", None), keys("a", broken(&[("b", 5)])), false),
            (keys("a", broken(&[])), keys("a", None), false),
            // A new table.
            (BrokenKeys::new(), keys("a", broken(&[("b", 1)])), true),
        ] {
            let error = newly_broken(&before, &after).map(|error| error.to_string());
            let expected = is_broken.then(|| "rows of a would reference missing rows of b".to_owned());
            assert_eq!(error, expected, "{before:?} {after:?}");
        }
    }

    #[test]
    fn broken_foreign_keys_are_counted_by_the_referenced_table() {
        let connection = Connection::open_in_memory().unwrap();
        let script = "PRAGMA foreign_keys = OFF;
            CREATE TABLE parent (id integer PRIMARY KEY); INSERT INTO parent VALUES (1);
            CREATE TABLE child (id REFERENCES parent (id)); INSERT INTO child VALUES (1), (2), (3);
            CREATE TABLE unchecked (id REFERENCES parent (name)); INSERT INTO unchecked VALUES (1)";
        connection.execute_batch(script).unwrap();
        let expected = [
            ("child", Some(BTreeMap::from([("parent".to_owned(), 2)]))),
            ("parent", Some(BTreeMap::new())),
            ("unchecked", None),
        ];
        assert_eq!(broken_keys(&connection).unwrap(), expected.map(|(name, found)| (name.to_owned(), found)).into());
    }
}
