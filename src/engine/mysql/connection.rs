//! A connection to one database of a server.

use std::cell::Cell;
use std::time::Instant;

use zeroize::Zeroizing;

use crate::engine::connection::{CommitFailure, Connection, Purpose, Query, ReadConnection, Tables};
use crate::engine::dialect::Dialect;
use crate::engine::mysql::client::{Client, Failure, OnRow as ReceiveRow};
use crate::engine::mysql::dialect::DIALECT;
use crate::engine::mysql::opening::open;
use crate::engine::mysql::value::{MySqlRow, with_literals};
use crate::engine::mysql::{catalog, errors, script};
use crate::engine::options::Options;
use crate::engine::row::Row;
use crate::engine::server::{Described, Durability, reference, run_patiently, waited};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::error::{Error, Result};

struct MySql {
    client: Client,
    url: DatabaseUrl,
    options: Options,
    /// The name of the database in messages.
    place: String,
    is_in_transaction: bool,
    /// Whether this session holds the migration lock.
    has_migration_lock: bool,
    durability: Durability,
    /// The deadline for locks.
    deadline: Instant,
}

/// Connects to the server that `url` names.
pub(in crate::engine) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let place = url.to_string();
    let client = open(url, &options, &place)?;
    let (url, deadline) = (url.clone(), Instant::now() + options.busy_timeout);
    Ok(Box::new(MySql {
        client,
        url,
        options,
        place,
        is_in_transaction: false,
        has_migration_lock: false,
        durability: Durability::default(),
        deadline,
    }))
}

impl MySql {
    /// Converts an error. An interrupt explains it.
    fn classify(&self, failure: Failure, values: &[Value]) -> Error {
        if let Failure::Receiver(error) = failure {
            return error;
        }
        if let Err(interrupted) = self.options.interrupt.check() {
            return interrupted;
        }
        let error = failure.into_error(&self.place, |error| errors::classify(error, &self.place, values));
        waited(error, &self.options)
    }

    /// Waits until no other migration runs in this database.
    fn take_migration_lock(&mut self) -> Result<()> {
        let (mut is_ours, mut flush) = (false, String::new());
        self.query(&Statement::plain(script::TAKE_LOCK), &mut |row| {
            is_ours = row.flag(0)?;
            flush = row.text(1)?;
            Ok(())
        })?;
        self.durability.weakness = weakness(&flush);
        self.has_migration_lock = is_ours;
        if is_ours { Ok(()) } else { Err(Error::busy(format!("another drfctl is changing {}", self.place))) }
    }

    /// Releases the migration lock.
    fn release_migration_lock(&mut self) {
        if std::mem::take(&mut self.has_migration_lock) {
            // If this fails, the connection is lost and the lock released.
            let _ = self.client.run_to_the_end(script::RELEASE_LOCK);
        }
    }

    /// Runs statements and returns for each how many rows it changed. After the first
    /// `required` ones, one may fail because its table is missing: then returns the
    /// counts of those before it. None is prepared: after a Galera cluster has rolled a
    /// transaction back, PREPARE still succeeds, and the statement would commit on its
    /// own.
    fn run_some(&mut self, queries: &mut [Query<'_>], required: usize, has_rows: &Cell<bool>) -> Result<Vec<u64>> {
        self.options.interrupt.check()?;
        let mut text = Zeroizing::new(String::new());
        for query in &*queries {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&Zeroizing::new(with_literals(query.statement)?));
        }
        let mut receivers: Vec<Box<ReceiveRow<'_>>> = Vec::with_capacity(queries.len());
        for Query { on_row, .. } in &mut *queries {
            receivers.push(Box::new(move |row| {
                has_rows.set(true);
                on_row(Row::new(&MySqlRow(row)))
            }));
        }
        let mut changed = Vec::with_capacity(receivers.len());
        let outcome = self.client.query_all(&text, &mut receivers, &mut changed);
        drop(receivers);
        match outcome {
            Err(failure) if changed.len() < required || !errors::is_missing_table(&failure) => {
                let values: Vec<Value> =
                    queries.iter().flat_map(|query| &query.statement.parameters).cloned().collect();
                Err(self.classify(failure, &values))
            }
            _ => Ok(changed),
        }
    }

    /// Runs statements that read; after the first `required` ones, one may fail because
    /// its table is missing. Returns how many succeeded.
    fn query_some(&mut self, queries: &mut [Query<'_>], required: usize) -> Result<usize> {
        if self.is_in_transaction || self.has_migration_lock {
            return self.run_some(queries, required, &Cell::default()).map(|rows| rows.len());
        }
        let options = self.options.clone();
        run_patiently(&options, |has_rows| {
            let outcome = self.run_some(queries, required, has_rows).map(|rows| rows.len());
            if outcome.is_ok() || has_rows.get() || !self.client.is_closed() || options.interrupt.is_requested() {
                return outcome;
            }
            // The server closes a connection that was idle for too long, as behind a pager.
            self.reopen()?;
            self.run_some(queries, required, has_rows).map(|rows| rows.len())
        })
    }
}

/// Returns the setting because of which a commit may not survive a power failure,
/// from the value of `innodb_flush_log_at_trx_commit`.
fn weakness(flush: &str) -> Option<String> {
    // MariaDB's 3 writes even more often than 1.
    matches!(flush, "0" | "2").then(|| format!("innodb_flush_log_at_trx_commit is {flush}"))
}

impl ReadConnection for MySql {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        let names = ["version", "database", "user", "sql_mode", "collation", "innodb_flush_log_at_trx_commit"];
        let mut facts = Vec::new();
        self.query(&Statement::plain(catalog::FACTS), &mut |row| {
            let is_mariadb = row.text(0)?.contains("MariaDB");
            facts.push(("engine", if is_mariadb { "MariaDB" } else { "MySQL" }.to_owned()));
            for (at, name) in names.into_iter().enumerate() {
                facts.push((name, row.text(at)?));
            }
            Ok(())
        })?;
        facts.insert(1, ("server", self.place.clone()));
        let mut tls = String::new();
        self.query(&Statement::plain(catalog::TLS), &mut |row| {
            tls = row.text(1)?;
            Ok(())
        })?;
        facts.push(("tls", if tls.is_empty() { "none".to_owned() } else { tls }));
        Ok(facts)
    }

