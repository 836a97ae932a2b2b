//! The only place that writes: a transaction, from its lock to its commit.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use crate::admin::commit_outcome::CommitOutcome;
use crate::admin::session::Session;
use crate::admin::snapshot::{Parts, Snapshot};
use crate::django::timestamp::TimeKeeping;
use crate::engine::{CommitFailure, Connection, Dialect, Purpose, SAY_AFTER, Statement, Value};
use crate::error::{Error, Result, Retry};
use crate::hint::Hint;
use crate::schema::layout::Layout;

/// The shortest and the longest pause between two attempts: long enough for
/// waiting sessions to get the lock.
const PAUSE: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(120)];

/// How often drfctl waits for the end of a transaction whose commit got no
/// answer.
const LOOKS: u32 = 20;

/// An open transaction. It rolls back unless it is committed. Nothing is
/// written to any stream while it is open.
pub(super) struct Transaction<'s> {
    parts: Parts<'s>,
    witnesses: Vec<Witness>,
}

/// A statement that shows, on another connection, whether a transaction was
/// committed.
struct Witness {
    statement: Statement,
    if_committed: Found,
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
    pub(super) doubt: Option<String>,
}

/// What a transaction is for, and the advice if it fails.
pub(super) struct Change {
    pub(super) purpose: Purpose,
    /// What to do if a foreign key of the application prevents the change.
    pub(super) prevented: &'static str,
    /// How to see the outcome if it is unknown.
    pub(super) again: Hint,
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
        self.parts.connection.execute(statement)
    }

    /// Runs a statement once for each row of parameters.
    pub(super) fn execute_many(
        &mut self,
        text: &str,
        rows: &mut dyn Iterator<Item = Result<Vec<Value>>>,
    ) -> Result<()> {
        self.parts.connection.execute_many(text, rows)
    }

    /// Runs a statement that writes `rows` rows. Fails if a trigger suppresses
    /// one.
    pub(super) fn write(&mut self, statement: &Statement, rows: usize, what: &str) -> Result<()> {
        let written = self.execute(statement)?;
        if usize::try_from(written).is_ok_and(|written| written == rows) {
            return Ok(());
        }
        Err(Error::rejected(format!("a trigger of the database keeps a row out of {what}")))
    }

    /// Returns the primary key that the database generated for the row inserted
    /// last.
    pub(super) fn last_key(&mut self) -> Result<Value> {
        self.parts.connection.last_key()
    }

    /// Returns whether a witness is still needed. One suffices, because a
    /// transaction commits all of its rows or none.
    pub(super) fn wants_witness(&self) -> bool {
        self.witnesses.is_empty()
    }

    pub(super) fn witness(&mut self, statement: Statement, if_committed: Found) {
        self.witnesses.push(Witness { statement, if_committed });
    }

    pub(super) fn forget_witnesses(&mut self) {
        self.witnesses.clear();
    }

    /// Forgets the witnesses that are no longer true before the commit: a
    /// trigger, or a later row of the same user, may have changed what they
    /// look for.
    pub(super) fn check_witnesses(&mut self) -> Result<()> {
        let mut kept = Vec::new();
        for witness in std::mem::take(&mut self.witnesses) {
            if self.found(&witness.statement)? == witness.if_committed {
                kept.push(witness);
            }
        }
        self.witnesses = kept;
        Ok(())
    }

    fn found(&mut self, statement: &Statement) -> Result<Found> {
        Ok(if self.snapshot().has_row(statement)? { Found::Row } else { Found::Nothing })
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
            let mut open = Open::begin(session, &change.purpose)?;
            let (value, witnesses) = open.run(work)?;
            let doubt = open.commit(change, &witnesses)?;
            Ok(Committed { value, doubt })
        })
    }

    /// Runs an attempt until it succeeds, fails for good, or the timeout
    /// expires. No transaction is open between two attempts.
    pub(super) fn retrying<T>(&mut self, attempt: &mut dyn FnMut(&mut Self) -> Result<T>) -> Result<T> {
        let options = self.config.options.clone();
        let _held = options.interrupt.hold();
        let started = Instant::now();
        self.connection()?.renew_wait();
        loop {
            let outcome = attempt(self);
            let Err(error) = outcome else { return outcome };
            options.interrupt.check()?;
            if error.retry() == Retry::Never || started.elapsed() >= options.busy_timeout {
                return Err(error);
            }
            if started.elapsed() >= SAY_AFTER {
                options.on_wait.tell();
            }
            thread::sleep(pause());
        }
    }
}

