//! One test's own folder, and looking into its database.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use rusqlite::types::ValueRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::invocation::{Invocation, text};
use super::peers::{Server, Session};
use super::servers::Database;
use super::site::{Site, django_project, python_command, template};

/// One test's own folder with its own database. Removed at the end, kept when the test fails.
pub(crate) struct Sandbox {
    pub(super) site: Site,
    folder: Option<tempfile::TempDir>,
    /// The database, where it is on a server.
    pub(super) server: Option<Database>,
    /// How drfctl gets there, where that is another way.
    pub(super) way: Option<String>,
}

impl Sandbox {
    /// A folder with `db.sqlite3` of that site: `alice`, `bob` and the inactive `ina`
    /// (`alice@example.com` and `bob@example.com` in [`Site::Email`]), no tokens.
    pub(crate) fn new(site: Site) -> Self {
        let sandbox = Self::folder(site);
        fs::copy(template(site), sandbox.db()).expect("the template is copied");
        fs::set_permissions(sandbox.db(), fs::Permissions::from_mode(0o644)).expect("its mode");
        sandbox
    }

    /// A folder without a database.
    pub(crate) fn empty() -> Self {
        Self::unmigrated(Site::Stock)
    }

    /// A folder of that site without a database.
    pub(crate) fn unmigrated(site: Site) -> Self {
        Self::folder(site)
    }

    /// A folder with a copy of that database of the stock site.
    pub(super) fn of(database: &Path) -> Self {
        let sandbox = Self::folder(Site::Stock);
        fs::copy(database, sandbox.db()).expect("the database is copied");
        sandbox
    }

    pub(super) fn folder(site: Site) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("drfctl-test-")
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .expect("a temporary folder");
        Self { site, folder: Some(folder), server: None, way: None }
    }

    /// A second folder with a copy of this one's database as it is now.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::folder(self.site);
        fs::copy(self.db(), copy.db()).expect("the database is copied");
        copy
    }

    /// The settings module of its site.
    pub(super) fn settings(&self) -> &'static str {
        self.site.settings()
    }

    /// The folder; drfctl runs in it.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.as_ref().expect("kept until dropped").path()
    }

    /// The database file.
    pub(crate) fn db(&self) -> PathBuf {
        self.dir().join("db.sqlite3")
    }

    /// The database, as the project's settings take it: a path or a URL.
    pub(crate) fn database(&self) -> OsString {
        self.server.as_ref().map_or_else(|| self.db().into_os_string(), |server| server.url().into())
    }

    /// Python with this site's settings and this database, in this folder.
    pub(crate) fn python<I>(&self, args: I) -> Output
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        python_command(self.site.settings(), &self.database())
            .current_dir(self.dir())
            .args(args)
            .output()
            .expect("Python starts")
    }

    /// The real `manage.py` on this database.
    pub(crate) fn manage<I>(&self, args: I) -> Output
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let script = django_project().join("manage.py").into_os_string();
        let args = args.into_iter().map(|arg| arg.as_ref().to_os_string());
        self.python(std::iter::once(script).chain(args))
    }

    /// A short Python program after `django.setup()`; what it prints, without the line end.
    pub(crate) fn django(&self, program: &str) -> String {
        let program = format!("import django; django.setup()\n{program}");
        let output = self.python(["-c", program.as_str()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text(output.stdout).trim_end().to_owned()
    }

    /// The same, started, with pipes to its standard input and output.
    pub(crate) fn django_started(&self, program: &str) -> Child {
        python_command(self.site.settings(), &self.database())
            .current_dir(self.dir())
            .args(["-c", &format!("import django; django.setup()\n{program}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts")
    }

    /// What Python calls `answer` after a program that has `table`.
    pub(crate) fn ask<T: DeserializeOwned>(&self, table: &impl Serialize, program: &str) -> T {
        // A JSON string is a string literal of Python, too.
        let table = serde_json::to_string(&serde_json::to_string(table).expect("a table")).expect("its text");
        let program = format!("import json\ntable = json.loads({table})\n{program}\nprint(json.dumps(answer))");
        serde_json::from_str(&self.django(&program)).expect("an answer")
    }

    fn connection(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.db()).expect("the database opens");
        // Tests bring about what Django never would.
        connection.pragma_update(None, "foreign_keys", false).expect("a pragma");
        connection
    }

    /// The rows of a query, every value as text (`NULL` for null, `x'…'` for bytes).
    pub(crate) fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        if let Some(server) = &self.server {
            return server.rows(sql);
        }
        rows(&self.connection(), sql)
    }

    /// The first value of a query's only row.
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

    /// The schema and every row of every table, in a settled order; of a server the rows alone.
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

    /// The schema and every row, in the order of their making. When a migration was applied is
    /// left out: no two runs agree on it.
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

    /// The name and the bytes of everything in the folder.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(self.dir())
            .expect("the folder")
            .map(|entry| entry.expect("an entry"))
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file")))
            .collect();
        files.sort();
        files
    }

    /// drfctl with these arguments, in this folder, with an environment of only `PATH`.
    pub(crate) fn drfctl<I>(&self, args: I) -> Invocation
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let call = Invocation::new(self.dir()).args(args);
        match &self.server {
            Some(server) => call.env("DATABASE_URL", self.way.clone().unwrap_or_else(|| server.url())),
            None => call,
        }
    }

    /// Starts the real application on this database.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self)
    }

    /// A second process that has this database open.
    pub(crate) fn session(&self) -> Session {
        Session::open(&self.db())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            let _ = writeln!(std::io::stderr(), "kept: {}", kept.display());
        }
    }
}

/// The rows of a query as text.
fn rows(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let width = statement.column_count();
    let mut found = statement.query([]).expect("a query");
    let mut rows = Vec::new();
    while let Some(row) = found.next().expect("a row") {
        rows.push((0..width).map(|column| value(row.get_ref(column).expect("a value"))).collect());
    }
    rows
}

/// A value as text, whatever its type.
fn value(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("x'{}'", hex::encode(bytes)),
    }
}
