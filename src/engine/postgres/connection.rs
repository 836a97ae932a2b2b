//! A connection to one database of a server.

use jiff::tz::TimeZone;
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;

use crate::engine::connection::{CommitFailure, Connection, OnRow, Purpose, ReadConnection};
use crate::engine::dialect::Dialect;
use crate::engine::options::Options;
use crate::engine::postgres::dialect::DIALECT;
use crate::engine::postgres::opening::open;
use crate::engine::postgres::value::PostgresRow;
use crate::engine::postgres::watcher::Watcher;
use crate::engine::postgres::{catalog, errors};
use crate::engine::row::Row;
use crate::engine::server::{Described, reference, run_patiently, waited};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table, TableName};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::{Value, array};
use crate::error::{Error, Result};

/// The statement that begins a transaction that writes.
const BEGIN: &str = "BEGIN READ WRITE";

/// The statement that begins a transaction that reads one consistent state.
const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The statements that commit. In an aborted transaction, COMMIT would silently
/// roll back; the first statement fails then.
const COMMIT: &str = "SELECT 1; COMMIT";

/// The number of the migration lock.
const MIGRATING: i64 = 0x6472_6663_746c;

struct Postgres {
    client: Client,
    watcher: Watcher,
    url: DatabaseUrl,
    options: Options,
    /// The name of the database in messages.
    place: String,
    /// The zone of stored times, if it is not UTC.
    zone: Option<TimeZone>,
    is_in_transaction: bool,
}

/// Connects to the server that `url` names.
pub(in crate::engine) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let place = url.to_string();
    let zone = match options.time_zone.as_deref() {
        None | Some("UTC") => None,
        Some(name) => Some(TimeZone::get(name).map_err(|_| Error::usage("unknown time zone"))?),
    };
    let (client, watcher) = open(url, &options, &place)?;
    Ok(Box::new(Postgres { client, watcher, url: url.clone(), options, place, zone, is_in_transaction: false }))
}

impl Postgres {
    fn classify(&self, error: &postgres::Error, values: &[Value]) -> Error {
        match self.options.interrupt.check() {
            Err(interrupted) => interrupted,
            Ok(()) => waited(errors::classify(error, &self.place, values), &self.options),
        }
    }

    fn batch(&mut self, text: &str) -> Result<()> {
        let Self { client, watcher, .. } = self;
        let done = watcher.watched(|| client.batch_execute(text));
        done.map_err(|error| self.classify(&error, &[]))
    }

    /// Runs an unnamed statement in one round trip, because a pooler may use
    /// another session for the next one. The server infers the types of the
    /// parameters.
    fn run_one(&mut self, statement: &Statement, on_row: &mut OnRow<'_>) -> Result<u64> {
        let Self { client, watcher, zone, .. } = self;
        let parameters = statement.parameters.iter().map(|value| (value, Type::UNKNOWN));
        let mut failed = None;
        let outcome = watcher.watched(|| {
            let mut rows = client.query_typed_raw(&statement.text, parameters)?;
            while let Some(row) = rows.next()? {
                if let Err(error) = on_row(Row::new(&PostgresRow { row: &row, zone: zone.as_ref() })) {
                    failed = Some(error);
                    break;
                }
            }
            Ok(rows.rows_affected().unwrap_or_default())
        });
        match (failed, outcome) {
            (Some(error), _) => Err(error),
            (None, outcome) => outcome.map_err(|error| {
                let behind = errors::sequence_behind_table(&error, &statement.text);
                behind.unwrap_or_else(|| self.classify(&error, &statement.parameters))
            }),
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
        Ok(described.tables())
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
                *has_rows = true;
                on_row(row)
            };
            self.run_one(statement, &mut on_row).map(drop)
        })
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        let options = self.options.clone();
        run_patiently(&options, |_| {
            let prepared = self.client.prepare(&statement.text).map(drop);
            prepared.map_err(|error| self.classify(&error, &statement.parameters))
        })
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
        let begin = match purpose {
            Purpose::Reading => BEGIN_READING.to_owned(),
            Purpose::Writing | Purpose::WritingMuch | Purpose::Renewal(_) => BEGIN.to_owned(),
            // Two migrations run one after the other.
            Purpose::SchemaChange => format!("{BEGIN}; SELECT pg_catalog.pg_advisory_xact_lock({MIGRATING})"),
        };
        self.is_in_transaction = true;
        self.batch(&begin).inspect_err(|_| self.roll_back())
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.batch(script)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        let Err(error) = self.client.batch_execute(COMMIT) else {
            self.is_in_transaction = false;
            return Ok(());
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
        if std::mem::take(&mut self.is_in_transaction) {
            // If this fails, the connection is lost and the transaction rolled
            // back.
            let _ = self.client.batch_execute("ROLLBACK");
        }
    }

    /// Waits for writers, because rows that are not committed are not visible.
    fn await_writers(&mut self, tables: &[&str]) -> Result<()> {
        let tables = tables.iter().map(|table| DIALECT.name(table)).collect::<Vec<_>>().join(", ");
        self.batch(&format!("LOCK TABLE {tables} IN SHARE MODE"))
    }

    fn reopen(&mut self) -> Result<()> {
        (self.client, self.watcher) = open(&self.url, &self.options, &self.place)?;
        self.is_in_transaction = false;
        Ok(())
    }
}
