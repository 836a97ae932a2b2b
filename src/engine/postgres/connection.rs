//! A connection to one database of a server.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::engine::connection::{CommitFailure, Connection, LostCommit, OnRow, Purpose, ReadConnection};
use crate::engine::dialect::Dialect;
use crate::engine::options::Options;
use crate::engine::postgres::client::{Client, Failure};
use crate::engine::postgres::dialect::DIALECT;
use crate::engine::postgres::opening::open;
use crate::engine::postgres::settings::{Settings, State};
use crate::engine::postgres::value::PostgresRow;
use crate::engine::postgres::{catalog, errors};
use crate::engine::row::Row;
use crate::engine::server::{Described, reference, run_patiently, waited};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table, TableName};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::{Value, array};
use crate::error::{Error, Result};

/// The statements that commit. In an aborted transaction, COMMIT would silently
/// roll back; the first statement fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

/// How often the server is asked about a commit that runs.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

struct Postgres {
    client: Client,
    settings: Settings,
    url: DatabaseUrl,
    options: Options,
    /// The name of the database in messages.
    place: String,
    /// The zone of stored times, if it is not UTC.
    zone: Option<TimeZone>,
    is_in_transaction: bool,
    /// The number of the last transaction that was begun to write.
    number: Option<String>,
    /// The types of columns that are not PostgreSQL's own, such as `citext`.
    foreign_types: BTreeSet<String>,
}

/// Connects to the server that `url` names.
pub(in crate::engine) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let place = url.to_string();
    let zone = match options.time_zone.as_deref() {
        None | Some("UTC") => None,
        Some(name) => Some(TimeZone::get(name).map_err(|_| Error::usage("unknown time zone"))?),
    };
    let (client, role) = open(url, &options, &place)?;
    let settings = Settings::of(&options, role.as_deref());
    let url = url.clone();
    Ok(Box::new(Postgres {
        client,
        settings,
        url,
        options,
        place,
        zone,
        is_in_transaction: false,
        number: None,
        foreign_types: BTreeSet::new(),
    }))
}

impl Postgres {
    fn classify(&self, failure: Failure, statement: &Statement) -> Error {
        let (interrupted, place) = (self.options.interrupt.check(), &self.place);
        match (failure, interrupted) {
            (Failure::Receiver(error), _) => error,
            (_, Err(interrupted)) => interrupted,
            (Failure::Driver(error), Ok(())) => errors::sequence_behind_table(&error, &statement.text)
                .unwrap_or_else(|| waited(errors::classify(&error, place, &statement.parameters), &self.options)),
            (failure, Ok(())) => errors::lost(failure, place),
        }
    }

    /// Makes the driver look up the types that it does not know. It does so when a
    /// result has one, and would wait forever behind a result of many rows.
    fn learn_types(&mut self) -> Result<()> {
        if self.foreign_types.is_empty() {
            return Ok(());
        }
        let nulls: Vec<String> = self.foreign_types.iter().map(|declared| format!("NULL::{declared}")).collect();
        let statement = Statement::plain(format!("SELECT {} LIMIT 0", nulls.join(", ")));
        self.run_one(&statement, &mut |_| Ok(())).map(drop)
    }

    fn batch(&mut self, text: &str) -> Result<Vec<String>> {
        self.client.batch(text).map_err(|failure| self.classify(failure, &Statement::plain("")))
    }

    /// Runs a statement in the open transaction, or in one of its own.
    fn run_one(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<u64> {
        let zone = self.zone.as_ref();
        let mut on_row = |row: &tokio_postgres::Row| on_row(Row::new(&PostgresRow { row, zone }));
        let outcome = if self.is_in_transaction {
            self.client.query(statement, &mut on_row)
        } else {
            self.client.query_alone(&self.settings.begin_alone(), statement, &mut on_row)
        };
        outcome.map_err(|failure| self.classify(failure, statement))
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// Unusable if the server, the role or the database is read-only.
    fn begin_writing(&mut self, begin: &str) -> Result<()> {
        let place = &self.place.clone();
        match State::of_row(&self.batch(begin)?) {
            Some(State::Writable { number }) => {
                self.number = Some(number);
                Ok(())
            }
            Some(State::Standby) => Err(errors::standby(place)),
            Some(State::ReadOnly) => {
                Err(Error::unusable(format!("{place} cannot be written: default_transaction_read_only is on"))
                    .hint("turn it off for this role, or connect as a role that may write"))
            }
            None => Err(Error::internal("the server did not describe the transaction")),
        }
    }
}

impl ReadConnection for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        let names = ["version", "database", "role", "search_path", "tls"];
        let mut facts = vec![("engine", "PostgreSQL".to_owned()), ("server", self.place.clone())];
        self.query(&Statement::plain(catalog::FACTS), &mut |row| {
            for (at, name) in names.into_iter().enumerate() {
                facts.push((name, row.text(at)?));
            }
            let is_standby = row.flag(names.len())?;
            facts.push(("standby", if is_standby { "yes (read-only)" } else { "no" }.to_owned()));
            facts.push(("fsync", row.text(names.len() + 1)?));
            Ok(())
        })?;
        Ok(facts)
    }

