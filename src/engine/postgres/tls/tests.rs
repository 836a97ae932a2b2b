//! What the parameters select, and which certificates are accepted.

use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

use super::*;
use crate::engine::url::DatabaseUrl;
use crate::engine::variables::Variables;

/// Reads the TLS settings of a URL, with a home directory.
fn settings(query: &str, home: Option<&Path>) -> Result<TlsSettings> {
    let url = DatabaseUrl::parse(&format!("postgres://u@h/db?{query}"))?;
    let home = home.map(|home| ("HOME".into(), home.into()));
    let variables = Variables::of(home.into_iter());
    TlsSettings::read(&Conninfo::read(&url, &variables)?)
}

fn error(query: &str) -> String {
    settings(query, None).err().unwrap().to_string()
}

/// N84
#[test]
fn the_mode_decides_what_is_verified() {
    for (query, mode, verify) in [
        ("", SslMode::Prefer, Verify::Nothing),
        ("sslrootcert=/x", SslMode::Prefer, Verify::Nothing),
        ("sslmode=disable", SslMode::Disable, Verify::Nothing),
        ("sslmode=allow", SslMode::Prefer, Verify::Nothing),
        ("sslmode=require", SslMode::Require, Verify::Nothing),
        ("sslmode=require&sslrootcert=", SslMode::Require, Verify::Nothing),
        ("sslmode=require&sslrootcert=/x", SslMode::Require, Verify::Authority),
        ("sslmode=verify-ca&sslrootcert=/x", SslMode::Require, Verify::Authority),
        ("sslmode=verify-full", SslMode::Require, Verify::Name),
        ("sslrootcert=system", SslMode::Require, Verify::Name),
        ("sslmode=verify-full&sslrootcert=system", SslMode::Require, Verify::Name),
    ] {
        let settings = settings(query, None).unwrap();
        assert_eq!((settings.mode, settings.verify), (mode, verify), "{query}");
    }
    for (query, message) in [
        ("sslmode=always", "unknown sslmode always"),
        ("sslmode=verify-ca", "sslmode=verify-ca requires sslrootcert"),
        ("sslmode=require&sslrootcert=system", "sslrootcert=system requires sslmode=verify-full"),
        ("sslnegotiation=direct", "sslnegotiation=direct requires TLS"),
        ("sslnegotiation=later", "the database option sslnegotiation=later is not supported"),
        ("sslcert=/c", "the certificate /c has no private key"),
        ("ssl_min_protocol_version=TLSv2", "the database option ssl_min_protocol_version=TLSv2 is not supported"),
        ("ssl_max_protocol_version=TLSv1.1", "no version of TLS is left"),
        ("ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2", "no version of TLS is left"),
    ] {
        assert_eq!(error(query), message, "{query}");
    }
}

#[test]
fn versions_negotiation_and_server_name_follow_the_parameters() {
    let versions = |query: &str| settings(query, None).unwrap().versions;
    assert_eq!(versions(""), [&TLS12, &TLS13]);
    assert_eq!(versions("ssl_min_protocol_version=tlsv1.3"), [&TLS13]);
    assert_eq!(versions("ssl_max_protocol_version=TLSv1.2"), [&TLS12]);
    assert_eq!(versions("ssl_min_protocol_version=TLSv1&ssl_max_protocol_version="), [&TLS12, &TLS13]);
    for (query, is_direct, has_server_name) in [
        ("sslmode=require", false, true),
        ("sslmode=require&sslnegotiation=postgres", false, true),
        ("sslmode=require&sslnegotiation=direct", true, true),
        ("sslmode=require&sslsni=0", false, false),
        ("sslmode=require&sslsni=1", false, true),
    ] {
        let settings = settings(query, None).unwrap();
        assert_eq!((settings.is_direct, settings.has_server_name), (is_direct, has_server_name), "{query}");
    }
}

/// N84
#[test]
fn files_of_the_home_directory_are_defaults() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".postgresql");
    fs::create_dir(&folder).unwrap();
    let found = settings("sslmode=require", Some(home.path())).unwrap();
    assert_eq!((found.root, found.revoked, found.identity), (None, None, None));
    for name in ["root.crt", "root.crl", "postgresql.crt", "postgresql.key"] {
        fs::write(folder.join(name), "").unwrap();
    }
    let found = settings("sslmode=require", Some(home.path())).unwrap();
    let identity = Some((folder.join("postgresql.crt"), folder.join("postgresql.key")));
    assert_eq!(found.root, Some(folder.join("root.crt").display().to_string()));
    assert_eq!(
        (found.verify, found.revoked, found.identity),
        (Verify::Authority, Some(folder.join("root.crl")), identity)
    );
    let found = settings("sslmode=require&sslrootcert=/a&sslcrl=/b&sslcert=/c&sslkey=/d", Some(home.path())).unwrap();
    let identity = Some((PathBuf::from("/c"), PathBuf::from("/d")));
    assert_eq!((found.root.as_deref(), found.revoked, found.identity), (Some("/a"), Some("/b".into()), identity));
    let found = settings("sslmode=require&sslcertmode=disable", Some(home.path())).unwrap();
    assert_eq!(found.identity, None);
}

