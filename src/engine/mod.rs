//! Engines: connect, run a statement, read the catalog, name an error.
//!
//! Knows nothing of users or tokens. Adding an engine is one folder, one row of
//! [`ENGINES`] and one folder of migrations.

mod connection;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod server;
mod sqlite;

pub use connection::{CommitFailure, Connection};

use std::fmt;
use std::time::Duration;

use crate::database_url::{DatabaseUrl, Target, Variables};
use crate::error::{Error, Result};
use crate::migrations::{Migration, UserModel};
use crate::schema::catalog::Catalog;
use crate::sql::Dialect;

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
    pub on_wait: Box<dyn Fn() + Send + Sync>,
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
    /// How it spells its statements.
    dialect: &'static Dialect,
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
        dialect: &sqlite::DIALECT,
        connect: sqlite::connect,
        is_absent: sqlite::is_absent,
    },
    #[cfg(feature = "postgres")]
    Engine {
        name: "PostgreSQL",
        schemes: &["postgres", "postgresql", "pgsql", "postgis"],
        django_backends: &["postgresql", "postgis", "postgresql_psycopg2"],
        embedded: false,
        dialect: &postgres::DIALECT,
        connect: postgres::connect,
        is_absent: |_| false,
    },
    #[cfg(feature = "mysql")]
    Engine {
        name: "MySQL and MariaDB",
        schemes: &["mysql", "mariadb"],
        django_backends: &["mysql"],
        embedded: false,
        dialect: &mysql::DIALECT,
        connect: mysql::connect,
        is_absent: |_| false,
    },
];

/// How each engine spells its statements, by its name.
pub fn dialects() -> impl Iterator<Item = (&'static str, &'static Dialect)> {
    ENGINES.iter().map(|engine| (engine.name, engine.dialect))
}

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
