//! A test's own folder with a database, and the programs that run in it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::databases::Database;
use super::invocation::Invocation;
use super::outcome::{Outcome, text};
use super::peers::{Server, Session};
use super::site::{Site, django_project, python, python_command, template};

/// A test's own folder with its own database. Removed when dropped, kept when the test fails.
pub(crate) struct Sandbox {
    pub(super) site: Site,
    folder: Option<tempfile::TempDir>,
    /// The database, if it is on a server.
    pub(super) server: Option<Database>,
    /// The URL that drfctl uses instead of the server's.
    pub(super) drfctl_url: Option<String>,
}

impl Sandbox {
    /// Creates a folder with `db.sqlite3` of that site. Its users are `alice`, `bob` and the
    /// inactive `ina` (`alice@example.com` and so on in [`Site::Email`]); there are no tokens.
    pub(crate) fn new(site: Site) -> Self {
        let sandbox = Self::folder(site);
        fs::copy(template(site), sandbox.db()).expect("the template is copied");
        fs::set_permissions(sandbox.db(), fs::Permissions::from_mode(0o644)).expect("its mode");
        sandbox
    }

    /// Creates a folder with `db.sqlite3` of the stock site.
    pub(crate) fn stock() -> Self {
        Self::new(Site::Stock)
    }

    /// Creates a folder without a database.
    pub(crate) fn empty() -> Self {
        Self::unmigrated(Site::Stock)
    }

    /// Creates a folder of that site without a database.
    pub(crate) fn unmigrated(site: Site) -> Self {
        Self::folder(site)
    }

    /// Creates a folder with a copy of a database of the stock site.
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
        Self { site, folder: Some(folder), server: None, drfctl_url: None }
    }

    /// Creates a second folder with a copy of this database.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::folder(self.site);
        fs::copy(self.db(), copy.db()).expect("the database is copied");
        copy
    }

    /// Returns the settings module of its site.
    pub(super) fn settings(&self) -> &'static str {
        self.site.settings()
    }

    /// Returns the folder, in which drfctl runs.
    pub(crate) fn dir(&self) -> &Path {
        self.folder.as_ref().expect("kept until dropped").path()
    }

    /// Returns the path of the database file.
    pub(crate) fn db(&self) -> PathBuf {
        self.dir().join("db.sqlite3")
    }

    /// Returns the database as the project's settings accept it: a path or a URL.
    pub(crate) fn database(&self) -> OsString {
        self.server.as_ref().map_or_else(|| self.db().into_os_string(), |server| server.url().into())
    }

    /// Runs Python with this site's settings and this database, in this folder.
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

    /// Runs the real `manage.py` on this database.
    pub(crate) fn manage<I>(&self, args: I) -> Outcome
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let script = django_project().join("manage.py").into_os_string();
        let args = args.into_iter().map(|arg| arg.as_ref().to_os_string());
        self.python(std::iter::once(script).chain(args)).into()
    }

    /// Runs a Python program after `django.setup()`. Returns what it prints, without the last line
    /// end.
    pub(crate) fn django(&self, program: &str) -> String {
        let program = format!("import django; django.setup()\n{program}");
        let output = self.python(["-c", program.as_str()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text(output.stdout).trim_end().to_owned()
    }

    /// Starts such a program, with pipes to its standard input and output.
    pub(crate) fn django_started(&self, program: &str) -> Child {
        python_command(self.site.settings(), &self.database())
            .current_dir(self.dir())
            .args(["-c", &format!("import django; django.setup()\n{program}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts")
    }

    /// Runs a Python program that reads the variable `table`. Returns its variable `answer`.
    pub(crate) fn ask<T: DeserializeOwned>(&self, table: &impl Serialize, program: &str) -> T {
        // A JSON string is also a Python string literal.
        let table = serde_json::to_string(&serde_json::to_string(table).expect("a table")).expect("its text");
        let program = format!("import json\ntable = json.loads({table})\n{program}\nprint(json.dumps(answer))");
        serde_json::from_str(&self.django(&program)).expect("an answer")
    }

    /// Returns a call with these arguments in this folder. Its environment contains only `PATH`.
    pub(crate) fn drfctl<I>(&self, args: I) -> Invocation
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let call = Invocation::new(self.dir()).args(args);
        match &self.server {
            Some(server) => call.env("DATABASE_URL", self.drfctl_url.clone().unwrap_or_else(|| server.url())),
            None => call,
        }
    }

    /// Returns a call with these arguments that reads a settings module of the real project with
    /// the real Python.
    pub(crate) fn with_settings<I>(&self, module: &str, args: I) -> Invocation
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.drfctl(args)
            .args(["--settings", module, "--pythonpath"])
            .arg(django_project())
            .env("PYTHON", python())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("DRFCTL_TEST_DATABASE", self.database())
    }

    /// Returns the variables with which Python can import the settings of this site.
    pub(crate) fn settings_variables(&self) -> [(&'static str, OsString); 5] {
        [
            ("PYTHON", python().into()),
            ("PYTHONPATH", django_project().into()),
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("DJANGO_SETTINGS_MODULE", self.settings().into()),
            ("DRFCTL_TEST_DATABASE", self.database()),
        ]
    }

    /// Starts the real application on this database.
    pub(crate) fn serve(&self) -> Server {
        Server::start(self)
    }

    /// Starts a second process with a connection to this database.
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
