//! `SQLite`: one connection to one file, beside a live application.
//!
//! Reads and writes the file through the library alone; what has to be known
//! of the file itself is looked at before it is opened ([`file`]).

mod catalog;
mod file;
mod lock_holder;
mod naming;
mod neighbours;
mod new_file;
mod opening;
mod owner;
mod patience;
mod rebuild;
mod rehearsal;
mod sharing;
mod value;

use self::file::DatabaseFile;
use self::naming::is_busy;
use self::neighbours::Neighbours;
pub(super) use self::new_file::is_absent;
use self::opening::open;
use self::patience::Patience;
use self::rebuild::BrokenKeys;
pub(super) use self::rehearsal::rehearse;
use self::value::from_sqlite;
use crate::database_url::DatabaseUrl;
use crate::engine::{Absent, CommitFailure, Connection, Options};
use crate::error::{Error, Kind, Result};
use crate::migrations;
use crate::schema::catalog::Table;
use crate::sql::pattern::Matching;
use crate::sql::{Dialect, Many, Moments, Placeholder, Statement, Value};

pub(super) static DIALECT: Dialect = Dialect {
    quote: '"',
    placeholder: Placeholder::Mark,
    matching: Matching::Glob,
    moments: Moments::Text,
    many: Many::One,
    for_update: "",
    migrations: &migrations::SQLITE,
};

/// How a transaction that writes begins: with the lock, so that nothing which is
/// read in it is out of date.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// What a transaction that changes more than memory holds sets instead.
const PRAGMAS_FOR_MUCH: &str = "PRAGMA cache_size = -20480; PRAGMA cache_spill = ON;";

/// How such a transaction begins: what leaves memory needs this lock anyhow, and
/// waiting for it in the middle would keep out every reader.
const BEGIN_MUCH: &str = "BEGIN EXCLUSIVE";

struct Sqlite {
    connection: rusqlite::Connection,
    file: DatabaseFile,
    options: Options,
    patience: Patience,
    /// The keys that were broken before the tables began to change.
    broken_before: Option<BrokenKeys>,
    /// Whether the file was made here.
    made: bool,
    /// Whether something was committed.
    committed: bool,
    /// Whether the next transaction changes more than memory holds.
    expects_much: bool,
}

/// Opens the database file that `url` names.
pub(super) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let made = options.absent == Absent::Made && is_absent(url) && new_file::make(&url.name, &options)?;
    let file = DatabaseFile::examine(&url.name, &options).inspect_err(|_| {
        if made {
            // What is wrong with it is wrong for everybody.
            let _ = std::fs::remove_file(&url.name);
        }
    })?;
    let patience = Patience::new(options.busy_timeout);
    let connection = open(&file, &options, &patience)?;
    Ok(Box::new(Sqlite {
        connection,
        file,
        options,
        patience,
        broken_before: None,
        made,
        committed: false,
        expects_much: false,
    }))
}

impl Sqlite {
    fn named(&self, error: rusqlite::Error) -> Error {
        naming::explained(error, &self.file, &self.options, &self.connection)
    }

    fn patiently(&self, sql: &str) -> rusqlite::Result<()> {
        let run = |connection: &rusqlite::Connection| connection.execute_batch(sql);
        self.patience.attempt(&self.connection, &*self.options.on_wait, run)
    }
}

