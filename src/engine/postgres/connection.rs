//! A connection to one database of a server.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::engine::connection::{CommitFailure, Connection, LostCommit, Purpose, Query, ReadConnection, Tables};
use crate::engine::dialect::Dialect;
use crate::engine::options::Options;
use crate::engine::postgres::dialect::DIALECT;
use crate::engine::postgres::session::{Begin, Session};
use crate::engine::postgres::{catalog, errors, lost_commit};
use crate::engine::row::Row;
use crate::engine::server::{Described, reference, run_patiently};
use crate::engine::statement::Statement;
use crate::engine::table::{Reference, Table};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::{Value, array};
use crate::error::{Error, Result};

/// The statements around one that may fail in a transaction that goes on.
const SAVEPOINT: &str = "SAVEPOINT attempt";
const RELEASE: &str = "RELEASE SAVEPOINT attempt";
const ROLL_BACK_TO: &str = "ROLLBACK TO SAVEPOINT attempt";

struct Postgres {
    session: Session,
    /// The types of columns that are not PostgreSQL's own, such as `citext`.
    foreign_types: BTreeSet<String>,
}

/// Connects to the server that `url` names.
pub(in crate::engine) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    Ok(Box::new(Postgres { session: Session::open(url, options)?, foreign_types: BTreeSet::new() }))
}

impl Postgres {
    /// Returns the tables. First makes the driver look up the types of their columns:
    /// during a result of many rows, that look-up would wait forever.
    fn learned(&mut self, described: Described) -> Result<Vec<Table>> {
        let tables = described.tables();
        let foreign = tables.iter().flat_map(|table| &table.columns).filter(|column| column.type_schema.is_some());
        self.foreign_types.extend(foreign.map(|column| column.declared.clone()));
        self.learn_types()?;
        Ok(tables)
    }

    /// Runs statements that read; after the first `required` ones, one may fail because
    /// its table is missing. Returns how many succeeded.
    fn query_some(&mut self, queries: &mut [Query<'_>], required: usize) -> Result<usize> {
        // The server stores no text with a NUL character, and rejects one as a
        // parameter.
        let has_nul = |value: &Value| value.as_str().is_some_and(|text| text.contains('\0'));
        let can_match = |query: &&mut Query<'_>| !query.statement.parameters.iter().any(has_nul);
        let mut queries: Vec<&mut Query<'_>> = queries.iter_mut().filter(can_match).collect();
        let required = required.min(queries.len());
        if queries.is_empty() {
            return Ok(0);
        }
        if !self.session.is_outside() {
            return self.session.run_some(&mut queries, required, &Cell::default()).map(|rows| rows.len());
        }
        let options = self.session.options.clone();
        run_patiently(&options, |has_rows| {
            let outcome = self.session.run_some(&mut queries, required, has_rows).map(|rows| rows.len());
            if outcome.is_ok() || has_rows.get() || !self.session.is_closed() || options.interrupt.is_requested() {
                return outcome;
            }
            // The server closes a connection that was idle for too long, as behind a pager.
            self.reopen()?;
            self.session.run_some(&mut queries, required, has_rows).map(|rows| rows.len())
        })
    }

    /// Makes the driver look up the types that are not PostgreSQL's own.
    fn learn_types(&mut self) -> Result<()> {
        if self.foreign_types.is_empty() {
            return Ok(());
        }
        let nulls: Vec<String> = self.foreign_types.iter().map(|declared| format!("NULL::{declared}")).collect();
        let statement = Statement::plain(format!("SELECT {} LIMIT 0", nulls.join(", ")));
        let mut query = Query { statement: &statement, on_row: &mut |_| Ok(()) };
        self.session.run_all(&mut [&mut query], &Cell::default()).map(drop)
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
        let mut facts = vec![("engine", "PostgreSQL".to_owned()), ("server", self.session.place.clone())];
        self.query(&Statement::plain(catalog::FACTS), &mut |row| {
            facts.extend(catalog::facts(row)?);
            Ok(())
        })?;
        Ok(facts)
    }

    fn tables(&mut self, wanted: &[&str], attempt: Option<Query<'_>>) -> Result<Tables> {
        let (names, shapes) = (of_tables(catalog::TABLES, wanted), of_tables(catalog::DESCRIBE, wanted));
        let [savepoint, release] = [SAVEPOINT, RELEASE].map(Statement::plain);
        let (mut tables, mut described) = (Vec::new(), Described::default());
        let mut describe = |row: Row<'_>| described.row(row);
        let mut add = |row: Row<'_>| {
            tables.push(catalog::table_name(row)?);
            Ok(())
        };
        let (mut of_savepoint, mut of_release) = (|_: Row<'_>| Ok(()), |_: Row<'_>| Ok(()));
        let mut queries =
            vec![Query { statement: &names, on_row: &mut add }, Query { statement: &shapes, on_row: &mut describe }];
        let required = queries.len();
        if let Some(Query { statement, on_row }) = attempt {
            queries.push(Query { statement: &savepoint, on_row: &mut of_savepoint });
            queries.push(Query { statement, on_row });
            queries.push(Query { statement: &release, on_row: &mut of_release });
        }
        let (all, succeeded) = (queries.len(), self.query_some(&mut queries, required)?);
        if succeeded < all && !self.session.is_outside() {
            self.session.batch(ROLL_BACK_TO)?;
        }
        let has_succeeded = all > required && succeeded == all;
        Ok(Tables { names: tables, described: self.learned(described)?, has_succeeded })
    }

