//! The address of the server and the account: from the URL, then the
//! environment, then the option file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mysql::consts::CapabilityFlags;
use mysql::{ClientIdentity, Opts, OptsBuilder, SslOpts};
use zeroize::Zeroizing;

use crate::engine::server::{check_options, option};
use crate::engine::url::{DatabaseUrl, Variables};
use crate::error::{Error, Result};
use crate::os::{SecretFile, account_name};

/// The default port.
const PORT: u16 = 3306;

/// The default timeout of a connection attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent. A statement may take long, and the driver
/// cannot ask whether it still runs.
const SILENCE: Duration = Duration::from_secs(300);

/// The largest packet that the protocol has.
const LARGEST_PACKET: usize = 1 << 30;

/// The default paths of the Unix socket.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/tmp/mysql.sock"];

/// The supported options, by their names in Django, in the server's own clients
/// and in their URLs.
const SERVED: [&str; 11] = [
    "ssl_mode",
    "ssl-mode",
    "ssl_ca",
    "ssl-ca",
    "ssl_cert",
    "ssl-cert",
    "ssl_key",
    "ssl-key",
    "unix_socket",
    "read_default_file",
    "connect_timeout",
];

/// The options that are ignored because they do not matter here.
const HARMLESS: [&str; 12] = [
    "autocommit",
    "charset",
    "collation",
    "conn_health_checks",
    "conn_max_age",
    "conv",
    "init_command",
    "isolation_level",
    "read_timeout",
    "sql_mode",
    "use_unicode",
    "write_timeout",
];

/// The parameters of a connection.
pub(super) struct Access {
    /// The parameters with TLS, if TLS is allowed.
    pub(super) encrypted: Option<Opts>,
    /// The parameters without TLS, if that is allowed.
    pub(super) plain: Option<Opts>,
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
        check_options(url, &SERVED, &HARMLESS)?;
        let asked = |names: &[&str]| option(&url.options, names);
        let file = OptionFile::read(asked(&["read_default_file"]), variables)?;
        let host = match url.host.as_deref().filter(|host| !host.is_empty()) {
            Some(host) => Some(host.to_owned()),
            None => variables.text("MYSQL_HOST")?.map(str::to_owned).or_else(|| file.get("host")),
        };
        let port = match (url.port, variables.text("MYSQL_TCP_PORT")?.map(str::to_owned).or_else(|| file.get("port"))) {
            (Some(port), _) => port,
            (None, Some(port)) => port.parse().map_err(|_| Error::usage(format!("{port} is not a port")))?,
            (None, None) => PORT,
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
        let user = url.user.clone().or_else(|| file.get("user")).or_else(account_name);
        let password = match (&url.password, variables.text("MYSQL_PWD")?) {
            (Some(password), _) => Some(password.clone()),
            (None, Some(password)) => Some(Zeroizing::new(password.to_owned())),
            (None, None) => file.get("password").map(Zeroizing::new),
        };
        let name = url.name.to_str().ok_or_else(|| Error::usage("the name of the database is not UTF-8"))?;
        let timeout = match asked(&["connect_timeout"]) {
            Some(typed) => Duration::from_secs(
                typed.parse().map_err(|_| Error::usage("connect_timeout is not a number of seconds"))?,
            ),
            None => CONNECT_TIMEOUT,
        };
        let builder = OptsBuilder::new()
            .user(user)
            .pass(password.as_ref().map(|password| password.as_str()))
            .db_name(Some(name))
            .prefer_socket(false)
            // The maximum, because the driver would ask for the limit each
            // time.
            .max_allowed_packet(Some(LARGEST_PACKET))
            .tcp_connect_timeout(Some(timeout))
            .read_timeout(Some(SILENCE))
            .write_timeout(Some(SILENCE))
            // Detects a server that has disappeared.
            .tcp_keepalive_time_ms(Some(30_000))
            .tcp_keepalive_probe_interval_secs(Some(10))
            .tcp_keepalive_probe_count(Some(3))
            .tcp_user_timeout_ms(Some(60_000))
            // Counts updated rows that did not change, as Django does.
            .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS);
        if let Some(socket) = named_socket {
            return Ok(Self { encrypted: None, plain: Some(builder.socket(Some(socket)).into()), timeout, password });
        }
        let builder = builder.ip_or_hostname(Some(host.unwrap_or_else(|| "localhost".to_owned()))).tcp_port(port);
        let tls = |name: &str| {
            let [under, dash] = [format!("ssl_{name}"), format!("ssl-{name}")];
            asked(&[&under, &dash]).map(str::to_owned).or_else(|| file.get(&dash))
        };
        let mode = tls("mode").map(|mode| mode.to_ascii_uppercase().replace('-', "_"));
        // The form of MariaDB's clients.
        let mode = mode.or_else(|| {
            let asked = file.get("ssl-verify-server-cert")?;
            (!matches!(asked.as_str(), "0" | "off" | "OFF")).then(|| "VERIFY_IDENTITY".to_owned())
        });
        let (root, certificate, key) = (tls("ca"), tls("cert"), tls("key"));
        // The driver trusts the public authorities in addition to the named
        // one, so the host name is verified whenever a certificate is.
        let (skips, is_required) = match mode.as_deref() {
            Some("DISABLED") => return Ok(Self { encrypted: None, plain: Some(builder.into()), timeout, password }),
            Some("VERIFY_IDENTITY" | "VERIFY_CA") => (false, true),
            Some("REQUIRED") => (root.is_none(), true),
            None if root.is_some() => (false, true),
            None | Some("PREFERRED") => (true, false),
            Some(other) => {
                return Err(Error::usage(format!("unknown ssl_mode {other}"))
                    .hint("use DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"));
            }
        };
        let identity = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(ClientIdentity::new(PathBuf::from(certificate), PathBuf::from(key))),
            _ => None,
        };
        let ssl = SslOpts::default()
            .with_root_cert_path(root.map(PathBuf::from))
            .with_client_identity(identity)
            .with_danger_skip_domain_validation(skips)
            .with_danger_accept_invalid_certs(skips);
        Ok(Self {
            encrypted: Some(builder.clone().ssl_opts(ssl).into()),
            plain: (!is_required).then(|| builder.into()),
            timeout,
            password,
        })
    }
}

