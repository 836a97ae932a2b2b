//! TLS as `sslmode` requires it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::engine::postgres::addresses::Place;
use crate::engine::postgres::conninfo::Conninfo;
use crate::engine::postgres::verifier::{Verifier, Verify};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint};

/// The TLS settings.
pub(super) struct TlsSettings {
    mode: SslMode,
    verify: Verify,
    /// `system`, or a file with the trusted certificates.
    root: Option<String>,
    /// A file with revoked certificates.
    revoked: Option<PathBuf>,
    /// The files with the client's certificate and its key.
    identity: Option<(PathBuf, PathBuf)>,
    versions: Vec<&'static SupportedProtocolVersion>,
    /// Whether TLS begins without a request of the protocol's own.
    is_direct: bool,
    has_server_name: bool,
}

impl TlsSettings {
    /// Reads the parameters. Files that none names are those of libpq, in
    /// `~/.postgresql`.
    ///
    /// # Errors
    /// Usage, if a value is invalid or two contradict each other.
    pub(super) fn read(conninfo: &Conninfo<'_>) -> Result<Self> {
        let folder = conninfo.variables.get("HOME").map(|home| Path::new(home).join(".postgresql"));
        let default = |name: &str| folder.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        let file = |keyword: &str, name: &str| -> Result<Option<PathBuf>> {
            let named = conninfo.get(keyword)?.filter(|path| !path.is_empty()).map(PathBuf::from);
            Ok(named.or_else(|| default(name)))
        };
        let named_mode = conninfo.get("sslmode")?;
        let root = match conninfo.get("sslrootcert")?.filter(|path| !path.is_empty()) {
            Some(named) => Some(named.to_owned()),
            None => default("root.crt").map(|path| path.display().to_string()),
        };
        let (mode, verify) = mode(named_mode, root.as_deref())?;
        let identity = match file("sslcert", "postgresql.crt")? {
            Some(certificate) if conninfo.get("sslcertmode")? != Some("disable") => {
                let key = file("sslkey", "postgresql.key")?.ok_or_else(|| {
                    Error::usage(format!("the certificate {} has no private key", certificate.display()))
                        .hint("name the file of the key with sslkey=FILE")
                })?;
                Some((certificate, key))
            }
            _ => None,
        };
        let is_direct = match conninfo.get("sslnegotiation")? {
            None | Some("" | "postgres") => false,
            Some("direct") if mode == SslMode::Require => true,
            Some("direct") => {
                return Err(Error::usage("sslnegotiation=direct requires TLS").hint("add sslmode=require"));
            }
            Some(other) => return Err(conninfo.unsupported("sslnegotiation", other)),
        };
        Ok(Self {
            mode,
            verify,
            root,
            revoked: file("sslcrl", "root.crl")?,
            identity,
            versions: versions(conninfo)?,
            is_direct,
            has_server_name: conninfo.get("sslsni")? != Some("0"),
        })
    }

    /// Sets the driver's parameters for a server. A Unix socket has no TLS.
    ///
    /// # Errors
    /// Usage, if the server's name is needed and missing.
    pub(super) fn apply(&self, config: &mut Config, place: &Place) -> Result<()> {
        if matches!(place, Place::Socket(_)) {
            config.ssl_mode(SslMode::Disable);
            return Ok(());
        }
        if self.verify == Verify::Name && matches!(place, Place::Address(_, None)) {
            return Err(Error::usage("sslmode=verify-full requires the name of the host").hint("add host=NAME"));
        }
        config.ssl_mode(self.mode);
        if self.is_direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        Ok(())
    }

