//! A session of the server: the statements that it runs, and the transaction in
//! which it runs them.

use std::cell::Cell;

use jiff::tz::TimeZone;

use crate::engine::connection::{CommitFailure, Query};
use crate::engine::options::Options;
use crate::engine::postgres::client::{Client, Failure, Reception};
use crate::engine::postgres::errors;
use crate::engine::postgres::opening::open;
use crate::engine::postgres::settings::{Settings, State};
use crate::engine::server::{Durability, waited};
use crate::engine::statement::Statement;
use crate::engine::url::DatabaseUrl;
use crate::error::{Error, Result};

/// The statements that commit. In an aborted transaction, COMMIT would silently
/// roll back; the first statement fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

/// The statement that ends a transaction that only reads.
const COMMIT_READING: &str = "COMMIT";

/// The state of the transaction.
enum Stage {
    /// No transaction is open: each call runs in its own.
    Outside,
    /// BEGIN is sent with the next statement.
    Beginning(Begin),
    /// A transaction is open.
    Inside,
}

/// The statements that begin a transaction.
pub(super) enum Begin {
    /// One that only reads.
    Reading(String),
    /// One that writes.
    Writing(String),
}

/// A session.
pub(super) struct Session {
    client: Client,
    pub(super) settings: Settings,
    url: DatabaseUrl,
    pub(super) options: Options,
    /// The name of the database in messages.
    pub(super) place: String,
    /// The zone of stored times, if it is not UTC.
    zone: Option<TimeZone>,
    stage: Stage,
    /// The number of the last transaction that was begun to write.
    pub(super) number: Option<String>,
    pub(super) durability: Durability,
}

impl Session {
    /// Connects to the server that `url` names.
    pub(super) fn open(url: &DatabaseUrl, options: Options) -> Result<Self> {
        let place = url.to_string();
        let zone = match options.time_zone.as_deref() {
            None | Some("UTC") => None,
            Some(name) => Some(TimeZone::get(name).map_err(|_| Error::usage("unknown time zone"))?),
        };
        let (client, role) = open(url, &options, &place)?;
        let settings = Settings::of(&options, role.as_deref());
        let (url, durability) = (url.clone(), Durability::default());
        Ok(Self { client, settings, url, options, place, zone, stage: Stage::Outside, number: None, durability })
    }

