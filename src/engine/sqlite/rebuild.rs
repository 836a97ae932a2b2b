//! What a rebuilt table would lose. `SQLite` changes a table by making it
//! anew: indexes and triggers go with the old one, and nobody checks the keys
//! that refer to it.

use std::collections::BTreeMap;

use rusqlite::{Connection, ErrorCode, Result};

use super::catalog;
use crate::error::{Error, Kind};

/// What a connection sets before its tables change, and before the transaction.
/// Without it a view of the application would stop a table's renaming.
pub(super) const PRAGMAS: &str = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON;";

const ATTACHED: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema
    WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid";
const BROKEN: &str = "SELECT parent, COUNT(*) FROM pragma_foreign_key_check(?1) GROUP BY parent";

/// An index or a trigger.
pub(super) struct Attached {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// How many rows of a table refer to a row that is not there, by the table
/// that they refer to; none for a table that cannot be checked.
pub(super) type BrokenKeys = BTreeMap<String, Option<BTreeMap<String, i64>>>;

/// Whether a table is made anew. Looking for what that breaks reads every
/// table with a foreign key, while the application waits.
pub(super) fn is_rebuild(script: &str) -> bool {
    script.contains("DROP TABLE")
}

/// Every index and trigger that somebody has made.
pub(super) fn attached(connection: &Connection) -> Result<Vec<Attached>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Attached { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    };
    connection.prepare_cached(ATTACHED)?.query_map([], read)?.collect()
}

/// Those that are gone. An index whose table has the same one under another
/// name is not: Django has named its indexes differently.
pub(super) fn lost(connection: &Connection, before: Vec<Attached>) -> Result<Vec<Attached>> {
    let now = attached(connection)?;
    let is_there = |one: &Attached| now.iter().any(|other| other.name == one.name || other.is_same_index(one));
    Ok(before.into_iter().filter(|one| !is_there(one)).collect())
}

/// Every foreign key that is broken.
pub(super) fn broken_keys(connection: &Connection) -> Result<BrokenKeys> {
    let mut broken = BrokenKeys::new();
    for table in catalog::table_names(connection)? {
        let found =
            connection.prepare_cached(BROKEN)?.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect();
        let found = match found {
            Ok(found) => Some(found),
            // Keys that were never right cannot be checked.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::Unknown) => None,
            Err(error) => return Err(error),
        };
        broken.insert(table, found);
    }
    Ok(broken)
}

/// A key that was whole before and is not any more.
pub(super) fn newly_broken(before: &BrokenKeys, after: &BrokenKeys) -> Option<Error> {
    after.iter().filter_map(|(table, found)| Some((table, found.as_ref()?))).find_map(|(table, found)| {
        let known = |parent: &str| match before.get(table) {
            Some(None) => i64::MAX,
            Some(Some(known)) => known.get(parent).copied().unwrap_or(0),
            None => 0,
        };
        let (parent, _) = found.iter().find(|(parent, count)| **count > known(parent))?;
        Some(Error::new(Kind::Conflict, format!("rows of {table} would refer to rows of {parent} that are not there")))
    })
}

impl Attached {
    /// Makes it again.
    pub(super) fn put_back(&self, connection: &Connection) -> Result<()> {
        connection.execute_batch(&self.sql)
    }

    /// The error for one that cannot be made again, given why.
    pub(super) fn misfit(&self, why: &Error) -> Error {
        Error::unusable(format!(
            "the {} {} of {}, which is not Django's, does not fit the migrated table: {}",
            self.kind,
            self.name,
            self.table,
            why.message()
        ))
        .hint("drop it, run the command again, then make it anew")
    }

    /// Whether both are indexes, and alike in all but their names.
    fn is_same_index(&self, other: &Self) -> bool {
        let definition = |index: &Self| {
            let (head, rest) = index.sql.split_once(" ON ")?;
            Some((head.starts_with("CREATE UNIQUE "), rest.to_owned()))
        };
        self.kind == "index"
            && other.kind == "index"
            && definition(self).is_some_and(|one| Some(one) == definition(other))
    }
}
