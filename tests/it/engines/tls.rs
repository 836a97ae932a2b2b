//! TLS with servers that the test starts: every mode, right and wrong certificates.
//!
//! Tags such as `N84` name cases of `tests/CASES.md`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Invocation, Outcome, PrivateServer, SHOP_PASSWORD, program, set_mode, until};

/// One way to connect.
struct Case {
    /// The user and the host.
    login: String,
    /// The query of the URL. `{certificates}` is the folder with the certificates.
    query: &'static str,
    /// The folder below the files of the clients that is `HOME`.
    home: &'static str,
    /// Whether it connects.
    connects: bool,
}

/// Returns a case of the user with a password.
fn shop(host: &str, query: &'static str, connects: bool) -> Case {
    Case { login: format!("shop:{SHOP_PASSWORD}@{host}"), query, home: "empty", connects }
}

/// Returns a case of the user with a certificate.
fn holder(host: &str, query: &'static str, connects: bool) -> Case {
    Case { login: format!("holder@{host}"), query, home: "empty", connects }
}

impl Case {
    /// Returns it with another `HOME`.
    fn with_home(self, home: &'static str) -> Self {
        Self { home, ..self }
    }

    fn url(&self, server: &PrivateServer, scheme: &str, name: &str) -> String {
        let query = self.query.replace("{certificates}", server.folder().to_str().unwrap());
        format!("{scheme}://{}:{}/{name}?{query}", self.login, server.port)
    }

    fn home(&self, server: &PrivateServer) -> std::path::PathBuf {
        server.folder().join(self.home)
    }

    fn shown(&self) -> String {
        format!("{} {} HOME={}", self.login.replace(SHOP_PASSWORD, "…"), self.query, self.home)
    }
}

/// Whether drfctl connected: the database has no tables, which is another error.
#[track_caller]
fn has_connected(outcome: &Outcome) -> bool {
    assert_ne!(outcome.status, "0", "{outcome}");
    assert!(!outcome.to_string().contains(SHOP_PASSWORD), "{outcome}");
    outcome.stderr.contains("python manage.py migrate")
}

fn drfctl(url: &str, home: &Path) -> Outcome {
    Invocation::new(&std::env::temp_dir()).arg("list").env("DATABASE_URL", url).env("HOME", home).run()
}

