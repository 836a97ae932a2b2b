//! PostgreSQL, and what speaks its protocol.

mod access;
mod catalog;
mod naming;
mod opening;
mod tls;
mod value;
mod waiting;

use std::collections::HashMap;

use jiff::tz::TimeZone;
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use tokio_postgres_rustls::MakeRustlsConnect;

use self::opening::open;
use self::value::{Received, in_zone};
use self::waiting::attended;
use crate::database_url::DatabaseUrl;
use crate::engine::server::described;
use crate::engine::{CommitFailure, Connection, Options};
use crate::error::{Error, Result};
use crate::migrations;
use crate::process;
use crate::schema::catalog::Table;
use crate::sql::pattern::Matching;
use crate::sql::{Dialect, Many, Moments, Placeholder, Statement, Value};

pub(super) static DIALECT: Dialect = Dialect {
    quote: '"',
    placeholder: Placeholder::Dollar,
    matching: Matching::Like,
    moments: Moments::Typed,
    many: Many::Arrays(5_000),
    for_update: "",
    migrations: &migrations::POSTGRES,
};

/// How a transaction that writes begins.
const BEGIN: &str = "BEGIN READ WRITE;";

/// The number of the lock that a migration holds.
const MIGRATING: i64 = 0x6472_6663_746c;

/// How many statements are kept prepared.
const PREPARED: usize = 64;

struct Postgres {
    client: Client,
    url: DatabaseUrl,
    options: Options,
    /// How a person knows the database.
    place: String,
    /// The zone of times, where it is not UTC.
    zone: Option<TimeZone>,
    prepared: HashMap<String, postgres::Statement>,
    /// What encrypts a connection; none on a socket.
    connector: Option<MakeRustlsConnect>,
    is_in_transaction: bool,
}

/// Connects to the server that `url` names.
pub(super) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let place = url.to_string();
    let zone = match options.time_zone.as_deref() {
        None | Some("UTC") => None,
        Some(name) => Some(TimeZone::get(name).map_err(|_| Error::usage(format!("there is no time zone {name}")))?),
    };
    let (client, connector) = open(url, &options, &place)?;
    let (url, prepared) = (url.clone(), HashMap::new());
    Ok(Box::new(Postgres { client, connector, url, options, place, zone, prepared, is_in_transaction: false }))
}

impl Postgres {
    fn named(&self, error: &postgres::Error) -> Error {
        naming::named(error, &self.place, &[])
    }

    fn batch(&mut self, text: &str) -> Result<()> {
        let done = self.client.batch_execute(text);
        done.map_err(|error| naming::named(&error, &self.place, &[]))
    }

    fn prepare(&mut self, text: &str) -> Result<postgres::Statement> {
        if let Some(known) = self.prepared.get(text) {
            return Ok(known.clone());
        }
        let prepared = self.client.prepare(text).map_err(|error| naming::named(&error, &self.place, &[]))?;
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        self.prepared.insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }

