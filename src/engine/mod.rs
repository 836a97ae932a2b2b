//! Engines: connect, run a statement, read the catalog, name an error.
//!
//! Knows nothing of users or tokens. Adding an engine is one file, one row of
//! [`ENGINES`] and one folder of migrations.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod sqlite;

use std::fmt;
use std::time::Duration;

use crate::database_url::{DatabaseUrl, Target, Variables};
use crate::error::{Error, Result};
use crate::migrations::{Migration, UserModel};
use crate::schema::catalog::{Catalog, Table};
use crate::sql::{Dialect, Statement, Value};

/// A connection to a database. Dropping it rolls back what is not committed.
pub trait Connection {
    /// How this engine spells its statements.
    fn dialect(&self) -> &'static Dialect;

    /// What can be said of the engine and of its files, by name.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    fn facts(&mut self) -> Result<Vec<(&'static str, String)>>;

    /// The name of every table.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn table_names(&mut self) -> Result<Vec<String>>;

    /// The shape of one table of [`Connection::table_names`].
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn describe(&mut self, table: &str) -> Result<Table>;

    /// Hands every row of a result to `on_row`, which may stop with an error.
    ///
    /// # Errors
    /// What the engine or `on_row` says.
    fn query(&mut self, statement: &Statement, on_row: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()>;

    /// Runs a statement and says how many rows it changed.
    ///
    /// # Errors
    /// Conflict, if a value is taken that must be unique; rejected, if a
    /// constraint or trigger refuses the row; else unusable or busy.
    fn execute(&mut self, statement: &Statement) -> Result<u64>;

    /// Runs a statement once for each row of parameters.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    fn execute_many(&mut self, text: &str, rows: &mut dyn Iterator<Item = Result<Vec<Value>>>) -> Result<()>;

    /// The key that the database gave to the row inserted last.
    ///
    /// # Errors
    /// Internal, if it gave none.
    fn last_key(&mut self) -> Result<Value>;

    /// Whether the rows of a table can be taken out and put in again, and
    /// nothing in the database notices: no trigger, and no other table's key.
    ///
    /// # Errors
    /// Unusable or busy, if the catalog cannot be read.
    fn is_self_contained(&mut self, table: &str) -> Result<bool>;

    /// Makes ready for a transaction that changes very many rows: memory does
    /// not grow with them, though others may have to wait longer.
    ///
    /// # Errors
    /// Unusable, if the database does not take it.
    fn expect_much(&mut self) -> Result<()>;

    /// Begins a transaction that will put the rows of a table anew, and is
    /// ready for very many. Where the table is self-contained, its foreign keys
    /// are not looked at: whoever puts rows in again has seen that their users
    /// are there.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    fn begin_renewal(&mut self, table: &str) -> Result<()>;

    /// Whether the database could run a statement; runs nothing.
    ///
    /// # Errors
    /// Unusable, if it could not.
    fn check(&mut self, statement: &Statement) -> Result<()>;

    /// Begins a transaction that will write, waiting for the lock.
    ///
    /// # Errors
    /// Busy, if the lock is not obtained in time; unusable, if the database
    /// cannot be written.
    fn begin(&mut self) -> Result<()>;

    /// Keeps others from writing to a table until the transaction ends, where
    /// that does not begin with it.
    ///
    /// # Errors
    /// Busy, if the lock is not obtained in time.
    fn lock(&mut self, table: &str) -> Result<()>;

    /// Begins a transaction that will change tables, waiting for the lock.
    ///
    /// # Errors
    /// As [`Connection::begin`].
    fn begin_schema_change(&mut self) -> Result<()>;

    /// Runs statements that change tables. What others have attached to those
    /// tables, indexes and triggers, stays.
    ///
    /// # Errors
    /// What the engine says.
    fn run(&mut self, script: &str) -> Result<()>;

    /// Looks whether the change of tables may be committed.
    ///
    /// # Errors
    /// Conflict, if a foreign key has lost its row.
    fn check_schema_change(&mut self) -> Result<()>;

    /// Begins a transaction that will only read: it sees one moment.
    ///
    /// # Errors
    /// Busy or unusable, if the database cannot be read.
    fn begin_reading(&mut self) -> Result<()>;

    /// The database that this connection has made and filled, by its path.
    fn made(&self) -> Option<String>;

    /// Makes the transaction durable.
    ///
    /// # Errors
    /// Says what is certain about the change; see [`CommitFailure`].
    fn commit(&mut self) -> Result<(), CommitFailure>;

    /// Undoes the transaction, if one is open.
    fn roll_back(&mut self);

    /// Connects anew, to see what became of a transaction.
    ///
    /// # Errors
    /// As connecting.
    fn reopen(&mut self) -> Result<()>;

    /// What a person should know of the state that the database is left in.
    fn farewell(&mut self) -> Vec<String>;
}

/// Why a commit did not succeed.
#[derive(Debug)]
pub enum CommitFailure {
    /// A foreign key has no row; the transaction is still open.
    ForeignKey(Error),
    /// Nothing was changed.
    Undone(Error),
    /// The change may be durable or not: ask the database.
    Unclear(Error),
}

/// What becomes of a database that is not there, or is an empty file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It is an error.
    Refused,
    /// An empty file is a database without tables.
    Empty,
    /// It is made. It goes again unless something is committed.
    Made,
}

