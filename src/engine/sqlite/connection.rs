//! A connection to one file.

use rusqlite::Connection as Library;

use crate::engine::connection::{CommitFailure, Concern, Connection, Purpose, Query, ReadConnection, Tables};
use crate::engine::dialect::Dialect;
use crate::engine::options::{Absent, Options};
use crate::engine::row::Row;
use crate::engine::sqlite::dependents::Dependents;
use crate::engine::sqlite::dialect::DIALECT;
use crate::engine::sqlite::file::DatabaseFile;
use crate::engine::sqlite::opening::open;
use crate::engine::sqlite::rebuild::{self, BrokenKeys};
use crate::engine::sqlite::value::SqliteRow;
use crate::engine::sqlite::wait::Wait;
use crate::engine::sqlite::{catalog, errors, new_file, options};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::error::{Error, Result};

/// The statement that begins a transaction that writes. It takes the lock
/// first, so that later reads are current.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The pragma for a transaction that changes more than fits into memory.
const PRAGMAS_FOR_MUCH: &str = "PRAGMA cache_size = -20480; PRAGMA cache_spill = ON;";

/// The statement that begins such a transaction. Writing to the file needs this
/// lock anyway, and waiting for it in the middle would block every reader.
const BEGIN_MUCH: &str = "BEGIN EXCLUSIVE";

struct Sqlite {
    connection: Library,
    file: DatabaseFile,
    options: Options,
    wait: Wait,
    /// The foreign keys that were broken before the tables changed.
    broken_before: Option<BrokenKeys>,
    origin: Origin,
    /// Whether the next transaction must enable foreign keys again.
    keys_are_off: bool,
    /// Whether something was committed.
    is_filled: bool,
}

/// Whether drfctl created the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The file existed.
    Existing,
    /// drfctl created the file.
    Created,
}

/// Opens the database file that `url` names.
pub(in crate::engine) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    options::check(url)?;
    let is_created =
        options.absent == Absent::Created && new_file::is_absent(url) && new_file::create(&url.name, &options)?;
    let origin = if is_created { Origin::Created } else { Origin::Existing };
    let mut file = DatabaseFile::examine(&url.name, &options).inspect_err(|_| {
        if is_created {
            // The error does not depend on the account.
            let _ = std::fs::remove_file(&url.name);
        }
    })?;
    let wait = Wait::new(options.busy_timeout);
    if file.needs_recovery {
        // Opening it rolls the journal back.
        drop(open(&file, &options, &wait)?);
        file = DatabaseFile::examine(&url.name, &options)?;
    }
    let connection = open(&file, &options, &wait)?;
    Ok(Box::new(Sqlite {
        connection,
        file,
        options,
        wait,
        broken_before: None,
        origin,
        keys_are_off: false,
        is_filled: false,
    }))
}

impl Sqlite {
    fn explain(&self, error: rusqlite::Error) -> Error {
        errors::explain(error, &self.file, &self.options, &self.connection)
    }

    /// Runs an action that may have to wait for a lock, outside of a
    /// transaction.
    fn attempt(&self, operation: impl Fn(&Library) -> rusqlite::Result<()>) -> Result<()> {
        let outcome = self.wait.attempt(&self.connection, &self.options, operation);
        outcome.map_err(|error| self.explain(error))
    }

    /// Runs a statement that reads.
    fn read(&self, query: &mut Query<'_>) -> Result<()> {
        let Query { statement, on_row } = query;
        let mut prepared = self.connection.prepare_cached(&statement.text).map_err(|error| self.explain(error))?;
        let parameters = rusqlite::params_from_iter(&statement.parameters);
        let mut rows = prepared.query(parameters).map_err(|error| self.explain(error))?;
        while let Some(row) = rows.next().map_err(|error| self.explain(error))? {
            on_row(Row::new(&SqliteRow(row)))?;
        }
        Ok(())
    }

