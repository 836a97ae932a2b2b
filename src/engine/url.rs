//! Where a database is: a path, or a URL in the form of dj-database-url.
//!
//! Knows no engine; `engine` decides whether a scheme is supported.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::engine::url_syntax::{ENCODE, check_separators, has_login, looks_like_login, looks_like_url, split};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};

/// The database that a command works on.
#[derive(Clone, Debug)]
pub enum Target {
    /// A file, by its literal path.
    File(PathBuf),
    /// A server, or a file that a URL names.
    Url(DatabaseUrl),
}

/// The parts of a database URL. Its password is never shown.
#[derive(Clone)]
pub struct DatabaseUrl {
    /// The scheme, in lower case.
    pub scheme: String,
    /// The database user to log in as.
    pub user: Option<String>,
    /// The password to log in with.
    pub password: Option<Zeroizing<String>>,
    /// The host, or the directory of a socket; none for the engine's default.
    /// Several hosts are separated by commas.
    pub host: Option<String>,
    /// The port, if it is not the engine's default. Several hosts have one port
    /// each, or one for all of them.
    pub port: Option<String>,
    /// The database's name; for an engine with files, the path. Empty if the
    /// URL does not name it.
    pub name: PathBuf,
    /// The query: Django's `OPTIONS`.
    pub options: Vec<(String, String)>,
    /// Whether a person typed it: an unknown option is then an error, while an
    /// application's settings have many that concern only the application.
    pub is_typed: bool,
}

impl Target {
    /// Parses what a person typed: a URL if it has `scheme://`, otherwise a
    /// literal path.
    ///
    /// # Errors
    /// Usage for an empty value, `:memory:`, an invalid URL, and a value that is
    /// a URL but for quotes around it or its missing scheme. No message repeats
    /// the value, which may contain a password.
    pub fn parse(typed: &OsStr) -> Result<Self> {
        if typed.is_empty() || typed == ":memory:" {
            return Err(not_a_file());
        }
        let Some(text) = typed.to_str() else { return Ok(Self::File(PathBuf::from(typed))) };
        let bare = text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        if bare.len() == text.len() && looks_like_url(text) {
            return Ok(Self::Url(DatabaseUrl::parse(text)?));
        }
        if bare.len() < text.len() && looks_like_url(bare) {
            return Err(Error::usage("the database URL has quotes or spaces around it")
                .hint("remove them: a quote that is part of the value reaches drfctl as it is"));
        }
        if looks_like_login(text) {
            return Err(Error::usage("the database is neither a path nor a URL with a scheme")
                .hint("write scheme://user@host:port/name; for a file, write ./ before its name"));
        }
        Ok(Self::File(PathBuf::from(typed)))
    }

    /// Returns whether it contains a password.
    #[must_use]
    pub fn holds_password(&self) -> bool {
        matches!(self, Self::Url(url) if url.password.is_some())
    }
}

impl DatabaseUrl {
    /// Returns the URL of a file, by its literal path.
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

    /// Parses a URL; user, password and name may be percent-encoded.
    ///
    /// # Errors
    /// Usage if it is invalid, or ambiguous because the password contains a
    /// character that separates the parts of a URL. No message repeats a part of
    /// the URL, which may belong to the password.
    pub fn parse(text: &str) -> Result<Self> {
        // The two short forms of dj-database-url, both without a file.
        if text == "sqlite://" || text == "sqlite://:memory:" {
            return Err(not_a_file());
        }
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        check_separators(text)?;
        let parts = split(text).map_err(|reason| {
            let invalid = Error::usage(format!("the database URL is invalid: {reason}"));
            if has_login(text) {
                invalid.hint(ENCODE)
            } else {
                invalid.hint("write scheme://user@host:port/name, or sqlite:///path for a file")
            }
        })?;
        let name = percent_decode(parts.name)?;
        if name == ":memory:" {
            return Err(not_a_file());
        }
        let given = |part: &str| Some(part).filter(|part| !part.is_empty()).map(percent_decode).transpose();
        let query = form_urlencoded::parse(parts.query.as_bytes());
        let url = Self {
            scheme: scheme.to_ascii_lowercase(),
            user: given(parts.user)?,
            password: given(parts.password)?.map(Zeroizing::new),
            host: given(&parts.host)?,
            port: given(&parts.port)?,
            name: PathBuf::from(name),
            options: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            is_typed: true,
        };
        Ok(url.with_password_of_options())
    }

    /// Returns the hosts with their ports, as in a URL.
    fn servers(&self) -> String {
        let list = |part: &Option<String>| {
            let parts = part.iter().flat_map(|part| part.split(','));
            parts.map(ToOwned::to_owned).collect::<Vec<String>>()
        };
        let (mut hosts, ports) = (list(&self.host), list(&self.port));
        for host in &mut hosts {
            if host.contains(':') && !host.contains('/') {
                *host = format!("[{host}]");
            }
        }
        if hosts.len() == ports.len() {
            let servers = hosts.iter().zip(ports).map(|(host, port)| format!("{host}:{port}"));
            return servers.collect::<Vec<_>>().join(",");
        }
        // One port for all of them.
        let port = ports.first().map(|port| format!(":{port}")).unwrap_or_default();
        hosts.join(",") + &port
    }