    /// Connects again.
    pub(super) fn reopen(&mut self) -> Result<()> {
        (self.client, _) = open(&self.url, &self.options, &self.place)?;
        self.stage = Stage::Outside;
        Ok(())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Returns whether no transaction is open.
    pub(super) fn is_outside(&self) -> bool {
        matches!(self.stage, Stage::Outside)
    }

    fn classify(&self, failure: Failure, statement: &Statement) -> Error {
        let (interrupted, place) = (self.options.interrupt.check(), &self.place);
        match (failure, interrupted) {
            (Failure::Receiver(error), _) => error,
            (_, Err(interrupted)) => interrupted,
            (Failure::Driver(error), Ok(())) => errors::sequence_behind_table(&error, &statement.text)
                .unwrap_or_else(|| waited(errors::classify(&error, place, &statement.parameters), &self.options)),
            (failure, Ok(())) => errors::failed(failure, place),
        }
    }

    /// Runs statements without parameters. Returns the first cells of the last row.
    pub(super) fn batch(&mut self, text: &str) -> Result<Vec<String>> {
        self.client.batch(text).map_err(|failure| self.classify(failure, &Statement::plain("")))
    }

    /// Runs statements in the open transaction, or in one of their own. Returns for
    /// each how many rows it changed.
    pub(super) fn run_all(&mut self, queries: &mut [&mut Query<'_>], has_rows: &Cell<bool>) -> Result<Vec<u64>> {
        self.run_some(queries, queries.len(), has_rows)
    }

    /// Same as [`Session::run_all`], but after the first `required` statements, one
    /// may fail because its table is missing. Returns the counts of those before it.
    pub(super) fn run_some(
        &mut self,
        queries: &mut [&mut Query<'_>],
        required: usize,
        has_rows: &Cell<bool>,
    ) -> Result<Vec<u64>> {
        let is_outside = self.is_outside();
        let (before, is_writing) = match std::mem::replace(&mut self.stage, Stage::Inside) {
            Stage::Outside => {
                self.stage = Stage::Outside;
                (Some(self.settings.begin_alone()), false)
            }
            Stage::Beginning(Begin::Reading(text)) => (Some(text), false),
            Stage::Beginning(Begin::Writing(text)) => (Some(text), true),
            Stage::Inside => (None, false),
        };
        let after = is_outside.then_some(COMMIT_READING);
        let reception = Reception { zone: self.zone.as_ref(), has_rows };
        let outcome = self.client.query_all(before.as_deref(), queries, after, &reception);
        let nothing = Statement::plain("");
        let answers = outcome.map_err(|failure| self.classify(failure, &nothing))?;
        let begun = answers.begun.map_err(|failure| self.classify(failure, &nothing))?;
        if is_writing {
            self.has_begun(&begun)?;
        }
        let mut changed = Vec::with_capacity(queries.len());
        for (query, rows) in queries.iter().zip(answers.rows) {
            match rows {
                Ok(rows) => changed.push(rows),
                Err(Failure::Driver(error)) if changed.len() >= required && errors::is_missing_table(&error) => break,
                Err(failure) => return Err(self.classify(failure, query.statement)),
            }
        }
        answers.ended.map_err(|failure| self.classify(failure, &nothing))?;
        Ok(changed)
    }

    /// Begins a transaction with the next statement.
    pub(super) fn begin(&mut self, begin: Begin) {
        self.stage = Stage::Beginning(begin);
    }

    /// Begins the transaction now, if it was to begin with the next statement.
    pub(super) fn begin_now(&mut self) -> Result<()> {
        match std::mem::replace(&mut self.stage, Stage::Inside) {
            Stage::Beginning(Begin::Writing(text)) => {
                let row = self.batch(&text)?;
                self.has_begun(&row)
            }
            Stage::Beginning(Begin::Reading(text)) => self.batch(&text).map(drop),
            stage => {
                self.stage = stage;
                Ok(())
            }
        }
    }

    /// Reads what the server says of a transaction that was begun to write.
    ///
    /// # Errors
    /// Unusable if the server, the role or the database is read-only.
    fn has_begun(&mut self, row: &[String]) -> Result<()> {
        match State::of_row(row) {
            Some(State::Writable { number, fsync }) => {
                self.number = Some(number);
                self.durability.weakness = (fsync == "off").then(|| "fsync is off".to_owned());
                Ok(())
            }
            Some(State::Standby) => Err(errors::standby(&self.place)),
            Some(State::ReadOnly) => Err(errors::read_only(&self.place)),
            None => Err(Error::internal("the server did not describe the transaction")),
        }
    }

    /// Commits the transaction.
    pub(super) fn commit(&mut self) -> Result<(), CommitFailure> {
        // One that has not begun has changed nothing.
        if matches!(std::mem::replace(&mut self.stage, Stage::Outside), Stage::Beginning(_)) {
            return Ok(());
        }
        let Err(failure) = self.client.batch_to_the_end(COMMIT) else {
            self.durability.committed();
            return Ok(());
        };
        let Failure::Driver(error) = failure else {
            return Err(CommitFailure::Unanswered(errors::failed(failure, &self.place)));
        };
        let is_foreign_key = errors::is_foreign_key(&error);
        let is_answer = errors::is_answer(&error) && !self.client.is_closed();
        let error = errors::classify(&error, &self.place, &[]);
        if is_answer {
            self.stage = Stage::Inside;
            self.roll_back();
        }
        Err(if is_foreign_key {
            CommitFailure::ForeignKey(error)
        } else if is_answer {
            CommitFailure::RolledBack(error)
        } else {
            CommitFailure::Unanswered(error)
        })
    }

    /// Rolls back the transaction, if one is open.
    pub(super) fn roll_back(&mut self) {
        self.durability.rolled_back();
        let stage = std::mem::replace(&mut self.stage, Stage::Outside);
        if matches!(stage, Stage::Inside) && !self.client.is_closed() {
            // If this fails, the connection is lost and the transaction rolled
            // back.
            let _ = self.client.batch_to_the_end("ROLLBACK");
        }
    }
}
