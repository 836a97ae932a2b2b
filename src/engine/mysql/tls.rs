//! TLS as `ssl_mode` and the options of Django's drivers require it.

use std::fs;
use std::path::{Path, PathBuf};

use mysql_async::{ClientIdentity, SslOpts};

use crate::engine::mysql::option_file::OptionFile;
use crate::engine::url::DatabaseUrl;
use crate::engine::url_options::{option, unsupported};
use crate::error::{Error, Result};

/// The options of option files that drfctl cannot obey, and without which the
/// connection would be weaker.
const REFUSED: [&str; 7] =
    ["ssl-capath", "ssl-cipher", "ssl-crl", "ssl-crlpath", "ssl-fp", "ssl-fplist", "server-public-key-path"];

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Disabled,
    Preferred,
    Required,
    /// The driver verifies the name of the host whenever it verifies the
    /// certificate, unlike MySQL's clients with `VERIFY_CA`.
    Verified,
}

/// The TLS settings.
#[derive(Debug)]
pub(super) struct TlsSettings {
    mode: Mode,
    root: Option<PathBuf>,
    /// The files with the client's certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
}

impl TlsSettings {
    /// Reads the options, then the option file.
    ///
    /// # Errors
    /// Usage, for an invalid value, or an option that drfctl cannot obey.
    pub(super) fn read(url: &DatabaseUrl, file: &OptionFile) -> Result<Self> {
        if let Some(name) = REFUSED.into_iter().find(|name| file.get(name).is_some()) {
            return Err(unsupported(name).hint("remove it from the option file"));
        }
        let value = |name: &str| {
            let [under, dash] = [format!("ssl_{name}"), format!("ssl-{name}")];
            option(&url.options, &[&under, &dash]).map(str::to_owned).or_else(|| file.get(&dash))
        };
        let versions = option(&url.options, &["tls_version", "tls-version", "tls_versions"]);
        if let Some(versions) = versions.map(str::to_owned).or_else(|| file.get("tls-version")) {
            // The driver has no setting for it and uses both.
            if !["TLSv1.2", "TLSv1.3"].iter().all(|version| versions.contains(version)) {
                return Err(unsupported(&format!("tls_version={versions}")).hint("use TLSv1.2,TLSv1.3"));
            }
        }
        if let Some(object) = option(&url.options, &["ssl"]).filter(|value| !is_switch(value)) {
            return Err(unsupported(&format!("ssl={object}")).hint("name the files: ssl_ca, ssl_cert and ssl_key"));
        }
        let root = value("ca").map(PathBuf::from);
        let flag = |name: &str| option(&url.options, &[name]).map(is_on);
        let of_file = |name: &str| file.get(name).is_some_and(|value| is_on(&value));
        let mode = match value("mode") {
            Some(name) => match name.to_ascii_uppercase().replace('-', "_").as_str() {
                "DISABLED" => Mode::Disabled,
                "PREFERRED" => Mode::Preferred,
                "REQUIRED" if root.is_none() => Mode::Required,
                "REQUIRED" | "VERIFY_CA" | "VERIFY_IDENTITY" => Mode::Verified,
                other => {
                    return Err(Error::usage(format!("unknown ssl_mode {other}"))
                        .hint("use DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY"));
                }
            },
            None if flag("ssl_disabled") == Some(true) => Mode::Disabled,
            None if root.is_some() => Mode::Verified,
            None if ["ssl_verify_cert", "ssl_verify_identity", "ssl_check_hostname", "ssl_verify_server_cert"]
                .into_iter()
                .any(|name| flag(name) == Some(true)) =>
            {
                Mode::Verified
            }
            // MariaDB's clients have switches.
            None if of_file("ssl-verify-server-cert") => Mode::Verified,
            None if flag("ssl") == Some(true) || of_file("ssl") || of_file("ssl-enforce") => Mode::Required,
            None => Mode::Preferred,
        };
        let identity = match (value("cert"), value("key")) {
            (Some(certificate), Some(key)) => Some((PathBuf::from(certificate), PathBuf::from(key))),
            (None, None) => None,
            _ => return Err(Error::usage("a client certificate requires both ssl_cert and ssl_key")),
        };
        Ok(Self { mode, root, identity })
    }

    /// Returns whether a connection without TLS is refused.
    pub(super) fn is_required(&self) -> bool {
        matches!(self.mode, Mode::Required | Mode::Verified)
    }

