//! The environment, the arguments and the terminal. The only file that reads
//! them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal, stderr, stdin, stdout};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use clap::ValueEnum;
use nix::sys::stat::{Mode, SFlag, fstat};
use terminal_size::{Width, terminal_size_of};
use zeroize::Zeroizing;

use crate::engine::Variables;
use crate::os::account_name;

/// The directories of programs where `PATH` is not set, as `execvp` has them.
const NO_PATH: &str = "/bin:/usr/bin";

/// The prefix of the variables that Django's `createsuperuser` reads.
const SUPERUSER: &str = "DJANGO_SUPERUSER_";

/// What the environment says about the application.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `DRFCTL_DATABASE`, as `--database`.
    pub database: Option<OsString>,
    /// `DRFCTL_USER_TABLE`, as `--user-table`.
    pub user_table: Option<String>,
    /// `DRFCTL_USERNAME_FIELD`, as `--username-field`.
    pub username_field: Option<String>,
    /// `DRFCTL_TIME_ZONE`, as `--time-zone`.
    pub time_zone: Option<String>,
    /// `DATABASE_URL`, as dj-database-url reads it.
    pub database_url: Option<OsString>,
    /// `DJANGO_SETTINGS_MODULE`.
    pub settings_module: Option<OsString>,
    /// The variables about servers and their passwords.
    pub servers: Variables,
    /// `PYTHON`, the interpreter that imports settings.
    pub python: Option<OsString>,
    /// The superuser that `createsuperuser --noinput` creates.
    pub superuser: Superuser,
}

/// The variables that Django's `createsuperuser` reads. `Debug` does not show the
/// password.
#[derive(Clone, Default)]
pub struct Superuser {
    /// `DJANGO_SUPERUSER_USERNAME`.
    pub username: Option<OsString>,
    /// `DJANGO_SUPERUSER_EMAIL`, even if it is empty: an address may be.
    pub email: Option<OsString>,
    /// `DJANGO_SUPERUSER_PASSWORD`, even if it is empty.
    pub password: Option<Zeroizing<Vec<u8>>>,
    /// `DJANGO_SUPERUSER_…` of other columns, without the prefix.
    others: BTreeMap<String, OsString>,
}

impl Superuser {
    /// Returns the value for a column of the user model.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&OsString> {
        self.others.get(&name.to_uppercase())
    }

    /// Returns the values for columns, of those that are set.
    pub fn columns(&self, names: Vec<String>) -> impl Iterator<Item = (String, String)> {
        names.into_iter().filter_map(|name| Some((name.clone(), self.column(&name)?.to_string_lossy().into_owned())))
    }
}

impl fmt::Debug for Superuser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Superuser").field("username", &self.username).finish_non_exhaustive()
    }
}

/// When output is colored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colors {
    /// If it goes to a terminal and the environment does not say otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Environment {
    /// Reads the environment; an empty variable counts as unset.
    #[must_use]
    pub fn read() -> Self {
        let read = |name| env::var_os(name).filter(|value| !value.is_empty());
        let read_text = |name| read(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            database: read("DRFCTL_DATABASE"),
            user_table: read_text("DRFCTL_USER_TABLE"),
            username_field: read_text("DRFCTL_USERNAME_FIELD"),
            time_zone: read_text("DRFCTL_TIME_ZONE"),
            database_url: read("DATABASE_URL"),
            settings_module: read("DJANGO_SETTINGS_MODULE"),
            servers: Variables::of(env::vars_os()),
            python: read("PYTHON"),
            superuser: Superuser {
                username: read("DJANGO_SUPERUSER_USERNAME"),
                email: env::var_os("DJANGO_SUPERUSER_EMAIL"),
                password: env::var_os("DJANGO_SUPERUSER_PASSWORD").map(|set| Zeroizing::new(set.into_encoded_bytes())),
                others: superuser_columns().collect(),
            },
        }
    }
}

/// Returns whether a variable is set, even if it is empty.
#[must_use]
pub fn is_set(name: &OsStr) -> bool {
    env::var_os(name).is_some()
}

/// Returns the folders of `PYTHONPATH`.
#[must_use]
pub fn import_folders() -> Vec<PathBuf> {
    env::var_os("PYTHONPATH").map(|paths| env::split_paths(&paths).collect()).unwrap_or_default()
}

/// Returns the files that the system tries to run for the name of a program, in
/// this order: those of that name in the directories of `PATH`. Returns the name
/// itself if it is a path, or if no such file exists.
#[must_use]
pub fn programs(name: &OsStr) -> Vec<PathBuf> {
    programs_in(name, env::var_os("PATH").unwrap_or_else(|| NO_PATH.into()).as_ref())
}

fn programs_in(name: &OsStr, directories: &OsStr) -> Vec<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return vec![name.into()];
    }
    // An empty directory means the current one.
    let paths = env::split_paths(directories).map(|directory| Path::new(".").join(directory).join(name));
    let mut found: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    if found.is_empty() {
        found.push(name.into());
    }
    found
}

