//! Databases on the servers. Each test has its own, a copy of a template that Django migrated and
//! filled.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::connections;
use super::connections::{Engine, folder_id, rows_of_mysql, rows_of_postgres, run_on_mysql, run_on_postgres};
use super::site::{Site, migrate_and_fill};

/// A database on a server.
pub(crate) struct Database {
    pub(super) engine: Engine,
    /// Its name.
    pub(crate) name: String,
    /// Whether dropping this value drops the database.
    is_ours: bool,
}

impl Database {
    pub(super) fn named(engine: Engine, name: &str) -> Self {
        Self { engine, name: name.to_owned(), is_ours: false }
    }

    /// Creates an empty database.
    pub(super) fn empty(engine: Engine) -> Self {
        let new = Self::new(engine);
        new.create();
        new
    }

    fn create(&self) {
        let options = if self.engine == Engine::MySql { " CHARACTER SET utf8mb4" } else { "" };
        self.engine.admin_database().exec(&format!("CREATE DATABASE {}{options}", self.name));
    }

    fn drop_if_exists(&self) {
        let force = if self.engine == Engine::Postgres { " WITH (FORCE)" } else { "" };
        self.engine.admin_database().exec(&format!("DROP DATABASE IF EXISTS {}{force}", self.name));
    }

    /// Terminates the idle sessions of a pooler: PostgreSQL copies no database that is in use.
    fn end_idle_sessions(&self) {
        if self.engine.direct_server() != self.engine.server() {
            self.engine.admin_database().exec(&format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                 WHERE datname = '{}' AND state = 'idle'",
                self.name
            ));
        }
    }

    /// Copies a database.
    pub(super) fn copy(template: &Self) -> Self {
        let engine = template.engine;
        if engine == Engine::Postgres {
            let new = Self::new(engine);
            template.end_idle_sessions();
            engine.admin_database().exec(&format!("CREATE DATABASE {} TEMPLATE {}", new.name, template.name));
            return new;
        }
        let new = Self::empty(engine);
        let copied = |table: &String| {
            let definition = template.rows(&format!("SHOW CREATE TABLE `{table}`")).concat().remove(1);
            format!(";\n{definition};\nINSERT INTO `{table}` SELECT * FROM {}.`{table}`", template.name)
        };
        let script: Vec<String> = template.tables().iter().map(copied).collect();
        new.exec(&format!("SET foreign_key_checks = 0{}", script.concat()));
        new
    }

    /// Returns the database of a site after Django's `migrate`, with the test users and without
    /// tokens.
    pub(super) fn template(engine: Engine, site: Site) -> Arc<Self> {
        type Templates = Mutex<HashMap<(Engine, Site), Arc<OnceLock<Arc<Database>>>>>;
        static TEMPLATES: OnceLock<Templates> = OnceLock::new();
        let once = TEMPLATES.get_or_init(Mutex::default).lock().unwrap().entry((engine, site)).or_default().clone();
        let create = || {
            // The template stays on the server; the next run in this target folder replaces it.
            let name = format!("drfctl_template_{}_{}", format!("{site:?}").to_lowercase(), folder_id());
            let template = Self { engine, name, is_ours: false };
            template.drop_if_exists();
            template.create();
            migrate_and_fill(site, template.direct_url().as_ref());
            Arc::new(template)
        };
        once.get_or_init(create).clone()
    }

    fn new(engine: Engine) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A test without a server stops here, before it has a database to drop.
        let _ = engine.server();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self { engine, name: format!("drfctl_test_{}_{count}", std::process::id()), is_ours: true }
    }

    /// Returns its URL, as drfctl and the project's settings accept it.
    pub(crate) fn url(&self) -> String {
        format!("{}/{}", self.engine.server(), self.name)
    }

    /// Returns its URL without a pooler.
    fn direct_url(&self) -> String {
        format!("{}/{}", self.engine.direct_server(), self.name)
    }

    /// Creates a role with the same rights and at most `connections` connections, and returns its
    /// URL. A hundred processes then leave connections for other tests.
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
        let (_, address) = url.rsplit_once('@').expect("a login");
        let scheme = url.split_once("://").expect("a scheme").0;
        format!("{scheme}://{role}@{address}")
    }

    /// Returns the name of the role that [`Self::limited`] creates.
    pub(super) fn role(&self) -> String {
        format!("{}_limited", self.name)
    }

    pub(super) fn postgres(&self) -> postgres::Client {
        connections::postgres(&self.direct_url())
    }

    pub(super) fn mysql(&self) -> mysql::Conn {
        connections::mysql(&self.url())
    }

    /// Returns the rows of a query, each value as text, `NULL` for null.
    pub(super) fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        match self.engine {
            Engine::Postgres => rows_of_postgres(&mut self.postgres(), sql),
            _ => rows_of_mysql(&mut self.mysql(), sql),
        }
    }

    /// Runs statements.
    pub(super) fn exec(&self, sql: &str) {
        match self.engine {
            Engine::Postgres => run_on_postgres(&mut self.postgres(), sql),
            _ => run_on_mysql(&mut self.mysql(), sql),
        }
    }

    /// Returns the names of its tables.
    pub(super) fn tables(&self) -> Vec<String> {
        let schema = if self.engine == Engine::Postgres { "'public'" } else { "DATABASE()" };
        let sql = format!(
            "SELECT CAST(table_name AS char(64)) FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1"
        );
        self.rows(&sql).concat().into_iter().map(|name| name.trim_end().to_owned()).collect()
    }

    /// Returns the tables with their columns, indexes and constraints.
    pub(super) fn schema(&self) -> String {
        if self.engine == Engine::MySql {
            let definition = |table: &String| self.rows(&format!("SHOW CREATE TABLE `{table}`")).concat().remove(1);
            let definitions: Vec<String> = self.tables().iter().map(definition).collect();
            // The next value of AUTO_INCREMENT is not part of the schema.
            let shape = |line: &str| {
                line.split(" AUTO_INCREMENT=")
                    .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
                    .collect::<String>()
            };
            return definitions.join("\n").lines().map(shape).collect::<Vec<_>>().join("\n");
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

    /// Quotes the name of a table or column.
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
            self.drop_if_exists();
            let role = self.role();
            self.engine.admin_database().exec(&if self.engine == Engine::Postgres {
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
