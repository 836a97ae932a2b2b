//! Servers that a test starts for itself, with TLS, from the installed programs.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};
use tempfile::TempDir;

use super::certificates::Certificates;
use super::running::until;

/// The password of the user `shop`.
pub(crate) const SHOP_PASSWORD: &str = "s3cret-of-shop";

/// A server of this test alone. Ends when dropped.
pub(crate) struct PrivateServer {
    child: Child,
    pub(crate) port: u16,
    /// What its clients need; its data is in another folder.
    pub(crate) certificates: Certificates,
    files: TempDir,
    data: TempDir,
}

impl PrivateServer {
    /// Starts PostgreSQL with the users `shop`, who has a password, and `holder`, who has a
    /// certificate. Its certificate is for `localhost`.
    pub(crate) fn postgres() -> Self {
        let (initdb, postgres) = (installed(&["initdb"]), installed(&["postgres"]));
        let account = Account::of("postgres");
        let (files, data, certificates) = account.folders(&["localhost"]);
        let cluster = data.path().join("data");
        account.run(&initdb, &["--username=postgres", "--auth=trust", "--no-sync", "--pgdata"], &cluster);
        fs::write(
            cluster.join("pg_hba.conf"),
            "local all postgres trust\nhostssl all holder all cert\nhost all shop all scram-sha-256\n",
        )
        .unwrap();
        let port = free_port();
        let of_data = |name: &str| data.path().join(name).display().to_string();
        let mut command = account.command(&postgres);
        command.arg("-D").arg(&cluster).args(["-p", &port.to_string(), "-h", "127.0.0.1", "-k"]).arg(data.path());
        for setting in [
            "fsync=off".to_owned(),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", of_data("server.pem")),
            format!("ssl_key_file={}", of_data("server.key")),
            format!("ssl_ca_file={}", of_data("ca.pem")),
        ] {
            command.args(["-c", &setting]);
        }
        let sockets = data.path().to_owned();
        let server = Self { child: start(command, &data), port, certificates, files, data };
        let mut config = postgres::Config::new();
        config.host_path(&sockets).port(port).user("postgres").dbname("postgres");
        until("the server answers", || config.connect(postgres::NoTls).is_ok());
        let mut client = config.connect(postgres::NoTls).unwrap();
        client
            .batch_execute(&format!(
                "SET password_encryption = 'scram-sha-256';
                 CREATE ROLE shop LOGIN PASSWORD '{SHOP_PASSWORD}'; CREATE ROLE holder LOGIN;
                 GRANT CREATE ON SCHEMA public TO shop"
            ))
            .unwrap();
        server
    }

    /// Starts MariaDB or MySQL with the same users, and a database `shop` without tables. Its
    /// certificate is for 127.0.0.1.
    pub(crate) fn mysql() -> Self {
        let server = installed(&["mariadbd", "mysqld"]);
        let install = program(&["mariadb-install-db", "mysql_install_db"]);
        let account = Account::of("mysql");
        let (files, data, certificates) = account.folders(&["127.0.0.1"]);
        let folder = data.path().join("data");
        // A server that starts removes the temporary tables of every server with the same folder.
        let temporary = format!("--tmpdir={}", data.path().display());
        match install {
            Some(install) => account.run(
                &install,
                &[
                    "--no-defaults",
                    &temporary,
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                    "--datadir",
                ],
                &folder,
            ),
            None => account.run(&server, &["--no-defaults", &temporary, "--initialize-insecure", "--datadir"], &folder),
        }
        let script = data.path().join("script.sql");
        fs::write(
            &script,
            format!(
                "CREATE DATABASE shop;\nCREATE USER shop@'%' IDENTIFIED BY '{SHOP_PASSWORD}';\n\
                 CREATE USER holder@'%' REQUIRE X509;\nGRANT ALL ON shop.* TO shop@'%';\n\
                 GRANT ALL ON shop.* TO holder@'%';\n"
            ),
        )
        .unwrap();
        let port = free_port();
        let mut command = account.command(&server);
        command.args(["--no-defaults", &temporary]);
        for (name, path) in [
            ("datadir", folder.clone()),
            ("socket", data.path().join("socket")),
            ("pid-file", data.path().join("pid")),
            ("init-file", script),
            ("ssl-cert", data.path().join("server.pem")),
            ("ssl-key", data.path().join("server.key")),
            ("ssl-ca", data.path().join("ca.pem")),
        ] {
            command.arg(format!("--{name}={}", path.display()));
        }
        command.args([&format!("--port={port}"), "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0"]);
        let server = Self { child: start(command, &data), port, certificates, files, data };
        until("the server answers", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        server
    }

    /// Returns the URL of a database, for the user `shop`.
    pub(crate) fn url(&self, scheme: &str, database: &str) -> String {
        format!("{scheme}://shop:{SHOP_PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Replaces the certificate of PostgreSQL.
    pub(crate) fn present(&self, name: &str) {
        for ending in ["pem", "key"] {
            // The file keeps its owner.
            let text = fs::read(self.certificates.path(&format!("{name}.{ending}"))).unwrap();
            fs::write(self.data.path().join(format!("server.{ending}")), text).unwrap();
        }
        kill(self.pid(), Signal::SIGHUP).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// A folder for the files of its clients.
    pub(crate) fn folder(&self) -> &Path {
        self.files.path()
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // PostgreSQL ends its sessions; MariaDB ends as with any other signal.
        let _ = kill(self.pid(), Signal::SIGQUIT).and_then(|()| kill(self.pid(), Signal::SIGTERM));
        let _ = self.child.wait();
    }
}

/// The account of a server: not root, which it would refuse.
struct Account(Option<User>);

impl Account {
    fn of(name: &str) -> Self {
        let known = |name: &str| User::from_name(name).ok().flatten();
        Self(geteuid().is_root().then(|| known(name).or_else(|| known("nobody"))).flatten())
    }

    /// Returns a folder for the clients and one for the server, with certificates for these hosts.
    fn folders(&self, hosts: &[&str]) -> (TempDir, TempDir, Certificates) {
        let (files, data) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let certificates = Certificates::create(files.path(), hosts);
        for name in ["server.pem", "server.key", "ca.pem"] {
            fs::copy(certificates.path(name), data.path().join(name)).unwrap();
            self.own(&data.path().join(name));
        }
        self.own(data.path());
        (files, data, certificates)
    }

    fn own(&self, path: &Path) {
        if let Some(user) = &self.0 {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").stdin(Stdio::null());
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Runs a program that creates a folder.
    fn run(&self, program: &Path, args: &[&str], folder: &Path) {
        let (last, args) = args.split_last().unwrap();
        let output = self.command(program).args(args).arg(format!("{last}={}", folder.display())).output().unwrap();
        assert!(output.status.success(), "{}: {output:?}", program.display());
    }
}

fn start(mut command: Command, data: &TempDir) -> Child {
    let log = fs::File::create(data.path().join("log")).unwrap();
    command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn installed(names: &[&str]) -> PathBuf {
    program(names).unwrap_or_else(|| panic!("{} is not installed: tests/run leaves this test out", names[0]))
}

/// Returns the first of these programs that is installed.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.extend(["/usr/sbin", "/usr/libexec"].map(PathBuf::from));
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}
