//! The surroundings: the environment, and whether a person is watching. The
//! only file that looks at them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{IsTerminal, stderr, stdin, stdout};

use nix::sys::stat::{Mode, SFlag, fstat};
use terminal_size::{Width, terminal_size_of};
use zeroize::Zeroizing;

use crate::engine::Variables;
use crate::os::account_name;

/// What the variables begin with that Django's `createsuperuser` reads.
const SUPERUSER: &str = "DJANGO_SUPERUSER_";

/// What the environment says of the application.
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
    /// What servers and their passwords are.
    pub servers: Variables,
    /// `PYTHON`, the interpreter to ask for settings.
    pub python: Option<OsString>,
    /// The superuser that `createsuperuser --noinput` makes.
    pub superuser: Superuser,
}

/// What Django's `createsuperuser` reads. Has no `Debug` for the password.
#[derive(Clone, Default)]
pub struct Superuser {
    /// `DJANGO_SUPERUSER_USERNAME`.
    pub username: Option<OsString>,
    /// `DJANGO_SUPERUSER_EMAIL`, even where it is empty: an address may be.
    pub email: Option<OsString>,
    /// `DJANGO_SUPERUSER_PASSWORD`, even where it is empty.
    pub password: Option<Zeroizing<Vec<u8>>>,
    /// `DJANGO_SUPERUSER_…` of other columns, by what follows.
    others: BTreeMap<String, OsString>,
}

impl Superuser {
    /// What is set for a column of the user model.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&OsString> {
        self.others.get(&name.to_uppercase())
    }

    /// The same of several, of those that are set.
    pub fn columns(&self, names: Vec<String>) -> impl Iterator<Item = (String, String)> {
        names.into_iter().filter_map(|name| Some((name.clone(), self.column(&name)?.to_string_lossy().into_owned())))
    }
}

impl fmt::Debug for Superuser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Superuser").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Which colors a person asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colors {
    /// What the terminal and the environment suggest.
    #[default]
    Auto,
    /// `--force-color`.
    Always,
    /// `--no-color`.
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

/// Whether a variable is set, even if it is empty.
#[must_use]
pub fn is_set(name: &OsStr) -> bool {
    env::var_os(name).is_some()
}

/// What is set for columns that have a name of their own in the model alone.
fn superuser_columns() -> impl Iterator<Item = (String, OsString)> {
    env::vars_os().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
        let column = name.to_str()?.strip_prefix(SUPERUSER)?;
        (column != "PASSWORD").then(|| (column.to_owned(), value))
    })
}

/// Who sits there, as Python's `getpass.getuser` tells it.
#[must_use]
pub fn login_name() -> Option<OsString> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let named = ["LOGNAME", "USER", "LNAME", "USERNAME"].into_iter().find_map(set);
    named.or_else(|| account_name().map(OsString::from))
}

/// Whether a question could be asked: somebody sees it and can answer.
#[must_use]
pub fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Whether a person reads the result.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    stdout().is_terminal()
}

/// Returns the number of columns of the terminal that the result is printed on.
#[must_use]
pub fn stdout_width() -> Option<usize> {
    terminal_size_of(stdout()).map(|(Width(columns), _)| usize::from(columns))
}

/// Whether the result goes to a file that everybody may read.
#[must_use]
pub fn stdout_is_public_file() -> bool {
    fstat(stdout()).is_ok_and(|found| {
        let mode = Mode::from_bits_truncate(found.st_mode);
        SFlag::from_bits_truncate(found.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG && mode.contains(Mode::S_IROTH)
    })
}

/// Whether what is read from standard input is typed.
#[must_use]
pub fn stdin_is_terminal() -> bool {
    stdin().is_terminal()
}

/// Whether messages are to be colored.
#[must_use]
pub fn stderr_has_color(wanted: Colors) -> bool {
    has_color(wanted, stderr().is_terminal())
}

/// Whether the result is to be colored.
#[must_use]
pub fn stdout_has_color(wanted: Colors) -> bool {
    has_color(wanted, stdout().is_terminal())
}

fn has_color(wanted: Colors, is_terminal: bool) -> bool {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match wanted {
        Colors::Always => true,
        Colors::Never => false,
        Colors::Auto if set("NO_COLOR") => false,
        Colors::Auto if set("CLICOLOR_FORCE") => true,
        Colors::Auto => is_terminal && env::var_os("TERM").is_some_and(|term| term != "dumb"),
    }
}

/// The command line, as the program was started.
pub fn arguments() -> impl Iterator<Item = OsString> {
    env::args_os()
}
