//! What every engine can do.

use crate::engine::dialect::Dialect;
use crate::engine::row::Row;
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table, TableName};
use crate::engine::value::Value;
use crate::error::{Error, Result};
use crate::hint::Hint;

/// Receives a row, and may stop the query with an error.
pub type OnRow<'a> = dyn FnMut(Row<'_>) -> Result<()> + 'a;

/// One of several statements that are sent together, and the receiver of its
/// rows.
pub struct Query<'q> {
    /// The statement.
    pub statement: &'q Statement,
    /// Receives its rows.
    pub on_row: &'q mut OnRow<'q>,
}

/// The tables of a database.
pub struct Tables {
    /// The names of all.
    pub names: Vec<TableName>,
    /// The shapes of some.
    pub described: Vec<Table>,
    /// Whether the attempt succeeded.
    pub has_succeeded: bool,
}

/// A problem with the configuration of the database.
#[derive(Clone, Debug)]
pub struct Concern {
    /// What the problem is.
    pub message: String,
    /// How to solve it.
    pub hint: Hint,
}

/// What a transaction is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It only reads, and sees one consistent state.
    Reading,
    /// It writes.
    Writing,
    /// It writes more than fits into memory. Other sessions may have to wait
    /// longer.
    WritingMuch,
    /// It writes most rows of this table, which are very many. If no trigger
    /// and no foreign key depends on the table, its own foreign keys are not
    /// checked: the users of the rows are known to exist.
    Renewal(Table),
    /// It changes tables.
    SchemaChange,
}

/// The half of a connection that reads.
pub trait ReadConnection {
    /// Returns the SQL dialect of this engine.
    fn dialect(&self) -> &'static Dialect;

    /// Returns what the engine reports about itself and its files, by name.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    fn facts(&mut self) -> Result<Vec<(&'static str, String)>>;

    /// Returns the problems with the configuration of the database.
    fn concerns(&self) -> Vec<Concern> {
        Vec::new()
    }

    /// Returns the names of all tables, and the shapes of the `wanted` ones, in
    /// order of their names. Tables with one of these names are also searched for
    /// outside the search path, but not described there. A server gets the
    /// `attempt` in the same round trip; it is ignored if its table is missing.
    ///
    /// # Errors
    /// Unusable or busy if the catalog cannot be read.
    fn tables(&mut self, wanted: &[&str], attempt: Option<Query<'_>>) -> Result<Tables>;

    /// Returns the shapes of some tables of [`ReadConnection::tables`], in order
    /// of their names.
    ///
    /// # Errors
    /// Unusable or busy if the catalog cannot be read.
    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>>;

    /// Returns the single-column foreign keys to these tables, of tables in the
    /// search path.
    ///
    /// # Errors
    /// Unusable or busy if the catalog cannot be read.
    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>>;

    /// Returns a number that changes whenever the shape of a table does, if the
    /// engine keeps one.
    ///
    /// # Errors
    /// Unusable or busy if it cannot be read.
    fn schema_version(&mut self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Runs statements that read, in their order. A server gets all of them at
    /// once, before it answers the first.
    ///
    /// # Errors
    /// The first error of the engine or of a receiver.
    fn query_all(&mut self, queries: &mut [Query<'_>]) -> Result<()>;

    /// Calls `on_row` with every row of a result.
    ///
    /// # Errors
    /// Any error of the engine or of `on_row`.
    fn query(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<()> {
        self.query_all(&mut [Query { statement, on_row: &mut |row| on_row(row) }])
    }

    /// Returns whether a result has a row.
    ///
    /// # Errors
    /// Same as [`ReadConnection::query`].
    fn has_row(&mut self, statement: &Statement) -> Result<bool> {
        let mut has_row = false;
        self.query(statement, &mut |_| {
            has_row = true;
            Ok(())
        })?;
        Ok(has_row)
    }

    /// Checks that the database could run a statement, without running it.
    ///
    /// # Errors
    /// Unusable if it could not.
    fn check(&mut self, statement: &Statement) -> Result<()>;

    /// Returns the path of the database, if this connection has created and
    /// filled it.
    fn created(&self) -> Option<String> {
        None
    }

    /// Returns warnings about the state of the database after the command.
    fn remarks(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// A connection to a database. Rolls back what is not committed when it is
/// dropped.
pub trait Connection: ReadConnection {
    /// Runs statements in their order, as [`ReadConnection::query_all`] does, and
    /// returns for each how many rows it changed: 0 for a selection.
    ///
    /// # Errors
    /// Conflict if a value is a duplicate in a unique column; rejected if a
    /// constraint or a trigger refuses the row; else unusable or busy.
    fn execute_all(&mut self, queries: &mut [Query<'_>]) -> Result<Vec<u64>>;

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// Same as [`Connection::execute_all`].
    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let rows = self.execute_all(&mut [Query { statement, on_row: &mut |_| Ok(()) }])?;
        Ok(rows.into_iter().sum())
    }

    /// Runs a statement once for each row of parameters.
    ///
    /// # Errors
    /// Same as [`Connection::execute`].
    fn execute_many(&mut self, text: &str, rows: &mut dyn Iterator<Item = Result<Vec<Value>>>) -> Result<()> {
        for row in rows {
            self.execute(&Statement { text: text.to_owned(), parameters: row? })?;
        }
        Ok(())
    }

    /// Returns the primary key that the database generated for the row inserted
    /// last.
    ///
    /// # Errors
    /// Internal if it generated none.
    fn last_key(&mut self) -> Result<Value>;

    /// Restarts the timeout for the next lock.
    fn renew_wait(&mut self) {}

    /// Begins a transaction. Waits for the lock that it needs first, and holds
    /// no other lock during the wait. On a server, BEGIN may be sent with the next
    /// statement, which then returns the errors of BEGIN as well.
    ///
    /// # Errors
    /// Busy if the lock is not obtained in time; unusable if the database
    /// cannot be written.
    fn begin(&mut self, purpose: &Purpose) -> Result<()>;

    /// Runs statements that change tables. Keeps indexes and triggers that
    /// others have added to these tables.
    ///
    /// # Errors
    /// Any error of the engine.
    fn run(&mut self, script: &str) -> Result<()>;

    /// Checks that the change of tables may be committed.
    ///
    /// # Errors
    /// Conflict if a foreign key references a missing row.
    fn check_schema_change(&mut self) -> Result<()> {
        Ok(())
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`CommitFailure`], which says what is known about the change.
    fn commit(&mut self) -> Result<(), CommitFailure>;

    /// Rolls back the transaction, if one is open.
    fn roll_back(&mut self);

    /// Returns the outcome of the last commit, on a new connection, in engines
    /// that keep it.
    ///
    /// # Errors
    /// Busy if the commit does not end in time.
    fn lost_commit(&mut self) -> Result<Option<LostCommit>> {
        Ok(None)
    }

    /// Connects again, to find out the outcome of a transaction.
    ///
    /// # Errors
    /// Same as [`crate::engine::connect`].
    fn reopen(&mut self) -> Result<()>;
}

/// The outcome of a commit whose answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostCommit {
    /// The transaction was committed.
    Committed,
    /// The transaction was rolled back.
    RolledBack,
}

/// Why a commit did not succeed.
#[derive(Debug)]
pub enum CommitFailure {
    /// A foreign key references a missing row. The transaction is still open.
    ForeignKey(Error),
    /// The transaction is rolled back.
    RolledBack(Error),
    /// The outcome is unknown until a new connection looks it up: the answer of
    /// the server was lost.
    Unanswered(Error),
    /// The same: the disk reported an error, and a committed change may not have
    /// reached it.
    Unsynced(Error),
}
