//! The parameters of a connection by libpq's keywords: from the URL, then its
//! service, then the environment.

use crate::engine::postgres::service;
use crate::engine::url::{DatabaseUrl, unnamed};
use crate::engine::url_options::{check_options, option, unsupported};
use crate::engine::variables::Variables;
use crate::error::{Error, Result};

/// The supported keywords.
const SUPPORTED: [&str; 39] = [
    "assume_role",
    "channel_binding",
    "connect_timeout",
    "currentSchema",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "max_protocol_version",
    "min_protocol_version",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "search_path",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The options that are ignored because they do not matter here: those of
/// libpq, psycopg and Django.
const IGNORED: [&str; 18] = [
    "application_name",
    "autocommit",
    "client_encoding",
    "context",
    "cursor_factory",
    "fallback_application_name",
    "gssdelegation",
    "gsslib",
    "isolation_level",
    "krbsrvname",
    "load_balance_hosts",
    "pool",
    "prepare_threshold",
    "prepared_max",
    "row_factory",
    "server_side_binding",
    "sslcompression",
    "sslkeylogfile",
];

/// Keywords with the only values that drfctl can obey.
const LIMITED: [(&str, &[&str]); 8] = [
    ("gssencmode", &["disable", "prefer"]),
    ("min_protocol_version", &["3.0"]),
    ("replication", &["false", "off", "no", "0"]),
    ("requirepeer", &[]),
    ("sslcertmode", &["allow", "disable"]),
    ("sslcrldir", &[]),
    ("sslpassword", &[]),
    ("sslsni", &["0", "1"]),
];

/// Keywords whose variable is not `PG` and the keyword in upper case without
/// underscores; empty if they have none.
const VARIABLES: [(&str, &str); 11] = [
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("currentSchema", ""),
    ("dbname", "PGDATABASE"),
    ("keepalives", ""),
    ("keepalives_count", ""),
    ("keepalives_idle", ""),
    ("keepalives_interval", ""),
    ("replication", ""),
    ("search_path", ""),
    ("sslpassword", ""),
    ("tcp_user_timeout", ""),
];

/// The parameters of a connection.
pub(super) struct Conninfo<'a> {
    url: &'a DatabaseUrl,
    service: service::Options,
    pub(super) variables: &'a Variables,
}

impl<'a> Conninfo<'a> {
    /// Reads the URL, the service that it or the environment names, and the
    /// environment.
    ///
    /// # Errors
    /// Usage, for an option or a value that drfctl cannot obey; rejected, if the
    /// service is not defined.
    pub(super) fn read(url: &'a DatabaseUrl, variables: &'a Variables) -> Result<Self> {
        check_options(url, &SUPPORTED, &IGNORED)?;
        let mut conninfo = Self { url, service: service::Options::new(), variables };
        if let Some(name) = conninfo.get("service")?.filter(|name| !name.is_empty()).map(str::to_owned) {
            let options = service::read(&name, option(&url.options, &["servicefile"]), variables)?;
            let is_known = |keyword: &str| SUPPORTED.contains(&keyword) || IGNORED.contains(&keyword);
            if let Some((keyword, _)) = options.iter().find(|(keyword, _)| !is_known(keyword)) {
                return Err(Error::rejected(format!("the service {name} has the unknown keyword {keyword}")));
            }
            conninfo.service = options;
        }
        for (keyword, values) in LIMITED {
            conninfo.refuse_except(keyword, values)?;
        }
        Ok(conninfo)
    }