    /// Begins a transaction that writes.
    fn begin_writing(&mut self, begin: &str) -> Result<()> {
        if self.connection.is_readonly("main").map_err(|error| self.explain(error))? {
            return Err(self.file.read_only());
        }
        self.file.check_directory()?;
        if std::mem::take(&mut self.keys_are_off) {
            self.attempt(|connection| connection.pragma_update(None, "foreign_keys", true))?;
        }
        self.attempt(|connection| connection.execute_batch(begin))?;
        // A deployment may have replaced the file during the wait.
        if let Err(moved) = self.file.check_unmoved() {
            self.roll_back();
            return Err(moved);
        }
        Ok(())
    }

    fn begin_renewal(&mut self, table: &Table) -> Result<()> {
        self.attempt(|connection| connection.execute_batch(PRAGMAS_FOR_MUCH))?;
        let is_free = !table.has_dependents;
        self.attempt(|connection| connection.pragma_update(None, "foreign_keys", !is_free))?;
        self.begin_writing(BEGIN_MUCH)?;
        self.keys_are_off = is_free;
        Ok(())
    }
}

impl ReadConnection for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        let journal: String = self
            .connection
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .map_err(|error| self.explain(error))?;
        let mut facts = vec![("engine", "SQLite".to_owned()), ("version", rusqlite::version().to_owned())];
        facts.extend(self.file.facts());
        facts.push(("journal_mode", journal));
        Ok(facts)
    }

    fn concerns(&self) -> Vec<Concern> {
        self.file.exposure().into_iter().collect()
    }

    fn tables(&mut self, wanted: &[&str], _: Option<Query<'_>>) -> Result<Tables> {
        let names = catalog::tables(&self.connection).map_err(|error| self.explain(error))?;
        let is_wanted = |name: &&str| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let existing: Vec<&str> = names.iter().map(|table| table.name.as_str()).filter(is_wanted).collect();
        let described = catalog::describe_all(&self.connection, &existing).map_err(|error| self.explain(error))?;
        Ok(Tables { names, described, has_succeeded: false })
    }

    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>> {
        catalog::describe_all(&self.connection, tables).map_err(|error| self.explain(error))
    }

    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        catalog::references(&self.connection, tables).map_err(|error| self.explain(error))
    }

    fn schema_version(&mut self) -> Result<Option<i64>> {
        let version = self.connection.pragma_query_value(None, "schema_version", |row| row.get(0));
        version.map(Some).map_err(|error| self.explain(error))
    }

    fn query_all(&mut self, queries: &mut [Query<'_>]) -> Result<()> {
        queries.iter_mut().try_for_each(|query| self.read(query))
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        self.connection.prepare_cached(&statement.text).map(drop).map_err(|error| self.explain(error))
    }

    fn created(&self) -> Option<String> {
        let is_new = self.is_filled && self.origin == Origin::Created;
        is_new.then(|| self.file.path.to_string_lossy().into_owned())
    }

    fn remarks(&mut self) -> Vec<String> {
        let foreign = self.file.foreign_side_files().into_iter().map(|found| found.to_string());
        foreign.chain(self.file.doubt()).collect()
    }
}