#[test]
fn an_address_without_a_name_is_rejected_only_by_verify_full() {
    let address = |name: Option<&str>| Place::Address([127, 0, 0, 1].into(), name.map(str::to_owned));
    for (query, place, expected) in [
        ("sslmode=verify-full", Place::Socket("/tmp".into()), Some((SslMode::Disable, SslNegotiation::Postgres))),
        ("sslmode=verify-full", Place::Host("h".into()), Some((SslMode::Require, SslNegotiation::Postgres))),
        ("sslmode=verify-full", address(Some("h")), Some((SslMode::Require, SslNegotiation::Postgres))),
        ("sslmode=verify-full", address(None), None),
        ("sslmode=require", address(None), Some((SslMode::Require, SslNegotiation::Postgres))),
        ("sslmode=require&sslnegotiation=direct", address(None), Some((SslMode::Require, SslNegotiation::Direct))),
    ] {
        let mut config = Config::new();
        let applied = settings(query, None).unwrap().apply(&mut config, &place);
        let found = applied.ok().map(|()| (config.get_ssl_mode(), config.get_ssl_negotiation()));
        assert_eq!(found, expected, "{query} {place:?}");
    }
}

/// Certificates of a server named `db`: signed by an authority, by another one, and by itself.
struct Servers {
    folder: tempfile::TempDir,
    signed: CertificateDer<'static>,
    foreign: CertificateDer<'static>,
    own: CertificateDer<'static>,
}

fn servers() -> Servers {
    let folder = tempfile::tempdir().unwrap();
    let of_server = || CertificateParams::new(vec!["db".to_owned()]).unwrap();
    let key = || KeyPair::generate().unwrap();
    let authority = || {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        CertifiedIssuer::self_signed(params, key()).unwrap()
    };
    let (trusted, other) = (authority(), authority());
    let mut own = of_server();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = own.self_signed(&key()).unwrap();
    fs::write(folder.path().join("root.pem"), trusted.pem()).unwrap();
    fs::write(folder.path().join("own.pem"), own.pem()).unwrap();
    Servers {
        signed: of_server().signed_by(&key(), &trusted).unwrap().der().clone(),
        foreign: of_server().signed_by(&key(), &other).unwrap().der().clone(),
        own: own.der().clone(),
        folder,
    }
}

/// N84
#[test]
fn a_certificate_is_verified_as_the_mode_requires() {
    let servers = servers();
    let accepts = |mode: &str, root: &str, certificate: &CertificateDer<'_>, name: &str| {
        let path = servers.folder.path().join(root).display().to_string();
        let settings = settings(&format!("sslmode={mode}&sslrootcert={path}"), None).unwrap();
        let verifier = settings.verifier(&Arc::new(provider())).unwrap();
        let name = ServerName::try_from(name).unwrap();
        verifier.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()).is_ok()
    };
    for (mode, root, certificate, name, is_accepted) in [
        ("prefer", "root.pem", &servers.foreign, "db", true),
        ("require", "root.pem", &servers.signed, "db", true),
        ("require", "root.pem", &servers.foreign, "db", false),
        ("verify-ca", "root.pem", &servers.signed, "other", true),
        ("verify-ca", "root.pem", &servers.foreign, "other", false),
        ("verify-full", "root.pem", &servers.signed, "db", true),
        ("verify-full", "root.pem", &servers.signed, "other", false),
        ("verify-full", "root.pem", &servers.foreign, "db", false),
        // A self-signed certificate of an authority is trusted if it is in the file.
        ("verify-full", "own.pem", &servers.own, "db", true),
        ("verify-full", "own.pem", &servers.own, "other", false),
        ("verify-ca", "own.pem", &servers.own, "other", true),
        ("verify-ca", "root.pem", &servers.own, "db", false),
    ] {
        assert_eq!(accepts(mode, root, certificate, name), is_accepted, "{mode} {root} {name}");
    }
}

#[test]
fn the_connector_reads_the_files() {
    let servers = servers();
    let root = servers.folder.path().join("root.pem").display().to_string();
    let connector = |query: &str| settings(query, None).unwrap().connector().map(|connector| connector.is_some());
    assert!(!connector("sslmode=disable").unwrap());
    assert!(connector("sslmode=require").unwrap());
    assert!(connector(&format!("sslmode=verify-ca&sslrootcert={root}")).unwrap());
    for (query, message) in [
        ("sslmode=verify-ca&sslrootcert=/missing.pem".to_owned(), "the certificate /missing.pem cannot be used: "),
        (format!("sslmode=verify-ca&sslrootcert={root}&sslcrl=/missing.crl"), "the certificate /missing.crl cannot"),
        (
            format!("sslmode=require&sslcert={root}&sslkey=/missing.key"),
            "the certificate /missing.key cannot be used: ",
        ),
        (
            format!("sslmode=require&sslcert=/missing.crt&sslkey={root}"),
            "the certificate /missing.crt cannot be used: ",
        ),
    ] {
        let error = connector(&query).err().unwrap().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

/// N84
#[test]
fn a_private_key_that_others_can_read_is_rejected() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let is_root = file.path().metadata().unwrap().uid() == 0;
    for (mode, is_accepted) in [(0o600, true), (0o640, is_root), (0o644, false), (0o660, false), (0o604, false)] {
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(check_private(file.path()).is_ok(), is_accepted, "{mode:o}");
    }
    assert!(check_private(file.path().parent().unwrap()).is_err());
}
