//! The Django project in a folder: what its `manage.py` sets, read without
//! running it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Uid;

use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};

/// The file of a project that runs Django's commands.
const MANAGE: &str = "manage.py";

/// What a `manage.py` does before it runs a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    settings_module: Assigned,
    configuration: Assigned,
    /// Whether it loads the variables of `.env`.
    pub loads_dotenv: bool,
    /// Another file of variables that it loads.
    other_dotenv: Option<String>,
}

/// The values that code assigns to a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Assigned {
    constants: BTreeSet<String>,
    /// Whether one of them is an expression.
    has_expression: bool,
}

impl Project {
    /// Reads the `manage.py` of a folder; `None` if there is none.
    ///
    /// # Errors
    /// Unusable, if it cannot be read; usage, if it belongs to an account other
    /// than this one and root, because Python would run its code.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANAGE);
        let unreadable = |error: std::io::Error| {
            Error::unusable(format!("./{MANAGE} cannot be read: {error}"))
                .caused_by(error)
                .hint(Hint::option(Setting::Database).lead("name the database"))
        };
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let found = fs::metadata(&path).map_err(unreadable)?;
        if !found.is_file() {
            return Ok(None);
        }
        if found.uid() != Uid::effective().as_raw() && found.uid() != 0 {
            let hint = Hint::option(Setting::Settings)
                .or(Action::Option(Setting::Database, None))
                .lead("run drfctl as its owner, or name what to use");
            return Err(Error::usage(format!("./{MANAGE} belongs to another user")).hint(hint));
        }
        let bytes = fs::read(&path).map_err(unreadable)?;
        Ok(Some(Self::parse(&String::from_utf8_lossy(&bytes))))
    }

    /// Reads the text of a `manage.py`.
    fn parse(text: &str) -> Self {
        let mut code = String::new();
        for line in text.lines() {
            code.push_str(without_comment(line));
            code.push('\n');
        }
        let other_dotenv = constants(&code).find(|name| name.contains(".env") && file_name(name) != ".env");
        Self {
            settings_module: Assigned::of(&code, "DJANGO_SETTINGS_MODULE"),
            configuration: Assigned::of(&code, "DJANGO_CONFIGURATION"),
            loads_dotenv: code.contains("load_dotenv") || code.contains("read_dotenv") || code.contains("read_env"),
            other_dotenv: other_dotenv.map(str::to_owned),
        }
    }

    /// Returns the settings module.
    ///
    /// # Errors
    /// Usage, if it names no module as a string, or several.
    pub fn settings_module(&self) -> Result<&str> {
        self.settings_module.only().ok_or_else(|| {
            let modules: Vec<&str> = self.settings_module.constants.iter().map(String::as_str).collect();
            let (error, lead) = if modules.len() > 1 {
                (
                    format!("./{MANAGE} names several settings modules: {}", modules.join(", ")),
                    "name the one in use, or the database",
                )
            } else {
                (format!("./{MANAGE} does not name its settings module as a string"), "name it, or the database")
            };
            let hint = Hint::option(Setting::Settings).or(Action::Option(Setting::Database, None));
            Error::usage(error).hint(hint.lead(lead))
        })
    }

    /// Returns the default of `DJANGO_CONFIGURATION`, for django-configurations.
    ///
    /// # Errors
    /// Usage, if it is not a string, or there are several.
    pub fn configuration(&self) -> Result<Option<&str>> {
        if self.configuration == Assigned::default() {
            return Ok(None);
        }
        self.configuration.only().map(Some).ok_or_else(|| {
            Error::usage(format!("./{MANAGE} does not name one DJANGO_CONFIGURATION as a string"))
                .hint("set the variable DJANGO_CONFIGURATION")
        })
    }

    /// Checks that it loads variables only from `.env`.
    ///
    /// # Errors
    /// Usage, if it does.
    pub fn check_dotenv(&self) -> Result<()> {
        match self.other_dotenv.as_ref().filter(|_| self.loads_dotenv) {
            None => Ok(()),
            Some(name) => Err(Error::usage(format!("./{MANAGE} loads variables from {name}, which is not supported"))
                .hint(Hint::option(Setting::Database).lead("name the database"))),
        }
    }
}

impl Assigned {
    /// Finds the values in calls and assignments such as
    /// `setdefault("NAME", "value")` and `environ["NAME"] = "value"`.
    fn of(code: &str, variable: &str) -> Self {
        let mut assigned = Self::default();
        for after in code.split(variable).skip(1) {
            // The closing quote, then a comma, a colon or an assignment.
            let Some(after) = after.strip_prefix(['"', '\'']) else { continue };
            let after = after.trim_start().trim_start_matches(']').trim_start();
            let is_comparison = after.starts_with("==");
            let Some(value) = after.strip_prefix([',', '=', ':']).filter(|_| !is_comparison) else { continue };
            match constant(value.trim_start()) {
                Some(value) => {
                    assigned.constants.insert(value.to_owned());
                }
                None => assigned.has_expression = true,
            }
        }
        assigned
    }

