//! The dependents of a rebuilt table: its indexes and triggers are lost with
//! the old table, and a view or another table's trigger may need a column that
//! no longer exists.

use rusqlite::{Connection, Error as SqliteError, Result};

use crate::engine::sqlite::dialect::DIALECT;
use crate::engine::sqlite::{catalog, errors};
use crate::error::Error;

const ATTACHED: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema
    WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid";
const VIEWS: &str = "SELECT name FROM sqlite_schema WHERE type = 'view'";
const TRIGGERS: &str = "SELECT tbl_name, group_concat(name, ', ') FROM sqlite_schema WHERE type = 'trigger' GROUP BY 1";

/// The dependents of the tables.
pub(super) struct Dependents {
    attached: Vec<Attached>,
    dependents: Vec<Dependent>,
}

/// An index or a trigger.
struct Attached {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// A view or a trigger that may use columns of other tables.
struct Dependent {
    /// The view, or the table that has triggers.
    name: String,
    /// The triggers, if it is a table.
    triggers: Option<String>,
    /// Why it was broken before the change.
    broken: Option<SqliteError>,
}

/// A dependent that does not match the changed tables, and the reason.
pub(super) struct Unsettled {
    what: String,
    why: SqliteError,
}

impl Dependents {
    /// Reads the dependents before tables change.
    pub(super) fn look(connection: &Connection) -> Result<Self> {
        let view = |row: &rusqlite::Row<'_>| Ok(Dependent { name: row.get(0)?, triggers: None, broken: None });
        let table = |row: &rusqlite::Row<'_>| Ok(Dependent { name: row.get(0)?, triggers: row.get(1)?, broken: None });
        let mut dependents = connection.prepare_cached(VIEWS)?.query_map([], view)?.collect::<Result<Vec<_>>>()?;
        for found in connection.prepare_cached(TRIGGERS)?.query_map([], table)? {
            dependents.push(found?);
        }
        for dependent in &mut dependents {
            dependent.broken = dependent.why_broken(connection);
        }
        Ok(Self { attached: attached(connection)?, dependents })
    }

    /// Recreates missing indexes and triggers, then checks that nothing else is
    /// broken.
    ///
    /// # Errors
    /// The dependent that does not match the changed tables.
    pub(super) fn settle(&self, connection: &Connection) -> Result<(), Box<Unsettled>> {
        let unsettled = |what: String| move |why| Box::new(Unsettled { what, why });
        let now = attached(connection).map_err(unsettled("the schema".to_owned()))?;
        for lost in self.attached.iter().filter(|one| !self.is_there(one, &now)) {
            let what = format!("the {} {} of {}", lost.kind, lost.name, lost.table);
            connection.execute_batch(&lost.sql).map_err(unsettled(what))?;
        }
        let mut whole = self.dependents.iter().filter(|dependent| dependent.broken.is_none());
        let broken = whole.find_map(|dependent| Some((dependent, dependent.why_broken(connection)?)));
        broken.map_or(Ok(()), |(dependent, why)| Err(unsettled(dependent.what())(why)))
    }

    /// Returns the dependents that were broken before the change, with the
    /// reason.
    pub(super) fn broken(&self) -> impl Iterator<Item = String> {
        self.dependents.iter().filter_map(|one| Some(format!("{}: {}", one.what(), one.broken.as_ref()?)))
    }

    /// Returns whether it still exists, for an index possibly under a new name,
    /// because Django has changed how it names indexes.
    fn is_there(&self, one: &Attached, now: &[Attached]) -> bool {
        let is_new = |index: &&Attached| self.attached.iter().all(|other| other.name != index.name);
        now.iter().any(|other| other.name == one.name) || now.iter().filter(is_new).any(|new| new.is_same_index(one))
    }
}

impl Attached {
    /// Returns whether both are indexes that differ only in their names.
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

impl Dependent {
    /// Returns its name for messages.
    fn what(&self) -> String {
        match &self.triggers {
            None => format!("the view {}", self.name),
            Some(triggers) => format!("a trigger of the table {} ({triggers})", self.name),
        }
    }

