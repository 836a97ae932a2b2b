//! The Django project in a folder: what its `manage.py` and its `.env` say,
//! without running either of them.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};

/// The file of a project that Django's commands are run with.
const MANAGE: &str = "manage.py";

/// The file of variables beside it.
const DOTENV: &str = ".env";

/// What a `manage.py` does before it runs a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The settings modules that it names. Only one is an answer.
    modules: BTreeSet<String>,
    /// The default of `DJANGO_CONFIGURATION`, for django-configurations.
    pub configuration: Option<String>,
    /// Whether it loads the variables of a `.env`.
    pub loads_dotenv: bool,
}

impl Project {
    /// Reads the `manage.py` of a folder; none, if there is none.
    ///
    /// # Errors
    /// Unusable, if it cannot be read.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANAGE);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(Self::parse(&String::from_utf8_lossy(&bytes)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::unusable(format!("{MANAGE} cannot be read: {error}"))
                .caused_by(error)
                .hint(Hint::option(Setting::Database).lead("name the database"))),
        }
    }

    /// Reads the text of a `manage.py`.
    fn parse(text: &str) -> Self {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let code = code.join("\n");
        let configurations = values(&code, "DJANGO_CONFIGURATION");
        Self {
            modules: values(&code, "DJANGO_SETTINGS_MODULE").into_iter().collect(),
            configuration: configurations.into_iter().next(),
            loads_dotenv: code.contains("dotenv") || code.contains("read_env"),
        }
    }

    /// Returns the settings module.
    ///
    /// # Errors
    /// Usage, if it names none, or several.
    pub fn settings_module(&self) -> Result<&str> {
        let mut modules = self.modules.iter();
        match (modules.next(), modules.next()) {
            (Some(module), None) => Ok(module),
            (None, _) => Err(Error::usage(format!("{MANAGE} of this folder names no settings module"))
                .hint(Hint::option(Setting::Settings).lead("name it, or the database"))),
            (Some(_), Some(_)) => {
                let modules: Vec<&str> = self.modules.iter().map(String::as_str).collect();
                Err(Error::usage(format!(
                    "{MANAGE} of this folder names several settings modules: {}",
                    modules.join(", ")
                ))
                .hint(Hint::option(Setting::Settings).lead("name one of them")))
            }
        }
    }
}

/// Returns the text constants that follow a variable's name in calls and
/// assignments such as `setdefault("NAME", "value")` and `environ["NAME"] = "value"`.
fn values(code: &str, variable: &str) -> Vec<String> {
    let mut values = Vec::new();
    for after in code.split(variable).skip(1) {
        // What closes the name, then a comma or an assignment, then what opens the value.
        let Some(after) = after.strip_prefix(['"', '\'']) else { continue };
        let after = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ']' | ',' | '='));
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let Some((value, rest)) = after[1..].split_once(quote) else { continue };
        // An expression goes on after the text, as in `"a" if x else "b"`.
        let is_whole = rest.starts_with('\n')
            || rest.trim_start().is_empty()
            || rest.trim_start().starts_with([')', ',', '#', ';']);
        if is_whole && !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            values.push(value.to_owned());
        }
    }
    values
}

/// The variables of a `.env` file. `Debug` does not show their values.
#[derive(Clone, Default)]
pub struct EnvFile(Vec<(String, Zeroizing<String>)>);

impl EnvFile {
    /// Reads the `.env` of a folder; no variable, if there is none.
    ///
    /// # Errors
    /// Unusable, if it cannot be read. No value is part of the message.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(DOTENV);
        if !path.is_file() {
            return Ok(Self::default());
        }
        // The library's own words quote the line.
        let unreadable = || {
            Error::unusable(format!("{DOTENV} of this folder cannot be read"))
                .hint(Hint::option(Setting::Database).lead("name the database"))
        };
        let mut variables = Vec::new();
        for variable in dotenvy::from_path_iter(&path).map_err(|_| unreadable())? {
            let (name, value) = variable.map_err(|_| unreadable())?;
            variables.push((name, Zeroizing::new(value)));
        }
        Ok(Self(variables))
    }

    /// Returns the value of a variable, unless it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// Returns all variables.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for EnvFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(text: &str) -> Vec<String> {
        Project::parse(text).modules.into_iter().collect()
    }

    #[test]
    fn manage_py_names_the_module_as_people_write_it() {
        for (text, expected) in [
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")"#, &["shop.settings"][..]),
            ("    os.environ.setdefault(\n        'DJANGO_SETTINGS_MODULE',\n        'a_b.c2',\n    )", &["a_b.c2"]),
            (r#"os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings""#, &["shop.settings"]),
            (
                r#"env.setdefault("DJANGO_SETTINGS_MODULE", 'a') if x else env.setdefault("DJANGO_SETTINGS_MODULE", 'b')"#,
                &["a", "b"],
            ),
            (r#"# os.environ.setdefault("DJANGO_SETTINGS_MODULE", "old")"#, &[]),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", name)"#, &[]),
            (r#"os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{site}.settings")"#, &[]),
            (r#"setdefault("DJANGO_SETTINGS_MODULE", "a" if x else "b")"#, &[]),
            (r#"print("DJANGO_SETTINGS_MODULE is not set")"#, &[]),
            (r#"os.environ.get("DJANGO_SETTINGS_MODULE"), "x"#, &[]),
            ("DJANGO_SETTINGS_MODULE", &[]),
        ] {
            assert_eq!(modules(text), expected, "{text}");
        }
    }

    #[test]
    fn manage_py_names_a_configuration_and_loads_variables() {
        let project = Project::parse(
            "import dotenv\ndotenv.load_dotenv()\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')\n\
             os.environ.setdefault('DJANGO_CONFIGURATION', 'Dev')",
        );
        assert_eq!((project.configuration.as_deref(), project.loads_dotenv), (Some("Dev"), true));
        assert_eq!(project.settings_module().unwrap(), "a.settings");
    }
}
