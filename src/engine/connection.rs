//! What every engine can do.

use crate::engine::dialect::Dialect;
use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::table::{Table, TableName};
use crate::engine::value::Value;
use crate::error::{Error, Result};
use crate::hint::Hint;

/// Looks at a row, and may stop with an error.
pub type OnRow<'a> = dyn FnMut(Row<'_>) -> Result<()> + 'a;

/// Something that a person should change in how the database is kept.
#[derive(Clone, Debug)]
pub struct Concern {
    /// What it is.
    pub message: String,
    /// How to change it.
    pub hint: Hint,
}

/// What a transaction is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It only reads: it sees one moment.
    Reading,
    /// It writes.
    Writing,
    /// It writes more than memory should hold; others may have to wait longer.
    WritingMuch,
    /// It deletes all rows of this table and inserts them again, and they are
    /// very many. Where the table is self-contained, its foreign keys are not
    /// checked: the users of the rows are known.
    Renewal(Table),
    /// It changes tables.
    SchemaChange,
}

/// A connection to a database. Dropping it rolls back what is not committed.
pub trait Connection {
    /// How this engine spells its statements.
    fn dialect(&self) -> &'static Dialect;

    /// What can be said of the engine and of its files, by name.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    fn facts(&mut self) -> Result<Vec<(&'static str, String)>>;

    /// What a person should change in how the database is kept.
    fn concerns(&self) -> Vec<Concern> {
        Vec::new()
    }

    /// The name of every table. Those of these names are also looked for where
    /// a plain name does not reach them.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn tables(&mut self, wanted: &[&str]) -> Result<Vec<TableName>>;

    /// The shapes of some tables of [`Connection::tables`], in order of their
    /// names.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>>;

    /// A number that changes whenever the shape of a table does, where the
    /// engine keeps one.
    ///
    /// # Errors
    /// Unusable or busy, if it cannot be read.
    fn schema_version(&mut self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Hands every row of a result to `on_row`, which may stop with an error.
    ///
    /// # Errors
    /// What the engine or `on_row` says.
    fn query(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<()>;

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// Conflict, if a value is a duplicate in a unique column; rejected, if a
    /// constraint or trigger refuses the row; else unusable or busy.
    fn execute(&mut self, statement: &Statement) -> Result<u64>;

    /// Runs a statement once for each row of parameters.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    fn execute_many(&mut self, text: &str, rows: &mut dyn Iterator<Item = Result<Vec<Value>>>) -> Result<()> {
        for row in rows {
            self.execute(&Statement { text: text.to_owned(), parameters: row? })?;
        }
        Ok(())
    }

    /// The key that the database gave to the row inserted last.
    ///
    /// # Errors
    /// Internal, if it gave none.
    fn last_key(&mut self) -> Result<Value>;

    /// Whether the database could run a statement; runs nothing.
    ///
    /// # Errors
    /// Unusable, if it could not.
    fn check(&mut self, statement: &Statement) -> Result<()>;

    /// Allows the next lock to be waited for as long as the timeout says.
    fn renew_wait(&mut self) {}

    /// Begins a transaction. A lock that it needs at once is waited for, but
    /// no other lock is held meanwhile.
    ///
    /// # Errors
    /// Busy, if the lock is not obtained in time; unusable, if the database
    /// cannot be written.
    fn begin(&mut self, purpose: &Purpose) -> Result<()>;

    /// Runs statements that change tables. What others have attached to those
    /// tables, indexes and triggers, stays.
    ///
    /// # Errors
    /// What the engine says.
    fn run(&mut self, script: &str) -> Result<()>;

    /// Checks whether the change of tables may be committed.
    ///
    /// # Errors
    /// Conflict, if a foreign key has lost its row.
    fn check_schema_change(&mut self) -> Result<()> {
        Ok(())
    }

    /// The database that this connection has created and filled, by its path.
    fn created(&self) -> Option<String> {
        None
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// Says what is certain about the change; see [`CommitFailure`].
    fn commit(&mut self) -> Result<(), CommitFailure>;

    /// Rolls back the transaction, if one is open.
    fn roll_back(&mut self);

    /// Waits until every transaction that was writing to these tables has ended,
    /// where a look at their rows does not wait by itself.
    ///
    /// # Errors
    /// Busy, if one does not end in time.
    fn await_writers(&mut self, _tables: &[&str]) -> Result<()> {
        Ok(())
    }

    /// Connects again, to see what became of a transaction.
    ///
    /// # Errors
    /// As connecting.
    fn reopen(&mut self) -> Result<()>;

    /// What a person should know of the state that the database is left in.
    fn remarks(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Why a commit did not succeed.
#[derive(Debug)]
pub enum CommitFailure {
    /// A foreign key has no row; the transaction is still open.
    ForeignKey(Error),
    /// Nothing was changed.
    RolledBack(Error),
    /// The change may be committed or not: ask the database.
    Unclear(Error),
}