/// A transaction that rolls back when it is dropped before its commit.
pub(super) struct Open<'a> {
    pub(super) session: &'a mut Session,
    is_done: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if !self.is_done
            && let Ok(connection) = self.session.connection()
        {
            connection.roll_back();
        }
    }
}

impl<'a> Open<'a> {
    pub(super) fn begin(session: &'a mut Session, purpose: &Purpose) -> Result<Self> {
        session.connection()?.begin(purpose)?;
        Ok(Self { session, is_done: false })
    }

    pub(super) fn commit_now(&mut self) -> Result<(), CommitFailure> {
        let connection = self.session.connection().map_err(CommitFailure::RolledBack)?;
        connection.commit()?;
        self.is_done = true;
        Ok(())
    }

    fn run<T>(&mut self, work: &mut dyn FnMut(&mut Transaction<'_>) -> Result<T>) -> Result<(T, Vec<Witness>)> {
        self.session.verify()?;
        let interrupt = self.session.config.options.interrupt.clone();
        let parts = self.session.parts()?;
        parts.layout.check_transactions()?;
        let mut transaction = Transaction { parts, witnesses: Vec::new() };
        let value = work(&mut transaction)?;
        interrupt.check()?;
        Ok((value, transaction.witnesses))
    }

    /// Commits the transaction. Returns a warning if the outcome had to be
    /// looked up.
    fn commit(&mut self, change: &Change, witnesses: &[Witness]) -> Result<Option<String>> {
        match self.commit_now() {
            Ok(()) => Ok(None),
            Err(CommitFailure::RolledBack(error)) => Err(error),
            Err(CommitFailure::ForeignKey(error)) => Err(error.hint(change.prevented)),
            Err(CommitFailure::Unclear(error)) => {
                let outcome = self.look_again(witnesses).unwrap_or(CommitOutcome::Unknown);
                outcome.warning(error, &change.again).map(Some)
            }
        }
    }

    /// Looks up the outcome of the commit on a new connection.
    fn look_again(&mut self, witnesses: &[Witness]) -> Result<CommitOutcome> {
        let tables: Vec<String> = self.session.layout()?.tables().map(str::to_owned).collect();
        let names: Vec<&str> = tables.iter().map(String::as_str).collect();
        let connection = self.session.connection()?;
        connection.reopen()?;
        connection.renew_wait();
        // The server may still be committing.
        let mut looks = 0;
        let answers = loop {
            looks += 1;
            match look(connection, &names, witnesses) {
                Err(error) if error.retry() == Retry::Soon && looks < LOOKS => {}
                answers => break answers?,
            }
        };
        Ok(CommitOutcome::of_evidence(answers.into_iter()))
    }
}

/// Returns for each witness whether it shows a commit.
fn look(connection: &mut dyn Connection, tables: &[&str], witnesses: &[Witness]) -> Result<Vec<bool>> {
    connection.begin(&Purpose::Writing)?;
    let outcome = connection.await_writers(tables).and_then(|()| {
        let mut answers = Vec::with_capacity(witnesses.len());
        for witness in witnesses {
            let mut found = Found::Nothing;
            connection.query(&witness.statement, &mut |_| {
                found = Found::Row;
                Ok(())
            })?;
            answers.push(found == witness.if_committed);
        }
        Ok(answers)
    });
    connection.roll_back();
    outcome
}

/// Returns how long to wait before the next attempt. The time is random, so
/// that two sessions that failed together do not retry together.
fn pause() -> Duration {
    let [least, most] = PAUSE;
    let random = u32::try_from(RandomState::new().hash_one(0) >> 48).unwrap_or_default();
    least + most.saturating_sub(least) * random / (1 << 16)
}
