//! Errors when connecting to a server: each is one line.
//!
//! Tags such as `J5` name cases of `tests/CASES.md`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Engine, Sandbox, Site, servers_only};

servers_only![
    a_database_without_tables_is_reported,
    a_wrong_address_is_reported_in_one_line,
    a_password_in_a_url_argument_is_rejected,
    an_unknown_url_option_is_rejected,
    a_password_file_that_others_can_read_is_rejected,
    a_silent_server_times_out,
];

fn a_database_without_tables_is_reported(engine: Engine) {
    let sandbox = Sandbox::empty_on(engine);
    for words in [&["create-token", "alice"][..], &["list"], &["revoke", "alice"]] {
        sandbox.drfctl(words).run().refused("6", &["missing", "python manage.py migrate"]);
    }
}

fn a_wrong_address_is_reported_in_one_line(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let url = sandbox.database().into_string().unwrap();
    let (start, name) = url.rsplit_once('/').unwrap();
    let (_, host) = start.rsplit_once('@').unwrap();
    let scheme = start.split_once("://").unwrap().0;
    let host_name = host.split(':').next().unwrap();
    for (url, expected) in [
        (format!("{start}/no_such_database"), "no_such_database"),
        (format!("{scheme}://nobody.there@{host}/{name}"), "nobody.there"),
        (format!("{scheme}://nobody:n0t.the.right.0ne@{host}/{name}"), "nobody"),
        (format!("{scheme}://root@no.such.host.invalid/{name}"), "cannot connect to"),
        (format!("{scheme}://root@{host_name}:1/{name}"), "cannot connect to"),
    ] {
        let outcome = sandbox.drfctl(["list"]).env("DATABASE_URL", &url).run();
        outcome.refused("6", &[expected]);
        assert!(!outcome.stderr.contains("n0t.the.right"), "{outcome}");
        let errors = outcome.stderr.lines().filter(|line| !line.starts_with("hint: ")).count();
        assert_eq!(errors, 1, "{outcome}");
    }
}

/// J5
fn a_password_in_a_url_argument_is_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let scheme = if engine == Engine::Postgres { "postgres" } else { "mysql" };
    for login in ["bob:s3cret@localhost/x", "bob@localhost/x?password=s3cret", "localhost/x?passwd=s3cret"] {
        let outcome = sandbox.drfctl(["-d", &format!("{scheme}://{login}"), "list"]).run();
        outcome.refused("2", &["a password on the command line can be seen by every user"]);
        assert!(!outcome.stderr.contains("s3cret"), "{outcome}");
    }
}

fn an_unknown_url_option_is_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let url = sandbox.database().into_string().unwrap();
    let (right, wrong) = if engine == Engine::Postgres { ("sslmode", "ssl_mode") } else { ("ssl_mode", "sslmode") };
    let with = |option: &str| sandbox.drfctl(["list", "--count"]).env("DATABASE_URL", format!("{url}?{option}")).run();
    with(&format!("{wrong}=disable")).refused("2", &[&format!("the database option {wrong} is not supported")]);
    with(&format!("{right}=always")).refused("2", &[&format!("unknown {right} ")]);
    let off = if engine == Engine::Postgres { "disable" } else { "DISABLED" };
    assert_eq!(with(&format!("{right}={off}")).ok().stdout, "0\n");
    if engine == Engine::Postgres {
        assert_eq!(with("channel_binding=prefer").ok().stdout, "0\n");
        with("channel_binding=always").refused("2", &["unknown channel_binding always"]);
    }
}

/// J5
fn a_password_file_that_others_can_read_is_rejected(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let (name, content) =
        if engine == Engine::Postgres { (".pgpass", "*:*:*:*:s3cret\n") } else { (".my.cnf", "[client]\npassword=\n") };
    let path = sandbox.dir().join(name);
    fs::write(&path, content).unwrap();
    for (mode, status) in [(0o644, "3"), (0o640, "3"), (0o600, "0")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let outcome = sandbox.drfctl(["list", "--count"]).env("HOME", sandbox.dir()).run();
        assert_eq!(outcome.status, status, "{outcome}");
        assert_eq!(
            outcome.stderr.contains(&format!("hint: restrict it: chmod 600 {}", path.display())),
            status == "3",
            "{outcome}"
        );
    }
}

fn a_silent_server_times_out(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let scheme = if engine == Engine::Postgres { "postgres" } else { "mysql" };
    let url = format!("{scheme}://root@{}/x?connect_timeout=1", silent.local_addr().unwrap());
    let outcome = sandbox.drfctl(["list"]).env("DATABASE_URL", url).run();
    outcome.refused("6", &["cannot connect to ", "no answer within 1s"]);
}