    /// Returns the connector; `None` if TLS is disabled.
    ///
    /// # Errors
    /// Unusable, if certificates cannot be read.
    pub(super) fn connector(&self) -> Result<Option<MakeRustlsConnect>> {
        if self.mode == SslMode::Disable {
            return Ok(None);
        }
        let provider = Arc::new(provider());
        let verifier = self.verifier(&provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
            .map_err(|error| Error::internal(format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match &self.identity {
            Some((certificate, key)) => {
                let chain = certificates(certificate)?;
                check_private(key)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
                config.with_client_auth_cert(chain, key).map_err(|error| unreadable(certificate, &error))?
            }
            None => config.with_no_client_auth(),
        };
        config.enable_sni = self.has_server_name;
        if self.is_direct {
            config.alpn_protocols = vec![b"postgresql".to_vec()];
        }
        Ok(Some(MakeRustlsConnect::new(config)))
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Verifier> {
        let mut verifier =
            Verifier { verify: self.verify, inner: None, trusted: Vec::new(), provider: provider.clone() };
        if self.verify == Verify::Nothing {
            return Ok(verifier);
        }
        let mut roots = RootCertStore::empty();
        match self.root.as_deref() {
            None | Some("system") => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(path) => {
                for certificate in certificates(Path::new(path))? {
                    verifier.trusted.push(certificate.clone());
                    roots.add(certificate).map_err(|error| unreadable(Path::new(path), &error))?;
                }
            }
        }
        let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        if let Some(path) = &self.revoked {
            let lists = CertificateRevocationListDer::pem_file_iter(path).and_then(Iterator::collect);
            let lists: Vec<_> = lists.map_err(|error| unreadable(path, &error))?;
            builder = builder.with_crls(lists);
            verifier.trusted.clear();
        }
        let built = builder.build().map_err(|error| Error::unusable(format!("no trusted certificate: {error}")))?;
        Ok(Verifier { inner: Some(built), ..verifier })
    }
}

/// Returns the cryptography for TLS. The first group is the default of PostgreSQL's
/// `ssl_ecdh_curve`; any other would cost a round trip.
fn provider() -> CryptoProvider {
    CryptoProvider { kx_groups: vec![SECP256R1, X25519, SECP384R1], ..ring::default_provider() }
}

/// Returns the driver's mode, and what of the certificate is verified. Like
/// libpq, `require` verifies it if there are trusted certificates.
fn mode(mode: Option<&str>, root: Option<&str>) -> Result<(SslMode, Verify)> {
    if root == Some("system") && mode.is_some_and(|mode| mode != "verify-full") {
        return Err(Error::usage("sslrootcert=system requires sslmode=verify-full"));
    }
    match mode {
        Some("disable") => Ok((SslMode::Disable, Verify::Nothing)),
        None if root == Some("system") => Ok((SslMode::Require, Verify::Name)),
        None | Some("allow" | "prefer") => Ok((SslMode::Prefer, Verify::Nothing)),
        Some("require") if root.is_none() => Ok((SslMode::Require, Verify::Nothing)),
        Some("verify-ca") if root.is_none() => Err(Error::usage("sslmode=verify-ca requires sslrootcert")
            .hint("add sslrootcert=FILE, or use sslmode=verify-full")),
        Some("require" | "verify-ca") => Ok((SslMode::Require, Verify::Authority)),
        Some("verify-full") => Ok((SslMode::Require, Verify::Name)),
        Some(other) => Err(Error::usage(format!("unknown sslmode {other}"))
            .hint("use disable, prefer, require, verify-ca or verify-full")),
    }
}

/// Returns the versions of TLS between the lowest and the highest one.
fn versions(conninfo: &Conninfo<'_>) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let known = ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"];
    let limit = |keyword: &str, default: usize| -> Result<usize> {
        let Some(name) = conninfo.get(keyword)?.filter(|name| !name.is_empty()) else { return Ok(default) };
        let found = known.iter().position(|known| name.eq_ignore_ascii_case(known));
        found.ok_or_else(|| conninfo.unsupported(keyword, name))
    };
    let (lowest, highest) = (limit("ssl_min_protocol_version", 2)?, limit("ssl_max_protocol_version", 3)?);
    let supported = [(2, &TLS12), (3, &TLS13)];
    let wanted = supported.into_iter().filter(|(at, _)| (lowest..=highest).contains(at));
    let versions: Vec<_> = wanted.map(|(_, version)| version).collect();
    if versions.is_empty() {
        return Err(Error::usage("no version of TLS is left").hint("drfctl supports TLSv1.2 and TLSv1.3"));
    }
    Ok(versions)
}

/// Rejects a private key that other accounts can read. Root may share one with a
/// group.
fn check_private(path: &Path) -> Result<()> {
    let found = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let forbidden = if found.uid() == 0 { 0o037 } else { 0o077 };
    if found.is_file() && found.mode() & forbidden == 0 {
        return Ok(());
    }
    let chmod = Action::Shell(vec!["chmod".into(), "600".into(), path.display().to_string()]);
    Err(Error::rejected(format!("the private key {} can be read by others", path.display()))
        .hint(Hint::action(chmod).lead("restrict it")))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    found.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::unusable(format!("the certificate {} cannot be used: {error}", path.display()))
}

#[cfg(test)]
mod tests;
