//! The contents of a sandbox's database.

use std::fmt::Write as _;
use std::fs;

use super::connections::rows_of_sqlite as rows;
use super::sandbox::Sandbox;

impl Sandbox {
    fn connection(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.db()).expect("the database opens");
        // Tests write rows that Django would reject.
        connection.pragma_update(None, "foreign_keys", false).expect("a pragma");
        connection
    }

    /// Returns the rows of a query, each value as text (`NULL` for null, `x'…'` for bytes).
    pub(crate) fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        if let Some(server) = &self.server {
            return server.rows(sql);
        }
        rows(&self.connection(), sql)
    }

    /// Returns the first value of a query's only row.
    pub(crate) fn value(&self, sql: &str) -> String {
        match self.sql(sql).as_slice() {
            [row] => row[0].clone(),
            other => panic!("not one row: {other:?}"),
        }
    }

    /// Runs statements; foreign keys are not enforced.
    pub(crate) fn exec(&self, sql: &str) {
        if let Some(server) = &self.server {
            return server.exec(sql);
        }
        self.connection().execute_batch(sql).expect("statements");
    }

    /// Returns the schema and the sorted rows of every table; on a server only the rows.
    pub(crate) fn dump(&self) -> String {
        if let Some(server) = &self.server {
            let mut dump = String::new();
            for table in server.tables() {
                let mut content = server.rows(&format!("SELECT * FROM {}", server.quoted(&table)));
                content.sort();
                let lines: Vec<_> = content.into_iter().map(|row| row.join("|") + "\n").collect();
                writeln!(dump, "== {table}\n{}", lines.concat()).expect("a string");
            }
            return dump;
        }
        let connection = self.connection();
        let mut dump = String::new();
        let objects = rows(&connection, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name");
        for object in &objects {
            writeln!(dump, "{}", object.join("|")).expect("a string");
        }
        for table in objects.iter().filter(|object| object[0] == "table") {
            writeln!(dump, "== {}", table[1]).expect("a string");
            let quoted = table[1].replace('"', "\"\"");
            let mut content = rows(&connection, &format!("SELECT * FROM \"{quoted}\""));
            content.sort();
            for row in content {
                writeln!(dump, "{}", row.join("|")).expect("a string");
            }
        }
        dump
    }

    /// Returns the schema and every row in the order of insertion, without the times at which
    /// migrations were applied.
    pub(crate) fn image(&self) -> String {
        let connection = self.connection();
        let mut image = String::new();
        let objects = rows(&connection, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid");
        for object in &objects {
            writeln!(image, "{}", object.join("|")).expect("a string");
        }
        for table in objects.iter().filter(|object| object[0] == "table") {
            writeln!(image, "== {}", table[1]).expect("a string");
            let columns = if table[1] == "django_migrations" { "id, app, name" } else { "*" };
            let quoted = table[1].replace('"', "\"\"");
            for row in rows(&connection, &format!("SELECT {columns} FROM \"{quoted}\"")) {
                writeln!(image, "{}", row.join("|")).expect("a string");
            }
        }
        image
    }

    /// Returns the name and the content of each file in the folder.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(self.dir())
            .expect("the folder")
            .map(|entry| entry.expect("an entry"))
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file")))
            .collect();
        files.sort();
        files
    }

    /// Returns every row of a table, each value as an SQL literal, without the columns `without`.
    pub(crate) fn rows(&self, table: &str, without: &[&str]) -> Vec<Vec<String>> {
        let columns = self.sql(&format!("SELECT name FROM pragma_table_info('{table}')")).concat();
        let columns = columns.iter().filter(|name| !without.contains(&name.as_str()));
        let columns: Vec<_> = columns.map(|name| format!("quote(\"{name}\")")).collect();
        let table = table.replace('"', "\"\"");
        self.sql(&format!("SELECT {0} FROM \"{table}\" ORDER BY {0}", columns.join(", ")))
    }
}