    fn only(&self) -> Option<&str> {
        match self.constants.first() {
            Some(only) if self.constants.len() == 1 && !self.has_expression => Some(only),
            _ => None,
        }
    }
}

/// Returns the string that code begins with, unless the expression continues,
/// as in `"a" if x else "b"`.
fn constant(code: &str) -> Option<&str> {
    let quote = code.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, rest) = code[1..].split_once(quote)?;
    let is_name = !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let is_whole = rest.starts_with('\n') || rest.trim_start().is_empty();
    let is_last = rest.trim_start().starts_with([')', ',', ';', '}', ']']);
    (is_name && (is_whole || is_last)).then_some(value)
}

/// Returns the text between quotes.
fn constants(code: &str) -> impl Iterator<Item = &str> {
    let doubled = code.split('"').skip(1).step_by(2);
    doubled.chain(code.split('\'').skip(1).step_by(2))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns a line without its comment. A `#` in a string does not begin a
/// comment.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return &line[..at],
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_forms_of_manage_py_name_the_module() {
        for (text, module) in [
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")"#, Some("shop.settings")),
            ("    os.environ.setdefault(\n        'DJANGO_SETTINGS_MODULE',\n        'a_b.c2',\n    )", Some("a_b.c2")),
            (r#"os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings""#, Some("shop.settings")),
            (r#"environ.update({"DJANGO_SETTINGS_MODULE": "shop.settings"})"#, Some("shop.settings")),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", "new")  # was "DJANGO_SETTINGS_MODULE", "old""#, Some("new")),
            (r#"if os.environ["DJANGO_SETTINGS_MODULE"] == "x": pass"#, None),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", 'a') if x else setdefault("DJANGO_SETTINGS_MODULE", 'b')"#, None),
            (r#"environ["DJANGO_SETTINGS_MODULE"] = "test"; setdefault("DJANGO_SETTINGS_MODULE", "a." + stage)"#, None),
            (r#"# os.environ.setdefault("DJANGO_SETTINGS_MODULE", "old")"#, None),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", name)"#, None),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{site}.settings")"#, None),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", "a" if x else "b")"#, None),
            (r#"print("DJANGO_SETTINGS_MODULE is not set")"#, None),
            ("DJANGO_SETTINGS_MODULE", None),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", "")"#, None),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", "a b")"#, None),
            ("environ['DJANGO_SETTINGS_MODULE'] = 'shop'\nmain()", Some("shop")),
            (r#"key = "a#b'"; os.environ["DJANGO_SETTINGS_MODULE"] = 'shop'"#, Some("shop")),
        ] {
            assert_eq!(Project::parse(text).settings_module().ok(), module, "{text}");
        }
    }

    #[test]
    fn manage_py_names_a_configuration_and_loads_variables() {
        let project = Project::parse(
            "import dotenv\ndotenv.load_dotenv(BASE / '.env')\nsetdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n\
             setdefault('DJANGO_CONFIGURATION', 'Dev')",
        );
        assert_eq!((project.configuration().unwrap(), project.loads_dotenv), (Some("Dev"), true));
        assert!(project.check_dotenv().is_ok());
        let two = "setdefault('DJANGO_CONFIGURATION', 'Dev'); setdefault('DJANGO_CONFIGURATION', 'Prod')";
        assert!(Project::parse(two).configuration().is_err());
        assert!(Project::parse("load_dotenv('conf/.env.production')").check_dotenv().is_err());
        assert!(Project::parse("").configuration().unwrap().is_none());
        for (text, is_loaded) in [
            ("dotenv.read_dotenv()", true),
            ("environ.Env.read_env()", true),
            ("load_dotenv()", true),
            ("main()", false),
        ] {
            assert_eq!(Project::parse(text).loads_dotenv, is_loaded, "{text}");
        }
        assert!(Project::parse("print('conf/.env.production')").check_dotenv().is_ok());
    }

    #[test]
    fn a_manage_py_is_read_if_it_is_a_file_of_this_account() {
        let folder = tempfile::tempdir().unwrap();
        let read = || Project::read(folder.path());
        assert_eq!(read().unwrap(), None);
        let path = folder.path().join(MANAGE);
        fs::create_dir(&path).unwrap();
        assert_eq!(read().unwrap(), None);
        fs::remove_dir(&path).unwrap();
        fs::write(&path, r#"setdefault("DJANGO_SETTINGS_MODULE", "shop")"#).unwrap();
        assert_eq!(read().unwrap().unwrap().settings_module().unwrap(), "shop");
        // Only root can give a file away.
        if std::os::unix::fs::chown(&path, Some(4_000_000_001), None).is_ok() {
            assert_eq!(read().unwrap_err().to_string(), "./manage.py belongs to another user");
        }
    }
}