    /// Returns a parameter. Like Django, prefers the parts of the URL to its
    /// options.
    ///
    /// # Errors
    /// Usage if the variable is not UTF-8.
    pub(super) fn get(&self, keyword: &str) -> Result<Option<&str>> {
        let of_url = match keyword {
            "host" => self.url.host.as_deref(),
            "port" => self.url.port.as_deref(),
            "user" => self.url.user.as_deref(),
            "password" => self.url.password.as_ref().map(|password| password.as_str()),
            _ => None,
        };
        let of_service = || self.service.iter().find(|(known, _)| known == keyword).map(|(_, value)| value.as_str());
        let found = of_url.or_else(|| option(&self.url.options, &[keyword])).or_else(of_service);
        match (found, variable(keyword)) {
            (None, Some(name)) => self.variables.text(&name),
            (found, _) => Ok(found),
        }
    }

    /// Returns the name of the database.
    ///
    /// # Errors
    /// Usage if no database is named.
    pub(super) fn database(&self) -> Result<&str> {
        let of_url = self.url.name.to_str().ok_or_else(|| Error::usage("the name of the database is not UTF-8"))?;
        match self.get("dbname")? {
            // Django's `OPTIONS` override `NAME`; a variable does not.
            _ if !of_url.is_empty() && option(&self.url.options, &["dbname"]).is_none() => Ok(of_url),
            Some(name) if !name.is_empty() => Ok(name),
            _ => Err(unnamed()),
        }
    }

    /// Returns the options of the server. A schema that the URL names replaces
    /// them, as dj-database-url does.
    ///
    /// # Errors
    /// Usage if the variable is not UTF-8.
    pub(super) fn server_options(&self) -> Result<Option<String>> {
        if let Some(schemas) = option(&self.url.options, &["currentSchema", "search_path"]) {
            let escaped = schemas.replace('\\', "\\\\").replace(' ', "\\ ");
            return Ok(Some(format!("-c search_path={escaped}")));
        }
        Ok(self.get("options")?.map(str::to_owned))
    }

    /// Returns a parameter as a number; negative numbers count as 0.
    ///
    /// # Errors
    /// Usage if it is not a number.
    pub(super) fn number(&self, keyword: &str) -> Result<Option<u64>> {
        let Some(text) = self.get(keyword)? else { return Ok(None) };
        let number: i64 =
            text.trim().parse().map_err(|_| Error::usage(format!("{} is not a number", self.origin(keyword))))?;
        Ok(Some(u64::try_from(number).unwrap_or(0)))
    }

    /// Returns what sets a parameter, for messages.
    pub(super) fn origin(&self, keyword: &str) -> String {
        let is_given =
            option(&self.url.options, &[keyword]).is_some() || self.service.iter().any(|(known, _)| known == keyword);
        variable(keyword).filter(|_| !is_given).unwrap_or_else(|| keyword.to_owned())
    }

    /// Refuses a parameter, except with one of these values.
    ///
    /// # Errors
    /// Usage if it has another value.
    fn refuse_except(&self, keyword: &str, values: &[&str]) -> Result<()> {
        match self.get(keyword)? {
            Some(value) if !value.is_empty() && !values.contains(&value) => Err(self.unsupported(keyword, value)),
            _ => Ok(()),
        }
    }

    /// Returns the error for a value that drfctl cannot obey.
    pub(super) fn unsupported(&self, keyword: &str, value: &str) -> Error {
        let shown = match keyword {
            "sslpassword" => self.origin(keyword),
            _ => format!("{}={value}", self.origin(keyword)),
        };
        unsupported(&shown)
    }
}