/// Returns the variables for columns other than the password.
fn superuser_columns() -> impl Iterator<Item = (String, OsString)> {
    env::vars_os().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let column = name.to_str()?.strip_prefix(SUPERUSER)?;
        (column != "PASSWORD").then(|| (column.to_owned(), value))
    })
}

/// Returns the login name of the user, as Python's `getpass.getuser` does.
#[must_use]
pub fn login_name() -> Option<OsString> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let named = ["LOGNAME", "USER", "LNAME", "USERNAME"].into_iter().find_map(set);
    named.or_else(|| account_name().map(OsString::from))
}

/// Returns whether a person can see a question and answer it.
#[must_use]
pub fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Returns whether standard output is a terminal.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    stdout().is_terminal()
}

/// Returns the number of columns of the terminal that the result is printed on.
#[must_use]
pub fn stdout_width() -> Option<usize> {
    terminal_size_of(stdout()).map(|(Width(columns), _)| usize::from(columns))
}

/// Returns whether standard output is a file that every user may read: the file
/// and all directories above it allow that.
#[must_use]
pub fn stdout_is_public_file() -> bool {
    let is_readable = fstat(stdout()).is_ok_and(|found| {
        let mode = Mode::from_bits_truncate(found.st_mode);
        SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG && mode.contains(Mode::S_IROTH)
    });
    // Where the system does not say which file it is, its own mode decides.
    let path = fs::read_link("/proc/self/fd/1").unwrap_or_default();
    is_readable && path.ancestors().skip(1).filter(|above| above.is_absolute()).all(is_open_to_every_user)
}

fn is_open_to_every_user(directory: &Path) -> bool {
    fs::metadata(directory).is_ok_and(|found| found.mode() & Mode::S_IXOTH.bits() != 0)
}

/// Returns whether standard input is a terminal.
#[must_use]
pub fn stdin_is_terminal() -> bool {
    stdin().is_terminal()
}

/// Returns whether messages are colored.
#[must_use]
pub fn stderr_has_color(wanted: Colors) -> bool {
    has_color(wanted, stderr().is_terminal())
}

/// Returns whether standard output is colored.
#[must_use]
pub fn stdout_has_color(wanted: Colors) -> bool {
    has_color(wanted, stdout().is_terminal())
}

fn has_color(wanted: Colors, is_terminal: bool) -> bool {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    match wanted {
        Colors::Always => true,
        Colors::Never => false,
        // Any value turns color off: see no-color.org.
        Colors::Auto if variable("NO_COLOR").is_some() => false,
        Colors::Auto if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Colors::Auto if variable("CLICOLOR").is_some_and(|value| value == "0") => false,
        Colors::Auto => is_terminal && env::var_os("TERM").is_some_and(|term| term != "dumb"),
    }
}

/// Returns the command line that the program was started with.
pub fn arguments() -> impl Iterator<Item = OsString> {
    env::args_os()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_is_searched_for_in_the_directories_of_path() {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path().to_str().unwrap();
        for name in ["python3", "sub/python3"] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = |name: &str, path: &str| programs_in(name.as_ref(), path.as_ref());
        let both = format!("{here}/missing:{here}/sub:{here}");
        assert_eq!(
            found("python3", &both),
            [format!("{here}/sub/python3"), format!("{here}/python3")].map(PathBuf::from)
        );
        assert_eq!(found("other", &both), [PathBuf::from("other")]);
        assert_eq!(found("sub/python3", &both), [PathBuf::from("sub/python3")]);
        // The tests run in the folder of the package.
        assert_eq!(found("Cargo.toml", ""), [PathBuf::from("./Cargo.toml")]);
    }

    #[test]
    fn the_superuser_of_the_environment_is_shown_without_secrets() {
        let superuser = Superuser {
            username: Some("alice".into()),
            email: Some("alice@example.com".into()),
            password: Some(Zeroizing::new(b"s3cret".to_vec())),
            others: [("API_KEY".to_owned(), "t0ken".into())].into(),
        };
        assert_eq!(format!("{superuser:?}"), r#"Superuser { username: Some("alice"), .. }"#);
    }

    #[test]
    fn a_variable_is_for_the_column_of_its_name() {
        let others = [("API_KEY".to_owned(), "t0ken".into()), ("CITY".to_owned(), "Rome".into())].into();
        let superuser = Superuser { others, ..Superuser::default() };
        let set: Vec<_> = superuser.columns(["city", "phone", "api_key"].map(str::to_owned).to_vec()).collect();
        assert_eq!(
            set,
            [("city", "Rome"), ("api_key", "t0ken")].map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(superuser.column("phone"), None);
    }

    #[test]
    fn a_directory_that_others_may_enter_is_open_to_every_user() {
        let directory = tempfile::tempdir().unwrap();
        for (mode, is_open) in [(0o700, false), (0o770, false), (0o744, false), (0o711, true)] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_open_to_every_user(directory.path()), is_open, "{mode:o}");
        }
        assert!(!is_open_to_every_user(&directory.path().join("missing")));
    }
}
