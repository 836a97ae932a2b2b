//! The parameters of the driver for each server of a connection.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::ChannelBinding;
use zeroize::Zeroizing;

use crate::engine::loopback::loopback;
use crate::engine::postgres::addresses::{self, Address, Place};
use crate::engine::postgres::client::Endpoint;
use crate::engine::postgres::conninfo::Conninfo;
use crate::engine::postgres::passfile::PasswordFile;
use crate::engine::postgres::tls::TlsSettings;
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::engine::variables::Variables;
use crate::error::{Error, Result};
use crate::os::account_name;

/// The default timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a silent server is probed.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The parameters of a connection.
pub(super) struct Access {
    /// The servers, in the order in which they are tried.
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) wanted: SessionKind,
    /// How long a server may take to answer.
    pub(super) limit: Duration,
    /// The passwords, which no message may contain.
    pub(super) secrets: Vec<Value>,
}

/// Which server to use: `target_session_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionKind {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// How the server may authenticate the user.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Any,
    /// Without a password.
    None,
}

impl Access {
    /// Reads the URL, its service and the environment.
    ///
    /// # Errors
    /// Usage, if they are invalid; rejected, if a file cannot be read, or all
    /// accounts can read it.
    pub(super) fn find(url: &DatabaseUrl, variables: &Variables) -> Result<Self> {
        let conninfo = Conninfo::read(url, variables)?;
        let (name, addresses) = (conninfo.database()?, addresses::find(&conninfo)?);
        let user = match conninfo.get("user")?.filter(|user| !user.is_empty()) {
            Some(user) => user.to_owned(),
            None => account_name().ok_or_else(|| Error::usage("no database user is named"))?,
        };
        let tls = TlsSettings::read(&conninfo)?;
        let is_tcp = addresses.iter().any(|address| !matches!(address.place, Place::Socket(_)));
        let connector = if is_tcp { tls.connector()? } else { None };
        let (mut common, limit) = common(&conninfo)?;
        common.user(&user).dbname(name);
        let needs_password = method(&conninfo)? == Method::Any;
        let given = conninfo.get("password")?.filter(|password| needs_password && !password.is_empty());
        let given = given.map(|password| Zeroizing::new(password.to_owned()));
        let file = match given {
            None if needs_password => Some(PasswordFile::read(conninfo.get("passfile")?, variables)?),
            _ => None,
        };
        let mut access = Self { endpoints: Vec::new(), wanted: session(&conninfo)?, limit, secrets: Vec::new() };
        for address in addresses {
            let mut config = common.clone();
            tls.apply(&mut config, &address.place)?;
            let host = address.host_of_passwords();
            let of_file = || file.as_ref()?.password([&host, &address.port.to_string(), name, &user]);
            if let Some(password) = given.clone().or_else(of_file).filter(|password| !password.is_empty()) {
                config.password(password.as_bytes());
                access.secrets.push(Value::text(&password));
            }
            let connector = connector.clone().filter(|_| !matches!(address.place, Place::Socket(_)));
            set_address(&mut config, &address);
            access.endpoints.push(Endpoint { config, connector });
        }
        Ok(access)
    }
}

fn set_address(config: &mut Config, address: &Address) {
    config.port(address.port);
    match &address.place {
        Place::Socket(folder) => config.host_path(folder),
        Place::Host(host) => {
            if let Some(address) = loopback(host) {
                config.hostaddr(address);
            }
            config.host(host)
        }
        Place::Address(address, host) => {
            config.hostaddr(*address);
            // The driver does not begin TLS without a name.
            config.host(host.as_deref().unwrap_or(&address.to_string()))
        }
    };
}

