//! The statements of drfctl in a server's log.

use std::sync::{Mutex, PoisonError};

use super::connections::Engine;
use super::databases::Database;
use super::sandbox::Sandbox;

/// The path through which a PostgreSQL process opens the server's log.
const POSTGRES_LOG: &str = "/proc/self/fd/2";

impl Sandbox {
    /// Gives drfctl its own account, whose statements PostgreSQL logs.
    pub(crate) fn use_logged_account(&mut self) {
        self.limit_connections(5);
        let server = self.server.as_ref().expect("a server");
        if server.engine == Engine::Postgres {
            server.exec(&format!("ALTER ROLE {} SET log_statement = 'all'", server.role()));
        }
    }

    /// Returns the statements of that account that the server logged during a call.
    pub(crate) fn statements_during(&self, call: impl FnOnce()) -> Vec<String> {
        // Other tests run at the same time and share the server's log.
        static LOG: Mutex<()> = Mutex::new(());
        let _alone = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        let server = self.server.as_ref().expect("a server");
        match server.engine {
            Engine::Postgres => postgres_statements(server, call),
            Engine::MySql => mysql_statements(server, call),
            Engine::Sqlite => unreachable!("SQLite has no server"),
        }
    }
}

/// Returns what PostgreSQL logged. It does not log the statements of other accounts.
fn postgres_statements(server: &Database, call: impl FnOnce()) -> Vec<String> {
    let size = || server.rows(&format!("SELECT size FROM pg_stat_file('{POSTGRES_LOG}')")).concat().remove(0);
    let before = size();
    call();
    let read = format!("SELECT pg_read_file('{POSTGRES_LOG}', {before}, {} - {before})", size());
    let log = server.rows(&read).concat().remove(0);
    let mut statements: Vec<String> = Vec::new();
    let mut is_ours = false;
    for line in log.lines() {
        if let Some(more) = line.strip_prefix('\t') {
            if is_ours && let Some(last) = statements.last_mut() {
                last.push(' ');
                last.push_str(more.trim());
            }
            continue;
        }
        let statement = ["LOG:  execute ", "LOG:  statement: "].iter().find_map(|word| line.split_once(word));
        is_ours = statement.is_some();
        statements.extend(statement.map(|(_, sql)| sql.to_owned()));
    }
    // What surrounds a statement that reads alone is sent together with it.
    statements.retain(|sql| !sql.starts_with("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY") && sql != "COMMIT");
    statements
}

fn mysql_statements(server: &Database, call: impl FnOnce()) -> Vec<String> {
    let admin = server.engine.admin_database();
    let before = admin.rows("SELECT @@GLOBAL.log_output, @@GLOBAL.general_log").concat();
    admin.exec("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1; TRUNCATE mysql.general_log");
    call();
    let account = server.role();
    let statements = admin.rows(&format!(
        "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log
         WHERE user_host LIKE '{account}[%' AND command_type IN ('Query', 'Execute')"
    ));
    admin.exec(&format!("SET GLOBAL general_log = {}; SET GLOBAL log_output = '{}'", before[1], before[0]));
    statements.concat()
}
