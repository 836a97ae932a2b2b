//! What every engine can do.

use crate::error::{Error, Result};
use crate::schema::catalog::Table;
use crate::sql::{Dialect, Statement, Value};

/// A connection to a database. Dropping it rolls back what is not committed.
pub trait Connection {
    /// How this engine spells its statements.
    fn dialect(&self) -> &'static Dialect;

    /// What can be said of the engine and of its files, by name.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    fn facts(&mut self) -> Result<Vec<(&'static str, String)>>;

    /// What a person should see to in how the database is kept.
    fn concerns(&self) -> Vec<String> {
        Vec::new()
    }

    /// The name of every table.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn table_names(&mut self) -> Result<Vec<String>>;

    /// The shape of one table of [`Connection::table_names`].
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn describe(&mut self, table: &str) -> Result<Table>;

    /// Hands every row of a result to `on_row`, which may stop with an error.
    ///
    /// # Errors
    /// What the engine or `on_row` says.
    fn query(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()>;

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// Conflict, if a value is taken that must be unique; rejected, if a
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

    /// Whether the rows of a table can be taken out and put in again, and
    /// nothing in the database notices: no trigger, and no other table's key.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn is_self_contained(&mut self, table: &str) -> Result<bool>;

    /// Makes ready for a transaction that changes very many rows: memory does
    /// not grow with them, though others may have to wait longer.
    ///
    /// # Errors
    /// Unusable, if the database does not take it.
    fn expect_much(&mut self) -> Result<()> {
        Ok(())
    }

    /// Begins a transaction that will put the rows of a table anew, and is
    /// ready for very many. Where the table is self-contained, its foreign keys
    /// are not looked at: whoever puts rows in again has seen that their users
    /// are there.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    fn begin_renewal(&mut self, _table: &str) -> Result<()> {
        self.begin()
    }

    /// Whether the database could run a statement; runs nothing.
    ///
    /// # Errors
    /// Unusable, if it could not.
    fn check(&mut self, statement: &Statement) -> Result<()>;

    /// Begins a transaction that will write, waiting for the lock.
    ///
    /// # Errors
    /// Busy, if the lock is not obtained in time; unusable, if the database
    /// cannot be written.
    fn begin(&mut self) -> Result<()>;

    /// Keeps others from writing to tables until the transaction ends, where that
    /// does not begin with it. What is read after it is what they have left.
    ///
    /// # Errors
    /// Busy, if the lock is not obtained in time.
    fn lock(&mut self, _tables: &[String]) -> Result<()> {
        Ok(())
    }

    /// Begins a transaction that will change tables, waiting for the lock.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    fn begin_schema_change(&mut self) -> Result<()>;

    /// Runs statements that change tables. What others have attached to those
    /// tables, indexes and triggers, stays.
    ///
    /// # Errors
    /// What the engine says.
    fn run(&mut self, script: &str) -> Result<()>;

    /// Looks whether the change of tables may be committed.
    ///
    /// # Errors
    /// Conflict, if a foreign key has lost its row.
    fn check_schema_change(&mut self) -> Result<()> {
        Ok(())
    }

    /// Begins a transaction that will only read: it sees one moment.
    ///
    /// # Errors
    /// Busy or unusable, if the database cannot be read.
    fn begin_reading(&mut self) -> Result<()>;

    /// The database that this connection has made and filled, by its path.
    fn made(&self) -> Option<String> {
        None
    }

    /// Makes the transaction durable.
    ///
    /// # Errors
    /// Says what is certain about the change; see [`CommitFailure`].
    fn commit(&mut self) -> Result<(), CommitFailure>;

    /// Undoes the transaction, if one is open.
    fn roll_back(&mut self);

    /// Connects anew, to see what became of a transaction.
    ///
    /// # Errors
    /// As connecting.
    fn reopen(&mut self) -> Result<()>;

    /// What a person should know of the state that the database is left in.
    fn farewell(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Why a commit did not succeed.
#[derive(Debug)]
pub enum CommitFailure {
    /// A foreign key has no row; the transaction is still open.
    ForeignKey(Error),
    /// Nothing was changed.
    Undone(Error),
    /// The change may be durable or not: ask the database.
    Unclear(Error),
}