    /// Returns it with the password among its options in its place, where it is
    /// treated as a secret.
    #[must_use]
    pub fn with_password_of_options(mut self) -> Self {
        let is_password = |name: &str| matches!(name, "password" | "passwd");
        if let Some((_, password)) = self.options.iter_mut().find(|(name, _)| is_password(name)) {
            let password = Zeroizing::new(std::mem::take(password));
            self.password.get_or_insert(password);
        }
        self.options.retain(|(name, _)| !is_password(name));
        self
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
        f.write_str(&self.servers())?;
        write!(f, "/{}", self.name.display())?;
        // Else it would name nothing.
        match self.options.iter().find(|(name, _)| self.name.as_os_str().is_empty() && name == "service") {
            Some((name, service)) => write!(f, "?{name}={service}"),
            None => Ok(()),
        }
    }
}

fn percent_decode(text: &str) -> Result<String> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Error::usage("the database URL is not UTF-8 once decoded"))
}

/// Returns the error for a URL without a database.
pub(super) fn unnamed() -> Error {
    Error::usage("no database is named")
        .hint("sqlite:///relative/path, sqlite:////absolute/path, postgres://host/name or mysql://host/name")
}

fn not_a_file() -> Error {
    Error::usage("the database must be a file that exists, not a database in memory")
        .hint(Hint::action(Action::option(Setting::Database, "path/to/db.sqlite3")).lead("name the application's file"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_password_is_shown_as_redacted() {
        let url = DatabaseUrl::parse("postgres://bob:s%40cret@db:5433/shop").unwrap();
        assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://bob:[redacted]@db:5433/shop)");
        assert_eq!(url.password.unwrap().as_str(), "s@cret");
    }

    #[test]
    fn a_url_is_shown_as_it_was_typed() {
        for text in [
            "postgres://bob@db/shop",
            "postgres://bob@[::1]:5433/shop",
            "postgres://bob@a:1,b:2/shop",
            "postgres://bob@a,[::1]:2/shop",
            "postgres://bob@/shop",
            "postgres:///?service=shop",
        ] {
            assert_eq!(DatabaseUrl::parse(text).unwrap().to_string(), text);
        }
    }

    /// N33: neither shown nor looked up as a host.
    #[test]
    fn a_password_that_is_not_percent_encoded_is_never_shown() {
        for (text, message) in [
            ("postgres://bob:s3/cret@db/shop", "the password in the database URL has a character"),
            ("postgres://bob:s3#cret@db/shop", "the password in the database URL has a character"),
            ("postgres://bob:s3?cret@db/shop", "the password in the database URL has a character"),
            ("postgres://bob:12/34cret@db/shop", "the password in the database URL has a character"),
            ("postgres://bob:@s3/cret@db/shop", "the password in the database URL has a character"),
            ("postgres://bob:s3cret/shop", "the database URL is invalid: invalid port number"),
            ("postgres://bob:s3[cret]@[db/shop", "the database URL is invalid: invalid IPv6 address"),
            ("sqlite:///s3#cret", "the database URL has a character"),
            ("\"postgres://bob:s3cret@db/shop\"", "the database URL has quotes or spaces around it"),
            ("'mysql://bob:s3cret@db/shop'", "the database URL has quotes or spaces around it"),
            (" postgres://bob:s3cret@db/shop", "the database URL has quotes or spaces around it"),
            ("bob:s3cret@db/shop", "the database is neither a path nor a URL with a scheme"),
            ("postgres:bob:s3/cret@db/shop", "the database is neither a path nor a URL with a scheme"),
        ] {
            let error = Target::parse(OsStr::new(text)).unwrap_err();
            let shown = format!("{error} {:?}", error.hints());
            assert!(shown.starts_with(message), "{text}: {shown}");
            assert!(!shown.contains("s3") && !shown.contains("cret"), "{text}: {shown}");
        }
        for (password, is) in [("s3@cret", "s3@cret"), ("s3:cret", "s3:cret"), ("s3%2Fcr%23et", "s3/cr#et")] {
            let url = DatabaseUrl::parse(&format!("postgres://bob:{password}@db/shop")).unwrap();
            assert_eq!((url.password.as_deref().map(String::as_str), url.host.as_deref()), (Some(is), Some("db")));
        }
    }

    #[test]
    fn file_urls_mean_what_dj_database_url_takes_them_for() {
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
    fn a_host_is_kept_as_written_for_every_scheme() {
        for scheme in ["postgres", "https", "FILE"] {
            let url = DatabaseUrl::parse(&format!("{scheme}://Bücher.Example/shop")).unwrap();
            assert_eq!(url.host.as_deref(), Some("Bücher.Example"), "{scheme}");
            assert_eq!(url.scheme, scheme.to_ascii_lowercase());
        }
    }

    #[test]
    fn a_bare_path_is_literal() {
        for path in ["file:x?mode=memory", "-rf", "a%20b", "://x", "shop's.sqlite3", "db.sqlite3'"] {
            assert!(matches!(Target::parse(OsStr::new(path)), Ok(Target::File(p)) if p.as_path() == Path::new(path)));
        }
    }
}