    fn tables(&mut self, wanted: &[&str], attempt: Option<Query<'_>>) -> Result<Tables> {
        let (names, shapes) = (Statement::plain(catalog::TABLES), catalog::describe(wanted));
        let (mut tables, mut described) = (Vec::new(), Described::default());
        let mut flush = None;
        let mut describe = |row: Row<'_>| described.row(row);
        let mut add = |row: Row<'_>| {
            flush = Some(row.text(3)?);
            tables.push(catalog::table_name(row)?);
            Ok(())
        };
        let mut queries =
            vec![Query { statement: &names, on_row: &mut add }, Query { statement: &shapes, on_row: &mut describe }];
        let required = queries.len();
        if let Some(Query { statement, on_row }) = attempt {
            queries.push(Query { statement, on_row });
        }
        let has_succeeded = self.query_some(&mut queries, required)? > required;
        // A database without tables has no row.
        if let Some(flush) = flush {
            self.durability.weakness = weakness(&flush);
        }
        Ok(Tables { names: tables, described: described.tables(), has_succeeded })
    }

    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>> {
        let mut described = Described::default();
        for some in tables.chunks(catalog::MOST_DESCRIBED) {
            self.query(&catalog::describe(some), &mut |row| described.row(row))?;
        }
        Ok(described.tables())
    }

    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        let statement = catalog::references(tables);
        let mut found = Vec::new();
        self.query(&statement, &mut |row| {
            found.push(reference(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    fn query_all(&mut self, queries: &mut [Query<'_>]) -> Result<()> {
        let all = queries.len();
        self.query_some(queries, all).map(drop)
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        let options = self.options.clone();
        run_patiently(&options, |_| match self.client.prepare(&statement.text) {
            // Works with an account that may only read.
            Err(failure) if !errors::is_forbidden(&failure) => Err(self.classify(failure, &statement.parameters)),
            _ => Ok(()),
        })
    }

    fn remarks(&mut self) -> Vec<String> {
        self.durability.warning().into_iter().collect()
    }
}

impl Connection for MySql {
    fn execute_all(&mut self, queries: &mut [Query<'_>]) -> Result<Vec<u64>> {
        let rows = self.run_some(queries, queries.len(), &Cell::default())?;
        if rows.iter().any(|rows| *rows > 0) {
            self.durability.changed();
        }
        Ok(rows)
    }

    fn last_key(&mut self) -> Result<Value> {
        let key = self.client.last_key().and_then(|key| i64::try_from(key).ok()).filter(|key| *key != 0);
        key.map(Value::Integer).ok_or_else(|| Error::internal("the database returned no primary key"))
    }

    fn renew_wait(&mut self) {
        self.deadline = Instant::now() + self.options.busy_timeout;
    }

    fn begin(&mut self, purpose: &Purpose) -> Result<()> {
        match purpose {
            Purpose::Reading => {
                self.client.prepend_begin(&[
                    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                ]);
                self.is_in_transaction = true;
            }
            Purpose::Writing | Purpose::WritingMuch | Purpose::Renewal(_) => {
                self.client.prepend_begin(&["START TRANSACTION"]);
                self.is_in_transaction = true;
            }
            // Each statement that changes a table commits.
            Purpose::SchemaChange if self.has_migration_lock => {}
            Purpose::SchemaChange => self.take_migration_lock()?,
        }
        Ok(())
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.durability.changed();
        let Self { client, options, place, deadline, .. } = self;
        let classify = |failure| waited(errors::failed(failure, place), options);
        let waits = |failure: &Failure| {
            errors::is_locked(failure) && Instant::now() < *deadline && !options.interrupt.is_requested()
        };
        script::run(client, script, &options.interrupt, classify, waits)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        if self.client.withdraw_begin() {
            self.is_in_transaction = false;
            return Ok(());
        }
        let Err(failure) = self.client.run_to_the_end("COMMIT") else {
            self.is_in_transaction = false;
            self.release_migration_lock();
            self.durability.committed();
            return Ok(());
        };
        let is_answer = errors::is_answer(&failure);
        let error = waited(errors::failed(failure, &self.place), &self.options);
        self.roll_back();
        Err(if is_answer { CommitFailure::RolledBack(error) } else { CommitFailure::Unanswered(error) })
    }

    fn roll_back(&mut self) {
        self.durability.rolled_back();
        if std::mem::take(&mut self.is_in_transaction)
            && !self.client.withdraw_begin()
            && !self.client.is_closed()
            && self.client.run_to_the_end("ROLLBACK").is_err()
        {
            // The server rolls back when the connection is closed.
            self.client.give_up();
        }
        self.release_migration_lock();
    }

    fn reopen(&mut self) -> Result<()> {
        self.client = open(&self.url, &self.options, &self.place)?;
        (self.is_in_transaction, self.has_migration_lock) = (false, false);
        Ok(())
    }
}
