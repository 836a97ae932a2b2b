//! Work on the rows of users and tokens in a transaction.

use crate::admin::open_transaction::{Change, OpenTransaction, Writer};
use crate::admin::session::Session;
use crate::admin::snapshot::{Parts, Snapshot};
use crate::django::timestamp::TimeKeeping;
use crate::engine::{Connection, Dialect, LostCommit, Purpose, Query, Row, Statement, Value};
use crate::error::{Result, Retry};
use crate::schema::layout::Layout;

/// How often drfctl waits for the end of a transaction whose commit got no
/// answer.
const LOOKS: u32 = 20;

/// An open transaction. It rolls back unless it is committed. Nothing is
/// written to any stream while it is open.
pub(super) struct Transaction<'s> {
    parts: Parts<'s>,
    witnesses: Vec<Witness>,
    /// Whether the witnesses were checked after the last statement that wrote.
    are_checked: bool,
}

/// A statement that shows, on another connection, whether a transaction was
/// committed.
pub(super) struct Witness {
    statement: Statement,
    if_committed: Found,
    /// Finds a row if the transaction was rolled back, and none if another
    /// session has changed the row since.
    if_rolled_back: Option<Statement>,
}

impl Witness {
    pub(super) fn new(statement: Statement, if_committed: Found) -> Self {
        Self { statement, if_committed, if_rolled_back: None }
    }

    /// Adds a statement that finds a row if the transaction was rolled back.
    pub(super) fn with_former(self, if_rolled_back: Option<Statement>) -> Self {
        Self { if_rolled_back, ..self }
    }
}

/// What a witness's statement finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Row,
    Nothing,
}

/// The result of a committed transaction.
#[derive(Debug)]
pub(super) struct Committed<T> {
    pub(super) value: T,
    /// A warning about the commit.
    pub(super) warning: Option<String>,
}

impl Found {
    fn of(has_row: bool) -> Self {
        if has_row { Self::Row } else { Self::Nothing }
    }
}

impl<'s> Transaction<'s> {
    /// Lends a view that reads and cannot write.
    pub(super) fn snapshot(&mut self) -> Snapshot<'_> {
        Snapshot::new(self.parts.reborrow())
    }

    /// Returns the layout of the database.
    pub(super) fn layout(&self) -> &'s Layout {
        self.parts.layout
    }

    /// Returns how the application stores times.
    pub(super) fn time(&self) -> &'s TimeKeeping {
        self.parts.time
    }

    pub(super) fn dialect(&self) -> &'static Dialect {
        self.parts.connection.dialect()
    }

    /// Runs a statement and returns how many rows it changed.
    pub(super) fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.writer().execute(statement)
    }

    /// Runs a statement, and sends a query with it.
    pub(super) fn execute_then(&mut self, statement: &Statement, query: Option<Query<'_>>) -> Result<()> {
        self.writer().execute_then(statement, query).map(drop)
    }

    /// Runs a statement once for each row of parameters.
    pub(super) fn execute_many(
        &mut self,
        text: &str,
        rows: &mut dyn Iterator<Item = Result<Vec<Value>>>,
    ) -> Result<()> {
        self.writer().execute_many(text, rows)
    }

    /// Runs a statement that writes `rows` rows; see [`Writer::write`].
    pub(super) fn write(&mut self, statement: &Statement, rows: usize, what: &str) -> Result<()> {
        self.writer().write(statement, rows, what)
    }

    /// Returns the primary key that the database generated for the row inserted
    /// last.
    pub(super) fn last_key(&mut self) -> Result<Value> {
        self.writer().last_key()
    }

    /// Runs a statement that writes one row, and sends a witness with it. Keeps the
    /// witness if it finds a row.
    pub(super) fn write_witnessed(&mut self, statement: &Statement, what: &str, witness: Statement) -> Result<()> {
        let mut has_row = false;
        let mut on_row = |_: Row<'_>| {
            has_row = true;
            Ok(())
        };
        self.writer().write_then(statement, 1, what, Some(Query { statement: &witness, on_row: &mut on_row }))?;
        if has_row {
            self.witness(Witness::new(witness, Found::Row));
        }
        self.are_checked = true;
        Ok(())
    }

    fn writer(&mut self) -> Writer<'_> {
        self.are_checked = false;
        Writer::new(&mut *self.parts.connection)
    }

    /// Returns whether a witness is still needed. One suffices, because a
    /// transaction commits all of its rows or none.
    pub(super) fn wants_witness(&self) -> bool {
        self.witnesses.is_empty()
    }

    pub(super) fn witness(&mut self, witness: Witness) {
        self.witnesses.push(witness);
        self.are_checked = false;
    }

    pub(super) fn forget_witnesses(&mut self) {
        self.witnesses.clear();
    }

    /// Forgets the witnesses that are no longer true before the commit: a
    /// trigger, or a later row of the same user, may have changed what they
    /// look for.
    pub(super) fn check_witnesses(&mut self) -> Result<()> {
        if self.are_checked {
            return Ok(());
        }
        let mut kept = Vec::new();
        for witness in std::mem::take(&mut self.witnesses) {
            let found = Found::of(self.snapshot().has_row(&witness.statement)?);
            if found == witness.if_committed {
                kept.push(witness);
            }
        }
        self.witnesses = kept;
        Ok(())
    }
}

