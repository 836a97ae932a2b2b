//! The database of a section.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use crate::connections::{
    self, Engine, folder_id, rows_of_mysql, rows_of_postgres, rows_of_sqlite, run_on_mysql, run_on_postgres,
};
use crate::streams::{Streams, run_drfctl};

/// The rows of every section.
const ROWS: &str = "
    DELETE FROM authtoken_token; DELETE FROM auth_user_groups; DELETE FROM auth_group_permissions;
    DELETE FROM auth_group; DELETE FROM auth_user_user_permissions; DELETE FROM auth_user;
    INSERT INTO auth_user (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
        date_joined) VALUES
    (1, 'md5$k79WZHD4KzW6eYvEmoCN79$22ec0e5e748b8b779a76f38ada09d526', FALSE, 'alice', '', '', 'alice@example.com',
        FALSE, TRUE, '2026-01-02 03:04:05.000006'),
    (2, 'md5$70Y4bK9ItM7sZIMGX4dP69$412f45433cf3a174921c50077afc5c2b', FALSE, 'bob', '', '', 'bob@example.com',
        FALSE, TRUE, '2026-01-02 03:04:06'),
    (3, 'md5$SLoj3mUeljLSGcIvURgI4Z$fa8358220325809257c22a0cc5a911eb', FALSE, 'ina', '', '', 'ina@example.com',
        FALSE, FALSE, '2026-01-02 03:04:07')";

/// A token for `alice` and one for `ina`.
const TOKENS: &str = "
    INSERT INTO authtoken_token VALUES
    ('01dc0ffe01dc0ffe01dc0ffe01dc0ffe01dc0ffe', '2026-01-02 03:04:05', 1),
    ('cd10eeffcd10eeffcd10eeffcd10eeffcd10eeff', '2026-01-02 03:04:06', 3)";

/// A database with the users of [`ROWS`].
pub(crate) struct Database {
    engine: Engine,
    url: String,
    /// The session of `$ lock`.
    lock: Option<Lock>,
    has_second: bool,
}

/// A session with an open transaction.
#[allow(clippy::large_enum_variant, reason = "only one value exists")]
enum Lock {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
    MySql(mysql::Conn),
}

/// The engines, in the order of the tests.
pub(crate) const ENGINES: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::MySql];

/// Returns the folder of an engine's own transcripts.
pub(crate) fn folder(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
        Engine::MySql => "mysql",
    }
}

impl Database {
    /// Returns the database of a section: on SQLite, `db.sqlite3` in the current folder; on a server, the only
    /// one, with the rows of a new one.
    pub(crate) fn new(engine: Engine) -> Self {
        static POSTGRES: OnceLock<String> = OnceLock::new();
        static MYSQL: OnceLock<String> = OnceLock::new();
        let url = match engine {
            Engine::Sqlite => {
                let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django/example.sqlite3");
                fs::copy(example, "db.sqlite3").expect("a copy");
                fs::set_permissions("db.sqlite3", fs::Permissions::from_mode(0o644)).expect("its mode");
                "db.sqlite3".to_owned()
            }
            Engine::Postgres => POSTGRES.get_or_init(|| migrated(engine)).clone(),
            Engine::MySql => MYSQL.get_or_init(|| migrated(engine)).clone(),
        };
        let database = Self { engine, url, lock: None, has_second: false };
        database.run(ROWS);
        database.run(match engine {
            Engine::Sqlite => "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'auth_user'",
            Engine::Postgres => {
                "ALTER SEQUENCE auth_user_id_seq RESTART WITH 4; ALTER SEQUENCE auth_group_id_seq RESTART WITH 1"
            }
            Engine::MySql => "ALTER TABLE auth_user AUTO_INCREMENT = 4; ALTER TABLE auth_group AUTO_INCREMENT = 1",
        });
        database
    }

    /// Returns its path or URL.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns its URL with another account.
    pub(crate) fn url_of(&self, account: &str) -> String {
        match (self.url.split_once("://"), self.url.split_once('@')) {
            (Some((scheme, _)), Some((_, address))) => format!("{scheme}://{account}@{address}"),
            _ => self.url.clone(),
        }
    }

    /// Returns the account, the host and the port of its server.
    pub(crate) fn server(&self) -> Option<[&str; 3]> {
        let (_, rest) = self.url.split_once("://")?;
        let (account, rest) = rest.split_once('@')?;
        let (address, _) = rest.split_once('/')?;
        let (host, port) = address.rsplit_once(':').expect("a port in the URL of the server");
        Some([account, host, port])
    }

