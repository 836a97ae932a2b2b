//! Databases on the servers: each test has one of its own, copied from one that the real Django
//! migrated and filled.

use std::collections::HashMap;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use mysql::prelude::Queryable;
use postgres::NoTls;
use postgres::types::{FromSql, Type};

use super::servers::Engine;
use super::site::{Site, migrate_and_fill};

/// A database on a server.
pub(crate) struct Database {
    pub(super) engine: Engine,
    /// Its name.
    pub(crate) name: String,
    /// Whether it is dropped with this value.
    is_ours: bool,
}

impl Database {
    pub(super) fn named(engine: Engine, name: &str) -> Self {
        Self { engine, name: name.to_owned(), is_ours: false }
    }

    /// An empty one.
    pub(super) fn empty(engine: Engine) -> Self {
        let new = Self::new(engine);
        new.make();
        new
    }

    fn make(&self) {
        let how = if self.engine == Engine::MySql { " CHARACTER SET utf8mb4" } else { "" };
        self.engine.entrance().exec(&format!("CREATE DATABASE {}{how}", self.name));
    }

    fn remove(&self) {
        let force = if self.engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
        self.engine.entrance().exec(&format!("DROP DATABASE IF EXISTS {}{force}", self.name));
    }

    /// Ends the sessions that a pooler has kept: PostgreSQL copies no database that is in use.
    fn end_idle_sessions(&self) {
        if self.engine.direct_server() != self.engine.server() {
            self.engine.entrance().exec(&format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = '{}' AND state = 'idle'",
                self.name
            ));
        }
    }

    /// A copy of another.
    pub(super) fn copy(template: &Self) -> Self {
        let engine = template.engine;
        if engine == Engine::Postgres {
            let new = Self::new(engine);
            template.end_idle_sessions();
            engine.entrance().exec(&format!("CREATE DATABASE {} TEMPLATE {}", new.name, template.name));
            return new;
        }
        let new = Self::empty(engine);
        let copied = |table: &String| {
            let made = template.rows(&format!("SHOW CREATE TABLE `{table}`")).concat().remove(1);
            format!(";\n{made};\nINSERT INTO `{table}` SELECT * FROM {}.`{table}`", template.name)
        };
        let script: Vec<String> = template.tables().iter().map(copied).collect();
        new.exec(&format!("SET foreign_key_checks = 0{}", script.concat()));
        new
    }

    /// The database of a site as Django's `migrate` leaves it, with the users of the tests and no
    /// token.
    pub(super) fn template(engine: Engine, site: Site) -> Arc<Self> {
        type Made = Mutex<HashMap<(Engine, Site), Arc<OnceLock<Arc<Database>>>>>;
        static MADE: OnceLock<Made> = OnceLock::new();
        let once = MADE.get_or_init(Mutex::default).lock().unwrap().entry((engine, site)).or_default().clone();
        let make = || {
            // It remains on the server; the next run in this target folder replaces it.
            let mut place = DefaultHasher::new();
            env!("CARGO_TARGET_TMPDIR").hash(&mut place);
            let name = format!("drfctl_template_{}_{:08x}", format!("{site:?}").to_lowercase(), place.finish() >> 32);
            let template = Self { engine, name, is_ours: false };
            template.remove();
            template.make();
            migrate_and_fill(site, template.direct_url().as_ref());
            Arc::new(template)
        };
        once.get_or_init(make).clone()
    }

    fn new(engine: Engine) -> Self {
        // A test without a server stops here, before there is a database to drop.
        let _ = engine.server();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { engine, name: format!("drfctl_test_{}_{count}", std::process::id()), is_ours: true }
    }

    /// Its URL, as drfctl and the project's settings take it.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.engine.server(), self.name)
    }

    /// Returns its URL, as the tests themselves use it.
    fn direct_url(&self) -> String {
        format!("{}/{}", self.engine.direct_server(), self.name)
    }

    /// Returns the URL of a role with the same rights and at most that many connections, so that a
    /// hundred processes leave room for other tests.
    pub(super) fn limited(&self, connections: u32) -> String {
        let (name, role) = (&self.name, self.role());
        self.exec(&if self.engine == Engine::Postgres {
            format!(
                "CREATE ROLE {role} LOGIN CONNECTION LIMIT {connections};
                 GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};
                 GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
            )
        } else {
            format!(
                "CREATE USER {role}@'%' WITH MAX_USER_CONNECTIONS {connections};
                 GRANT ALL ON {name}.* TO {role}@'%'"
            )
        });
        let url = self.url();
        let (_, place) = url.rsplit_once('@').expect("a login");
        let scheme = url.split_once("://").expect("a scheme").0;
        format!("{scheme}://{role}@{place}")
    }

    /// The name of the role that [`Self::limited`] creates.
    pub(super) fn role(&self) -> String {
        format!("{}_limited", self.name)
    }

    pub(super) fn postgres(&self) -> postgres::Client {
        postgres::Client::connect(&self.direct_url(), NoTls).unwrap_or_else(|error| {
            panic!("{}: {error}: tests/run starts a server, or set DRFCTL_TEST_POSTGRES", self.engine.direct_server())
        })
    }

    pub(super) fn mysql(&self) -> mysql::Conn {
        mysql::Conn::new(mysql::Opts::from_url(&self.url()).unwrap()).unwrap_or_else(|error| {
            panic!("{}: {error}: tests/run starts a server, or set DRFCTL_TEST_MYSQL", self.engine.server())
        })
    }

    /// The rows of a query, every value as text, `NULL` for null.
    pub(super) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        if self.engine == Engine::Postgres {
            let rows = self.postgres().query(sql, &[]).unwrap();
            let text = |row: &postgres::Row| (0..row.len()).map(|at| row.get::<_, Text>(at).0).collect();
            return rows.iter().map(text).collect();
        }
        let rows: Vec<mysql::Row> = self.mysql().query(sql).unwrap();
        let text = |value: mysql::Value| match value {
            mysql::Value::NULL => "NULL".to_owned(),
            mysql::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => other.as_sql(true).trim_matches('\'').to_owned(),
        };
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect()).collect()
    }

    /// Runs statements.
    pub(super) fn exec(&self, sql: &str) {
        if self.engine == Engine::Postgres {
            self.postgres().batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        } else {
            let mut connection = self.mysql();
            let statements = sql
                .split(";\n")
                .flat_map(|part| if part.contains("BEGIN") { vec![part] } else { part.split(';').collect() });
            for statement in statements.map(str::trim).filter(|statement| !statement.is_empty()) {
                connection.query_drop(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
        }
    }

    /// The names of its tables.
    pub(super) fn tables(&self) -> Vec<String> {
        let schema = if self.engine == Engine::Postgres { "'public'" } else { "DATABASE()" };
        let sql = format!(
            "SELECT CAST(table_name AS char(64)) FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1"
        );
        self.rows(&sql).concat().into_iter().map(|name| name.trim_end().to_owned()).collect()
    }

    /// The tables with their columns, indexes and constraints.
    pub(super) fn schema(&self) -> String {
        if self.engine == Engine::MySql {
            let made = |table: &String| self.rows(&format!("SHOW CREATE TABLE `{table}`")).concat().remove(1);
            let made: Vec<String> = self.tables().iter().map(made).collect();
            // How far a table has counted is no part of its shape.
            let shape = |line: &str| {
                line.split(" AUTO_INCREMENT=")
                    .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
                    .collect::<String>()
            };
            return made.join("\n").lines().map(shape).collect::<Vec<_>>().join("\n");
        }
        let queries = [
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
             COALESCE(pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
             LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY c.relname, a.attnum",
            "SELECT f.conrelid::regclass::text, f.conname, pg_get_constraintdef(f.oid) FROM pg_constraint f
             WHERE f.connamespace = 'public'::regnamespace ORDER BY 1, 2",
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
        ];
        let lines = queries.iter().flat_map(|query| self.rows(query)).map(|row| row.join("|"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// A name of its tables or columns, quoted.
    pub(super) fn quoted(&self, name: &str) -> String {
        if self.engine == Engine::Postgres { format!("\"{}\"", name.replace('"', "\"\"")) } else { format!("`{name}`") }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_ours {
            return;
        }
        let is_failing = std::thread::panicking();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.remove();
            let role = self.role();
            self.engine.entrance().exec(&if self.engine == Engine::Postgres {
                format!("DROP ROLE IF EXISTS {role}")
            } else {
                format!("DROP USER IF EXISTS {role}@'%'")
            });
        }));
        // A second panic would end the tests without their results.
        if let Err(panic) = outcome
            && !is_failing
        {
            resume_unwind(panic);
        }
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
