//! The real Django project, its settings modules, and their template databases.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The layouts of user tables. The test project has a settings module for each.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Site {
    /// `auth_user`, UTC.
    Stock,
    /// Users with a UUID primary key who log in with an email address; no `is_active` column.
    Email,
    /// A table whose names must be quoted, with a text primary key and the username field `handle`.
    Odd,
    /// A multi-table child of another user model, which has the username field.
    Member,
    /// A custom model as Django recommends: 64-bit primary key, `username`.
    Big,
    /// `auth_user` with naive local times of Berlin.
    Local,
    /// Username field `email`; `username` is not unique, and Mallory's is Alice's address.
    Mail,
    /// Username field `email`; `username` is unique as well, and Carol's is Bob's address.
    Both,
    /// Username field `telegram_id`, a number.
    Telegram,
    /// A custom model that keeps the table `auth_user`.
    Kept,
    /// A project of `startproject` in the folder of the sandbox, with DRF's tokens.
    NewProject,
    /// Username field `slug`; `username` is not unique.
    Slug,
    /// Username field `email`, which may be NULL.
    Nullable,
    /// A custom model with a column of each type; receivers create a profile, a group and a token
    /// for each user.
    Club,
}

impl Site {
    /// The sites with different tables.
    pub(crate) const ALL: [Self; 6] = [Self::Stock, Self::Email, Self::Odd, Self::Member, Self::Big, Self::Local];

    /// Returns the settings module, as `--settings` accepts it.
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

    /// Returns the username of the active user Alice.
    pub(crate) fn alice(self) -> &'static str {
        match self {
            Self::Email | Self::Mail | Self::Both | Self::Nullable => "alice@example.com",
            Self::Telegram => "42",
            _ => "alice",
        }
    }
}

/// Returns the folder of the real Django project.
pub(crate) fn django_project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/django")
}

/// Returns the Python of the virtual environment that `tests/run` creates in the target folder.
pub(crate) fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder has a parent");
    let python = target.join("venv/bin/python");
    assert!(python.exists(), "no Python at {}: run tests/run once", python.display());
    python
}

/// Returns a Python command with the environment of a test: the project can be imported, and no
/// variables are inherited.
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

/// Runs a preparation step, which must succeed.
pub(super) fn must_succeed(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Returns a hash of the source files of the Django project, so that a change creates new templates.
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

/// Returns the path of what `build` creates, named after the project's state. It is built only
/// once; tests that start at the same time wait for the first one.
pub(super) fn built_once(what: &str, build: impl FnOnce(&Path)) -> PathBuf {
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
        build(&unfinished);
        fs::rename(&unfinished, &finished).expect("the finished file is renamed");
    }
    finished
}

/// Returns the database of a site after Django's `migrate`, with the test users and without
/// tokens.
pub(super) fn template(site: Site) -> PathBuf {
    built_once(&format!("{site:?}"), |database| migrate_and_fill(site, database.as_os_str()))
}

/// Migrates a database with Django and creates the test users.
pub(super) fn migrate_and_fill(site: Site, database: &OsStr) {
    let manage = django_project().join("manage.py");
    must_succeed(python_command(site.settings(), database).arg(manage).args(["migrate", "--verbosity", "0"]));
    must_succeed(python_command(site.settings(), database).arg(django_project().join("template.py")));
}
