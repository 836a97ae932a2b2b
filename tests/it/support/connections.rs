//! The engines that the tests use, connections to their databases, and rows as text. The transcripts
//! use this file, too.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};

use mysql::prelude::Queryable;
use postgres::NoTls;
use postgres::types::{FromSql, Type};
use rusqlite::types::ValueRef;

/// An engine.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
    MySql,
}

impl Engine {
    /// Returns the URL of its server, without a database.
    pub(crate) fn server(self) -> String {
        let (variable, local) = match self {
            Self::Postgres => ("DRFCTL_TEST_POSTGRES", "postgres://postgres@127.0.0.1:5432"),
            Self::MySql => ("DRFCTL_TEST_MYSQL", "mysql://root@127.0.0.1:3306"),
            Self::Sqlite => unreachable!("SQLite has no server"),
        };
        let url = std::env::var(variable).unwrap_or_else(|_| local.to_owned());
        assert!(!url.is_empty(), "NOT RUN: {variable} is empty");
        url.trim_end_matches('/').to_owned()
    }
}

/// Returns a name for what this target folder has on the servers: the next run replaces it.
pub(crate) fn folder_id() -> String {
    let mut folder = DefaultHasher::new();
    env!("CARGO_TARGET_TMPDIR").hash(&mut folder);
    format!("{:08x}", folder.finish() >> 32)
}

/// Connects to a database of PostgreSQL.
pub(crate) fn postgres(url: &str) -> postgres::Client {
    postgres::Client::connect(url, NoTls)
        .unwrap_or_else(|error| panic!("{url}: {error}: tests/run starts a server, or set DRFCTL_TEST_POSTGRES"))
}

/// Connects to a database of MySQL or MariaDB.
pub(crate) fn mysql(url: &str) -> mysql::Conn {
    mysql::Conn::new(mysql::Opts::from_url(url).unwrap())
        .unwrap_or_else(|error| panic!("{url}: {error}: tests/run starts a server, or set DRFCTL_TEST_MYSQL"))
}

/// Returns the rows of a query, each value as text, `NULL` for null and `x'…'` for bytes.
pub(crate) fn rows_of_sqlite(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let width = statement.column_count();
    let mut found = statement.query([]).expect("a query");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        rows.push((0..width).map(|column| value(row.get_ref(column).expect("a value"))).collect());
    }
    rows
}

/// Returns the rows of a query, each value as text, `NULL` for null.
pub(crate) fn rows_of_postgres(client: &mut postgres::Client, sql: &str) -> Vec<Vec<String>> {
    let rows = client.query(sql, &[]).unwrap();
    let text = |row: &postgres::Row| (0..row.len()).map(|at| row.get::<_, Text>(at).0).collect();
    rows.iter().map(text).collect()
}

/// Returns the rows of a query, each value as text, `NULL` for null.
pub(crate) fn rows_of_mysql(connection: &mut mysql::Conn, sql: &str) -> Vec<Vec<String>> {
    let rows: Vec<mysql::Row> = connection.query(sql).unwrap();
    let text = |value: mysql::Value| match value {
        mysql::Value::NULL => "NULL".to_owned(),
        mysql::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        other => other.as_sql(true).trim_matches('\'').to_owned(),
    };
    rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
}

/// Runs statements on PostgreSQL.
pub(crate) fn run_on_postgres(client: &mut postgres::Client, sql: &str) {
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// Runs statements on MySQL.
pub(crate) fn run_on_mysql(connection: &mut mysql::Conn, sql: &str) {
    let statements =
        sql.split(";\n").flat_map(|part| if part.contains("BEGIN") { vec![part] } else { part.split(';').collect() });
    for statement in statements.map(str::trim).filter(|statement| !statement.is_empty()) {
        connection.query_drop(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
}

/// Returns a value of any type as text.
fn value(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", hex::encode(bytes)),
    }
}

/// A value of any type as text, booleans as numbers.
struct Text(String);

impl<'a> FromSql<'a> for Text {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *kind {
            Type::BOOL => u8::from(raw == [1]).to_string(),
            Type::INT2 => i16::from_sql(kind, raw)?.to_string(),
            Type::INT4 => i32::from_sql(kind, raw)?.to_string(),
            Type::INT8 => i64::from_sql(kind, raw)?.to_string(),
            Type::FLOAT8 => f64::from_sql(kind, raw)?.to_string(),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => i64::from_be_bytes(raw.try_into()?).to_string(),
            Type::UUID => hex::encode(raw),
            _ => String::from_utf8_lossy(raw).into_owned(),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self("NULL".to_owned()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
