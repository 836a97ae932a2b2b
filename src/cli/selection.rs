//! Selects the database: by option, variable, settings module, or the project or
//! file in the current folder.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use crate::cli::config::{AliasOption, Config, CurrentFolder};
use crate::engine::{self, Absent, OtherOwner, Target};
use crate::error::{Error, Result};
use crate::os::StepDown;
use crate::settings::{EnvFile, Project, Python, PythonVariables, Settings};
use crate::terminal::{self, Environment};

/// The database file of a project of `startproject`.
const DEFAULT_FILE: &str = "db.sqlite3";

/// The current folder.
const HERE: &str = ".";

/// The database that a command works on.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) target: Target,
    pub(super) source: Source,
    /// The settings module, with its settings.
    pub(super) settings: Option<(OsString, Settings)>,
    /// Whether the settings name the database.
    pub(super) is_of_settings: bool,
}

/// What names the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An option of the command line.
    CommandLine,
    /// A variable of the environment.
    Variable(&'static str),
    /// A settings module, which a variable names.
    SettingsVariable(OsString),
    /// A settings module, which `manage.py` names.
    ManagePy(OsString),
    /// `DATABASE_URL` in `.env`.
    EnvFile,
    /// The file of the current folder.
    DefaultFile,
}

impl fmt::Display for Found {
    /// Names the database, and what names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::File(path) => write!(f, "{}", path.display())?,
            Target::Url(url) => write!(f, "{url}")?,
        }
        match &self.source {
            Source::CommandLine => Ok(()),
            Source::Variable(name) => write!(f, " ({name})"),
            Source::SettingsVariable(module) => write!(f, " (DJANGO_SETTINGS_MODULE={})", module.display()),
            Source::ManagePy(module) => write!(f, " (settings module {}, named by ./manage.py)", module.display()),
            Source::EnvFile => f.write_str(" (DATABASE_URL of ./.env)"),
            Source::DefaultFile => f.write_str(" (the file in this directory)"),
        }
    }
}

/// What selects the database.
#[derive(Clone, Copy)]
pub(super) struct Selection<'a> {
    pub(super) config: &'a Config,
    pub(super) environment: &'a Environment,
}

