//! The only place that writes: an open transaction, from its lock to the
//! outcome of its commit.

use std::hash::{BuildHasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use crate::admin::commit_outcome::CommitOutcome;
use crate::admin::session::Session;
use crate::engine::{CommitFailure, Connection, Purpose, Query, REPORT_AFTER, Row, Statement, Value};
use crate::error::{Error, Result, Retry};
use crate::hint::Hint;

/// The shortest and the longest pause between two attempts: long enough for
/// waiting sessions to get the lock.
const PAUSE: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(120)];

/// An open transaction. It rolls back when it is dropped before its commit.
pub(super) struct OpenTransaction<'a> {
    pub(super) session: &'a mut Session,
    is_done: bool,
}

/// What a transaction is for, and the advice if it fails.
pub(super) struct Change {
    pub(super) purpose: Purpose,
    /// What to do if a foreign key of the application prevents the change.
    pub(super) prevented: Option<&'static str>,
    /// How to see the outcome if it is unknown.
    pub(super) again: Hint,
}

/// Returns, on a new connection, pieces of evidence about a commit: whether each
/// shows that it succeeded.
pub(super) type LookAgain<'a> = dyn FnMut(&mut Session) -> Result<Vec<bool>> + 'a;

impl Drop for OpenTransaction<'_> {
    fn drop(&mut self) {
        if !self.is_done
            && let Ok(connection) = self.session.connection()
        {
            connection.roll_back();
        }
    }
}

impl<'a> OpenTransaction<'a> {
    pub(super) fn begin(session: &'a mut Session, purpose: &Purpose) -> Result<Self> {
        session.connection()?.begin(purpose)?;
        Ok(Self { session, is_done: false })
    }

    /// Rolls back, waits while other sessions can take the locks, and begins
    /// again.
    pub(super) fn pause(&mut self, length: Duration, purpose: &Purpose) -> Result<()> {
        self.session.connection()?.roll_back();
        thread::sleep(length);
        self.session.connection()?.begin(purpose)
    }

    /// Lends what writes.
    pub(super) fn writer(&mut self) -> Result<Writer<'_>> {
        self.session.connection().map(Writer::new)
    }

    /// Commits the transaction. Returns a warning if the outcome had to be
    /// looked up.
    pub(super) fn commit(&mut self, change: &Change, look_again: &mut LookAgain<'_>) -> Result<Option<String>> {
        let Err(failure) = self.session.connection()?.commit() else {
            self.is_done = true;
            return Ok(None);
        };
        match failure {
            CommitFailure::RolledBack(error) => Err(error),
            CommitFailure::ForeignKey(error) => Err(match change.prevented {
                Some(advice) => error.hint(advice),
                None => error,
            }),
            CommitFailure::Unanswered(error) => {
                let warning = format!("committed, although the answer of the server was lost: {error}");
                self.look_up(look_again).warning(warning, error, &change.again).map(Some)
            }
            CommitFailure::Unsynced(error) => {
                let warning = format!("committed, but a power failure now could lose the change: {error}");
                self.look_up(look_again).warning(warning, error, &change.again).map(Some)
            }
        }
    }

    /// Looks up the outcome on a new connection.
    fn look_up(&mut self, look_again: &mut LookAgain<'_>) -> CommitOutcome {
        let evidence = self.reopen().and_then(|()| look_again(self.session));
        evidence.map_or(CommitOutcome::Unknown, |evidence| CommitOutcome::of_evidence(evidence.into_iter()))
    }

    fn reopen(&mut self) -> Result<()> {
        let connection = self.session.connection()?;
        connection.reopen()?;
        connection.renew_wait();
        Ok(())
    }
}

/// The half of a connection that writes, inside an open transaction.
pub(super) struct Writer<'a>(&'a mut (dyn Connection + 'static));

impl<'a> Writer<'a> {
    pub(super) fn new(connection: &'a mut (dyn Connection + 'static)) -> Self {
        Self(connection)
    }

    /// Runs a statement and returns how many rows it changed.
    pub(super) fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.0.execute(statement)
    }

    /// Runs a statement, and sends a query with it. Returns how many rows the
    /// statement changed.
    pub(super) fn execute_then(&mut self, statement: &Statement, query: Option<Query<'_>>) -> Result<u64> {
        let mut ignore = |_: Row<'_>| Ok(());
        let write = Query { statement, on_row: &mut ignore };
        let rows = match query {
            Some(Query { statement, on_row }) => self.0.execute_all(&mut [write, Query { statement, on_row }])?,
            None => self.0.execute_all(&mut [write])?,
        };
        Ok(rows.first().copied().unwrap_or_default())
    }

    /// Runs a statement once for each row of parameters.
    pub(super) fn execute_many(
        &mut self,
        text: &str,
        rows: &mut dyn Iterator<Item = Result<Vec<Value>>>,
    ) -> Result<()> {
        self.0.execute_many(text, rows)
    }

    /// Runs a statement that writes `rows` rows. Fails if a trigger suppresses
    /// one.
    pub(super) fn write(&mut self, statement: &Statement, rows: usize, what: &str) -> Result<()> {
        self.write_then(statement, rows, what, None)
    }

    /// The same, and sends a query with the statement.
    pub(super) fn write_then(
        &mut self,
        statement: &Statement,
        rows: usize,
        what: &str,
        query: Option<Query<'_>>,
    ) -> Result<()> {
        let written = self.execute_then(statement, query)?;
        if usize::try_from(written).is_ok_and(|written| written == rows) {
            return Ok(());
        }
        Err(Error::rejected(format!("a database trigger discarded a row of {what}")))
    }

    /// Returns the primary key that the database generated for the row inserted
    /// last.
    pub(super) fn last_key(&mut self) -> Result<Value> {
        self.0.last_key()
    }

    /// Runs statements that change tables; see [`Connection::run`].
    pub(super) fn run(&mut self, script: &str) -> Result<()> {
        self.0.run(script)
    }

    /// Checks that the change of tables may be committed.
    pub(super) fn check_schema_change(&mut self) -> Result<()> {
        self.0.check_schema_change()
    }
}

impl Session {
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
            if let Err(mut interrupted) = options.interrupt.check() {
                // What has to be repaired has to be repaired after an interrupt, too.
                if error.retry() == Retry::Never {
                    for hint in error.hints() {
                        interrupted = interrupted.hint(hint.clone());
                    }
                }
                return Err(interrupted);
            }
            if error.retry() == Retry::Never || started.elapsed() >= options.busy_timeout {
                return Err(error);
            }
            if started.elapsed() >= REPORT_AFTER {
                options.on_wait.report();
            }
            thread::sleep(pause());
        }
    }
}

/// Returns how long to wait before the next attempt. The time is random, so
/// that two sessions that failed together do not retry together.
fn pause() -> Duration {
    let [least, most] = PAUSE;
    let random = u32::try_from(RandomState::new().hash_one(0) >> 48).unwrap_or_default();
    least + most.saturating_sub(least) * random / (1 << 16)
}