    fn tables(&mut self, wanted: &[&str]) -> Result<Vec<TableName>> {
        let wanted = array(wanted.iter().map(|name| Value::text(name)).collect::<Vec<_>>().iter());
        let statement = Statement { text: catalog::TABLES.to_owned(), parameters: vec![wanted] };
        let mut tables = Vec::new();
        self.query(&statement, &mut |row| {
            tables.push(TableName {
                name: row.text(0)?,
                schema: row.optional_text(1)?,
                path_schema: row.optional_text(4)?,
                is_user_model: row.flag(2)?,
                may_hold_tokens: row.flag(3)?,
            });
            Ok(())
        })?;
        Ok(tables)
    }

    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>> {
        let names = array(tables.iter().map(|name| Value::text(name)).collect::<Vec<_>>().iter());
        let statement = Statement { text: catalog::DESCRIBE.to_owned(), parameters: vec![names] };
        let mut described = Described::default();
        self.query(&statement, &mut |row| described.row(row))?;
        let tables = described.tables();
        let foreign = tables.iter().flat_map(|table| &table.columns).filter(|column| column.type_schema.is_some());
        self.foreign_types.extend(foreign.map(|column| column.declared.clone()));
        self.learn_types()?;
        Ok(tables)
    }

    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        let names = array(tables.iter().map(|name| Value::text(name)).collect::<Vec<_>>().iter());
        let statement = Statement { text: catalog::REFERENCES.to_owned(), parameters: vec![names] };
        let mut found = Vec::new();
        self.query(&statement, &mut |row| {
            found.push(reference(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn query(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<()> {
        // The server stores no text with a NUL character, and rejects one as a
        // parameter.
        if statement.parameters.iter().any(|value| value.as_str().is_some_and(|text| text.contains('\0'))) {
            return Ok(());
        }
        if self.is_in_transaction {
            return self.run_one(statement, on_row).map(drop);
        }
        let options = self.options.clone();
        run_patiently(&options, |has_rows| {
            let mut on_row = |row: Row<'_>| {
                has_rows.set(true);
                on_row(row)
            };
            let outcome = self.run_one(statement, &mut on_row).map(drop);
            if outcome.is_ok() || has_rows.get() || !self.client.is_closed() || options.interrupt.is_requested() {
                return outcome;
            }
            // The server closes a connection that was idle for too long, as behind a pager.
            self.reopen()?;
            self.run_one(statement, &mut on_row).map(drop)
        })
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        // Unlike a prepared statement, this leaves nothing in the session.
        let explained =
            Statement { text: format!("EXPLAIN {}", statement.text), parameters: statement.parameters.clone() };
        match self.query(&explained, &mut |_| Ok(())) {
            // Works with a role that may only read.
            Err(error) if errors::is_forbidden(&error) => Ok(()),
            outcome => outcome,
        }
    }
}

impl Connection for Postgres {
    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        self.run_one(statement, &mut |_| Ok(()))
    }

    fn last_key(&mut self) -> Result<Value> {
        let mut key = None;
        self.query(&Statement::plain(catalog::LAST_KEY), &mut |row| {
            key = Some(row.get(0)?.to_value());
            Ok(())
        })?;
        key.ok_or_else(|| Error::internal("the database returned no primary key"))
    }

    fn begin(&mut self, purpose: &Purpose) -> Result<()> {
        self.is_in_transaction = true;
        let begun = match purpose {
            Purpose::Reading => self.batch(&self.settings.begin_reading()).map(drop),
            Purpose::Writing | Purpose::WritingMuch | Purpose::Renewal(_) => {
                self.begin_writing(&self.settings.begin_writing())
            }
            // Two migrations run one after the other.
            Purpose::SchemaChange => self.begin_writing(&self.settings.begin_migrating()),
        };
        begun.inspect_err(|_| self.roll_back())
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.batch(script).map(drop)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let Err(failure) = self.client.batch_to_the_end(COMMIT) else {
            self.is_in_transaction = false;
            return Ok(());
        };
        let Failure::Driver(error) = failure else {
            self.is_in_transaction = false;
            return Err(CommitFailure::Unclear(errors::lost(failure, &self.place)));
        };
        let is_foreign_key = errors::is_foreign_key(&error);
        let is_answer = errors::is_answer(&error) && !self.client.is_closed();
        let error = errors::classify(&error, &self.place, &[]);
        if is_answer {
            self.roll_back();
        }
        self.is_in_transaction = false;
        Err(if is_foreign_key {
            CommitFailure::ForeignKey(error)
        } else if is_answer {
            CommitFailure::RolledBack(error)
        } else {
            CommitFailure::Unclear(error)
        })
    }

    fn roll_back(&mut self) {
        if std::mem::take(&mut self.is_in_transaction) && !self.client.is_closed() {
            // If this fails, the connection is lost and the transaction rolled
            // back.
            let _ = self.client.batch_to_the_end("ROLLBACK");
        }
    }

    /// Asks the server, which keeps the outcome of each transaction by its number.
    fn lost_commit(&mut self) -> Result<Option<LostCommit>> {
        let Some(number) = self.number.clone() else { return Ok(None) };
        let statement = Statement { text: catalog::OUTCOME.to_owned(), parameters: vec![Value::text(&number)] };
        let started = Instant::now();
        loop {
            self.options.interrupt.check()?;
            let mut outcome = None;
            self.query(&statement, &mut |row| {
                outcome = row.optional_text(0)?;
                Ok(())
            })?;
            match outcome.as_deref() {
                Some("committed") => return Ok(Some(LostCommit::Committed)),
                Some("aborted") => return Ok(Some(LostCommit::RolledBack)),
                Some("in progress") if started.elapsed() < self.options.busy_timeout => thread::sleep(BETWEEN_LOOKS),
                Some("in progress") => return Err(Error::busy(format!("{} has not ended the commit", self.place))),
                _ => return Ok(None),
            }
        }
    }

    fn reopen(&mut self) -> Result<()> {
        (self.client, _) = open(&self.url, &self.options, &self.place)?;
        self.is_in_transaction = false;
        self.learn_types()
    }
}