    /// Returns the URL or path of a database without tables. On SQLite, the file does not exist.
    pub(crate) fn second(&mut self) -> String {
        let name = format!("{}_second", name());
        if !std::mem::replace(&mut self.has_second, true) && self.engine != Engine::Sqlite {
            drop_on_server(self.engine, &name);
            create_on_server(self.engine, &name);
        }
        match self.engine {
            Engine::Sqlite => "second.sqlite3".to_owned(),
            engine => format!("{}/{name}", engine.server()),
        }
    }

    /// Begins a transaction with a statement, and keeps it open.
    pub(crate) fn lock(&mut self, statement: &str) {
        self.lock = Some(match self.engine {
            Engine::Sqlite => {
                let connection = self.connection();
                connection.execute_batch(&format!("BEGIN; {statement}")).expect("a lock");
                Lock::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut client = connections::postgres(&self.url);
                run_on_postgres(&mut client, &format!("BEGIN; {statement}"));
                Lock::Postgres(client)
            }
            Engine::MySql => {
                let mut connection = connections::mysql(&self.url);
                run_on_mysql(&mut connection, &format!("START TRANSACTION; {statement}"));
                Lock::MySql(connection)
            }
        });
    }

    /// Ends that transaction.
    pub(crate) fn unlock(&mut self) {
        // The server ends a transaction some time after its connection is closed.
        match self.lock.take().expect("a lock") {
            Lock::Sqlite(connection) => connection.execute_batch("ROLLBACK").expect("a rollback"),
            Lock::Postgres(mut client) => run_on_postgres(&mut client, "ROLLBACK"),
            Lock::MySql(mut connection) => run_on_mysql(&mut connection, "ROLLBACK"),
        }
    }

    /// Creates a token for `alice` and one for `ina`.
    pub(crate) fn create_tokens(&self) {
        self.run(TOKENS);
    }

    /// Runs statements, or a query. Returns its rows, with tabs between the values.
    pub(crate) fn run(&self, sql: &str) -> String {
        if sql.starts_with("SELECT") {
            let rows = match self.engine {
                Engine::Sqlite => rows_of_sqlite(&self.connection(), sql),
                Engine::Postgres => rows_of_postgres(&mut connections::postgres(&self.url), sql),
                Engine::MySql => rows_of_mysql(&mut connections::mysql(&self.url), sql),
            };
            return rows.into_iter().map(|row| row.join("\t") + "\n").collect();
        }
        match self.engine {
            Engine::Sqlite => {
                self.connection().execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            }
            Engine::Postgres => run_on_postgres(&mut connections::postgres(&self.url), sql),
            Engine::MySql => run_on_mysql(&mut connections::mysql(&self.url), sql),
        }
        String::new()
    }

    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(&self.url).expect("a database")
    }
}

/// Creates a database on a server with Django's tables, and returns its URL.
fn migrated(engine: Engine) -> String {
    let name = name();
    drop_on_server(engine, &name);
    create_on_server(engine, &name);
    let url = format!("{}/{name}", engine.server());
    let words = ["drfctl", "--database", &url, "migrate"].map(str::to_owned);
    let outcome = run_drfctl(&words, &[], "", Streams::Files);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    url
}

fn create_on_server(engine: Engine, name: &str) {
    let options = if engine == Engine::MySql { " CHARACTER SET utf8mb4" } else { "" };
    run_on_server(engine, &format!("CREATE DATABASE {name}{options}"));
}

fn drop_on_server(engine: Engine, name: &str) {
    let options = if engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
    run_on_server(engine, &format!("DROP DATABASE IF EXISTS {name}{options}"));
}

fn run_on_server(engine: Engine, sql: &str) {
    let server = engine.server();
    match engine {
        Engine::Postgres => run_on_postgres(&mut connections::postgres(&format!("{server}/postgres")), sql),
        _ => run_on_mysql(&mut connections::mysql(&server), sql),
    }
}

/// Deletes the databases on the server of an engine.
pub(crate) fn clean_up(engine: Engine) {
    if engine != Engine::Sqlite {
        drop_on_server(engine, &name());
        drop_on_server(engine, &format!("{}_second", name()));
    }
}

/// Returns the name of the database on a server and of the account `[ACCOUNT]`.
pub(crate) fn name() -> String {
    format!("drfctl_transcripts_{}", folder_id())
}
