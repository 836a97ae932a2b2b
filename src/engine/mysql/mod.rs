//! MySQL and MariaDB.

mod access;
mod catalog;
mod migrating;
mod naming;
mod opening;
mod value;

use mysql::prelude::Queryable;
use mysql::{Conn, Params};

use self::opening::open;
use self::value::{from_mysql, to_mysql};
use crate::database_url::DatabaseUrl;
use crate::engine::server::{Wait, described};
use crate::engine::{CommitFailure, Connection, Options};
use crate::error::{Error, Result};
use crate::migrations;
use crate::process;
use crate::schema::catalog::Table;
use crate::sql::pattern::Matching;
use crate::sql::{Dialect, Many, Moments, Placeholder, Statement, Value};

pub(super) static DIALECT: Dialect = Dialect {
    quote: '`',
    placeholder: Placeholder::Mark,
    matching: Matching::LikeOfLetters,
    moments: Moments::Typed,
    many: Many::Listed(250),
    for_update: " FOR UPDATE",
    migrations: &migrations::MYSQL,
};

struct MySql {
    connection: Conn,
    url: DatabaseUrl,
    options: Options,
    /// How a person knows the database.
    place: String,
    /// Whether a wait that was too long undoes the whole transaction.
    undoes_all: bool,
    /// A table that was described, and its engine without transactions.
    without_transactions: Option<(String, String)>,
    is_in_transaction: bool,
    /// Whether other drfctl wait for this one.
    has_turn: bool,
}

/// Connects to the server that `url` names.
pub(super) fn connect(url: &DatabaseUrl, options: Options) -> Result<Box<dyn Connection>> {
    let place = url.to_string();
    let connection = open(url, &options, &place)?;
    let mut mysql = MySql {
        connection,
        url: url.clone(),
        options,
        place,
        undoes_all: false,
        without_transactions: None,
        is_in_transaction: false,
        has_turn: false,
    };
    let rows = mysql.rows("SELECT @@innodb_rollback_on_timeout", Vec::new())?;
    mysql.undoes_all = rows.into_iter().flatten().next().and_then(|value| value.as_integer()) != Some(0);
    if mysql.undoes_all {
        let wait = mysql.options.busy_timeout.as_secs().clamp(1, 1_073_741_824);
        mysql.run_plain(&format!("SET SESSION innodb_lock_wait_timeout = {wait}"))?;
    }
    Ok(Box::new(mysql))
}

impl MySql {
    fn named(&self, error: mysql::Error) -> Error {
        naming::named(error, &self.place, &[])
    }

    fn run_plain(&mut self, text: &str) -> Result<()> {
        self.connection.query_drop(text).map_err(|error| naming::named(error, &self.place, &[]))
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

    /// Runs a statement until the lock it needs is obtained, or was waited for
    /// long enough.
    fn patiently<T>(
        &mut self,
        statement: &Statement,
        mut run: impl FnMut(&mut Conn, &str, Params) -> mysql::Result<T>,
    ) -> Result<T> {
        let mut wait = Wait::begin();
        loop {
            let values: Vec<_> = statement.parameters.iter().map(to_mysql).collect();
            let parameters = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
            let error = match run(&mut self.connection, &statement.text, parameters) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            process::heed_signals()?;
            let is_locked = naming::is_locked(&error);
            if !is_locked || self.undoes_all || wait.is_over(self.options.busy_timeout) {
                let error = naming::named(error, &self.place, &statement.parameters);
                let waited = format!("waited {:?}", self.options.busy_timeout);
                return Err(if is_locked { error.hint(waited) } else { error });
            }
            wait.tell(&*self.options.on_wait);
        }
    }

    /// Refuses to write where text would be cut off in silence.
    fn check_strict(&mut self) -> Result<()> {
        let mode = self.rows("SELECT @@sql_mode", Vec::new())?.into_iter().flatten().next();
        let mode = mode.map(|mode| mode.readable()).unwrap_or_default();
        if mode.split(',').any(|word| matches!(word, "STRICT_TRANS_TABLES" | "STRICT_ALL_TABLES" | "TRADITIONAL")) {
            return Ok(());
        }
        Err(Error::unusable(format!("{} is not in strict mode: it would cut off what is too long", self.place))
            .hint("SET GLOBAL sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')"))
    }
}

impl Connection for MySql {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn facts(&mut self) -> Result<Vec<(&'static str, String)>> {
        const FACTS: &str = "SELECT VERSION(), DATABASE(), CURRENT_USER(), @@sql_mode, @@collation_database";
        const TLS: &str = "SHOW SESSION STATUS LIKE 'Ssl_version'";
        let row = self.rows(FACTS, Vec::new())?.pop().unwrap_or_default();
        let names = ["version", "database", "user", "sql_mode", "collation"];
        let is_mariadb = row.first().is_some_and(|version| version.readable().contains("MariaDB"));
        let engine = if is_mariadb { "MariaDB" } else { "MySQL" };
        let mut facts = vec![("engine", engine.to_owned()), ("server", self.place.clone())];
        facts.extend(names.into_iter().zip(row).map(|(name, value)| (name, value.readable())));
        let tls = self.rows(TLS, Vec::new())?.pop().and_then(|row| row.last().map(Value::readable));
        facts.push(("tls", tls.filter(|tls| !tls.is_empty()).unwrap_or_else(|| "none".to_owned())));
        Ok(facts)
    }