    /// The rows of a query of the catalog.
    fn rows(&mut self, text: &str, parameters: Vec<Value>) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        self.query(&Statement { text: text.to_owned(), parameters }, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Does something in a transaction that waits for a lock.
    fn patiently(&mut self, text: &str) -> Result<()> {
        let begin = if self.is_in_transaction { "" } else { BEGIN };
        let text = format!("{begin}{text}");
        let Self { client, connector, options, .. } = self;
        let outcome = attended(client, connector.as_ref(), &*options.on_wait, |client| client.batch_execute(&text));
        self.is_in_transaction = true;
        let Err(error) = outcome else { return Ok(()) };
        self.roll_back();
        process::heed_signals()?;
        let waited = format!("waited {:?}", self.options.busy_timeout);
        let is_locked = naming::is_locked(&error);
        let error = self.named(&error);
        Err(if is_locked { error.hint(waited) } else { error })
    }
}

impl Connection for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        const FACTS: &str = "SELECT current_setting('server_version'), current_database()::text, current_user::text,
            current_setting('search_path'), (SELECT COALESCE((SELECT CASE WHEN s.ssl THEN s.version ELSE 'none' END
            FROM pg_catalog.pg_stat_ssl s WHERE s.pid = pg_backend_pid()), 'none')), pg_is_in_recovery()";
        let row = self.rows(FACTS, Vec::new())?.pop().unwrap_or_default();
        let names = ["version", "database", "role", "search_path", "tls", "standby"];
        let mut facts = vec![("engine", "PostgreSQL".to_owned()), ("server", self.place.clone())];
        facts.extend(names.into_iter().zip(row).map(|(name, value)| match (name, value) {
            ("standby", Value::Integer(0)) => (name, "no".to_owned()),
            ("standby", _) => (name, "yes: it takes no changes".to_owned()),
            (_, value) => (name, value.readable()),
        }));
        Ok(facts)
    }

    fn table_names(&mut self) -> Result<Vec<String>> {
        let rows = self.rows(catalog::TABLE_NAMES, Vec::new())?;
        Ok(rows.into_iter().flatten().map(|name| name.readable()).collect())
    }

    fn describe(&mut self, table: &str) -> Result<Table> {
        let regclass = || vec![Value::text(&DIALECT.name(table))];
        let columns = self.rows(catalog::COLUMNS, regclass())?;
        let unique = self.rows(catalog::UNIQUE, regclass())?;
        let foreign_keys = self.rows(catalog::FOREIGN_KEYS, regclass())?;
        Ok(described(table, &columns, &unique, &foreign_keys))
    }

    fn query(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
        // The server has no text with a NUL, and would not look for one.
        if statement.parameters.iter().any(|value| value.as_str().is_some_and(|text| text.contains('\0'))) {
            return Ok(());
        }
        let prepared = self.prepare(&statement.text)?;
        let named = |error| naming::named(&error, &self.place, &statement.parameters);
        let mut rows = self.client.query_raw(&prepared, &statement.parameters).map_err(named)?;
        while let Some(row) = rows.next().map_err(named)? {
            let value = |(at, column): (usize, &postgres::Column)| {
                let received: Received = row.try_get(at).map_err(named)?;
                Ok(in_zone(received.0, column.type_(), self.zone.as_ref()))
            };
            on_row(row.columns().iter().enumerate().map(value).collect::<Result<_>>()?)?;
        }
        Ok(())
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        let prepared = self.prepare(&statement.text)?;
        let parameters: Vec<_> =
            statement.parameters.iter().map(|value| value as &(dyn postgres::types::ToSql + Sync)).collect();
        let Self { client, connector, options, .. } = self;
        let done =
            attended(client, connector.as_ref(), &*options.on_wait, |client| client.execute(&prepared, &parameters));
        done.map_err(|error| match process::heed_signals() {
            Err(interrupted) => interrupted,
            Ok(()) => naming::named(&error, &self.place, &statement.parameters),
        })
    }

    fn last_key(&mut self) -> Result<Value> {
        let rows = self.rows("SELECT lastval()", Vec::new())?;
        rows.into_iter().flatten().next().ok_or_else(|| Error::internal("the database gave no key"))
    }

    fn is_self_contained(&mut self, table: &str) -> Result<bool> {
        let rows = self.rows(catalog::IS_WATCHED, vec![Value::text(&DIALECT.name(table))])?;
        Ok(rows.into_iter().flatten().next().and_then(|value| value.as_integer()) == Some(0))
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        self.prepare(&statement.text).map(drop)
    }

    fn begin(&mut self) -> Result<()> {
        self.batch(BEGIN)?;
        self.is_in_transaction = true;
        Ok(())
    }

    fn lock(&mut self, tables: &[String]) -> Result<()> {
        let tables = tables.iter().map(|table| DIALECT.name(table)).collect::<Vec<_>>().join(", ");
        self.patiently(&format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"))
    }

    /// Two of drfctl's wait for each other.
    fn begin_schema_change(&mut self) -> Result<()> {
        self.patiently(&format!("SELECT pg_advisory_xact_lock({MIGRATING})"))
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.batch(script)
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        self.is_in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        // A transaction that an error has ended would be undone without a word.
        if let Err(error) = self.client.batch_execute("SELECT 1") {
            let error = self.named(&error);
            self.roll_back();
            return Err(CommitFailure::Undone(error));
        }
        self.is_in_transaction = false;
        let Err(error) = self.client.batch_execute("COMMIT") else { return Ok(()) };
        let is_foreign_key = naming::is_foreign_key(&error);
        let is_told = naming::is_told(&error) && !self.client.is_closed();
        let error = self.named(&error);
        Err(if is_foreign_key {
            CommitFailure::ForeignKey(error)
        } else if is_told {
            CommitFailure::Undone(error)
        } else {
            CommitFailure::Unclear(error)
        })
    }

    fn roll_back(&mut self) {
        if std::mem::take(&mut self.is_in_transaction) {
            // Where this fails the connection is lost, and the transaction with it.
            let _ = self.client.batch_execute("ROLLBACK");
        }
    }

    fn reopen(&mut self) -> Result<()> {
        self.prepared.clear();
        (self.client, self.connector) = open(&self.url, &self.options, &self.place)?;
        self.is_in_transaction = false;
        Ok(())
    }
}