impl Connection for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        let journal: String = self
            .connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .map_err(|error| self.named(error))?;
        let mut facts = vec![("engine", "SQLite".to_owned()), ("version", rusqlite::version().to_owned())];
        facts.extend(self.file.facts());
        facts.push(("journal_mode", journal));
        Ok(facts)
    }

    fn concerns(&self) -> Vec<String> {
        self.file.exposure().into_iter().collect()
    }

    fn table_names(&mut self) -> Result<Vec<String>> {
        catalog::table_names(&self.connection).map_err(|error| self.named(error))
    }

    fn describe(&mut self, table: &str) -> Result<Table> {
        catalog::describe(&self.connection, table).map_err(|error| self.named(error))
    }

    fn query(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
        let mut prepared = self.connection.prepare_cached(&statement.text).map_err(|error| self.named(error))?;
        let width = prepared.column_count();
        let parameters = rusqlite::params_from_iter(&statement.parameters);
        let mut rows = prepared.query(parameters).map_err(|error| self.named(error))?;
        while let Some(row) = rows.next().map_err(|error| self.named(error))? {
            let mut values = Vec::with_capacity(width);
            for n in 0..width {
                values.push(from_sqlite(row.get_ref(n).map_err(|error| self.named(error))?));
            }
            on_row(values)?;
        }
        Ok(())
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let mut prepared = self.connection.prepare_cached(&statement.text).map_err(|error| self.named(error))?;
        let changed = prepared.execute(rusqlite::params_from_iter(&statement.parameters));
        changed
            .map(|rows| rows as u64)
            .map_err(|error| self.named(naming::without_values(error, &statement.parameters)))
    }

    fn execute_many(&mut self, text: &str, rows: &mut dyn Iterator<Item = Result<Vec<Value>>>) -> Result<()> {
        let mut prepared = self.connection.prepare_cached(text).map_err(|error| self.named(error))?;
        for row in rows {
            let row = row?;
            let changed = prepared.execute(rusqlite::params_from_iter(&row));
            changed.map_err(|error| self.named(naming::without_values(error, &row)))?;
        }
        Ok(())
    }

    fn is_self_contained(&mut self, table: &str) -> Result<bool> {
        catalog::is_self_contained(&self.connection, table).map_err(|error| self.named(error))
    }

    fn expect_much(&mut self) -> Result<()> {
        self.expects_much = true;
        self.connection.execute_batch(PRAGMAS_FOR_MUCH).map_err(|error| self.named(error))
    }

    fn begin_renewal(&mut self, table: &str) -> Result<()> {
        self.expect_much()?;
        let is_free = self.is_self_contained(table)?;
        let enforced = |connection: &rusqlite::Connection| connection.pragma_update(None, "foreign_keys", !is_free);
        self.patience.attempt(&self.connection, &*self.options.on_wait, enforced).map_err(|error| self.named(error))?;
        self.begin()?;
        if self.is_self_contained(table)? == is_free {
            return Ok(());
        }
        self.roll_back();
        Err(Error::new(Kind::Busy, format!("the table {table} is being changed")).hint("run it again"))
    }

    fn last_key(&mut self) -> Result<Value> {
        Ok(Value::Integer(self.connection.last_insert_rowid()))
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        self.connection.prepare_cached(&statement.text).map(drop).map_err(|error| self.named(error))
    }

    fn begin(&mut self) -> Result<()> {
        if self.connection.is_readonly("main").map_err(|error| self.named(error))? {
            return Err(self.file.read_only());
        }
        self.file.check_directory()?;
        if self.committed {
            self.patience.renew();
        }
        let begin = if self.expects_much { BEGIN_MUCH } else { BEGIN };
        self.patiently(begin).map_err(|error| self.named(error))?;
        // While we waited, a deployment may have put another file in place.
        if let Err(moved) = self.file.check_unmoved() {
            self.roll_back();
            return Err(moved);
        }
        Ok(())
    }

    fn begin_schema_change(&mut self) -> Result<()> {
        self.connection.execute_batch(rebuild::PRAGMAS).map_err(|error| self.named(error))?;
        self.begin()
    }

    fn run(&mut self, script: &str) -> Result<()> {
        if !rebuild::is_rebuild(script) {
            return self.connection.execute_batch(script).map_err(|error| self.named(error));
        }
        if self.broken_before.is_none() {
            self.broken_before = Some(rebuild::broken_keys(&self.connection).map_err(|error| self.named(error))?);
        }
        let neighbours = Neighbours::look(&self.connection).map_err(|error| self.named(error))?;
        self.connection.execute_batch(script).map_err(|error| {
            // SQLite reads every view when it changes a table.
            neighbours.broken().fold(self.named(error), |error, broken| error.hint(format!("broken before: {broken}")))
        })?;
        neighbours.settle(&self.connection).map_err(|unsettled| unsettled.error(|error| self.named(error)))
    }

    fn check_schema_change(&mut self) -> Result<()> {
        let Some(before) = self.broken_before.take() else { return Ok(()) };
        let after = rebuild::broken_keys(&self.connection).map_err(|error| self.named(error))?;
        rebuild::newly_broken(&before, &after).map_or(Ok(()), Err)
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.connection.execute_batch("BEGIN").map_err(|error| self.named(error))
    }

    fn made(&self) -> Option<String> {
        (self.committed && self.made).then(|| self.file.path.to_string_lossy().into_owned())
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let journal = self.file.journal();
        let Err(error) = self.patiently("COMMIT") else {
            self.committed = true;
            return Ok(());
        };
        let foreign_key = naming::is_foreign_key(&error);
        let undone = is_busy(&error) || naming::is_interrupted(&error) || naming::leaves_nothing(&error);
        let error = self.named(error);
        if foreign_key {
            return Err(CommitFailure::ForeignKey(error));
        }
        self.roll_back();
        // A commit is the end of its journal. Another's would be another file.
        let undone = undone || (self.file.has_hot_journal() && self.file.journal() == journal);
        Err(if undone { CommitFailure::Undone(error) } else { CommitFailure::Unclear(error) })
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // Where this fails the journal does it, at the next opening.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn reopen(&mut self) -> Result<()> {
        // Two connections at once would drop each other's locks when closed.
        let nowhere = rusqlite::Connection::open_in_memory().map_err(|error| self.named(error))?;
        drop(std::mem::replace(&mut self.connection, nowhere));
        self.connection = open(&self.file, &self.options, &self.patience)?;
        Ok(())
    }

    fn farewell(&mut self) -> Vec<String> {
        let foreign = self.file.foreign_side_files().into_iter().map(|found| found.to_string());
        foreign.chain(self.file.doubt()).collect()
    }
}

impl Drop for Sqlite {
    /// Removes the file that was made for nothing. The lock tells that nobody
    /// else is about to fill it, and whoever waits for the lock sees it gone.
    fn drop(&mut self) {
        self.roll_back();
        if !self.made || self.committed || !self.file.is_empty() {
            return;
        }
        // Where the disk is full no journal can be made, and none is needed.
        let lock = || {
            self.connection.busy_timeout(std::time::Duration::ZERO)?;
            self.connection.execute_batch("PRAGMA journal_mode = MEMORY")?;
            self.connection.execute_batch(BEGIN)
        };
        if lock().is_ok() && self.file.is_empty() && self.file.check_unmoved().is_ok() {
            // An empty file that stays does no harm.
            let _ = std::fs::remove_file(&self.file.path);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bundled_library_has_the_fix_of_the_wal_reset_bug() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}
