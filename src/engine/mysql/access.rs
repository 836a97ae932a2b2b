//! The address of the server and the account: from the URL, then the
//! environment, then the option file.

use std::path::Path;
use std::time::Duration;

use mysql_async::OptsBuilder;
use zeroize::Zeroizing;

use crate::engine::mysql::endpoint::{Encryption, Endpoint, Host, ServerKey};
use crate::engine::mysql::option_file::OptionFile;
use crate::engine::mysql::tls::{TlsSettings, is_on};
use crate::engine::url::{DatabaseUrl, unnamed};
use crate::engine::url_options::{check_options, option};
use crate::engine::variables::Variables;
use crate::error::{Error, Result};
use crate::os::account_name;

/// The default port.
const PORT: u16 = 3306;

/// The default timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest packet that the protocol has.
const LARGEST_PACKET: usize = 1 << 30;

/// The server's own default, in seconds. The driver asks for it otherwise, and
/// uses it only for pools.
const WAIT_TIMEOUT: usize = 28_800;

/// The default paths of the Unix socket.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/tmp/mysql.sock"];

/// The supported options, by their names in Django, in its drivers, in the
/// server's own clients and in their URLs.
const SUPPORTED: [&str; 32] = [
    "connect_timeout",
    "connection_timeout",
    "database",
    "db",
    "get-server-public-key",
    "get_server_public_key",
    "host",
    "passwd",
    "password",
    "port",
    "read_default_file",
    "read_default_group",
    "ssl",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl_ca",
    "ssl_cert",
    "ssl_check_hostname",
    "ssl_disabled",
    "ssl_key",
    "ssl_mode",
    "ssl_verify_cert",
    "ssl_verify_identity",
    "ssl_verify_server_cert",
    "tls-version",
    "tls_version",
    "tls_versions",
    "unix_socket",
    "user",
    "username",
];

/// The options that are ignored because they do not matter here.
const IGNORED: [&str; 34] = [
    "allow_local_infile",
    "auth_plugin",
    "autocommit",
    "binary_prefix",
    "buffered",
    "charset",
    "client_flag",
    "client_flags",
    "collation",
    "compress",
    "conn_health_checks",
    "conn_max_age",
    "conv",
    "converter_class",
    "cursorclass",
    "defer_connect",
    "get_warnings",
    "init_command",
    "isolation_level",
    "local_infile",
    "max_allowed_packet",
    "multi_statements",
    "named_pipe",
    "pool_name",
    "pool_size",
    "program_name",
    "raise_on_warnings",
    "read_timeout",
    "sql_mode",
    "time_zone",
    "use_pure",
    "use_unicode",
    "write_timeout",
    "zstd_compression_level",
];

/// The parameters of a connection.
pub(super) struct Access {
    pub(super) endpoint: Endpoint,
    /// The timeout.
    pub(super) timeout: Duration,
    /// The secrets that no message may contain.
    pub(super) password: Option<Zeroizing<String>>,
}