    /// Returns why a view cannot be read, or a table with its triggers cannot
    /// be written.
    fn why_broken(&self, connection: &Connection) -> Option<SqliteError> {
        let name = DIALECT.name(&self.name);
        let probes = if self.triggers.is_none() {
            vec![format!("SELECT * FROM {name}")]
        } else {
            let columns = catalog::describe(connection, &self.name).map(|table| table.columns).unwrap_or_default();
            let columns = columns.iter().map(|column| DIALECT.name(&column.name));
            let same = columns.map(|column| format!("{column} = {column}")).collect::<Vec<_>>().join(", ");
            vec![
                format!("INSERT INTO {name} DEFAULT VALUES"),
                format!("UPDATE {name} SET {same}"),
                format!("DELETE FROM {name}"),
            ]
        };
        probes.iter().find_map(|probe| connection.prepare(probe).err())
    }
}

impl Unsettled {
    /// Converts it to an error. `explain` converts the cause.
    pub(super) fn error(self, explain: impl Fn(SqliteError) -> Error) -> Error {
        let Self { what, why } = self;
        let words = errors::words(&why);
        Error::unusable(format!("{what}, which Django does not create, does not match the migrated tables: {words}"))
            .caused_by(explain(why))
            .hint("drop it, run the command again, then create it again")
    }
}

fn attached(connection: &Connection) -> Result<Vec<Attached>> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Attached { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql: row.get(3)? })
    };
    connection.prepare_cached(ATTACHED)?.query_map([], read)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "CREATE TABLE t (x, y, z); CREATE INDEX old ON t (x); CREATE UNIQUE INDEX only ON t (y);
        CREATE TRIGGER log AFTER INSERT ON t BEGIN SELECT 1; END;
        CREATE VIEW whole AS SELECT z FROM t; CREATE VIEW broken AS SELECT w FROM t";

    /// Rebuilds the table with these statements, and settles its dependents. Returns the names of its indexes
    /// and triggers, or what does not match.
    fn settled(rebuild: &str) -> Result<Vec<String>, String> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(BEFORE).unwrap();
        let dependents = Dependents::look(&connection).unwrap();
        assert_eq!(dependents.broken().collect::<Vec<_>>(), ["the view broken: no such column: w"]);
        connection.execute_batch(&format!("DROP TABLE t; {rebuild}")).unwrap();
        dependents.settle(&connection).map_err(|unsettled| unsettled.what)?;
        Ok(attached(&connection).unwrap().into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn lost_indexes_and_triggers_of_a_rebuilt_table_are_created_again() {
        for (rebuild, expected) in [
            ("CREATE TABLE t (x, y, z)", &["old", "only", "log"][..]),
            ("CREATE TABLE t (x, y, z); CREATE INDEX new ON t (x)", &["new", "only", "log"]),
            // Not the same index: it allows duplicates.
            ("CREATE TABLE t (x, y, z); CREATE INDEX new ON t (y)", &["new", "old", "only", "log"]),
        ] {
            assert_eq!(settled(rebuild).unwrap(), expected, "{rebuild}");
        }
    }

    #[test]
    fn a_dependent_that_does_not_match_a_rebuilt_table_is_named() {
        for (rebuild, expected) in [
            ("CREATE TABLE t (y, z)", "the index old of t"),
            ("CREATE TABLE t (x, y)", "the view whole"),
            (
                "CREATE TABLE t (x, y, z, w); CREATE TRIGGER log AFTER DELETE ON t BEGIN SELECT v FROM t; END",
                "a trigger of the table t (log)",
            ),
        ] {
            assert_eq!(settled(rebuild).unwrap_err(), expected, "{rebuild}");
        }
    }
}
