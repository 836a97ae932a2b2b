//! A connection to one database of a server.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::engine::connection::{CommitFailure, Connection, LostCommit, OnRow, Purpose, ReadConnection};
use crate::engine::dialect::Dialect;
use crate::engine::options::Options;
use crate::engine::postgres::client::{Client, Failure};
use crate::engine::postgres::dialect::DIALECT;
use crate::engine::postgres::opening::open;
use crate::engine::postgres::settings::{Settings, State};
use crate::engine::postgres::value::PostgresRow;
use crate::engine::postgres::{catalog, errors, lost_commit};
use crate::engine::row::Row;
use crate::engine::server::{Described, Durability, reference, run_patiently, waited};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table, TableName};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::{Value, array};
use crate::error::{Error, Result};

/// The statements that commit. In an aborted transaction, COMMIT would silently
/// roll back; the first statement fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

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
    durability: Durability,
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
        durability: Durability::default(),
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
            (failure, Ok(())) => errors::failed(failure, place),
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
            Some(State::Writable { number, fsync }) => {
                self.number = Some(number);
                self.durability.weakness = (fsync == "off").then(|| "fsync is off".to_owned());
                Ok(())
            }
            Some(State::Standby) => Err(errors::standby(place)),
            Some(State::ReadOnly) => Err(errors::read_only(place)),
            None => Err(Error::internal("the server did not describe the transaction")),
        }
    }
}

/// Returns a catalog query about tables with these names.
fn of_tables(query: &str, names: &[impl AsRef<str>]) -> Statement {
    let names: Vec<Value> = names.iter().map(|name| Value::text(name.as_ref())).collect();
    Statement { text: query.to_owned(), parameters: vec![array(names.iter())] }
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
        let statement = of_tables(catalog::TABLES, wanted);
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
        let mut described = Described::default();
        self.query(&of_tables(catalog::DESCRIBE, tables), &mut |row| described.row(row))?;
        let tables = described.tables();
        let foreign = tables.iter().flat_map(|table| &table.columns).filter(|column| column.type_schema.is_some());
        self.foreign_types.extend(foreign.map(|column| column.declared.clone()));
        self.learn_types()?;
        Ok(tables)
    }

    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        self.query(&of_tables(catalog::REFERENCES, tables), &mut |row| {
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

    fn remarks(&mut self) -> Vec<String> {
        self.durability.warning().into_iter().collect()
    }
}

impl Connection for Postgres {
    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let rows = self.run_one(statement, &mut |_| Ok(()))?;
        if rows > 0 {
            self.durability.changed();
        }
        Ok(rows)
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
        self.durability.changed();
        self.batch(script).map(drop)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let Err(failure) = self.client.batch_to_the_end(COMMIT) else {
            self.is_in_transaction = false;
            self.durability.committed();
            return Ok(());
        };
        let Failure::Driver(error) = failure else {
            self.is_in_transaction = false;
            return Err(CommitFailure::Unanswered(errors::failed(failure, &self.place)));
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
            CommitFailure::Unanswered(error)
        })
    }

    fn roll_back(&mut self) {
        self.durability.rolled_back();
        if std::mem::take(&mut self.is_in_transaction) && !self.client.is_closed() {
            // If this fails, the connection is lost and the transaction rolled
            // back.
            let _ = self.client.batch_to_the_end("ROLLBACK");
        }
    }

    /// Asks the server, which keeps the outcome of each transaction by its number.
    fn lost_commit(&mut self) -> Result<Option<LostCommit>> {
        let Some(number) = self.number.clone() else { return Ok(None) };
        let (options, place) = (self.options.clone(), self.place.clone());
        lost_commit::ask(self, &number, &options, &place)
    }

    fn reopen(&mut self) -> Result<()> {
        (self.client, _) = open(&self.url, &self.options, &self.place)?;
        self.is_in_transaction = false;
        self.learn_types()
    }
}