impl Access {
    /// Reads the URL, the environment and the option file.
    ///
    /// # Errors
    /// Usage, if they are invalid; rejected, if the option file cannot be read,
    /// or all accounts can read it.
    pub(super) fn find(url: &DatabaseUrl, variables: &Variables) -> Result<Self> {
        check_options(url, &SUPPORTED, &IGNORED)?;
        let asked = |names: &[&str]| option(&url.options, names);
        let file = OptionFile::read(asked(&["read_default_file"]), asked(&["read_default_group"]), variables)?;
        let named_host = asked(&["host"]).or(url.host.as_deref()).filter(|host| !host.is_empty());
        if named_host.is_some_and(|host| host.contains(',')) {
            return Err(Error::usage("several hosts are not supported for MySQL").hint("name the primary server"));
        }
        let host = match named_host {
            Some(host) => Some(host.to_owned()),
            // A socket is on this host.
            None if asked(&["unix_socket"]).is_some() => None,
            None => variables.text("MYSQL_HOST")?.map(str::to_owned).or_else(|| file.get("host")),
        };
        let named_port = asked(&["port"]).or(url.port.as_deref()).or(variables.text("MYSQL_TCP_PORT")?);
        let port = match named_port.map(str::to_owned).or_else(|| file.get("port")) {
            Some(port) => port.parse().map_err(|_| Error::usage(format!("{port} is not a port")))?,
            None => PORT,
        };
        let named_socket = match &host {
            Some(host) if host.starts_with('/') => Some(host.clone()),
            Some(host) if host != "localhost" => None,
            _ => asked(&["unix_socket"])
                .or(variables.text("MYSQL_UNIX_PORT")?)
                .map(str::to_owned)
                .or_else(|| file.get("socket"))
                .or_else(|| SOCKETS.into_iter().find(|path| Path::new(path).exists()).map(str::to_owned)),
        };
        let user = asked(&["user", "username"]).map(str::to_owned).or_else(|| url.user.clone());
        let user = user.or_else(|| file.get("user")).or_else(account_name);
        let password = match (&url.password, variables.text("MYSQL_PWD")?) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(password)) => Some(Zeroizing::new(password.to_owned())),
            (None, None) => file.get("password").map(Zeroizing::new),
        };
        let name = url.name.to_str().ok_or_else(|| Error::usage("the name of the database is not UTF-8"))?;
        let name = asked(&["database", "db"]).unwrap_or(name);
        let name = Some(name.to_owned()).filter(|name| !name.is_empty()).or_else(|| file.get("database"));
        let name = name.ok_or_else(unnamed)?;
        let timeout = match asked(&["connect_timeout", "connection_timeout"]) {
            Some(typed) => match typed.parse() {
                Ok(0) => Duration::MAX,
                Ok(seconds) => Duration::from_secs(seconds),
                Err(_) => return Err(Error::usage("connect_timeout is not a number of seconds")),
            },
            None => CONNECT_TIMEOUT,
        };
        let opts = OptsBuilder::default()
            .user(user)
            .pass(password.as_ref().map(|password| password.as_str()))
            .db_name(Some(name))
            .prefer_socket(false)
            // The maximum, because the driver would ask for the limit each
            // time.
            .max_allowed_packet(Some(LARGEST_PACKET))
            .wait_timeout(Some(WAIT_TIMEOUT))
            // Counts updated rows that did not change, as Django does.
            .client_found_rows(true);
        let tls = TlsSettings::read(url, &file)?;
        let trusted = asked(&["get_server_public_key", "get-server-public-key"]).map(str::to_owned);
        let trusts_key = trusted.or_else(|| file.get("get-server-public-key")).is_some_and(|value| is_on(&value));
        let endpoint = match named_socket {
            Some(_) if tls.is_required() && url.options.iter().any(|(name, _)| name.starts_with("ssl")) => {
                return Err(Error::usage("TLS through a Unix socket is not supported")
                    .hint("connect to 127.0.0.1, or remove the options that require TLS"));
            }
            Some(socket) => Endpoint::Socket(opts.socket(Some(socket)).into()),
            None => Endpoint::Host(Box::new(Host {
                opts,
                name: host.unwrap_or_else(|| "localhost".to_owned()),
                port,
                addresses: Vec::new(),
                encryption: match tls.options()? {
                    None => Encryption::Disabled,
                    Some(opts) if tls.is_required() => Encryption::Required(opts),
                    Some(opts) => Encryption::Preferred(opts),
                },
                server_key: if trusts_key { ServerKey::Trusted } else { ServerKey::Refused },
            })),
        };
        Ok(Self { endpoint, timeout, password })
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::Opts;

    use super::*;

    fn find(url: &str, variables: &[(&str, &str)]) -> Result<Access> {
        let variables = Variables::of(variables.iter().map(|(name, value)| (name.into(), value.into())));
        Access::find(&DatabaseUrl::parse(url)?, &variables)
    }

    /// N30: the options override the rest, as in Django.
    #[test]
    fn the_server_is_that_which_django_would_use() {
        for (url, place) in [
            ("mysql://root@/db?unix_socket=/run/x.sock", "/run/x.sock"),
            ("mysql://root@localhost/db?unix_socket=/run/x.sock", "/run/x.sock"),
            ("mysql://root@%2Frun%2Fx.sock/db", "/run/x.sock"),
            ("mysql://root@h:1/db?unix_socket=/run/x.sock", "h 1"),
            ("mysql://root@h:1/other?host=b&port=2&database=db&user=root", "b 2"),
            ("mysql://other@/db?user=root", "env 3306"),
        ] {
            let (opts, shown): (Opts, _) = match find(url, &[("MYSQL_HOST", "env")]).unwrap().endpoint {
                Endpoint::Socket(opts) => (opts.clone(), opts.socket().unwrap().to_owned()),
                Endpoint::Host(host) => (host.opts.into(), format!("{} {}", host.name, host.port)),
            };
            assert_eq!((shown.as_str(), opts.user(), opts.db_name()), (place, Some("root"), Some("db")), "{url}");
        }
        for (url, says) in [
            ("mysql://root@a,b/db", "several hosts are not supported for MySQL"),
            ("mysql://root@a/", "no database is named"),
            ("mysql://root@a/db?ssl_crl=/x", "the database option ssl_crl is not supported"),
            ("mysql://root@a/db?bind_address=::1", "the database option bind_address is not supported"),
        ] {
            assert_eq!(find(url, &[]).err().unwrap().to_string(), says);
        }
    }

    #[test]
    fn the_timeout_the_port_and_the_password_have_an_order() {
        for (url, variables, timeout, port, password) in [
            ("mysql://u@h/db", &[][..], CONNECT_TIMEOUT, 3306, None),
            ("mysql://u@h/db?connect_timeout=3&port=2", &[("MYSQL_TCP_PORT", "4")], Duration::from_secs(3), 2, None),
            ("mysql://u@h/db?connection_timeout=0", &[("MYSQL_TCP_PORT", "4")], Duration::MAX, 4, None),
            (
                "mysql://u:typed@h:5/db",
                &[("MYSQL_PWD", "set"), ("MYSQL_TCP_PORT", "4")],
                CONNECT_TIMEOUT,
                5,
                Some("typed"),
            ),
            ("mysql://u@h/db", &[("MYSQL_PWD", "set")], CONNECT_TIMEOUT, 3306, Some("set")),
        ] {
            let access = find(url, variables).unwrap();
            let Endpoint::Host(host) = access.endpoint else { panic!("a host: {url}") };
            assert_eq!((access.timeout, host.port), (timeout, port), "{url}");
            let opts = Opts::from(host.opts);
            assert_eq!(
                (opts.pass(), access.password.as_ref().map(|found| found.as_str())),
                (password, password),
                "{url}"
            );
            assert!(opts.client_found_rows() && !opts.prefer_socket());
        }
        for (url, message) in [
            ("mysql://u@h/db?connect_timeout=x", "connect_timeout is not a number of seconds"),
            ("mysql://u@h/db?port=x", "x is not a port"),
        ] {
            assert_eq!(find(url, &[]).err().unwrap().to_string(), message);
        }
    }

    #[test]
    fn the_options_decide_about_encryption_and_the_key_of_the_server() {
        for (query, encryption, server_key) in [
            ("", "preferred", ServerKey::Refused),
            ("ssl_mode=DISABLED&get_server_public_key=1", "disabled", ServerKey::Trusted),
            ("ssl_mode=REQUIRED&get_server_public_key=0", "required", ServerKey::Refused),
        ] {
            let access = find(&format!("mysql://u@h/db?{query}"), &[]).unwrap();
            let Endpoint::Host(host) = access.endpoint else { panic!("a host: {query}") };
            let found = match host.encryption {
                Encryption::Disabled => "disabled",
                Encryption::Preferred(_) => "preferred",
                Encryption::Required(_) => "required",
            };
            assert_eq!((found, host.server_key), (encryption, server_key), "{query}");
        }
        let error = find("mysql://u@/db?unix_socket=/x&ssl_mode=REQUIRED", &[]).err().unwrap();
        assert_eq!(error.to_string(), "TLS through a Unix socket is not supported");
        assert!(find("mysql://u@/db?unix_socket=/x&ssl_mode=PREFERRED", &[]).is_ok());
    }
}