/// The client options of an option file.
struct OptionFile(Vec<(String, Zeroizing<String>)>);

impl OptionFile {
    fn read(named: Option<&str>, variables: &Variables) -> Result<Self> {
        let path = match (named, variables.get("HOME")) {
            (Some(named), _) => PathBuf::from(named),
            (None, Some(home)) => Path::new(home).join(".my.cnf"),
            (None, None) => return Ok(Self(Vec::new())),
        };
        let Some(found) = SecretFile::read(&path)? else { return Ok(Self(Vec::new())) };
        let options = client_options(&found.text);
        if options.iter().any(|(name, _)| name == "password") {
            found.check_private()?;
        }
        Ok(Self(options))
    }

    /// Returns the value of an option; the last assignment wins.
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.to_string())
    }
}

/// Returns the options of the groups that every client reads, with dashes in
/// their names.
fn client_options(text: &str) -> Vec<(String, Zeroizing<String>)> {
    let mut is_ours = false;
    let mut options = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(group) = line.strip_prefix('[') {
            is_ours = matches!(group.trim_end_matches(']'), "client" | "client-mariadb" | "client-server");
        } else if is_ours && !line.is_empty() && !line.starts_with(['#', ';']) {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            let value = value.trim();
            let quoted = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
            let bare = || value.split('#').next().unwrap_or_default().trim_end();
            let value = quoted('"').or_else(|| quoted('\'')).unwrap_or_else(bare);
            options.push((name.trim().replace('_', "-"), Zeroizing::new(value.to_owned())));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_groups_of_an_option_file_are_read() {
        let file = OptionFile(client_options(
            "[mysqld]\nuser=other\n[client]\nuser = 'shop'\n# password=no\npassword=\"a=b\"\nport=1 # x\nssl_ca=/ca.pem\n[mysql]\nhost=x\n",
        ));
        let found = ["user", "password", "ssl-ca", "host"].map(|name| file.get(name));
        assert_eq!(found.each_ref().map(Option::as_deref), [Some("shop"), Some("a=b"), Some("/ca.pem"), None]);
    }
}