/// Returns the environment variable of a keyword.
fn variable(keyword: &str) -> Option<String> {
    let known = VARIABLES.iter().find(|(known, _)| *known == keyword).map(|(_, name)| (*name).to_owned());
    let name = known.unwrap_or_else(|| format!("PG{}", keyword.to_ascii_uppercase().replace('_', "")));
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(all: &[(&str, &str)]) -> Variables {
        Variables::of(all.iter().map(|(name, value)| (name.into(), value.into())))
    }

    /// Returns a parameter of a URL, with these variables.
    fn get(url: &str, all: &[(&str, &str)], keyword: &str) -> Option<String> {
        let (url, variables) = (DatabaseUrl::parse(url).unwrap(), variables(all));
        Conninfo::read(&url, &variables).unwrap().get(keyword).unwrap().map(str::to_owned)
    }

    /// N31: Django prefers `HOST` to the host of `OPTIONS`.
    #[test]
    fn the_url_precedes_its_options_and_the_environment() {
        let set = [("PGHOST", "variable"), ("PGSSLMINPROTOCOLVERSION", "TLSv1.3")];
        for (url, host) in [
            ("postgres://u@part/db?host=option", "part"),
            ("postgres://u@/db?host=/cloudsql/p:r:i", "/cloudsql/p:r:i"),
            ("postgres://u@/db", "variable"),
        ] {
            assert_eq!(get(url, &set, "host").as_deref(), Some(host), "{url}");
        }
        assert_eq!(get("postgres://u@/db", &set, "ssl_min_protocol_version").as_deref(), Some("TLSv1.3"));
    }

    /// N35, N84: what libpq would obey and drfctl cannot.
    #[test]
    fn parameters_that_cannot_be_obeyed_are_refused_by_name() {
        for (query, variable, says) in [
            ("gssencmode=require", None, "the database option gssencmode=require is not supported"),
            ("", Some(("PGGSSENCMODE", "require")), "the database option PGGSSENCMODE=require is not supported"),
            ("", Some(("PGREQUIREPEER", "postgres")), "the database option PGREQUIREPEER=postgres is not supported"),
            ("sslpassword=s3cret", None, "the database option sslpassword is not supported"),
            ("sslcrldir=/x", None, "the database option sslcrldir=/x is not supported"),
            ("sslcertmode=require", None, "the database option sslcertmode=require is not supported"),
            ("sslmod=require", None, "the database option sslmod is not supported"),
        ] {
            let url = DatabaseUrl::parse(&format!("postgres://u@h/db?{query}")).unwrap();
            let variables = variables(variable.as_slice());
            assert_eq!(Conninfo::read(&url, &variables).err().unwrap().to_string(), says);
        }
    }

    /// N31
    #[test]
    fn settings_of_django_in_a_url_are_harmless() {
        let url = "postgres://u@h/db?CONN_MAX_AGE=60&conn_health_checks=true&Atomic_Requests=1&autocommit=true\
                   &disable_server_side_cursors=true&gssencmode=prefer&sslmode=require";
        assert_eq!(get(url, &[], "sslmode").as_deref(), Some("require"));
    }

    /// N31
    #[test]
    fn a_schema_in_the_url_replaces_the_options() {
        for (query, options) in [
            ("currentSchema=shop&options=-cx%3D1", Some("-c search_path=shop")),
            ("search_path=shop,%20public", Some("-c search_path=shop,\\ public")),
            ("options=-c%20search_path%3Dx", Some("-c search_path=x")),
            ("", None),
        ] {
            let url = DatabaseUrl::parse(&format!("postgres://u@h/db?{query}")).unwrap();
            let variables = variables(&[]);
            assert_eq!(Conninfo::read(&url, &variables).unwrap().server_options().unwrap().as_deref(), options);
        }
    }

    #[test]
    fn a_variable_names_the_database_only_if_the_url_does_not() {
        let set = variables(&[("PGDATABASE", "variable"), ("PGCONNECT_TIMEOUT", "x")]);
        for (url, name, origin) in [
            ("postgres://h/part?dbname=option&connect_timeout=y", "option", "connect_timeout"),
            ("postgres://h/part", "part", "PGCONNECT_TIMEOUT"),
            ("postgres://h/", "variable", "PGCONNECT_TIMEOUT"),
        ] {
            let url = DatabaseUrl::parse(url).unwrap();
            let conninfo = Conninfo::read(&url, &set).unwrap();
            assert_eq!(conninfo.database().unwrap(), name);
            let error = conninfo.number("connect_timeout").unwrap_err();
            assert_eq!(error.to_string(), format!("{origin} is not a number"));
        }
    }
}