impl Session {
    /// Runs work in a transaction and commits it. If a lock is not obtained or
    /// the server rolls the transaction back, runs all of it again until the
    /// timeout.
    pub(super) fn transaction<T>(
        &mut self,
        change: &Change,
        work: &mut dyn FnMut(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<Committed<T>> {
        self.prepare()?;
        self.retrying(&mut |session| {
            let mut open = OpenTransaction::begin(session, &change.purpose)?;
            let (value, witnesses) = run(open.session, work)?;
            let warning = open.commit(change, &mut |session| look_again(session, &witnesses))?;
            Ok(Committed { value, warning })
        })
    }
}

/// Runs work in the open transaction. Returns its witnesses, too.
fn run<T>(session: &mut Session, work: &mut dyn FnMut(&mut Transaction<'_>) -> Result<T>) -> Result<(T, Vec<Witness>)> {
    session.verify()?;
    let interrupt = session.config.options.interrupt.clone();
    let parts = session.parts()?;
    parts.layout.check_transactions()?;
    let mut transaction = Transaction { parts, witnesses: Vec::new(), are_checked: false };
    let value = work(&mut transaction)?;
    interrupt.check()?;
    Ok((value, transaction.witnesses))
}

/// Returns for each witness whether it shows a commit, after every transaction
/// that was writing has ended.
fn look_again(session: &mut Session, witnesses: &[Witness]) -> Result<Vec<bool>> {
    let connection = session.connection()?;
    match connection.lost_commit()? {
        Some(LostCommit::RolledBack) => return Ok(vec![false]),
        Some(LostCommit::Committed) => return Ok(vec![true, !is_unchanged(connection, witnesses)?]),
        None => {}
    }
    // The server may still be committing.
    let mut looks = 0;
    loop {
        looks += 1;
        match look(connection, witnesses) {
            Err(error) if error.retry() == Retry::Soon && looks < LOOKS => {}
            answers => return answers,
        }
    }
}

/// Returns whether a row is as it was before the transaction: another server may
/// know another transaction by the same number.
fn is_unchanged(connection: &mut dyn Connection, witnesses: &[Witness]) -> Result<bool> {
    connection.begin(&Purpose::Writing)?;
    let outcome = has_former_row(connection, witnesses);
    connection.roll_back();
    outcome
}

fn has_former_row(connection: &mut dyn Connection, witnesses: &[Witness]) -> Result<bool> {
    for former in witnesses.iter().filter_map(|witness| witness.if_rolled_back.as_ref()) {
        if connection.has_row(former)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether a witness shows a commit; `None` if another session has changed
/// the row since.
fn shows_commit(connection: &mut dyn Connection, witness: &Witness) -> Result<Option<bool>> {
    if Found::of(connection.has_row(&witness.statement)?) == witness.if_committed {
        return Ok(Some(true));
    }
    match &witness.if_rolled_back {
        Some(statement) if !connection.has_row(statement)? => Ok(None),
        _ => Ok(Some(false)),
    }
}

/// Returns for each witness whether it shows a commit.
fn look(connection: &mut dyn Connection, witnesses: &[Witness]) -> Result<Vec<bool>> {
    connection.begin(&Purpose::Writing)?;
    let mut answers = Vec::with_capacity(witnesses.len());
    let mut outcome = Ok(());
    for witness in witnesses {
        match shows_commit(connection, witness) {
            Ok(Some(shows_commit)) => answers.push(shows_commit),
            // Contradictory evidence makes the outcome unknown.
            Ok(None) => answers.extend([true, false]),
            Err(error) => outcome = Err(error),
        }
    }
    connection.roll_back();
    outcome.map(|()| answers)
}

#[cfg(test)]
mod tests;