impl Connection for Sqlite {
    fn execute_all(&mut self, queries: &mut [Query<'_>]) -> Result<Vec<u64>> {
        let mut changed = Vec::with_capacity(queries.len());
        for query in queries {
            let Query { statement, .. } = query;
            let mut prepared = self.connection.prepare_cached(&statement.text).map_err(|error| self.explain(error))?;
            if prepared.column_count() > 0 {
                drop(prepared);
                self.read(query)?;
                changed.push(0);
                continue;
            }
            let rows = prepared.execute(rusqlite::params_from_iter(&statement.parameters));
            let rows = rows.map_err(|error| self.explain(errors::without_values(error, &statement.parameters)))?;
            changed.push(rows as u64);
        }
        Ok(changed)
    }

    fn execute_many(&mut self, text: &str, rows: &mut dyn Iterator<Item = Result<Vec<Value>>>) -> Result<()> {
        let mut prepared = self.connection.prepare_cached(text).map_err(|error| self.explain(error))?;
        for row in rows {
            let row = row?;
            let changed = prepared.execute(rusqlite::params_from_iter(&row));
            changed.map_err(|error| self.explain(errors::without_values(error, &row)))?;
        }
        Ok(())
    }

    fn last_key(&mut self) -> Result<Value> {
        Ok(Value::Integer(self.connection.last_insert_rowid()))
    }

    fn begin(&mut self, purpose: &Purpose) -> Result<()> {
        match purpose {
            Purpose::Reading => self.attempt(|connection| connection.execute_batch("BEGIN")),
            Purpose::Writing => self.begin_writing(BEGIN),
            Purpose::WritingMuch => {
                self.attempt(|connection| connection.execute_batch(PRAGMAS_FOR_MUCH))?;
                self.begin_writing(BEGIN_MUCH)
            }
            Purpose::Renewal(table) => self.begin_renewal(table),
            Purpose::SchemaChange => {
                self.attempt(|connection| connection.execute_batch(rebuild::PRAGMAS))?;
                self.begin_writing(BEGIN)
            }
        }
    }

    fn renew_wait(&mut self) {
        self.wait.renew();
    }

    fn run(&mut self, script: &str) -> Result<()> {
        if !rebuild::is_rebuild(script) {
            return self.connection.execute_batch(script).map_err(|error| self.explain(error));
        }
        if self.broken_before.is_none() {
            self.broken_before = Some(rebuild::broken_keys(&self.connection).map_err(|error| self.explain(error))?);
        }
        let dependents = Dependents::look(&self.connection).map_err(|error| self.explain(error))?;
        self.connection.execute_batch(script).map_err(|error| {
            // SQLite parses every view when it changes a table.
            dependents.broken().fold(self.explain(error), |error, broken| {
                error.hint(format!("repair what was broken before: {broken}"))
            })
        })?;
        dependents.settle(&self.connection).map_err(|unsettled| unsettled.error(|error| self.explain(error)))
    }

    fn check_schema_change(&mut self) -> Result<()> {
        let Some(before) = self.broken_before.take() else { return Ok(()) };
        let after = rebuild::broken_keys(&self.connection).map_err(|error| self.explain(error))?;
        rebuild::newly_broken(&before, &after).map_or(Ok(()), Err)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let journal = self.file.journal();
        let Err(error) = self.wait.commit(&self.connection) else {
            self.is_filled = true;
            return Ok(());
        };
        let is_foreign_key = errors::is_foreign_key(&error);
        let interrupt = &self.options.interrupt;
        let is_undone =
            errors::is_locked(&error) || errors::is_interrupted(&error, interrupt) || errors::leaves_nothing(&error);
        let error = self.explain(error);
        if is_foreign_key {
            return Err(CommitFailure::ForeignKey(error));
        }
        self.roll_back();
        // A commit deletes its journal. The journal of another process would be
        // another file.
        let is_undone = is_undone || (self.file.has_hot_journal() && self.file.journal() == journal);
        Err(if is_undone { CommitFailure::RolledBack(error) } else { CommitFailure::Unsynced(error) })
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // If this fails, the journal rolls back at the next opening.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    fn reopen(&mut self) -> Result<()> {
        // Closing one of two connections would drop the locks of the other.
        let nowhere = Library::open_in_memory().map_err(|error| self.explain(error))?;
        drop(std::mem::replace(&mut self.connection, nowhere));
        self.connection = open(&self.file, &self.options, &self.wait)?;
        Ok(())
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.roll_back();
        if self.origin == Origin::Created && !self.is_filled {
            new_file::remove_unused(&self.connection, &self.file);
        }
    }
}
