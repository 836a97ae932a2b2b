//! Reads of a database.

use std::ops::ControlFlow;

use crate::admin::identity::ModelOptions;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{Connection, Dialect, Query, ReadConnection, Reference, Row, Statement, Table};
use crate::error::{Error, Result};
use crate::query::rows::CountRow;
use crate::schema::layout::Layout;

/// A connection and the layout of its database.
pub(super) struct Parts<'s> {
    pub(super) connection: &'s mut (dyn Connection + 'static),
    pub(super) layout: &'s Layout,
    pub(super) given: &'s ModelOptions,
    pub(super) time: &'s TimeKeeping,
}

/// A view of a database that cannot write. Each statement sees one consistent
/// state; inside a transaction, statements see what the transaction has
/// written.
pub struct Snapshot<'s> {
    connection: &'s mut (dyn ReadConnection + 'static),
    layout: &'s Layout,
    given: &'s ModelOptions,
    time: &'s TimeKeeping,
}

impl Parts<'_> {
    /// Lends the parts.
    pub(super) fn reborrow(&mut self) -> Parts<'_> {
        Parts { connection: &mut *self.connection, layout: self.layout, given: self.given, time: self.time }
    }
}

impl<'s> Snapshot<'s> {
    pub(super) fn new(parts: Parts<'s>) -> Self {
        let Parts { connection, layout, given, time } = parts;
        Self { connection, layout, given, time }
    }

    /// Returns the layout of the database.
    #[must_use]
    pub fn layout(&self) -> &'s Layout {
        self.layout
    }

    /// Returns what the command line and the settings say about the user model.
    pub(super) fn given(&self) -> &'s ModelOptions {
        self.given
    }

    /// Returns how the application stores times.
    pub(super) fn time(&self) -> &'s TimeKeeping {
        self.time
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        self.connection.dialect()
    }

    /// Checks that the database could run a statement, without running it.
    pub(super) fn check(&mut self, statement: &Statement) -> Result<()> {
        self.connection.check(statement)
    }

    /// Calls a function with every row of a result.
    pub(super) fn each(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        self.connection.query(statement, on_row)
    }

    /// Runs several statements; see [`ReadConnection::query_all`].
    pub(super) fn all(&mut self, queries: &mut [Query<'_>]) -> Result<()> {
        self.connection.query_all(queries)
    }

    /// Calls a function with the rows of a result until it breaks.
    pub(super) fn each_until(
        &mut self,
        statement: &Statement,
        on_row: &mut dyn FnMut(Row<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut has_ended = false;
        let outcome = self.connection.query(statement, &mut |row| {
            has_ended = on_row(row)?.is_break();
            // An error is how a receiver ends a query.
            if has_ended { Err(Error::internal("the page is full")) } else { Ok(()) }
        });
        if has_ended { Ok(()) } else { outcome }
    }

    /// Returns the shapes of some tables.
    pub(super) fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>> {
        self.connection.describe(tables)
    }

    /// Returns the foreign keys of one column that lead to some tables.
    pub(super) fn referring(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        self.connection.references(tables)
    }

    /// Returns whether a result has a row.
    pub(super) fn has_row(&mut self, statement: &Statement) -> Result<bool> {
        self.connection.has_row(statement)
    }

    /// Returns the number in the only row of a result.
    pub(super) fn count(&mut self, statement: &Statement) -> Result<u64> {
        let mut count = None;
        self.connection.query(statement, &mut |row| {
            count = Some(CountRow(row).count()?);
            Ok(())
        })?;
        count.ok_or_else(|| Error::internal("a count returned no row"))
    }
}