impl Selection<'_> {
    /// Returns the first database that is named: by an option, a variable, the
    /// project of the current folder, or the file that `startproject` creates.
    ///
    /// # Errors
    /// Usage or unusable if none is named or if it is ambiguous; any error of the
    /// settings module.
    pub(super) fn find(&self, absent: Absent) -> Result<Found> {
        let Config { database, settings, alias, folder, .. } = self.config;
        let named = match (database, &self.environment.database) {
            _ if alias.is_some() => None,
            (Some(typed), _) => Some((typed, Source::CommandLine)),
            // An option overrides a variable.
            (None, Some(set)) if settings.is_none() => Some((set, Source::Variable("DRFCTL_DATABASE"))),
            (None, _) => None,
        };
        if let Some((name, source)) = named {
            let target = Target::parse(name)?;
            if source == Source::CommandLine && target.holds_password() {
                return Err(Error::usage("a password on the command line can be seen by every user of this machine")
                    .hint("put the URL into the variable DATABASE_URL"));
            }
            // The other settings are used: times, the user model, hashers.
            let settings = settings.as_ref().map(|module| self.import(module)).transpose()?;
            return Ok(Found { target, source, settings, is_of_settings: false });
        }
        if let Some(module) = settings {
            return self.named_by(module, Source::CommandLine);
        }
        if let Some(url) = self.environment.database_url.as_ref().filter(|_| alias.is_none()) {
            return of_url(url, Source::Variable("DATABASE_URL"));
        }
        if let Some(module) = &self.environment.settings_module {
            return self.named_by(module, Source::SettingsVariable(module.clone()));
        }
        if *folder == CurrentFolder::Project {
            if let Some(project) = Project::read(Path::new(HERE))? {
                let module = settings_module(&project)?;
                return self.named_by(&module, Source::ManagePy(module.clone()));
            }
            if let Some(url) = EnvFile::read(Path::new(HERE))?.get("DATABASE_URL").filter(|_| alias.is_none()) {
                return of_url(OsStr::new(url), Source::EnvFile);
            }
        }
        if let Some(alias) = alias {
            return Err(without_settings(alias, self.config.alias_option));
        }
        if absent == Absent::Refused && Path::new(DEFAULT_FILE).symlink_metadata().is_err() {
            return Err(Error::unusable(format!(
                "no database selected, and there is no {DEFAULT_FILE} in this directory"
            ))
            .hint("tried, in this order: --database, DRFCTL_DATABASE, --settings, DATABASE_URL, DJANGO_SETTINGS_MODULE, ./manage.py, ./.env, ./db.sqlite3")
            .hint("select one: --database path/to/db.sqlite3, or --settings mysite.settings"));
        }
        Ok(Found {
            target: Target::File(DEFAULT_FILE.into()),
            source: Source::DefaultFile,
            settings: None,
            is_of_settings: false,
        })
    }

    fn named_by(&self, module: &OsString, source: Source) -> Result<Found> {
        let (module, settings) = self.import(module)?;
        Ok(Found {
            target: settings.target(engine::backend)?,
            source,
            settings: Some((module, settings)),
            is_of_settings: true,
        })
    }

    fn import(&self, module: &OsString) -> Result<(OsString, Settings)> {
        Ok((module.clone(), Settings::import(module, self.config.alias.as_deref(), &self.python(module)?)?))
    }

    /// Returns how Python is started to import a settings module: with the variables
    /// that the `manage.py` of the current folder sets before it, if it names this
    /// module.
    ///
    /// # Errors
    /// Unusable or usage if these variables are unknown.
    pub(super) fn python(&self, module: &OsStr) -> Result<Python> {
        let mut variables: Vec<(OsString, OsString)> = Vec::new();
        // An error in a project that is not used does not matter.
        let project = Project::read(Path::new(HERE)).ok().flatten();
        let project = project.filter(|project| settings_module(project).is_ok_and(|named| named == module));
        if let Some(project) = project {
            if !terminal::is_set("DJANGO_CONFIGURATION".as_ref()) {
                let configuration = project.configuration()?;
                variables.extend(configuration.map(|name| ("DJANGO_CONFIGURATION".into(), name.into())));
            }
            project.check_dotenv()?;
            if project.loads_dotenv {
                for (name, value) in EnvFile::read(Path::new(HERE))?.iter() {
                    variables.push((name.into(), value.into()));
                }
            }
        }
        variables.retain(|(name, _)| !terminal::is_set(name));
        Ok(Python {
            programs: terminal::programs(self.environment.python.as_deref().unwrap_or("python3".as_ref())),
            path: self.config.pythonpath.clone(),
            import_folders: terminal::import_folders(),
            step_down: match self.config.files.other_owner {
                OtherOwner::Opened => StepDown::Never,
                OtherOwner::Refused => self.config.files.step_down,
            },
            variables: PythonVariables(variables),
        })
    }
}

/// Returns the settings module of a project: the one in its `.env`, if it loads
/// that, else the one that its `manage.py` names.
fn settings_module(project: &Project) -> Result<OsString> {
    if project.loads_dotenv
        && let Some(module) = EnvFile::read(Path::new(HERE))?.get("DJANGO_SETTINGS_MODULE")
    {
        return Ok(module.into());
    }
    Ok(project.settings_module()?.into())
}

/// Returns the error for an alias that no settings module can resolve.
fn without_settings(alias: &str, option: AliasOption) -> Error {
    const SETTINGS: &str = "name the settings module: --settings mysite.settings";
    match option {
        AliasOption::Alias => Error::usage("--alias needs a settings module").hint(SETTINGS),
        AliasOption::Database => Error::usage(format!("--database {alias} is an alias, which needs a settings module"))
            .hint(format!("{SETTINGS}; for a file, write --database ./{alias}")),
    }
}

fn of_url(url: &OsStr, source: Source) -> Result<Found> {
    match Target::parse(url)? {
        target @ Target::Url(_) => Ok(Found { target, source, settings: None, is_of_settings: false }),
        Target::File(_) => Err(Error::usage("DATABASE_URL does not hold a URL")
            .hint("sqlite:///relative/path or sqlite:////absolute/path; a plain path goes to --database")),
    }
}
