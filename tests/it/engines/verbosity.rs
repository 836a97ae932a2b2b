//! What `-v` reports, on every engine.

use crate::support::{Engine, Sandbox, Site, scenarios};

scenarios![verbosity_2_names_the_database_the_role_and_the_tables,];

/// N71
fn verbosity_2_names_the_database_the_role_and_the_tables(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Email);
    let role = match engine {
        Engine::Sqlite => ", owner ",
        Engine::Postgres => ", role ",
        Engine::MySql => ", user ",
    };
    for words in [&["list", "--count"][..], &["create-token", "alice@example.com"]] {
        let quiet = sandbox.drfctl(words).run();
        assert_eq!((quiet.status.as_str(), quiet.stderr.as_str()), ("0", ""), "{quiet}");
        let outcome = sandbox.drfctl(words).arg("-v").run();
        assert_eq!((outcome.status.as_str(), outcome.stdout == quiet.stdout), ("0", true), "{outcome}");
        let lines: Vec<&str> = outcome.stderr.lines().collect();
        assert!(lines[0].starts_with("note: connected: engine ") && lines[0].contains(role), "{outcome}");
        assert!(lines[1].starts_with("note: users: table ") && lines[1].contains("username column email"), "{outcome}");
        assert!(lines[2].starts_with("note: tokens: table authtoken_token, key column key, "), "{outcome}");
    }
}
