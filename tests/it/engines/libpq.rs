//! Services and password files, as libpq reads them: psql decides with the same files.
//!
//! Tags such as `N34` name cases of `tests/CASES.md`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Invocation, PrivateServer, SHOP_PASSWORD, program, set_mode};

/// The options of a service, all but the password.
const SERVICE: &str = "host=localhost\nport={port}\nuser=shop\ndbname=postgres\n";

/// A URL, the variables of the environment, and whether that connects. `{port}` and the like are
/// replaced.
type Case = (&'static str, Vec<(&'static str, &'static str)>, bool);

/// Writes a file that only its owner can read, below the files of the clients. `{port}`,
/// `{password}` and `{files}` are replaced.
fn write(server: &PrivateServer, name: &str, text: &str) {
    let path = server.folder().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, replaced(server, text)).unwrap();
    set_mode(&path, 0o600);
}

fn replaced(server: &PrivateServer, text: &str) -> String {
    let folder = server.folder().to_str().unwrap();
    text.replace("{port}", &server.port.to_string()).replace("{password}", SHOP_PASSWORD).replace("{files}", folder)
}

/// Returns whether drfctl and psql connect, with these variables and nothing else.
fn connect(url: &str, variables: &[(&str, String)], folder: &Path) -> (String, Option<bool>) {
    let mut call = Invocation::new(folder).arg("list").env("DATABASE_URL", url);
    for (name, value) in variables {
        call = call.env(name, value);
    }
    let outcome = call.run();
    assert!(!outcome.to_string().contains(SHOP_PASSWORD), "{outcome}");
    let of_psql = program(&["psql"]).map(|psql| {
        let mut command = Command::new(psql);
        command.args(["--no-psqlrc", "--no-password", "-c", "SELECT 1", "-d", url]).env_clear();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.output().unwrap().status.success()
    });
    (outcome.to_string(), of_psql)
}

/// Cases: services, and the files that define them.
fn services() -> Vec<Case> {
    vec![
        ("postgres:///?service=shop", vec![("HOME", "{files}/home")], true),
        ("postgres:///postgres?service=shop", vec![("HOME", "{files}/home")], true),
        ("postgres:///", vec![("HOME", "{files}/home"), ("PGSERVICE", "shop")], true),
        ("postgres:///?service=missing", vec![("HOME", "{files}/home")], false),
        ("postgres:///?service=sho", vec![("HOME", "{files}/home")], false),
        ("postgres:///?service=shop", vec![("HOME", "{files}/empty")], false),
        // The service overrides the environment, and the URL overrides the service.
        (
            "postgres:///?service=shop",
            vec![("HOME", "{files}/home"), ("PGHOST", "other.invalid"), ("PGPORT", "1")],
            true,
        ),
        ("postgres://other.invalid/?service=shop", vec![("HOME", "{files}/home")], false),
        // Where the files are.
        ("postgres:///?service=of_system", vec![("HOME", "{files}/home"), ("PGSYSCONFDIR", "{files}/etc")], true),
        ("postgres:///?service=of_system", vec![("HOME", "/dev/null"), ("PGSYSCONFDIR", "{files}/etc")], true),
        ("postgres:///?service=named", vec![("HOME", "{files}/home"), ("PGSERVICEFILE", "{files}/named.conf")], true),
        ("postgres:///?service=shop", vec![("HOME", "{files}/home"), ("PGSERVICEFILE", "{files}/named.conf")], false),
        ("postgres:///?service=shop", vec![("HOME", "{files}/home"), ("PGSERVICEFILE", "{files}/missing.conf")], false),
        ("postgres:///?service=spaces", vec![("PGSERVICEFILE", "{files}/invalid.conf")], false),
        ("postgres:///?service=unknown", vec![("PGSERVICEFILE", "{files}/invalid.conf")], false),
        ("postgres:///?service=nested", vec![("PGSERVICEFILE", "{files}/invalid.conf")], false),
    ]
}

/// Cases: password files.
fn passwords() -> Vec<Case> {
    vec![
        ("postgres:///?service=shop", vec![("HOME", "{files}/partial")], true),
        ("postgres://shop@localhost:{port}/postgres", vec![("HOME", "{files}/partial")], true),
        ("postgres://shop@127.0.0.1:{port}/postgres", vec![("HOME", "{files}/partial")], false),
        ("postgres://shop@localhost:{port}/postgres", vec![("HOME", "{files}/empty")], false),
        ("postgres://shop@localhost:{port}/postgres", vec![("PGPASSFILE", "{files}/wild.pass")], true),
        ("postgres://shop@localhost:{port}/postgres?passfile={files}/wild.pass", vec![("HOME", "{files}/empty")], true),
        (
            "postgres://shop@localhost:{port}/postgres?passfile={files}/wild.pass",
            vec![("PGPASSFILE", "{files}/wrong.pass")],
            true,
        ),
        (
            "postgres://shop@localhost:{port}/postgres?passfile={files}/wrong.pass",
            vec![("PGPASSWORD", "{password}")],
            true,
        ),
        // The password of each server; nothing listens on port 1.
        (
            "postgres:///postgres?host=127.0.0.1,localhost&port=1,{port}&user=shop",
            vec![("HOME", "{files}/partial")],
            true,
        ),
    ]
}

