//! What to do next, as data. [`crate::error::Error`] carries hints, and the
//! command line renders them. No option and no command is spelled here.

use std::borrow::Cow;

/// Advice, or actions: alternatives, or steps in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The text before the actions: why or when. Without an action, the whole
    /// advice.
    pub lead: Cow<'static, str>,
    /// The actions, each with its relation to the one before.
    pub actions: Vec<(Joint, Action)>,
    /// The text after the actions: what they do, as the end of a sentence.
    pub trail: Cow<'static, str>,
}

/// How an action is joined to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// An alternative.
    Or,
    /// An addition to the same command line.
    And,
    /// The next step.
    Then,
}

/// Something to type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give an option, with a value or with its placeholder.
    Option(Setting, Option<String>),
    /// Run a command of drfctl.
    Run(Program),
    /// Run a command of the application's `manage.py`.
    Manage(Manage),
    /// Run a command in a shell.
    Shell(Vec<String>),
    /// Run this command line again as another account of the system. Name this
    /// file if the command line does not name it.
    AsUser(String, String),
    /// Another action, in words.
    Words(Cow<'static, str>),
}

/// An option of the command line, by its meaning.
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
    /// The time zone of stored times.
    TimeZone,
    /// How long to wait for a lock.
    BusyTimeout,
    /// Open a file with several names.
    AllowAliases,
    /// Use what belongs to another account.
    AllowOtherOwner,
    /// Replace the key of a token.
    Reset,
    /// Keep a user who exists.
    IfNotExists,
    /// Update a user who exists.
    Update,
    /// The value of a column of the user model.
    Column(String),
    /// A group to join.
    Group,
    /// Create groups that do not exist.
    CreateGroups,
    /// The user that a new one copies from.
    Like,
    /// Run the receivers of the application.
    Signals,
    /// The hasher of a new password.
    Hasher,
    /// Record migrations of existing tables.
    FakeInitial,
    /// Record all migrations.
    Fake,
}

/// A command of drfctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Show what was detected.
    Inspect,
    /// List tokens.
    List,
    /// List users.
    ListUsers,
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
    /// Apply the migrations of an app.
    MigrateApp(String),
    /// Apply the migrations of an app up to one of them.
    MigrateTo(String, String),
    /// Unapply the migrations of an app.
    Unapply(String),
    /// Mark the migrations of an app as not applied, and keep its tables.
    Forget(String),
    /// Record the migrations of existing tables.
    FakeInitial,
    /// Check that models and migrations match.
    CheckModels,
    /// Check that all migrations are applied.
    CheckApplied,
}

impl Hint {
    /// Returns a hint of words only.
    pub fn advice(words: impl Into<Cow<'static, str>>) -> Self {
        Self { lead: words.into(), actions: Vec::new(), trail: Cow::Borrowed("") }
    }

    /// Returns a hint with one action.
    #[must_use]
    pub fn action(action: Action) -> Self {
        Self::advice("").and(action)
    }

    /// Returns a hint to run a command of drfctl.
    #[must_use]
    pub fn run(program: Program) -> Self {
        Self::action(Action::Run(program))
    }

    /// Returns a hint to run a command of `manage.py`.
    #[must_use]
    pub fn manage(command: Manage) -> Self {
        Self::action(Action::Manage(command))
    }

    /// Returns a hint to give an option.
    #[must_use]
    pub fn option(setting: Setting) -> Self {
        Self::action(Action::Option(setting, None))
    }

    /// Sets the text before the actions.
    #[must_use]
    pub fn lead(self, words: impl Into<Cow<'static, str>>) -> Self {
        Self { lead: words.into(), ..self }
    }

    /// Sets the text after the actions.
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
    /// Returns an option with a value.
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
