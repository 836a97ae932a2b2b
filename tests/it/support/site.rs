//! The real Django project, its settings modules, and a template database for each.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The layouts of user tables that the test project has a settings module for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Site {
    /// `auth_user`, UTC.
    Stock,
    /// Users with a UUID key who log in with an email address; no `is_active` column.
    Email,
    /// A table whose names must be quoted, a text key, login column `handle`.
    Odd,
    /// A multi-table child of another user model, which has the login column.
    Member,
    /// A custom model as Django advises: 64-bit key, `username`.
    Big,
    /// `auth_user`, naive local time of Berlin.
    Local,
    /// Login column `email`; `username` is not unique, and Mallory's is Alice's address.
    Mail,
    /// Login column `email`; `username` is unique as well, and Carol's is Bob's address.
    Both,
    /// Login column `telegram_id`, a number.
    Telegram,
    /// A custom model that keeps the table `auth_user`.
    Kept,
    /// A project of `startproject` in the folder of the sandbox, with DRF's
    /// tokens.
    NewProject,
    /// Login column `slug`; `username` is not unique.
    Slug,
    /// Login column `email`, which may be NULL.
    Nullable,
    /// A custom model with a column of each type, for whose users the
    /// application's receivers keep a profile, a group and a token.
    Club,
}

impl Site {
    /// The sites that differ in their tables.
    pub(crate) const ALL: [Self; 6] = [Self::Stock, Self::Email, Self::Odd, Self::Member, Self::Big, Self::Local];

    /// The settings module, as `--settings` takes it.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Stock => "shop.settings",
            Self::Email => "shop.settings_email",
            Self::Odd => "shop.settings_odd",
            Self::Member => "shop.settings_member",
            Self::Big => "shop.settings_big",
            Self::Local => "shop.settings_local",
            Self::Mail => "shop.settings_mail",
            Self::Both => "shop.settings_both",
            Self::Telegram => "shop.settings_telegram",
            Self::Kept => "shop.settings_kept",
            Self::NewProject => "mysite.settings",
            Self::Slug => "shop.settings_slug",
            Self::Nullable => "shop.settings_nullable",
            Self::Club => "shop.settings_club",
        }
    }

    /// The login name of the active user called Alice.
    pub(crate) fn alice(self) -> &'static str {
        match self {
            Self::Email | Self::Mail | Self::Both | Self::Nullable => "alice@example.com",
            Self::Telegram => "42",
            _ => "alice",
        }
    }
}

/// The folder of the real Django project.
pub(crate) fn django_project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django")
}

/// The Python of the virtual environment that `tests/run` makes under the target folder.
pub(crate) fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder has a parent");
    let python = target.join("venv/bin/python");
    assert!(python.exists(), "no Python at {}: run tests/run once", python.display());
    python
}

/// Python with the environment of a test: the project importable, nothing inherited.
pub(super) fn python_command(settings: &str, database: &OsStr) -> Command {
    let mut command = Command::new(python());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PYTHONPATH", django_project())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .env("DJANGO_SETTINGS_MODULE", settings)
        .env("DRFCTL_TEST_DATABASE", database)
        .stdin(Stdio::null());
    command
}

/// Runs a preparation step, which has to succeed.
pub(super) fn must_succeed(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A hash over every source file of the Django project, so that a change makes new templates.
fn project_hash() -> u64 {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|e| e == "py" || e == "txt") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(&django_project(), &mut files);
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(&file).expect("a source file").hash(&mut hasher);
        file.hash(&mut hasher);
    }
    hasher.finish()
}

/// What `make` leaves under the path that it is given, named after the project's state. Made
/// once; tests that start together wait for the first.
pub(super) fn made_once(what: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).expect("the target folder is writable");
    let name = format!("{what}-{:016x}", project_hash());
    let finished = folder.join(&name);
    let lock = fs::File::create(folder.join(format!("{what}.lock"))).expect("a lock file");
    lock.lock().expect("the lock");
    if !finished.exists() {
        let unfinished = folder.join(format!("{name}.unfinished"));
        let _ = fs::remove_file(&unfinished);
        let _ = fs::remove_dir_all(&unfinished);
        make(&unfinished);
        fs::rename(&unfinished, &finished).expect("it takes its place");
    }
    finished
}

/// The database of a site as Django's `migrate` leaves it, with the users of the tests and no
/// token.
pub(super) fn template(site: Site) -> PathBuf {
    made_once(&format!("{site:?}"), |database| migrate_and_fill(site, database.as_os_str()))
}

/// Lets Django migrate a database and create the users of the tests.
pub(super) fn migrate_and_fill(site: Site, database: &OsStr) {
    let manage = django_project().join("manage.py");
    must_succeed(python_command(site.settings(), database).arg(manage).args(["migrate", "--verbosity", "0"]));
    must_succeed(python_command(site.settings(), database).arg(django_project().join("template.py")));
}
