//! TLS as `sslmode` requires it.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// How a server's certificate is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verify {
    /// Not at all.
    Nothing,
    /// It must be signed by a trusted authority.
    Authority,
    /// It must also be for the named host.
    Name,
}

/// The TLS settings.
pub(super) struct TlsSettings<'a> {
    pub(super) mode: Option<&'a str>,
    pub(super) root: Option<&'a str>,
    pub(super) certificate: Option<&'a str>,
    pub(super) key: Option<&'a str>,
}

impl TlsSettings<'_> {
    /// Returns the driver's mode.
    ///
    /// # Errors
    /// Usage, if there is no such mode, or it does not go with the root.
    pub(super) fn mode(&self) -> Result<SslMode> {
        if self.root == Some("system") && self.mode.is_some_and(|mode| mode != "verify-full") {
            return Err(Error::usage("sslrootcert=system requires sslmode=verify-full"));
        }
        if self.mode == Some("verify-ca") && self.root.is_none() {
            return Err(Error::usage("sslmode=verify-ca requires sslrootcert")
                .hint("add sslrootcert=FILE, or use sslmode=verify-full"));
        }
        match self.mode {
            Some("disable") => Ok(SslMode::Disable),
            None if self.root == Some("system") => Ok(SslMode::Require),
            None | Some("allow" | "prefer") => Ok(SslMode::Prefer),
            Some("require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
            Some(other) => Err(Error::usage(format!("unknown sslmode {other}"))
                .hint("use disable, prefer, require, verify-ca or verify-full")),
        }
    }

    /// Returns the connector.
    ///
    /// # Errors
    /// Unusable, if certificates cannot be read.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let verify = match (self.mode, self.root) {
            (Some("verify-full"), _) | (None, Some("system")) => Verify::Name,
            // Like libpq, verifies the certificate if a root is named.
            (Some("verify-ca"), _) | (Some("require"), Some(_)) => Verify::Authority,
            _ => Verify::Nothing,
        };
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier { verify, inner: self.inner(verify, &provider)?, provider: provider.clone() };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::internal(format!("TLS cannot be set up: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let config = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
                config.with_client_auth_cert(chain, key).map_err(|error| unreadable(certificate, &error))?
            }
            _ => config.with_no_client_auth(),
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn inner(&self, verify: Verify, provider: &Arc<CryptoProvider>) -> Result<Option<Arc<WebPkiServerVerifier>>> {
        if verify == Verify::Nothing {
            return Ok(None);
        }
        let mut roots = RootCertStore::empty();
        match self.root {
            None | Some("system") => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| unreadable(path, &error))?;
                }
            }
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build()
            .map(Some)
            .map_err(|error| Error::unusable(format!("no trusted certificate: {error}")))
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    found.map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &dyn std::fmt::Display) -> Error {
    Error::unusable(format!("the certificate {path} cannot be used: {error}"))
}

/// Verifies certificates as the settings require.
#[derive(Debug)]
struct Verifier {
    verify: Verify,
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(inner) = &self.inner else { return Ok(ServerCertVerified::assertion()) };
        match inner.verify_server_cert(certificate, chain, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.verify == Verify::Authority => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