/// How to connect.
pub struct Options {
    /// What becomes of a database that is not there.
    pub absent: Absent,
    /// How long to wait for a lock.
    pub busy_timeout: Duration,
    /// Open a database file that belongs to another user.
    pub allow_other_owner: bool,
    /// Open a database file that has more than one name.
    pub allow_aliases: bool,
    /// The command line, quoted for a shell; it holds no secret.
    pub invocation: String,
    /// What the environment says of servers.
    pub variables: Variables,
    /// The zone in which the application keeps its times; none is UTC.
    pub time_zone: Option<String>,
    /// Whether the command line itself says where the database is.
    pub named_on_command_line: bool,
    /// Told once when a lock keeps us waiting.
    pub on_wait: Box<dyn Fn()>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("busy_timeout", &self.busy_timeout).finish_non_exhaustive()
    }
}

/// One engine.
struct Engine {
    /// The name in messages.
    name: &'static str,
    /// The URL schemes it serves.
    schemes: &'static [&'static str],
    /// The last words of Django's `ENGINE`: other backends that wrap Django's
    /// own end in them, too.
    django_backends: &'static [&'static str],
    /// Whether a database is a file, named by a path.
    embedded: bool,
    /// Connects to a database.
    connect: fn(&DatabaseUrl, Options) -> Result<Box<dyn Connection>>,
    /// Whether there is no database, but could be one.
    is_absent: fn(&DatabaseUrl) -> bool,
}

const ENGINES: &[Engine] = &[
    Engine {
        name: "SQLite",
        schemes: &["sqlite", "sqlite3"],
        django_backends: &["sqlite3"],
        embedded: true,
        connect: sqlite::connect,
        is_absent: sqlite::is_absent,
    },
    #[cfg(feature = "postgres")]
    Engine {
        name: "PostgreSQL",
        schemes: &["postgres", "postgresql", "pgsql", "postgis"],
        django_backends: &["postgresql", "postgis", "postgresql_psycopg2"],
        embedded: false,
        connect: postgres::connect,
        is_absent: |_| false,
    },
    #[cfg(feature = "mysql")]
    Engine {
        name: "MySQL and MariaDB",
        schemes: &["mysql", "mariadb"],
        django_backends: &["mysql"],
        embedded: false,
        connect: mysql::connect,
        is_absent: |_| false,
    },
];

/// Connects to the database that `target` names.
///
/// # Errors
/// Usage, if no engine serves it; else what the engine says.
pub fn connect(target: Target, options: Options) -> Result<Box<dyn Connection>> {
    let (engine, url) = serving(target)?;
    (engine.connect)(&url, options)
}

/// Whether there is no database where `target` says, but one could be made.
///
/// # Errors
/// Usage, if no engine serves it.
pub fn is_absent(target: &Target) -> Result<bool> {
    let (engine, url) = serving(target.clone())?;
    Ok((engine.is_absent)(&url))
}

/// The tables as Django's migrations leave them: runs lists of migrations one
/// after the other where nobody sees it, and describes the tables after each.
///
/// # Errors
/// Internal, if the migrations cannot be run.
pub fn rehearse(acts: &[Vec<Migration>], users: &UserModel) -> Result<Vec<Catalog>> {
    sqlite::rehearse(acts, users)
}

/// The URL scheme of a Django database backend.
///
/// # Errors
/// Usage, if no engine serves it.
pub fn scheme_of_backend(backend: &str) -> Result<&'static str> {
    let last = backend.rsplit('.').next().unwrap_or_default();
    let engine = ENGINES.iter().find(|engine| engine.django_backends.contains(&last));
    engine.and_then(|engine| engine.schemes.first().copied()).ok_or_else(|| {
        Error::usage(format!("drfctl does not serve the database backend {backend}"))
            .hint(format!("it serves {}", served()))
    })
}

fn serving(target: Target) -> Result<(&'static Engine, DatabaseUrl)> {
    let url = match target {
        Target::File(path) => {
            let engine = ENGINES.iter().find(|engine| engine.embedded);
            let engine = engine.ok_or_else(|| Error::usage("this drfctl was built without an engine for files"))?;
            return Ok((engine, DatabaseUrl::of_file(engine.schemes[0], path)));
        }
        Target::Url(url) => url,
    };
    let engine = ENGINES.iter().find(|engine| engine.schemes.contains(&url.scheme.as_str())).ok_or_else(|| {
        Error::usage(format!("drfctl does not serve databases of the scheme {}://", url.scheme))
            .hint(format!("it serves {}", served()))
    })?;
    if let (true, Some(host)) = (engine.embedded, &url.host) {
        return Err(Error::usage(format!("{url} names a host, {host}, but a file has none"))
            .hint(format!("{0}:///relative/path or {0}:////absolute/path", url.scheme)));
    }
    Ok((engine, url))
}

fn served() -> String {
    let names = ENGINES.iter().map(|engine| format!("{} ({}://)", engine.name, engine.schemes[0]));
    names.collect::<Vec<_>>().join(", ")
}
