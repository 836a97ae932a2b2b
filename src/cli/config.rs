//! The global options, as they were typed.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::admin::identity::AskDjango;
use crate::cli::hints::Invocation;
use crate::engine::FilePolicy;
use crate::output::{Format, Style, Window};
use crate::terminal::{self, Colors};

/// The global options, as they were typed.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `--database`
    pub database: Option<OsString>,
    /// `--settings`
    pub settings: Option<OsString>,
    /// `--alias`, and `--database` of Django's commands.
    pub alias: Option<String>,
    /// The option that names the alias.
    pub alias_option: AliasOption,
    /// What of the current directory may name the database.
    pub folder: CurrentFolder,
    /// `--pythonpath`
    pub pythonpath: Option<OsString>,
    /// `--user-table`
    pub user_table: Option<String>,
    /// `--username-field`
    pub username_field: Option<String>,
    /// `--ask-django`
    pub ask_django: AskDjango,
    /// `--time-zone`
    pub time_zone: Option<String>,
    /// `--format`
    pub format: Option<Format>,
    /// `--wide`
    pub wide: bool,
    /// `--color`, `--no-color` and `--force-color`
    pub colors: Colors,
    /// `--busy-timeout`
    pub busy_timeout: Duration,
    /// `--allow-other-owner`, `--allow-aliases`, and whether root becomes the owner.
    pub files: FilePolicy,
    /// The whole command line.
    pub invocation: Invocation,
}

impl Config {
    /// Returns the window that tables fit; none, if they are written in full.
    pub(super) fn window(&self) -> Option<Window> {
        if self.wide { None } else { terminal::stdout_width().map(Window::new) }
    }

    /// Returns the style of the result: text, if no format is named.
    pub(super) fn style(&self, window: Option<Window>) -> Style {
        let color = terminal::stdout_has_color(self.colors);
        Style { color, window, ..Style::from(self.format.unwrap_or(Format::Text)) }
    }

    /// Reads a `--database` that is a plain word as an alias, as Django does, unless
    /// the current directory has a file of that name. A new file is `./word`.
    pub(super) fn with_alias(mut self) -> Self {
        match self.database.take().map(OsString::into_string) {
            Some(Ok(word)) if is_alias(&word) => {
                self.alias = Some(word);
                self.alias_option = AliasOption::Database;
            }
            Some(Ok(path)) => self.database = Some(path.into()),
            Some(Err(path)) => self.database = Some(path),
            None => {}
        }
        self
    }
}

/// Returns whether a word is an alias, and not a file of the current directory.
fn is_alias(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        && Path::new(word).symlink_metadata().is_err()
}

/// The option that names the alias of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AliasOption {
    /// `--alias`.
    #[default]
    Alias,
    /// `--database` of Django's commands.
    Database,
}

/// What of the current directory may name the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CurrentFolder {
    /// The settings module that `manage.py` names, `.env`, and `db.sqlite3`.
    #[default]
    Project,
    /// Only `db.sqlite3`, for which Python does not start.
    File,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_is_an_alias_unless_a_file_has_that_name() {
        // The tests run in the folder of the package.
        for (word, is_an_alias) in [
            ("default", true),
            ("_read-only2", true),
            ("über", true),
            ("src", false),
            ("2nd", false),
            ("-x", false),
            ("db.sqlite3", false),
            ("./default", false),
            ("postgres://host/app", false),
            ("", false),
        ] {
            assert_eq!(is_alias(word), is_an_alias, "{word}");
            let config = Config { database: Some(word.into()), ..Config::default() }.with_alias();
            assert_eq!(config.alias.as_deref(), is_an_alias.then_some(word), "{word}");
            assert_eq!(config.database.is_some(), !is_an_alias, "{word}");
            assert_eq!(config.alias_option == AliasOption::Database, is_an_alias, "{word}");
        }
    }
}