/// Returns the parameters that all servers have in common, and the timeout.
fn common(conninfo: &Conninfo<'_>) -> Result<(Config, Duration)> {
    let mut config = Config::new();
    config.application_name("drfctl").channel_binding(match conninfo.get("channel_binding")? {
        None | Some("prefer") => ChannelBinding::Prefer,
        Some("require") => ChannelBinding::Require,
        Some("disable") => ChannelBinding::Disable,
        Some(other) => return Err(Error::usage(format!("unknown channel_binding {other}"))),
    });
    let limit = match conninfo.number("connect_timeout")? {
        None => CONNECT_TIMEOUT,
        // Like libpq, waits without a limit.
        Some(0) => Duration::MAX,
        Some(seconds) => Duration::from_secs(seconds),
    };
    if limit != Duration::MAX {
        config.connect_timeout(limit);
    }
    // Detects a server that has disappeared.
    config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE / 3).keepalives_retries(3);
    config.tcp_user_timeout(2 * KEEPALIVE);
    if let Some(milliseconds) = conninfo.number("tcp_user_timeout")?.filter(|number| *number > 0) {
        config.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    config.keepalives(conninfo.number("keepalives")? != Some(0));
    if let Some(seconds) = conninfo.number("keepalives_idle")?.filter(|number| *number > 0) {
        config.keepalives_idle(Duration::from_secs(seconds));
    }
    if let Some(seconds) = conninfo.number("keepalives_interval")?.filter(|number| *number > 0) {
        config.keepalives_interval(Duration::from_secs(seconds));
    }
    if let Some(count) = conninfo.number("keepalives_count")?.filter(|number| *number > 0) {
        config.keepalives_retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    if let Some(options) = conninfo.server_options()? {
        config.options(&options);
    }
    Ok((config, limit))
}

/// Returns which server to use.
fn session(conninfo: &Conninfo<'_>) -> Result<SessionKind> {
    match conninfo.get("target_session_attrs")? {
        None | Some("" | "any") => Ok(SessionKind::Any),
        Some("read-write") => Ok(SessionKind::ReadWrite),
        Some("read-only") => Ok(SessionKind::ReadOnly),
        Some("primary") => Ok(SessionKind::Primary),
        Some("standby") => Ok(SessionKind::Standby),
        Some("prefer-standby") => Ok(SessionKind::PreferStandby),
        Some(other) => Err(conninfo.unsupported("target_session_attrs", other)),
    }
}

/// Returns how the server may authenticate the user. The driver can only
/// enforce two of the rules: no password, and, with channel binding, SCRAM.
fn method(conninfo: &Conninfo<'_>) -> Result<Method> {
    let Some(rule) = conninfo.get("require_auth")?.filter(|rule| !rule.is_empty()) else { return Ok(Method::Any) };
    if rule == "none" {
        return Ok(Method::None);
    }
    let methods: Vec<&str> = rule.split(',').map(str::trim).collect();
    let is_scram_allowed = if methods.iter().all(|method| method.starts_with('!')) {
        !methods.contains(&"!scram-sha-256")
    } else {
        methods.contains(&"scram-sha-256")
    };
    if is_scram_allowed && conninfo.get("channel_binding")? == Some("require") {
        return Ok(Method::Any);
    }
    Err(conninfo
        .unsupported("require_auth", rule)
        .hint("add channel_binding=require, with which only scram-sha-256 is accepted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N84: a rule is obeyed or refused.
    #[test]
    fn a_rule_for_the_authentication_is_obeyed_or_refused() {
        let variables = Variables::of([("HOME".into(), "/nowhere".into())].into_iter());
        for (query, passwords) in [
            ("", Some(1)),
            ("require_auth=none", Some(0)),
            ("require_auth=scram-sha-256&channel_binding=require", Some(1)),
            ("require_auth=!password,!md5&channel_binding=require", Some(1)),
            ("require_auth=!scram-sha-256&channel_binding=require", None),
            ("require_auth=scram-sha-256", None),
            ("require_auth=!password", None),
            ("require_auth=md5&channel_binding=require", None),
        ] {
            let url = DatabaseUrl::parse(&format!("postgres://u:s3cret@h/db?{query}")).unwrap();
            let found = Access::find(&url, &variables);
            assert_eq!(found.ok().map(|access| access.secrets.len()), passwords, "{query}");
        }
    }

    /// Returns the parameters that all servers of a URL have in common, and the timeout.
    fn common_of(query: &str) -> (Config, Duration) {
        let (url, variables) =
            (DatabaseUrl::parse(&format!("postgres://u@h/db?{query}")).unwrap(), Variables::default());
        common(&Conninfo::read(&url, &variables).unwrap()).unwrap()
    }

    #[test]
    fn the_timeouts_are_those_of_the_url_or_the_defaults() {
        let [ten, thirty, sixty] = [10, 30, 60].map(Duration::from_secs);
        for (query, limit, user_timeout, idle, interval, retries) in [
            ("", ten, sixty, thirty, ten, 3),
            ("connect_timeout=7", Duration::from_secs(7), sixty, thirty, ten, 3),
            ("connect_timeout=0", Duration::MAX, sixty, thirty, ten, 3),
            ("connect_timeout=-1", Duration::MAX, sixty, thirty, ten, 3),
            ("tcp_user_timeout=1500", ten, Duration::from_millis(1500), thirty, ten, 3),
            ("keepalives_idle=5", ten, sixty, Duration::from_secs(5), ten, 3),
            ("keepalives_interval=6", ten, sixty, thirty, Duration::from_secs(6), 3),
            ("keepalives_count=1", ten, sixty, thirty, ten, 1),
            ("keepalives_count=99999999999", ten, sixty, thirty, ten, u32::MAX),
            // As in libpq, 0 is the default.
            (
                "tcp_user_timeout=0&keepalives_idle=0&keepalives_interval=0&keepalives_count=0",
                ten,
                sixty,
                thirty,
                ten,
                3,
            ),
        ] {
            let (config, found) = common_of(query);
            assert_eq!(
                (found, config.get_connect_timeout().copied().unwrap_or(Duration::MAX)),
                (limit, limit),
                "{query}"
            );
            assert_eq!(config.get_tcp_user_timeout(), Some(&user_timeout), "{query}");
            assert_eq!(
                (config.get_keepalives_idle(), config.get_keepalives_interval()),
                (idle, Some(interval)),
                "{query}"
            );
            assert_eq!((config.get_keepalives_retries(), config.get_keepalives()), (Some(retries), true), "{query}");
        }
    }

    #[test]
    fn the_parameters_of_a_session_are_those_of_the_url() {
        for (query, keepalives, binding, options) in [
            ("", true, ChannelBinding::Prefer, None),
            ("keepalives=0&channel_binding=prefer", false, ChannelBinding::Prefer, None),
            ("keepalives=1&channel_binding=require", true, ChannelBinding::Require, None),
            ("channel_binding=disable&options=-cx%3D1", true, ChannelBinding::Disable, Some("-cx=1")),
        ] {
            let (config, _) = common_of(query);
            assert_eq!((config.get_keepalives(), config.get_channel_binding()), (keepalives, binding), "{query}");
            assert_eq!((config.get_options(), config.get_application_name()), (options, Some("drfctl")), "{query}");
        }
    }

    #[test]
    fn the_kind_of_server_is_that_of_the_url() {
        for (value, kind) in [
            ("", Some(SessionKind::Any)),
            ("any", Some(SessionKind::Any)),
            ("read-write", Some(SessionKind::ReadWrite)),
            ("read-only", Some(SessionKind::ReadOnly)),
            ("primary", Some(SessionKind::Primary)),
            ("standby", Some(SessionKind::Standby)),
            ("prefer-standby", Some(SessionKind::PreferStandby)),
            ("replica", None),
        ] {
            let url = DatabaseUrl::parse(&format!("postgres://u@h/db?target_session_attrs={value}")).unwrap();
            assert_eq!(Access::find(&url, &Variables::default()).ok().map(|access| access.wanted), kind, "{value}");
        }
    }

    #[test]
    fn the_password_is_that_of_the_url_or_of_the_password_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passwords");
        std::fs::write(&file, "h:5432:db:u:of_the_file\n").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let variables = Variables::of([("PGPASSFILE".into(), file.into())].into_iter());
        for (url, password) in [
            ("postgres://u:typed@h/db", Some("typed")),
            ("postgres://u@h/db", Some("of_the_file")),
            ("postgres://u@h/db?require_auth=none", None),
            ("postgres://other@h/db", None),
            ("postgres://u@h:5433/db", None),
        ] {
            let access = Access::find(&DatabaseUrl::parse(url).unwrap(), &variables).unwrap();
            let found = access.endpoints[0].config.get_password().map(|password| str::from_utf8(password).unwrap());
            assert_eq!((found, access.secrets.first().and_then(Value::as_str)), (password, password), "{url}");
        }
    }
}
