//! Certificates for servers and clients, created on the spot.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::files::set_mode;

/// The serial number of the server's certificate.
const OF_SERVER: u64 = 7;

/// A folder with certificates:
///
/// * `ca.pem` signed `server.pem`, which is for some hosts, and `client.pem`, which is for the user
///   `holder`;
/// * `other-ca.pem` signed `other-client.pem`, for the same user;
/// * `self-signed.pem` is for the same hosts as the server's, and for an authority, as
///   `openssl req -x509` creates it;
/// * `none.crl` revokes nothing, `revoked.crl` the server's certificate;
/// * each certificate has a private key such as `server.key`.
pub(crate) struct Certificates {
    folder: PathBuf,
}

type Authority = CertifiedIssuer<'static, KeyPair>;

impl Certificates {
    /// Creates them in a folder.
    pub(crate) fn create(folder: &Path, hosts: &[&str]) -> Self {
        let new = Self { folder: folder.to_owned() };
        let (ca, other) = (authority("test authority"), authority("another authority"));
        new.write("ca.pem", &ca.pem());
        new.write("other-ca.pem", &other.pem());
        new.sign("server", hosts, "server", &ca);
        new.sign("client", &[], "holder", &ca);
        new.sign("other-client", &[], "holder", &other);
        let key = KeyPair::generate().unwrap();
        let mut params = params(hosts, "self-signed");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        new.write("self-signed.pem", &params.self_signed(&key).unwrap().pem());
        new.write("self-signed.key", &key.serialize_pem());
        for (name, serial) in [("none.crl", None), ("revoked.crl", Some(OF_SERVER))] {
            new.write(name, &revocations(serial, &ca));
        }
        new
    }

    /// Returns the path of a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn sign(&self, name: &str, hosts: &[&str], common_name: &str, authority: &Authority) {
        let mut params = params(hosts, common_name);
        params.serial_number = Some(SerialNumber::from(if name == "server" { OF_SERVER } else { 1 }));
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().unwrap();
        self.write(&format!("{name}.pem"), &params.signed_by(&key, authority).unwrap().pem());
        self.write(&format!("{name}.key"), &key.serialize_pem());
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        set_mode(&self.path(name), 0o600);
    }
}

fn params(hosts: &[&str], common_name: &str) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn authority(name: &str) -> Authority {
    let mut params = params(&[], name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn revocations(serial: Option<u64>, authority: &Authority) -> String {
    let revoked = serial.map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2025, 1, 1),
        reason_code: None,
        invalidity_date: None,
    });
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2025, 1, 1),
        next_update: date_time_ymd(4096, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: revoked.into_iter().collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(authority).unwrap().pem().unwrap()
}
