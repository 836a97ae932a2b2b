//! Why tokens or users cannot be used, and what to do.

use crate::error::Error;
use crate::hint::{Action, Hint, Manage, Program, Setting};
use crate::schema::tables::{HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// Why tokens cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// There is no table of Django's at all.
    NoDjangoTables,
    /// The token table is in a schema that a plain name does not reach.
    Elsewhere(String),
    /// The token table is missing.
    Missing,
    /// The history records the migration that creates the missing table.
    RecordedButMissing,
    /// The table exists, and the history does not record what creates it.
    Unrecorded(&'static str, &'static str),
    /// A column is missing or of another shape: its name, and what is wrong, as
    /// the end of a sentence.
    Changed(String, String),
}

impl TokenProblem {
    /// The error for somebody who wants tokens.
    #[must_use]
    pub fn to_error(&self) -> Error {
        match self {
            Self::NoDjangoTables => Error::unusable(format!(
                "there are no Django tables: {STOCK_USER_TABLE}, {TOKEN_TABLE} and {HISTORY_TABLE} are missing"
            ))
            .hint(Hint::manage(Manage::Migrate).or(Action::Run(Program::Migrate)))
            .hint(
                Hint::option(Setting::Database)
                    .or(Action::Option(Setting::Settings, None))
                    .lead("or name the application's database, or its settings"),
            ),
            Self::Elsewhere(schema) => elsewhere("token table", TOKEN_TABLE, schema),
            Self::Missing => Error::unusable(format!("the token table {TOKEN_TABLE} is missing")).hint(
                Hint::manage(Manage::MigrateApp("authtoken".into()))
                    .lead("add 'rest_framework.authtoken' to INSTALLED_APPS, then"),
            ),
            Self::RecordedButMissing => Error::unusable(format!(
                "half migrated: {HISTORY_TABLE} records authtoken.0001_initial, but the table {TOKEN_TABLE} is missing"
            ))
            .hint(
                Hint::manage(Manage::Forget("authtoken".into()))
                    .then(Action::Manage(Manage::MigrateApp("authtoken".into()))),
            ),
            Self::Unrecorded(table, migration) => unrecorded(table, migration),
            Self::Changed(column, how) => changed(TOKEN_TABLE, column, how),
        }
    }
}

/// The error for a table that exists before its migration is recorded.
#[must_use]
pub fn unrecorded(table: &str, migration: &str) -> Error {
    Error::unusable(format!(
        "half migrated: the table {table} is there, but {HISTORY_TABLE} does not record {migration}"
    ))
    .hint("if a migration is running, let it finish")
    .hint(Hint::run(Program::MigrateFakeInitial).lead("if the history was lost"))
}

/// The error for a table that only its schema reaches.
#[must_use]
pub fn elsewhere(what: &str, table: &str, schema: &str) -> Error {
    Error::unusable(format!("the {what} {table} is in the schema {schema}, which is not in the search path"))
        .hint(format!("add the schema: ?options=-c%20search_path=public,{schema} at the end of the URL, or PGOPTIONS"))
}

/// The error for a table that is not as Django creates it.
#[must_use]
pub fn changed(table: &str, column: &str, how: &str) -> Error {
    Error::unusable(format!("the table {table} is not as Django makes it: {column} {how}"))
        .hint(Hint::manage(Manage::CheckModels).then(Action::Manage(Manage::CheckApplied)))
}
