//! The database of a section.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::OnceLock;

use mysql::prelude::Queryable;
use postgres::{NoTls, SimpleQueryMessage};
use rusqlite::types::ValueRef;

use crate::streams::{Streams, run_drfctl};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

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

impl Engine {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    /// Returns the folder of its own transcripts.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// Returns the URL of the server.
    fn server(self) -> String {
        let (variable, local) = match self {
            Self::Postgres => ("DRFCTL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432"),
            Self::MySql => ("DRFCTL_TEST_MYSQL", "mysql://root@127.0.0.1:3306"),
            Self::Sqlite => unreachable!("SQLite has no server"),
        };
        std::env::var(variable).unwrap_or_else(|_| local.to_owned())
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
                let connection = rusqlite::Connection::open(&self.url).expect("a database");
                connection.execute_batch(&format!("BEGIN; {statement}")).expect("a lock");
                Lock::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut client = postgres::Client::connect(&self.url, NoTls).expect("a connection");
                client.batch_execute(&format!("BEGIN; {statement}")).expect("a lock");
                Lock::Postgres(client)
            }
            Engine::MySql => {
                let options = mysql::Opts::from_url(&self.url).expect("a URL");
                let mut connection = mysql::Conn::new(options).expect("a connection");
                connection.query_drop("BEGIN").and_then(|()| connection.query_drop(statement)).expect("a lock");
                Lock::MySql(connection)
            }
        });
    }

    /// Ends that transaction.
    pub(crate) fn unlock(&mut self) {
        // The server ends a transaction some time after its connection is closed.
        match self.lock.take().expect("a lock") {
            Lock::Sqlite(connection) => connection.execute_batch("ROLLBACK").expect("a rollback"),
            Lock::Postgres(mut client) => client.batch_execute("ROLLBACK").expect("a rollback"),
            Lock::MySql(mut connection) => connection.query_drop("ROLLBACK").expect("a rollback"),
        }
    }

    /// Creates a token for `alice` and one for `ina`.
    pub(crate) fn create_tokens(&self) {
        self.run(TOKENS);
    }

    /// Runs statements, and returns the rows of the queries, with tabs between the values.
    pub(crate) fn run(&self, statements: &str) -> String {
        let rows = match self.engine {
            Engine::Sqlite => run_on_sqlite(&self.url, statements),
            Engine::Postgres => run_on_postgres(&self.url, statements),
            Engine::MySql => statements.split(';').flat_map(|one| run_on_mysql(&self.url, one)).collect(),
        };
        rows.into_iter().map(|row| row.join("\t") + "\n").collect()
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
    let server = engine.server();
    match engine {
        Engine::Postgres => run_on_postgres(&format!("{server}/postgres"), &format!("CREATE DATABASE {name}")),
        _ => run_on_mysql(&server, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")),
    };
}

fn drop_on_server(engine: Engine, name: &str) {
    let server = engine.server();
    match engine {
        Engine::Postgres => {
            run_on_postgres(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        }
        _ => run_on_mysql(&server, &format!("DROP DATABASE IF EXISTS {name}")),
    };
}

/// Deletes the databases on the server of an engine.
pub(crate) fn clean_up(engine: Engine) {
    if engine != Engine::Sqlite {
        drop_on_server(engine, &name());
        drop_on_server(engine, &format!("{}_second", name()));
    }
}

/// Returns the name of the database on a server and of the account `[ACCOUNT]`. It depends on the
/// target folder: a run that ends early leaves them to the next one.
pub(crate) fn name() -> String {
    let mut folder = DefaultHasher::new();
    env!("CARGO_TARGET_TMPDIR").hash(&mut folder);
    format!("drfctl_transcripts_{:08x}", folder.finish() >> 32)
}

fn run_on_sqlite(path: &str, statements: &str) -> Vec<Vec<String>> {
    let connection = rusqlite::Connection::open(path).expect("a database");
    if !statements.starts_with("SELECT") {
        connection.execute_batch(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
        return Vec::new();
    }
    let mut statement = connection.prepare(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| Ok(text(row.get_ref(at)?))).collect());
    rows.expect("a result").collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{statements}: {error}"))
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn run_on_postgres(url: &str, statements: &str) -> Vec<Vec<String>> {
    let mut client = postgres::Client::connect(url, NoTls).unwrap_or_else(|error| panic!("{url}: {error}"));
    let messages = client.simple_query(statements).unwrap_or_else(|error| panic!("{statements}: {error:?}"));
    let mut rows = Vec::new();
    for message in messages {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|at| as_number(row.get(at).unwrap_or("NULL"))).collect());
        }
    }
    rows
}

/// Returns a truth value as the other engines print it.
fn as_number(value: &str) -> String {
    match value {
        "t" => "1".to_owned(),
        "f" => "0".to_owned(),
        value => value.to_owned(),
    }
}

fn run_on_mysql(url: &str, statement: &str) -> Vec<Vec<String>> {
    let options = mysql::Opts::from_url(url).expect("a URL");
    let mut connection = mysql::Conn::new(options).unwrap_or_else(|error| panic!("{url}: {error}"));
    let rows: Vec<mysql::Row> = connection.query(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    let text = |value: mysql::Value| match value {
        mysql::Value::NULL => "NULL".to_owned(),
        mysql::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    };
    rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
}
