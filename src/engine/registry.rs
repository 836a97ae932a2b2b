//! The supported engines, and which one a database needs.

use std::path::PathBuf;

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
    /// The URL schemes that name it: those of dj-database-url and
    /// django-environ.
    schemes: &'static [&'static str],
    /// Django's `ENGINE`, or its last word: most backends that wrap Django's own
    /// end in the same word.
    django_backends: &'static [&'static str],
    /// Whether a database is a file, named by a path.
    embedded: bool,
    /// Its SQL dialect.
    dialect: &'static Dialect,
    /// Connects to a database.
    connect: fn(&DatabaseUrl, Options) -> Result<Box<dyn Connection>>,
    /// Returns whether the database does not exist but could be created.
    is_absent: fn(&DatabaseUrl) -> bool,
}

const ENGINES: &[Engine] = &[
    Engine {
        name: "SQLite",
        schemes: &["sqlite", "sqlite3", "spatialite", "prometheus_sqlite", "prometheus_spatialite"],
        django_backends: &["sqlite3", "spatialite"],
        embedded: true,
        dialect: &sqlite::DIALECT,
        connect: sqlite::connect,
        is_absent: sqlite::is_absent,
    },
    #[cfg(feature = "postgres")]
    Engine {
        name: "PostgreSQL",
        schemes: &[
            "postgres",
            "postgresql",
            "pgsql",
            "postgis",
            "postgresql_psycopg2",
            "prometheus_postgis",
            "prometheus_postgresql",
            "psql",
            "timescale",
            "timescalegis",
        ],
        django_backends: &["postgresql", "postgis", "postgresql_psycopg2", "postgresql_backend", "psqlextra.backend"],
        embedded: false,
        dialect: &crate::engine::postgres::DIALECT,
        connect: crate::engine::postgres::connect,
        is_absent: |_| false,
    },
    #[cfg(feature = "mysql")]
    Engine {
        name: "MySQL and MariaDB",
        schemes: &["mysql", "mariadb", "mysql-connector", "mysql2", "mysqlgis", "prometheus_mysql"],
        django_backends: &["mysql", "mysql.connector.django"],
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

/// The engine that supports a Django database backend.
#[derive(Clone, Copy, Debug)]
pub struct Backend {
    /// Its URL scheme.
    pub scheme: &'static str,
    /// Whether a database is a file.
    pub is_file: bool,
}

/// Returns the engine of a Django database backend.
///
/// # Errors
/// Usage, if no engine supports it.
pub fn backend(name: &str) -> Result<Backend> {
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_it = |engine: &&Engine| engine.django_backends.iter().any(|backend| *backend == name || *backend == last);
    let Some(engine) = ENGINES.iter().find(is_it) else {
        return Err(Error::usage(format!("the database backend {name} is not supported"))
            .hint(format!("use one of {}", supported())));
    };
    Ok(Backend { scheme: engine.schemes[0], is_file: engine.embedded })
}

fn supporting(target: &Target) -> Result<(&'static Engine, DatabaseUrl)> {
    let url = match target {
        Target::File(path) => {
            let engine = ENGINES.iter().find(|engine| engine.embedded);
            let engine =
                engine.ok_or_else(|| Error::usage("this drfctl was built without support for database files"))?;
            return Ok((engine, url::DatabaseUrl::of_file(engine.schemes[0], path.clone())));
        }
        Target::Url(url) => url.clone(),
    };
    let known = |scheme: &str| ENGINES.iter().find(|engine| engine.schemes.contains(&scheme));
    let Some(engine) = known(&url.scheme) else {
        let unknown = Error::usage(format!("database URLs of the scheme {}:// are not supported", url.scheme));
        // SQLAlchemy names the driver as well.
        let plain = url.scheme.split_once('+').map(|(plain, _)| plain).filter(|plain| known(plain).is_some());
        return Err(match plain {
            Some(plain) => unknown.hint(format!("write {plain}://, without the name of a driver")),
            None => unknown.hint(format!("use one of {}", supported())),
        });
    };
    match &url.host {
        Some(host) if engine.embedded => {
            Err(Error::usage(format!("{url} names the host {host}, but a file has no host"))
                .hint(format!("write {0}:///relative/path or {0}:////absolute/path", url.scheme)))
        }
        None if engine.embedded && url.name.as_os_str().is_empty() => Err(url::unnamed()),
        None if !engine.embedded => Ok((engine, with_host_of_path(url))),
        _ => Ok((engine, url)),
    }
}

/// Returns a URL such as `postgres://user@//cloudsql/place/name` with the folder
/// as its host, as django-environ does.
fn with_host_of_path(url: DatabaseUrl) -> DatabaseUrl {
    let path = url.name.to_str().filter(|path| path.starts_with('/'));
    match path.and_then(|path| path.rsplit_once('/')) {
        Some((folder, name)) => {
            let (folder, name) = (folder.to_owned(), PathBuf::from(name));
            DatabaseUrl { host: Some(folder).filter(|folder| !folder.is_empty()), name, ..url }
        }
        None => url,
    }
}

fn supported() -> String {
    let names = ENGINES.iter().map(|engine| format!("{} ({}://)", engine.name, engine.schemes[0]));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N32
    #[test]
    fn schemes_map_to_their_engine() {
        for (scheme, engine) in [
            ("sqlite3", "SQLite"),
            ("spatialite", "SQLite"),
            ("prometheus_sqlite", "SQLite"),
            #[cfg(feature = "postgres")]
            ("psql", "PostgreSQL"),
            #[cfg(feature = "postgres")]
            ("postgresql_psycopg2", "PostgreSQL"),
            #[cfg(feature = "postgres")]
            ("TimescaleGIS", "PostgreSQL"),
            #[cfg(feature = "mysql")]
            ("mysql-connector", "MySQL and MariaDB"),
            #[cfg(feature = "mysql")]
            ("mysqlgis", "MySQL and MariaDB"),
        ] {
            let target = Target::Url(DatabaseUrl::parse(&format!("{scheme}:///shop")).unwrap());
            assert_eq!(supporting(&target).map(|(engine, _)| engine.name).ok(), Some(engine), "{scheme}");
        }
        for (scheme, hint) in [
            ("redshift", "use one of SQLite (sqlite://)"),
            ("oracle+cx_oracle", "use one of SQLite (sqlite://)"),
            ("sqlite+pysqlite", "write sqlite://, without the name of a driver"),
            #[cfg(feature = "postgres")]
            ("postgresql+psycopg2", "write postgresql://, without the name of a driver"),
        ] {
            let target = Target::Url(DatabaseUrl::parse(&format!("{scheme}://bob:s3cret@db/shop")).unwrap());
            let error = supporting(&target).err().unwrap();
            let shown = format!("{error} {:?}", error.hints());
            assert!(shown.contains(hint) && !shown.contains("s3cret"), "{shown}");
        }
    }

    /// N30
    #[cfg(feature = "postgres")]
    #[test]
    fn the_folder_of_a_socket_in_the_path_is_the_host() {
        for (text, host, name) in [
            ("postgres://u@//cloudsql/p:r:i/db", Some("/cloudsql/p:r:i"), "db"),
            ("postgres://u@/db", None, "db"),
            ("postgres://u@//db", None, "db"),
            ("postgres://u@h//tmp/db", Some("h"), "/tmp/db"),
        ] {
            let (_, url) = supporting(&Target::Url(DatabaseUrl::parse(text).unwrap())).unwrap();
            assert_eq!((url.host.as_deref(), url.name.to_str()), (host, Some(name)), "{text}");
        }
    }

    /// N19
    #[test]
    fn backends_of_other_packages_map_to_their_engine() {
        for (name, scheme) in [
            ("django.db.backends.sqlite3", "sqlite"),
            ("django.contrib.gis.db.backends.spatialite", "sqlite"),
            #[cfg(feature = "postgres")]
            ("django_tenants.postgresql_backend", "postgres"),
            #[cfg(feature = "postgres")]
            ("psqlextra.backend", "postgres"),
            #[cfg(feature = "postgres")]
            ("django_prometheus.db.backends.postgresql", "postgres"),
            #[cfg(feature = "mysql")]
            ("mysql.connector.django", "mysql"),
        ] {
            assert_eq!(backend(name).map(|backend| backend.scheme).ok(), Some(scheme), "{name}");
        }
        for name in ["django.db.backends.oracle", "mssql", "backend", "", "shop.backend"] {
            assert!(backend(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_file_has_no_host() {
        for (text, message) in [
            ("sqlite://db/shop", Some("sqlite://db/shop names the host db, but a file has no host")),
            ("sqlite:///shop", None),
            #[cfg(feature = "postgres")]
            ("postgres://db/shop", None),
        ] {
            let found = supporting(&Target::Url(DatabaseUrl::parse(text).unwrap()));
            assert_eq!(found.err().map(|error| error.to_string()).as_deref(), message, "{text}");
        }
        let (_, url) = supporting(&Target::Url(DatabaseUrl::parse("sqlite:////folder/shop").unwrap())).unwrap();
        assert_eq!((url.host, url.name.to_str()), (None, Some("/folder/shop")));
        let (engine, url) = supporting(&Target::File("a b".into())).unwrap();
        assert_eq!((engine.name, url.name.to_str(), url.scheme.as_str()), ("SQLite", Some("a b"), "sqlite"));
    }
}
