//! `SQLite`: one connection to one file, beside a live application.
//!
//! Reads and writes the file through the library alone; what has to be known
//! of the file itself is looked at before it is opened ([`file`]).

mod catalog;
mod file;
mod lock_holder;
mod naming;
mod owner;
mod patience;
mod sharing;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql};
use zeroize::Zeroizing;

use self::file::DatabaseFile;
use self::naming::is_busy;
use self::patience::Patience;
use crate::database_url::DatabaseUrl;
use crate::django::timestamp;
use crate::engine::{CommitFailure, Connection, Options};
use crate::error::{Error, Result};
use crate::schema::catalog::Table;
use crate::sql::{Dialect, Placeholder, Statement, Value};

const DIALECT: Dialect = Dialect { quote: '"', placeholder: Placeholder::Mark, begin: "BEGIN IMMEDIATE" };

/// What each of our connections sets. `synchronous` survives a power cut in
/// every journal mode; `secure_delete` leaves no old key in free pages; the
/// cache does not spill, so that readers are locked out for the commit alone.
const PRAGMAS: &str = "PRAGMA foreign_keys = ON; PRAGMA synchronous = EXTRA; PRAGMA secure_delete = ON;
    PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;
    PRAGMA wal_autocheckpoint = 0;";

struct Sqlite {
    connection: rusqlite::Connection,
    file: DatabaseFile,
    options: Options,
    patience: Patience,
}

/// Opens the database file that `url` names, which must exist.
pub(super) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let file = DatabaseFile::examine(&url.name, &options)?;
    let patience = Patience::new(options.busy_timeout);
    let connection = open(&file, &options, &patience)?;
    Ok(Box::new(Sqlite { connection, file, options, patience }))
}

fn open(file: &DatabaseFile, options: &Options, patience: &Patience) -> Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NOFOLLOW | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let name = |error| naming::with_wait(error, file, options);
    let connection = rusqlite::Connection::open_with_flags(&file.path, flags).map_err(name)?;
    file.check_opened()?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // A checkpoint is the server's business: we may not race with it.
        (DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
    ] {
        connection.set_db_config(setting, on).map_err(name)?;
    }
    // Reads the schema, so that it may have to wait already.
    let pragmas = |connection: &rusqlite::Connection| connection.execute_batch(PRAGMAS);
    patience.attempt(&connection, &*options.on_wait, pragmas).map_err(name)?;
    let enforced: bool = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0)).map_err(name)?;
    if !enforced {
        return Err(Error::internal("this SQLite does not enforce foreign keys"));
    }
    Ok(connection)
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
            let values = (0..width).map(|n| row.get_ref(n).map(from_sqlite)).collect::<Result<_, _>>();
            on_row(values.map_err(|error| self.named(error))?)?;
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

    fn check(&mut self, statement: &Statement) -> Result<()> {
        self.connection.prepare_cached(&statement.text).map(drop).map_err(|error| self.named(error))
    }

    fn begin(&mut self) -> Result<()> {
        if self.connection.is_readonly("main").map_err(|error| self.named(error))? {
            return Err(self.file.read_only());
        }
        self.file.check_directory()?;
        self.patiently(DIALECT.begin).map_err(|error| self.named(error))?;
        // While we waited, a deployment may have put another file in place.
        if let Err(moved) = self.file.check_unmoved() {
            self.roll_back();
            return Err(moved);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let Err(error) = self.patiently("COMMIT") else { return Ok(()) };
        let foreign_key = naming::is_foreign_key(&error);
        let undone = is_busy(&error) || naming::leaves_nothing(&error);
        let error = self.named(error);
        if foreign_key {
            return Err(CommitFailure::ForeignKey(error));
        }
        self.roll_back();
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
        self.file.foreign_side_files().into_iter().map(|found| found.to_string()).collect()
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(integer) => ToSqlOutput::Borrowed(ValueRef::Integer(*integer)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text)),
            Self::DateTime(stored) => ToSqlOutput::from(timestamp::to_text(*stored)),
            Self::Other(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Text(text) => Value::Text(Zeroizing::new(text.to_vec())),
        ValueRef::Blob(bytes) => Value::Other(bytes.to_vec()),
        // Exact: whoever binds it again finds the same row.
        ValueRef::Real(real) => Value::Text(Zeroizing::new(real.to_string().into_bytes())),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bundled_library_has_the_fix_of_the_wal_reset_bug() {
        assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    }
}