    fn describe(&mut self, tables: &[String]) -> Result<Vec<Table>> {
        let mut described = Described::default();
        self.query(&of_tables(catalog::DESCRIBE, tables), &mut |row| described.row(row))?;
        self.learned(described)
    }

    fn references(&mut self, tables: &[String]) -> Result<Vec<Reference>> {
        let mut found = Vec::new();
        self.query(&of_tables(catalog::REFERENCES, tables), &mut |row| {
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
        self.session.durability.warning().into_iter().collect()
    }
}

impl Connection for Postgres {
    fn execute_all(&mut self, queries: &mut [Query<'_>]) -> Result<Vec<u64>> {
        // A statement that writes is sent only after the transaction has begun.
        self.session.begin_now()?;
        let mut queries: Vec<&mut Query<'_>> = queries.iter_mut().collect();
        let rows = self.session.run_all(&mut queries, &Cell::default())?;
        if rows.iter().any(|rows| *rows > 0) {
            self.session.durability.changed();
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
        let settings = &self.session.settings;
        match purpose {
            Purpose::Reading => self.session.begin(Begin::Reading(settings.begin_reading())),
            Purpose::Writing | Purpose::WritingMuch | Purpose::Renewal(_) => {
                self.session.begin(Begin::Writing(settings.begin_writing()));
            }
            // Two migrations run one after the other.
            Purpose::SchemaChange => {
                self.session.begin(Begin::Writing(settings.begin_migrating()));
                return self.session.begin_now().inspect_err(|_| self.session.roll_back());
            }
        }
        Ok(())
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.session.begin_now()?;
        self.session.durability.changed();
        self.session.batch(script).map(drop)
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        self.session.commit()
    }

    fn roll_back(&mut self) {
        self.session.roll_back();
    }

    /// Asks the server, which keeps the outcome of each transaction by its number.
    fn lost_commit(&mut self) -> Result<Option<LostCommit>> {
        let Some(number) = self.session.number.clone() else { return Ok(None) };
        let (options, place) = (self.session.options.clone(), self.session.place.clone());
        lost_commit::ask(self, &number, &options, &place)
    }

    fn reopen(&mut self) -> Result<()> {
        self.session.reopen()?;
        self.learn_types()
    }
}