/// Whether psql connects with the same words.
fn psql_connects(psql: &Path, url: &str, home: &Path) -> (bool, String) {
    let mut command = Command::new(psql);
    command.args(["--no-psqlrc", "--no-password", "-c", "SELECT 1", "-d", url]).env_clear().env("HOME", home);
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Creates a folder that is `HOME`, with these certificates in `.postgresql`.
fn create_home(server: &PrivateServer, name: &str, files: &[(&str, &str)]) {
    let folder = server.folder().join(name).join(".postgresql");
    fs::create_dir_all(&folder).unwrap();
    for (from, to) in files {
        fs::copy(server.certificates.path(from), folder.join(to)).unwrap();
        set_mode(&folder.join(to), 0o600);
    }
}

/// Cases: every mode, with right and wrong certificates and names.
fn modes() -> Vec<Case> {
    vec![
        shop("localhost", "", true),
        shop("localhost", "sslmode=disable", true),
        shop("localhost", "sslmode=allow", true),
        shop("localhost", "sslmode=prefer", true),
        shop("localhost", "sslmode=require", true),
        shop("localhost", "sslmode=verify-ca", false),
        shop("localhost", "sslmode=verify-full", false),
        shop("localhost", "sslmode=always", false),
        shop("localhost", "sslmode=", false),
        shop("localhost", "sslmode=require&sslrootcert={certificates}/ca.pem", true),
        shop("localhost", "sslmode=require&sslrootcert={certificates}/other-ca.pem", false),
        shop("localhost", "sslmode=verify-ca&sslrootcert={certificates}/ca.pem", true),
        shop("localhost", "sslmode=verify-ca&sslrootcert={certificates}/other-ca.pem", false),
        shop("localhost", "sslmode=verify-full&sslrootcert={certificates}/ca.pem", true),
        shop("localhost", "sslmode=verify-full&sslrootcert={certificates}/other-ca.pem", false),
        shop("localhost", "sslmode=prefer&sslrootcert={certificates}/other-ca.pem", true),
        // Another name than that of the certificate.
        shop("127.0.0.1", "sslmode=require&sslrootcert={certificates}/ca.pem", true),
        shop("127.0.0.1", "sslmode=verify-ca&sslrootcert={certificates}/ca.pem", true),
        shop("127.0.0.1", "sslmode=verify-full&sslrootcert={certificates}/ca.pem", false),
        shop("localhost", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={certificates}/ca.pem", true),
        shop("other.invalid", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={certificates}/ca.pem", false),
        shop("other.invalid", "hostaddr=127.0.0.1&sslmode=verify-ca&sslrootcert={certificates}/ca.pem", true),
        shop("", "hostaddr=127.0.0.1&sslmode=require", true),
        shop("", "hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={certificates}/ca.pem", false),
    ]
}

/// Cases: files in `~/.postgresql`, and revoked certificates.
fn default_files() -> Vec<Case> {
    vec![
        shop("localhost", "sslmode=require", true).with_home("trusting"),
        shop("localhost", "sslmode=verify-ca", true).with_home("trusting"),
        shop("127.0.0.1", "sslmode=verify-ca", true).with_home("trusting"),
        shop("localhost", "sslmode=verify-full", true).with_home("trusting"),
        shop("127.0.0.1", "sslmode=verify-full", false).with_home("trusting"),
        shop("localhost", "sslmode=require", false).with_home("deceived"),
        shop("localhost", "sslmode=verify-full", false).with_home("deceived"),
        shop("localhost", "sslmode=prefer", true).with_home("deceived"),
        shop("localhost", "sslmode=verify-ca", false).with_home("revoking"),
        // Revoked certificates.
        shop("localhost", "sslmode=verify-ca&sslcrl={certificates}/none.crl", true).with_home("trusting"),
        shop("localhost", "sslmode=verify-ca&sslcrl={certificates}/revoked.crl", false).with_home("trusting"),
        shop("localhost", "sslmode=require&sslcrl={certificates}/revoked.crl", false).with_home("trusting"),
    ]
}

/// Cases: versions of TLS, and how the client authenticates.
fn authentication() -> Vec<Case> {
    vec![
        shop("localhost", "sslmode=require&ssl_min_protocol_version=TLSv1.3", true),
        shop("localhost", "sslmode=require&ssl_max_protocol_version=tlsv1.2", true),
        shop("localhost", "sslmode=require&ssl_max_protocol_version=TLSv1.1", false),
        shop("localhost", "sslmode=require&ssl_min_protocol_version=SSLv3", false),
        // Authentication.
        shop("localhost", "sslmode=require&channel_binding=require", true),
        shop("localhost", "sslmode=disable&channel_binding=require", false),
        shop("localhost", "gssencmode=require", false),
        shop("localhost", "gssencmode=disable&sslmode=require", true),
        shop("localhost", "requirepeer=postgres&sslmode=verify-ca", false),
        // The client's certificate.
        holder("localhost", "sslmode=require", false),
        holder("localhost", "sslmode=disable", false),
        holder("localhost", "sslmode=require", true).with_home("identified"),
        holder("localhost", "", true).with_home("identified"),
        holder("localhost", "sslmode=require", false).with_home("keyless"),
        holder("localhost", "sslmode=require&sslcert={certificates}/client.pem&sslkey={certificates}/client.key", true),
        holder("localhost", "sslmode=require&sslcert={certificates}/client.pem", true).with_home("identified"),
        holder("localhost", "sslmode=require&sslcert={certificates}/client.pem", false),
        holder(
            "localhost",
            "sslmode=require&sslcert={certificates}/client.pem&sslkey={certificates}/public.key",
            false,
        ),
        holder(
            "localhost",
            "sslmode=require&sslcert={certificates}/other-client.pem&sslkey={certificates}/other-client.key",
            false,
        ),
    ]
}

/// Cases: several servers, and which of them to use.
fn sessions() -> Vec<Case> {
    vec![
        // Nothing listens on port 1.
        shop("127.0.0.1:1,localhost", "sslmode=verify-full", true).with_home("trusting"),
        shop("localhost", "target_session_attrs=any", true),
        shop("localhost", "target_session_attrs=read-write", true),
        shop("localhost", "target_session_attrs=read-only", false),
        shop("localhost", "target_session_attrs=primary", true),
        shop("localhost", "target_session_attrs=standby", false),
        shop("localhost", "target_session_attrs=prefer-standby", true),
        shop("localhost", "target_session_attrs=another", false),
        shop("localhost", "options=-cdefault_transaction_read_only%3Don&target_session_attrs=read-only", true),
        shop("localhost", "options=-cdefault_transaction_read_only%3Don&target_session_attrs=read-write", false),
        shop("localhost", "connect_timeout=0&keepalives=0&tcp_user_timeout=1000", true),
        shop("localhost", "connect_timeout=soon", false),
    ]
}

/// N84, N35, K5: psql decides with the same words. The certificate of the server is for `localhost`.
#[test]
fn postgresql_is_as_safe_as_with_psql() {
    let server = PrivateServer::postgres();
    create_home(&server, "empty", &[]);
    create_home(&server, "trusting", &[("ca.pem", "root.crt")]);
    create_home(&server, "deceived", &[("other-ca.pem", "root.crt")]);
    create_home(&server, "revoking", &[("ca.pem", "root.crt"), ("revoked.crl", "root.crl")]);
    create_home(&server, "identified", &[("client.pem", "postgresql.crt"), ("client.key", "postgresql.key")]);
    create_home(&server, "keyless", &[("client.pem", "postgresql.crt")]);
    fs::copy(server.certificates.path("client.key"), server.certificates.path("public.key")).unwrap();
    set_mode(&server.certificates.path("public.key"), 0o644);
    let psql = program(&["psql"]);
    let assert_outcomes = |cases: &[Case]| {
        for case in cases {
            let (url, home) = (case.url(&server, "postgres", "postgres"), case.home(&server));
            let outcome = drfctl(&url, &home);
            assert_eq!(has_connected(&outcome), case.connects, "{}\n{outcome}", case.shown());
            if let Some(psql) = &psql {
                let (connects, stderr) = psql_connects(psql, &url, &home);
                assert_eq!(connects, case.connects, "psql: {}\n{stderr}", case.shown());
            }
        }
    };
    assert_outcomes(&modes());
    assert_outcomes(&default_files());
    assert_outcomes(&authentication());
    assert_outcomes(&sessions());
    // A certificate that signed itself, and is its own authority.
    server.present("self-signed");
    let old = shop("localhost", "sslmode=verify-ca&sslrootcert={certificates}/ca.pem", false);
    until("the server has its new certificate", || {
        !has_connected(&drfctl(&old.url(&server, "postgres", "postgres"), &old.home(&server)))
    });
    assert_outcomes(&[
        old,
        shop("localhost", "sslmode=require&sslrootcert={certificates}/self-signed.pem", true),
        shop("localhost", "sslmode=verify-full&sslrootcert={certificates}/self-signed.pem", true),
        shop("127.0.0.1", "sslmode=verify-ca&sslrootcert={certificates}/self-signed.pem", true),
        shop("127.0.0.1", "sslmode=verify-full&sslrootcert={certificates}/self-signed.pem", false),
        shop("localhost", "sslmode=verify-full&sslrootcert={certificates}/other-ca.pem", false),
        shop(
            "localhost",
            "sslmode=verify-ca&sslrootcert={certificates}/self-signed.pem&sslcrl={certificates}/none.crl",
            false,
        ),
    ]);
}

/// N84, N86: the certificate of the server is for 127.0.0.1.
#[test]
fn mysql_verifies_what_the_mode_requires() {
    let server = PrivateServer::mysql();
    create_home(&server, "empty", &[]);
    for (home, text) in [
        ("trusting", "ssl-ca={certificates}/ca.pem\n"),
        ("deceived", "ssl_ca={certificates}/other-ca.pem\n"),
        ("verifying", "ssl-verify-server-cert\n"),
        ("identified", "ssl-cert={certificates}/client.pem\nssl-key={certificates}/client.key\n"),
        ("encrypting", "ssl\n"),
        ("revoking", "ssl-crl={certificates}/none.crl\n"),
    ] {
        create_home(&server, home, &[]);
        let text = text.replace("{certificates}", server.folder().to_str().unwrap());
        fs::write(server.folder().join(home).join(".my.cnf"), format!("[client]\n{text}")).unwrap();
    }
    // It leads to the same server, and is no name of the certificate.
    let other = "0.0.0.0";
    for case in [
        shop("127.0.0.1", "", true),
        shop("127.0.0.1", "ssl_mode=DISABLED", true),
        shop("127.0.0.1", "ssl_mode=PREFERRED", true),
        shop("127.0.0.1", "ssl_mode=REQUIRED", true),
        shop("127.0.0.1", "ssl-mode=required", true),
        shop("127.0.0.1", "ssl=true", true),
        shop("127.0.0.1", "ssl_mode=ALWAYS", false),
        shop("127.0.0.1", "ssl_mode=VERIFY_CA", false),
        shop("127.0.0.1", "ssl_mode=VERIFY_IDENTITY", false),
        shop("127.0.0.1", "ssl_ca={certificates}/ca.pem", true),
        shop("127.0.0.1", "ssl_ca={certificates}/other-ca.pem", false),
        shop("127.0.0.1", "ssl_mode=REQUIRED&ssl_ca={certificates}/other-ca.pem", false),
        shop("127.0.0.1", "ssl_mode=VERIFY_CA&ssl_ca={certificates}/ca.pem", true),
        shop("127.0.0.1", "ssl_mode=VERIFY_CA&ssl_ca={certificates}/other-ca.pem", false),
        shop("127.0.0.1", "ssl_mode=VERIFY_IDENTITY&ssl-ca={certificates}/ca.pem", true),
        shop("127.0.0.1", "ssl_mode=VERIFY_IDENTITY&ssl_ca={certificates}/other-ca.pem", false),
        shop("127.0.0.1", "ssl_verify_identity=true&ssl_ca={certificates}/ca.pem", true),
        shop("127.0.0.1", "ssl_verify_cert=true", false),
        shop(other, "ssl_mode=REQUIRED", true),
        shop(other, "ssl_mode=VERIFY_IDENTITY&ssl_ca={certificates}/ca.pem", false),
        // The driver cannot skip the name alone.
        shop(other, "ssl_mode=VERIFY_CA&ssl_ca={certificates}/ca.pem", false),
        shop("127.0.0.1", "", true).with_home("trusting"),
        shop("127.0.0.1", "", true).with_home("/dev/null"),
        shop("127.0.0.1", "", false).with_home("deceived"),
        shop("127.0.0.1", "ssl_mode=VERIFY_IDENTITY", true).with_home("trusting"),
        shop("127.0.0.1", "", false).with_home("verifying"),
        shop("127.0.0.1", "", true).with_home("encrypting"),
        shop("127.0.0.1", "", false).with_home("revoking"),
        shop("127.0.0.1", "ssl_crl={certificates}/none.crl", false),
        shop("127.0.0.1", "tls_version=TLSv1.3", false),
        holder("127.0.0.1", "ssl_mode=REQUIRED", false),
        holder("127.0.0.1", "ssl_mode=REQUIRED", true).with_home("identified"),
        holder("127.0.0.1", "ssl_mode=DISABLED", false).with_home("identified"),
        holder("127.0.0.1", "ssl_cert={certificates}/client.pem&ssl_key={certificates}/client.key", true),
        holder("127.0.0.1", "ssl_cert={certificates}/client.pem", false),
        holder("127.0.0.1", "ssl_cert={certificates}/other-client.pem&ssl_key={certificates}/other-client.key", false),
    ] {
        let outcome = drfctl(&case.url(&server, "mysql", "shop"), &case.home(&server));
        assert_eq!(has_connected(&outcome), case.connects, "{}\n{outcome}", case.shown());
    }
}
