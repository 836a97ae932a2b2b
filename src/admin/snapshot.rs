//! Reading a database.

use crate::admin::identity::Given;
use crate::django::timestamp::TimeKeeping;
use crate::engine::{Connection, Dialect, Row, Statement};
use crate::error::{Error, Result};
use crate::schema::layout::Layout;

/// A connection with the layout of its database.
pub(super) struct Parts<'s> {
    pub(super) connection: &'s mut (dyn Connection + 'static),
    pub(super) layout: &'s Layout,
    pub(super) given: &'s Given,
    pub(super) time: &'s TimeKeeping,
}

/// A look at a database: nothing can be written through it. Each statement sees
/// one moment; inside a transaction all of them see what it has written.
pub struct Snapshot<'s> {
    connection: &'s mut (dyn Connection + 'static),
    layout: &'s Layout,
    given: &'s Given,
    time: &'s TimeKeeping,
}

impl<'s> Snapshot<'s> {
    pub(super) fn new(parts: Parts<'s>) -> Self {
        let Parts { connection, layout, given, time } = parts;
        Self { connection, layout, given, time }
    }

    /// The layout of the database.
    #[must_use]
    pub fn layout(&self) -> &'s Layout {
        self.layout
    }

    /// What a person and the settings say of the user model.
    pub(super) fn given(&self) -> &'s Given {
        self.given
    }

    /// How times are kept.
    pub(super) fn time(&self) -> &'s TimeKeeping {
        self.time
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        self.connection.dialect()
    }

    pub(super) fn connection(&mut self) -> &mut (dyn Connection + 'static) {
        self.connection
    }

    /// Hands every row of a result to a function.
    pub(super) fn each(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Row<'_>) -> Result<()>) -> Result<()> {
        self.connection.query(statement, on_row)
    }

    /// Whether a result has a row.
    pub(super) fn has_row(&mut self, statement: &Statement) -> Result<bool> {
        let mut has_row = false;
        self.connection.query(statement, &mut |_| {
            has_row = true;
            Ok(())
        })?;
        Ok(has_row)
    }

    /// The number in the only row of a result.
    pub(super) fn count(&mut self, statement: &Statement) -> Result<u64> {
        let mut count = None;
        self.connection.query(statement, &mut |row| {
            count = row.get(0)?.as_integer().and_then(|count| u64::try_from(count).ok());
            Ok(())
        })?;
        count.ok_or_else(|| Error::internal("a count came back without a number"))
    }
}
