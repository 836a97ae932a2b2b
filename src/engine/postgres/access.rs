//! The address of the server and the account: from the URL, then the
//! environment as libpq reads it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, SslMode};
use zeroize::Zeroizing;

use crate::engine::postgres::tls::TlsSettings;
use crate::engine::server::{check_options, option};
use crate::engine::url::{DatabaseUrl, Variables};
use crate::error::{Error, Result};
use crate::os::{SecretFile, account_name};

/// The default port.
const PORT: u16 = 5432;

/// The default timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a silent server is probed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The default folders of Unix sockets.
const SOCKETS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];

/// The supported options.
const SERVED: [&str; 9] = [
    "assume_role",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "channel_binding",
    "options",
    "passfile",
    "connect_timeout",
];

/// The options that are ignored because they do not matter here.
const HARMLESS: [&str; 13] = [
    "application_name",
    "client_encoding",
    "conn_health_checks",
    "conn_max_age",
    "fallback_application_name",
    "isolation_level",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "pool",
    "server_side_binding",
    "target_session_attrs",
];

/// The parameters of a connection.
pub(super) struct Access<'a> {
    pub(super) config: Config,
    pub(super) tls: TlsSettings<'a>,
    /// Whether it is a Unix socket, which has no TLS.
    pub(super) is_socket: bool,
}

impl<'a> Access<'a> {
    /// Reads the URL and the environment.
    ///
    /// # Errors
    /// Usage, if they are invalid; rejected, if a password file cannot be read,
    /// or all accounts can read it.
    pub(super) fn find(url: &'a DatabaseUrl, variables: &'a Variables) -> Result<Self> {
        let options = &url.options;
        check_options(url, &SERVED, &HARMLESS)?;
        let set = |name: &str, variable: &str| -> Result<Option<&'a str>> {
            Ok(option(options, &[name]).or(variables.text(variable)?))
        };
        let tls = TlsSettings {
            mode: set("sslmode", "PGSSLMODE")?,
            root: set("sslrootcert", "PGSSLROOTCERT")?,
            certificate: set("sslcert", "PGSSLCERT")?,
            key: set("sslkey", "PGSSLKEY")?,
        };
        let port = match (url.port, variables.text("PGPORT")?) {
            (Some(port), _) => port,
            (None, Some(port)) => port.parse().map_err(|_| Error::usage("PGPORT is not a port"))?,
            (None, None) => PORT,
        };
        let host = url.host.as_deref().filter(|host| !host.is_empty()).or(variables.text("PGHOST")?);
        let host = host.map(|host| host.trim_start_matches('[').trim_end_matches(']'));
        for elsewhere in ["PGHOSTADDR", "PGSERVICE"] {
            if host.is_none() && variables.get(elsewhere).is_some() {
                return Err(Error::usage(format!("{elsewhere} is not supported")).hint("name the host in the URL"));
            }
        }
        let socket = match host {
            Some(host) => host.starts_with('/').then(|| PathBuf::from(host)),
            None => SOCKETS.map(PathBuf::from).into_iter().find(|path| path.join(format!(".s.PGSQL.{port}")).exists()),
        };
        let mut config = Config::new();
        config.port(port).application_name("drfctl").connect_timeout(CONNECT_TIMEOUT);
        match &socket {
            Some(path) => config.host_path(path),
            None => config.host(host.unwrap_or("localhost")),
        };
        let user = match (&url.user, variables.text("PGUSER")?) {
            (Some(user), _) => user.clone(),
            (None, Some(user)) => user.to_owned(),
            (None, None) => account_name().ok_or_else(|| Error::usage("no database user is named"))?,
        };
        let name = url.name.to_str().ok_or_else(|| Error::usage("the name of the database is not UTF-8"))?;
        let mode = tls.mode()?;
        // A Unix socket has no TLS.
        let mode = if socket.is_some() { SslMode::Disable } else { mode };
        config.user(&user).dbname(name).ssl_mode(mode).channel_binding(
            match set("channel_binding", "PGCHANNELBINDING")? {
                None | Some("prefer") => ChannelBinding::Prefer,
                Some("require") => ChannelBinding::Require,
                Some("disable") => ChannelBinding::Disable,
                Some(other) => return Err(Error::usage(format!("unknown channel_binding {other}"))),
            },
        );
        // Detects a server that has disappeared.
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
        config.tcp_user_timeout(2 * KEEPALIVE);
        if let Some(seconds) = set("connect_timeout", "PGCONNECT_TIMEOUT")? {
            let seconds = seconds.parse().map_err(|_| Error::usage("connect_timeout is not a number of seconds"))?;
            config.connect_timeout(Duration::from_secs(seconds));
        }
        if let Some(options) = set("options", "PGOPTIONS")? {
            config.options(options);
        }
        let password = match (&url.password, variables.text("PGPASSWORD")?) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(password)) => Some(Zeroizing::new(password.to_owned())),
            (None, None) => {
                let host = if socket.is_some() { "localhost" } else { host.unwrap_or("localhost") };
                of_file(option(options, &["passfile"]), variables, [host, &port.to_string(), name, &user])?
            }
        };
        if let Some(password) = password {
            config.password(password.as_bytes());
        }
        Ok(Self { config, tls, is_socket: socket.is_some() })
    }
}

/// Returns the password of `.pgpass` for a connection: host, port, database and
/// user.
fn of_file(named: Option<&str>, variables: &Variables, wanted: [&str; 4]) -> Result<Option<Zeroizing<String>>> {
    let file = match (named.map(OsStr::new).or(variables.get("PGPASSFILE")), variables.get("HOME")) {
        (Some(named), _) => PathBuf::from(named),
        (None, Some(home)) => Path::new(home).join(".pgpass"),
        (None, None) => return Ok(None),
    };
    let Some(found) = SecretFile::read(&file)? else { return Ok(None) };
    found.check_private()?;
    Ok(found.text.lines().find_map(|line| password(line, wanted)))
}

/// Returns the password of a line if the line matches the connection. A
/// backslash escapes a colon or a backslash.
fn password(line: &str, wanted: [&str; 4]) -> Option<Zeroizing<String>> {
    let mut fields = vec![Zeroizing::new(String::with_capacity(line.len()))];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(Zeroizing::new(String::with_capacity(line.len()))),
            '\\' => fields.last_mut()?.push(characters.next()?),
            other => fields.last_mut()?.push(other),
        }
    }
    let password = if fields.len() == 5 { fields.pop()? } else { return None };
    let fits = fields.iter().zip(wanted).all(|(field, wanted)| field.as_str() == "*" || field.as_str() == wanted);
    (fits && !line.starts_with('#')).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_line_of_pgpass_has_the_password() {
        let of = |line: &str| password(line, ["db", "5432", "shop", "a:b"]).map(|found| found.to_string());
        assert_eq!(of(r"db:5432:shop:a\:b:s3:cr\\et").as_deref(), Some(r"s3:cr\et"));
        assert_eq!(of("*:*:*:*:x").as_deref(), Some("x"));
        for other in [r"db:5433:shop:a\:b:x", "#db:*:*:*:x", "*:*:*:x", "", "db:5432:shop:b:x"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
