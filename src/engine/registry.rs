//! The supported engines, and which one a database needs.

use crate::engine::connection::Connection;
use crate::engine::dialect::Dialect;
use crate::engine::options::Options;
use crate::engine::url::{DatabaseUrl, Target};
use crate::engine::{sqlite, url};
use crate::error::{Error, Result};

/// One engine.
struct Engine {
    /// The name in messages.
    name: &'static str,
    /// The URL schemes that name it.
    schemes: &'static [&'static str],
    /// The last components of Django's `ENGINE`. Backends that wrap Django's
    /// own end with them, too.
    django_backends: &'static [&'static str],
    /// Whether a database is a file, named by a path.
    embedded: bool,
    /// How it spells its statements.
    dialect: &'static Dialect,
    /// Connects to a database.
    connect: fn(&DatabaseUrl, Options) -> Result<Box<dyn Connection>>,
    /// Returns whether the database does not exist but could be created.
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
        dialect: &crate::engine::postgres::DIALECT,
        connect: crate::engine::postgres::connect,
        is_absent: |_| false,
    },
    #[cfg(feature = "mysql")]
    Engine {
        name: "MySQL and MariaDB",
        schemes: &["mysql", "mariadb"],
        django_backends: &["mysql"],
        embedded: false,
        dialect: &crate::engine::mysql::DIALECT,
        connect: crate::engine::mysql::connect,
        is_absent: |_| false,
    },
];

/// Returns the dialect of each engine, with the engine's name.
pub fn dialects() -> impl Iterator<Item = (&'static str, &'static Dialect)> {
    ENGINES.iter().map(|engine| (engine.name, engine.dialect))
}

/// Connects to the database that `target` names.
///
/// # Errors
/// Usage if no engine supports it; else any error of the engine.
pub fn connect(target: &Target, options: Options) -> Result<Box<dyn Connection>> {
    let (engine, url) = supporting(target)?;
    (engine.connect)(&url, options)
}

/// Returns whether the database of `target` does not exist but could be
/// created.
///
/// # Errors
/// Usage if no engine supports it.
pub fn is_absent(target: &Target) -> Result<bool> {
    let (engine, url) = supporting(target)?;
    Ok((engine.is_absent)(&url))
}

/// Returns the URL scheme of a Django database backend.
///
/// # Errors
/// Usage if no engine supports it.
pub fn scheme_of_backend(backend: &str) -> Result<&'static str> {
    let last = backend.rsplit('.').next().unwrap_or_default();
    let engine = ENGINES.iter().find(|engine| engine.django_backends.contains(&last));
    engine.and_then(|engine| engine.schemes.first().copied()).ok_or_else(|| {
        Error::usage(format!("drfctl does not serve the database backend {backend}"))
            .hint(format!("it serves {}", supported()))
    })
}

fn supporting(target: &Target) -> Result<(&'static Engine, DatabaseUrl)> {
    let url = match target {
        Target::File(path) => {
            let engine = ENGINES.iter().find(|engine| engine.embedded);
            let engine = engine.ok_or_else(|| Error::usage("this drfctl was built without an engine for files"))?;
            return Ok((engine, url::DatabaseUrl::of_file(engine.schemes[0], path.clone())));
        }
        Target::Url(url) => url.clone(),
    };
    let engine = ENGINES.iter().find(|engine| engine.schemes.contains(&url.scheme.as_str())).ok_or_else(|| {
        Error::usage(format!("drfctl does not serve databases of the scheme {}://", url.scheme))
            .hint(format!("it serves {}", supported()))
    })?;
    if let (true, Some(host)) = (engine.embedded, &url.host) {
        return Err(Error::usage(format!("{url} names a host, {host}, but a file has none"))
            .hint(format!("{0}:///relative/path or {0}:////absolute/path", url.scheme)));
    }
    Ok((engine, url))
}

fn supported() -> String {
    let names = ENGINES.iter().map(|engine| format!("{} ({}://)", engine.name, engine.schemes[0]));
    names.collect::<Vec<_>>().join(", ")
}
