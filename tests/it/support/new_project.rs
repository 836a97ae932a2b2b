//! A new project of `startproject` in the folder of a sandbox.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write as _;

use super::connections::Engine;
use super::invocation::Invocation;
use super::outcome::Outcome;
use super::sandbox::Sandbox;
use super::site::{Site, django_project, python};

impl Sandbox {
    /// Creates a project with DRF's tokens and an empty database (for SQLite, no file).
    pub(crate) fn new_project(engine: Engine) -> Self {
        let sandbox = Self::unmigrated_on(engine, Site::NewProject);
        let startproject = sandbox.python(["-m", "django", "startproject", "mysite", "."]);
        assert!(startproject.status.success(), "{}", String::from_utf8_lossy(&startproject.stderr));
        sandbox.add_to_settings("INSTALLED_APPS += ['rest_framework', 'rest_framework.authtoken']");
        if engine != Engine::Sqlite {
            sandbox.add_to_settings(
                "import os\nfrom shop.settings import database\n\
                 DATABASES = {'default': database(os.environ['DRFCTL_TEST_DATABASE'])}",
            );
        }
        sandbox
    }

    /// Appends lines to the settings of a new project.
    pub(crate) fn add_to_settings(&self, lines: &str) {
        let path = self.dir().join("mysite/settings.py");
        let mut settings = OpenOptions::new().append(true).open(path).expect("the settings");
        writeln!(settings, "{lines}").expect("the lines");
    }

    /// Returns a call of drfctl in the folder of a new project, whose `manage.py` names the settings.
    pub(crate) fn in_project<I>(&self, args: I) -> Invocation
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        Invocation::new(self.dir())
            .args(args)
            .env("PYTHON", python())
            .env("PYTHONPATH", django_project())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("DRFCTL_TEST_DATABASE", self.database())
    }

    /// Runs the `manage.py` of a new project.
    pub(crate) fn manage_py<I>(&self, args: I) -> Outcome
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        let args = args.into_iter().map(|arg| arg.as_ref().to_os_string());
        self.python(std::iter::once("manage.py".into()).chain(args)).into()
    }
}