    fn table_names(&mut self) -> Result<Vec<String>> {
        let rows = self.rows(catalog::TABLE_NAMES, Vec::new())?;
        Ok(rows.into_iter().flatten().map(|name| name.readable()).collect())
    }

    fn describe(&mut self, table: &str) -> Result<Table> {
        let named = || vec![Value::text(table)];
        if let Some(engine) = self.rows(catalog::WITHOUT_TRANSACTIONS, named())?.into_iter().flatten().next() {
            self.without_transactions = Some((table.to_owned(), engine.readable()));
        }
        let columns = self.rows(catalog::COLUMNS, named())?;
        let unique = self.rows(catalog::UNIQUE, named())?;
        let foreign_keys = self.rows(catalog::FOREIGN_KEYS, named())?;
        Ok(described(table, &columns, &unique, &foreign_keys))
    }

    fn query(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
        // A page at most, and no result is open while its rows are looked at.
        let rows = self.patiently(statement, |connection, text, parameters| {
            let mut rows = Vec::new();
            for row in connection.exec_iter(text, parameters)? {
                let row = row?;
                let columns = row.columns();
                let values = row.unwrap_raw().into_iter().zip(columns.iter());
                rows.push(
                    values.map(|(value, column)| from_mysql(value.unwrap_or(mysql::Value::NULL), column)).collect(),
                );
            }
            Ok(rows)
        })?;
        rows.into_iter().try_for_each(on_row)
    }

    fn execute(&mut self, statement: &Statement) -> Result<u64> {
        if let Some((table, engine)) = &self.without_transactions {
            return Err(Error::unusable(format!("the table {table} is of the engine {engine}, without transactions"))
                .hint(format!("ALTER TABLE {table} ENGINE = InnoDB")));
        }
        self.patiently(statement, |connection, text, parameters| {
            connection.exec_drop(text, parameters)?;
            Ok(connection.affected_rows())
        })
    }

    fn last_key(&mut self) -> Result<Value> {
        let key = i64::try_from(self.connection.last_insert_id()).ok().filter(|key| *key != 0);
        key.map(Value::Integer).ok_or_else(|| Error::internal("the database gave no key"))
    }

    fn is_self_contained(&mut self, table: &str) -> Result<bool> {
        let rows = self.rows(catalog::IS_WATCHED, vec![Value::text(table), Value::text(table)])?;
        Ok(rows.into_iter().flatten().next().and_then(|value| value.as_integer()) == Some(0))
    }

    fn check(&mut self, statement: &Statement) -> Result<()> {
        match self.connection.prep(&statement.text) {
            // Whoever may only look, may look.
            Err(error) if !naming::is_forbidden(&error) => {
                Err(naming::named(error, &self.place, &statement.parameters))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self) -> Result<()> {
        self.check_strict()?;
        self.run_plain("START TRANSACTION READ WRITE")?;
        self.is_in_transaction = true;
        Ok(())
    }

    /// What is read in order to be changed is locked row by row; two of drfctl's
    /// would take the rows in their own orders, and so wait for their turn.
    fn lock(&mut self, _: &[String]) -> Result<()> {
        self.take_turn()
    }

    fn begin_schema_change(&mut self) -> Result<()> {
        self.check_strict()?;
        self.take_turn()
    }

    fn run(&mut self, script: &str) -> Result<()> {
        self.run_script(script)
    }

    fn begin_reading(&mut self) -> Result<()> {
        self.run_plain("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")?;
        self.run_plain("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")?;
        self.is_in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), CommitFailure> {
        self.is_in_transaction = false;
        let committed = self.connection.query_drop("COMMIT");
        let Err(error) = committed else {
            self.give_turn();
            return Ok(());
        };
        let is_told = naming::is_told(&error);
        let error = self.named(error);
        Err(if is_told { CommitFailure::Undone(error) } else { CommitFailure::Unclear(error) })
    }

    fn roll_back(&mut self) {
        if std::mem::take(&mut self.is_in_transaction) {
            // Where this fails the connection is lost, and the transaction with it.
            let _ = self.connection.query_drop("ROLLBACK");
        }
        self.give_turn();
    }

    fn reopen(&mut self) -> Result<()> {
        self.connection = open(&self.url, &self.options, &self.place)?;
        (self.is_in_transaction, self.has_turn) = (false, false);
        Ok(())
    }
}
