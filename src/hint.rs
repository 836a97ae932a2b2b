//! What to do next, as data: [`crate::error::Error`] carries it, the command
//! line renders it. No option and no command is spelled here.

use std::borrow::Cow;

/// Advice, or actions to choose from or to take in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Why or when, or the whole advice where there is no action.
    pub lead: Cow<'static, str>,
    /// The actions, each with what joins it to the one before.
    pub actions: Vec<(Joint, Action)>,
    /// What follows the actions: what they do, as the end of a sentence.
    pub trail: Cow<'static, str>,
}

/// How an action is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// Either will do.
    Or,
    /// Both, in one command line.
    And,
    /// This one after the other.
    Then,
}

/// Something to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give an option, with a value or with its placeholder.
    Option(Setting, Option<String>),
    /// Run one of our own commands.
    Run(Program),
    /// Run a command of the application's `manage.py`.
    Manage(Manage),
    /// Run a command in a shell.
    Shell(Vec<String>),
    /// Run this command line again as another account of the system, on this
    /// file where the command line does not name it.
    AsUser(String, String),
    /// Anything else, in words.
    Words(Cow<'static, str>),
}

/// An option of the command line, by what it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The database.
    Database,
    /// The settings module.
    Settings,
    /// The alias of the database in the settings.
    Alias,
    /// The folder that Python imports from.
    PythonPath,
    /// The table of the user model.
    UserTable,
    /// The column of `USERNAME_FIELD`.
    UsernameField,
    /// The zone of stored times.
    TimeZone,
    /// How long to wait for a lock.
    BusyTimeout,
    /// Open a file with several names.
    AllowAliases,
    /// Replace the key of a token.
    Reset,
    /// Keep a user who exists.
    IfNotExists,
    /// Change a user who exists.
    Update,
    /// The value of a column of the user model.
    Column(String),
    /// The hasher of a new password.
    Hasher,
    /// Record migrations of existing tables.
    FakeInitial,
    /// Record all migrations.
    Fake,
}

/// One of our own commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Show what was detected.
    Inspect,
    /// List tokens.
    List,
    /// Apply migrations.
    Migrate,
    /// List migrations.
    MigrateList,
    /// Record the migrations of existing tables.
    MigrateFakeInitial,
}

/// A command of the application's `manage.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manage {
    /// Apply all migrations.
    Migrate,
    /// Apply those of an app.
    MigrateApp(String),
    /// Apply those of an app as far as one of them.
    MigrateTo(String, String),
    /// Unapply those of an app.
    Unapply(String),
    /// Forget those of an app, and leave its tables as they are.
    Forget(String),
    /// Record those of existing tables.
    FakeInitial,
    /// Check whether models and migrations fit.
    CheckModels,
    /// Check whether all migrations are applied.
    CheckApplied,
    /// Create a token with DRF's own command.
    DrfCreateToken,
}

impl Hint {
    /// Advice in words.
    pub fn advice(words: impl Into<Cow<'static, str>>) -> Self {
        Self { lead: words.into(), actions: Vec::new(), trail: Cow::Borrowed("") }
    }

    /// An action.
    #[must_use]
    pub fn action(action: Action) -> Self {
        Self::advice("").and(action)
    }

    /// One of our commands to run.
    #[must_use]
    pub fn run(program: Program) -> Self {
        Self::action(Action::Run(program))
    }

    /// A command of `manage.py` to run.
    #[must_use]
    pub fn manage(command: Manage) -> Self {
        Self::action(Action::Manage(command))
    }

    /// An option to give.
    #[must_use]
    pub fn option(setting: Setting) -> Self {
        Self::action(Action::Option(setting, None))
    }

    /// Says why or when, before the actions.
    #[must_use]
    pub fn lead(self, words: impl Into<Cow<'static, str>>) -> Self {
        Self { lead: words.into(), ..self }
    }

    /// Says what the actions do, after them.
    #[must_use]
    pub fn trail(self, words: impl Into<Cow<'static, str>>) -> Self {
        Self { trail: words.into(), ..self }
    }

    /// Adds an alternative.
    #[must_use]
    pub fn or(self, action: Action) -> Self {
        self.join(Joint::Or, action)
    }

    /// Adds an action to the same command line.
    #[must_use]
    pub fn and(self, action: Action) -> Self {
        self.join(Joint::And, action)
    }

    /// Adds the next step.
    #[must_use]
    pub fn then(self, action: Action) -> Self {
        self.join(Joint::Then, action)
    }

    fn join(mut self, joint: Joint, action: Action) -> Self {
        self.actions.push((joint, action));
        self
    }
}

impl Action {
    /// An option with a value.
    pub fn option(setting: Setting, value: impl Into<String>) -> Self {
        Self::Option(setting, Some(value.into()))
    }
}

impl From<&'static str> for Hint {
    fn from(words: &'static str) -> Self {
        Self::advice(words)
    }
}

impl From<String> for Hint {
    fn from(words: String) -> Self {
        Self::advice(words)
    }
}