    /// Reads the files. Returns the driver's options; `None` if TLS is disabled.
    ///
    /// # Errors
    /// Unusable, if a file cannot be read.
    pub(super) fn options(&self) -> Result<Option<SslOpts>> {
        if self.mode == Mode::Disabled {
            return Ok(None);
        }
        let root = self.root.as_deref().map(read).transpose()?;
        let identity = match &self.identity {
            Some((certificate, key)) => Some(ClientIdentity::new(read(certificate)?.into(), read(key)?.into())),
            None => None,
        };
        Ok(Some(
            SslOpts::default()
                // The named authorities alone are trusted.
                .with_disable_built_in_roots(root.is_some())
                .with_root_certs(root.into_iter().map(Into::into).collect())
                .with_client_identity(identity)
                .with_danger_accept_invalid_certs(self.mode != Mode::Verified),
        ))
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| Error::unusable(format!("{} cannot be read: {error}", path.display())))
}

/// Returns whether a switch is on; an empty value is.
pub(super) fn is_on(value: &str) -> bool {
    !["0", "off", "false", "no"].iter().any(|off| value.eq_ignore_ascii_case(off))
}

/// Returns whether a value is that of a switch.
fn is_switch(value: &str) -> bool {
    !is_on(value) || ["", "1", "on", "true", "yes"].iter().any(|on| value.eq_ignore_ascii_case(on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<TlsSettings> {
        let url = DatabaseUrl::parse(&format!("mysql://u@h/db?{query}"))?;
        TlsSettings::read(&url, &OptionFile::default())
    }

    #[test]
    fn the_options_of_every_driver_select_the_mode() {
        for (query, mode) in [
            ("", Mode::Preferred),
            ("ssl_mode=REQUIRED", Mode::Required),
            ("ssl-mode=verify-ca&ssl-ca=/x", Mode::Verified),
            ("ssl_mode=REQUIRED&ssl_ca=/x", Mode::Verified),
            ("ssl_ca=/x", Mode::Verified),
            ("ssl_ca=/x&ssl_mode=PREFERRED", Mode::Preferred),
            ("ssl_disabled=True", Mode::Disabled),
            ("ssl_verify_identity=true&ssl_ca=/x", Mode::Verified),
            ("ssl=true", Mode::Required),
            ("tls_version=TLSv1.2,TLSv1.3", Mode::Preferred),
        ] {
            assert_eq!(read(query).unwrap().mode, mode, "{query}");
        }
        for (query, says) in [
            ("ssl_mode=ALWAYS", "unknown ssl_mode ALWAYS"),
            ("ssl=SSLContext", "the database option ssl=SSLContext is not supported"),
            ("ssl_cert=/x", "a client certificate requires both ssl_cert and ssl_key"),
            ("tls_version=TLSv1.3", "the database option tls_version=TLSv1.3 is not supported"),
        ] {
            assert_eq!(read(query).unwrap_err().to_string(), says, "{query}");
        }
    }

    #[test]
    fn a_client_certificate_has_a_key_and_files_that_exist() {
        let settings = read("ssl_cert=/missing/cert&ssl_key=/missing/key").unwrap();
        assert_eq!(settings.identity, Some(("/missing/cert".into(), "/missing/key".into())));
        let error = settings.options().unwrap_err().to_string();
        assert!(error.starts_with("/missing/cert cannot be read: "), "{error}");
        assert_eq!(read("").unwrap().identity, None);
        assert!(read("ssl_key=/x").is_err());
    }

    #[test]
    fn the_mode_decides_whether_a_certificate_is_verified() {
        for (query, is_required, accepts_any) in [
            ("ssl_mode=DISABLED", false, None),
            ("", false, Some(true)),
            ("ssl_mode=REQUIRED", true, Some(true)),
            ("ssl_mode=VERIFY_CA", true, Some(false)),
            ("ssl_check_hostname=1", true, Some(false)),
        ] {
            let settings = read(query).unwrap();
            let options = settings.options().unwrap();
            assert_eq!(settings.is_required(), is_required, "{query}");
            assert_eq!(options.as_ref().map(SslOpts::accept_invalid_certs), accepts_any, "{query}");
            assert!(options.is_none_or(|options| !options.disable_built_in_roots()), "{query}");
        }
        for (value, on) in [("", true), ("1", true), ("TRUE", true), ("0", false), ("Off", false), ("no", false)] {
            assert_eq!((is_on(value), is_switch(value)), (on, true), "{value}");
        }
        assert!(!is_switch("SSLContext"));
    }
}
