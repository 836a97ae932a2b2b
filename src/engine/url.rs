//! Where a database is: a path or a URL as dj-database-url reads it.
//!
//! Knows no engine; whether a scheme is served is decided by `engine`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};

/// The database that a command works on.
#[derive(Clone, Debug)]
pub enum Target {
    /// A file, by the literal path that was given.
    File(PathBuf),
    /// A server, or a file that was named by URL.
    Url(DatabaseUrl),
}

/// A database URL taken apart. Its password is never shown.
#[derive(Clone)]
pub struct DatabaseUrl {
    /// The scheme, in lower case.
    pub scheme: String,
    /// The user to log in as.
    pub user: Option<String>,
    /// The password to log in with.
    pub password: Option<Zeroizing<String>>,
    /// The host, or the folder of a socket; none for the engine's own way.
    pub host: Option<String>,
    /// The port, where it is not the engine's own.
    pub port: Option<u16>,
    /// The database's name; for a file engine its path.
    pub name: PathBuf,
    /// What stands behind the `?`: Django's `OPTIONS`.
    pub options: Vec<(String, String)>,
    /// Whether a person typed it: an option that nobody knows is then an error,
    /// while an application has many that are about itself.
    pub is_typed: bool,
}

/// What the environment says of servers: `PGHOST`, `MYSQL_PWD` and their like.
/// Has no `Debug` for the passwords among them.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, OsString>);

impl Variables {
    /// Those of these that are set, and not empty.
    pub fn of(all: impl Iterator<Item = (OsString, OsString)>) -> Self {
        let wanted = |name: &str| name == "HOME" || name.starts_with("PG") || name.starts_with("MYSQL_");
        let named = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.filter(|(name, value)| wanted(name) && !value.is_empty()).collect())
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(name).map(OsString::as_os_str)
    }

    /// One of them, as text.
    ///
    /// # Errors
    /// Usage, if it is none.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        self.get(name)
            .map(|value| value.to_str().ok_or_else(|| Error::usage(format!("the variable {name} is not UTF-8"))))
            .transpose()
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Target {
    /// Reads what a person typed: a URL where there is `scheme://`, else a
    /// literal path.
    ///
    /// # Errors
    /// Usage, for an empty value, `:memory:` or a URL that cannot be read.
    pub fn parse(typed: &OsStr) -> Result<Self> {
        if typed.is_empty() || typed == ":memory:" {
            return Err(not_a_file());
        }
        match typed.to_str() {
            Some(text) if looks_like_url(text) => Ok(Self::Url(DatabaseUrl::parse(text)?)),
            _ => Ok(Self::File(PathBuf::from(typed))),
        }
    }

    /// Whether a password is part of it.
    #[must_use]
    pub fn holds_password(&self) -> bool {
        matches!(self, Self::Url(url) if url.password.is_some())
    }
}

impl DatabaseUrl {
    /// A database in a file, by its literal path.
    #[must_use]
    pub fn of_file(scheme: &str, path: PathBuf) -> Self {
        Self {
            scheme: scheme.to_owned(),
            user: None,
            password: None,
            host: None,
            port: None,
            name: path,
            options: Vec::new(),
            is_typed: true,
        }
    }

    /// Reads a URL; user, password and name may be percent-encoded.
    ///
    /// # Errors
    /// Usage, without repeating the URL, which may hold a password.
    pub fn parse(text: &str) -> Result<Self> {
        // The two short forms of dj-database-url, both without a file.
        if text == "sqlite://" || text == "sqlite://:memory:" {
            return Err(not_a_file());
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        // Not under its own scheme: the host of a web page would be read as an internationalised
        // name, and there are no tables for that.
        let url = Url::parse(&format!("database+{text}")).map_err(|error| {
            Error::usage(format!("the database URL cannot be read: {error}"))
                .hint("write scheme://user@host:port/name, or sqlite:///path for a file")
        })?;
        let name = percent_decode(raw_name(text))?;
        if name == ":memory:" {
            return Err(not_a_file());
        }
        if name.is_empty() {
            return Err(Error::usage("the database URL names no database")
                .hint("sqlite:///relative/path, sqlite:////absolute/path, postgres://host/name or mysql://host/name"));
        }
        let user = Some(url.username()).filter(|user| !user.is_empty());
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user: user.map(percent_decode).transpose()?,
            password: url.password().map(percent_decode).transpose()?.map(Zeroizing::new),
            host: url.host_str().map(percent_decode).transpose()?,
            port: url.port(),
            name: PathBuf::from(name),
            options: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            is_typed: true,
        })
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        if let Some(user) = &self.user {
            let password = if self.password.is_some() { ":[redacted]" } else { "" };
            write!(f, "{user}{password}@")?;
        }
        if let Some(host) = &self.host {
            f.write_str(host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.name.display())
    }
}

fn looks_like_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// The path as it was written: a parsed URL would have lost its `..`.
fn raw_name(text: &str) -> &str {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    path.split(['?', '#']).next().unwrap_or_default()
}

fn percent_decode(text: &str) -> Result<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::usage("the database URL is not UTF-8 once decoded"))
}

fn not_a_file() -> Error {
    Error::usage("the database must be a file that exists, not a database in memory")
        .hint(Hint::action(Action::option(Setting::Database, "path/to/db.sqlite3")).lead("give the application's file"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url = DatabaseUrl::parse("postgres://bob:s%40cret@db:5433/shop").unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://bob:[redacted]@db:5433/shop)");
        assert_eq!(url.password.unwrap().as_str(), "s@cret");
    }

    #[test]
    fn file_urls_are_read_as_dj_database_url_reads_them() {
        for (text, path) in [
            ("sqlite:///db.sqlite3", "db.sqlite3"),
            ("sqlite:////srv/db.sqlite3", "/srv/db.sqlite3"),
            ("sqlite:///../db.sqlite3", "../db.sqlite3"),
            ("sqlite:///with%20space?timeout=20", "with space"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().name, PathBuf::from(path));
        }
    }

    #[test]
    fn a_host_is_what_it_says_whatever_the_scheme() {
        for scheme in ["postgres", "https", "FILE"] {
            let url = DatabaseUrl::parse(&format!("{scheme}://Bücher.Example/shop")).unwrap();
            assert_eq!(url.host.as_deref(), Some("Bücher.Example"), "{scheme}");
            assert_eq!(url.scheme, scheme.to_ascii_lowercase());
        }
    }

    #[test]
    fn a_bare_path_is_literal() {
        for path in ["file:x?mode=memory", "-rf", "a%20b", "://x"] {
            assert!(matches!(Target::parse(OsStr::new(path)), Ok(Target::File(p)) if p.as_path() == Path::new(path)));
        }
    }
}