/// Cases: variables of the environment.
fn variables() -> Vec<Case> {
    vec![
        (
            "postgres:///postgres",
            vec![("PGHOST", "localhost"), ("PGPORT", "{port}"), ("PGUSER", "shop"), ("PGPASSWORD", "{password}")],
            true,
        ),
        (
            "postgres:///",
            vec![
                ("PGDATABASE", "postgres"),
                ("PGHOST", "other.invalid,other.invalid"),
                ("PGHOSTADDR", "127.0.0.1,127.0.0.1"),
                ("PGPORT", "1,{port}"),
                ("PGUSER", "shop"),
                ("PGPASSWORD", "{password}"),
                ("PGTARGETSESSIONATTRS", "read-write"),
            ],
            true,
        ),
        (
            "postgres://shop@localhost:{port}/postgres",
            vec![("PGPASSWORD", "{password}"), ("PGGSSENCMODE", "require")],
            false,
        ),
        (
            "postgres://shop@localhost:{port}/postgres",
            vec![("PGPASSWORD", "{password}"), ("PGSSLMODE", "disable"), ("PGCHANNELBINDING", "require")],
            false,
        ),
        (
            "postgres://shop@localhost:{port}/postgres",
            vec![("PGPASSWORD", "{password}"), ("PGSSLMODE", "require"), ("PGCONNECT_TIMEOUT", "0")],
            true,
        ),
    ]
}

/// N34, N35, N86, N92
#[test]
fn services_and_password_files_are_those_of_psql() {
    let server = PrivateServer::postgres();
    let whole = format!("# by hand\n[other]\nhost=other.invalid\n\n[shop]\n{SERVICE}password={{password}}\n[late]\n");
    write(&server, "home/.pg_service.conf", &whole);
    write(&server, "etc/pg_service.conf", &whole.replace("[shop]", "[of_system]"));
    write(&server, "named.conf", &whole.replace("[shop]", "[named]"));
    write(&server, "invalid.conf", "[spaces]\nhost = localhost\n[unknown]\nhots=localhost\n[nested]\nservice=shop\n");
    write(&server, "partial/.pg_service.conf", &format!("[shop]\n{SERVICE}"));
    write(&server, "partial/.pgpass", "# first\nlocalhost:1:*:*:wrong\nlocalhost:{port}:postgres:shop:{password}\n");
    write(&server, "wild.pass", "#*:*:*:*:wrong\n\\*:*:*:*:wrong\n*:*:*:*:\\{password}:ignored\n");
    write(&server, "wrong.pass", "*:*:*:*:wrong\n");
    write(&server, "empty/x", "");
    for (url, variables, connects) in services().into_iter().chain(passwords()).chain(variables()) {
        let url = replaced(&server, url);
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, replaced(&server, value))).collect();
        let (outcome, of_psql) = connect(&url, &variables, server.folder());
        assert_eq!(outcome.contains("python manage.py migrate"), connects, "{url} {variables:?}\n{outcome}");
        assert!(of_psql.is_none_or(|of_psql| of_psql == connects), "psql differs: {url} {variables:?}");
    }
    // psql 15 does not know it yet: it would send the password to a server that asks for it in clear.
    for (variable, value) in [("PGREQUIREAUTH", "scram-sha-256"), ("PGREQUIREPEER", "postgres")] {
        let url = replaced(&server, "postgres://shop@localhost:{port}/postgres");
        let outcome = Invocation::new(server.folder()).arg("list").env("DATABASE_URL", url).env(variable, value).run();
        outcome.refused("2", &[&format!("the database option {variable}={value} is not supported")]);
    }
}

/// N34: Django accepts a service in the place of `NAME`.
#[test]
fn settings_can_name_a_service() {
    let server = PrivateServer::postgres();
    write(&server, ".pg_service.conf", "[shop]\nhost=localhost\nport={port}\nuser=shop\ndbname=postgres\n");
    write(&server, "shop.pass", "*:*:*:*:{password}\n");
    let ask = |database: &str| {
        let module = format!("DATABASES = {{'default': {{'ENGINE': 'django.db.backends.postgresql', {database}}}}}\n");
        write(&server, "mine.py", &module);
        let call = Invocation::new(server.folder()).args(["--settings", "mine", "list"]);
        call.env("HOME", server.folder()).env("PYTHON", crate::support::python()).run()
    };
    let options = "'OPTIONS': {'service': 'shop', 'passfile': '{files}/shop.pass', 'assume_role': 'shop'}";
    for name in ["", "'NAME': '', ", "'NAME': 'postgres', "] {
        ask(&format!("{name}{options}")).refused("6", &["python manage.py migrate"]);
    }
    ask("'OPTIONS': {}").refused("2", &["has no NAME"]);
    ask("'OPTIONS': {'service': 'missing'}").refused("3", &["the service missing is not defined"]);
    ask("'NAME': 'x', 'OPTIONS': {'sslcrldir': '/x'}").refused("2", &["sslcrldir=/x is not supported"]);
    ask("'NAME': 'x', 'HOST': 'a,b', 'PORT': '1,2,3'").refused("2", &["have different numbers of elements"]);
}
