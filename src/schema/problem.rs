//! Why tokens or users cannot be used, and what to do about it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Error;
use crate::hint::{Action, Hint, Manage, Program, Setting};
use crate::schema::tables::{HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// Why tokens cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// No Django table exists.
    NoDjangoTables,
    /// The token table is in a schema outside the search path.
    Elsewhere(String),
    /// The token table is missing.
    Missing,
    /// The token table is missing, but the history records its migration.
    RecordedButMissing,
    /// The table exists, but the history does not record its migration.
    Unrecorded(&'static str, &'static str),
    /// A column is missing or has another shape: its name, and the difference
    /// as the end of a sentence.
    Changed(String, String),
}

impl TokenProblem {
    /// Returns the error for a command that needs tokens.
    #[must_use]
    pub fn to_error(&self) -> Error {
        match self {
            Self::NoDjangoTables => Error::unusable(format!(
                "the database has no Django tables: {STOCK_USER_TABLE}, {TOKEN_TABLE} and {HISTORY_TABLE} are missing"
            ))
            .hint(Hint::manage(Manage::Migrate).or(Action::Run(Program::Migrate)).lead("apply the migrations"))
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
                    .then(Action::Manage(Manage::MigrateApp("authtoken".into())))
                    .lead("create the table again"),
            ),
            Self::Unrecorded(table, migration) => unrecorded(table, migration),
            Self::Changed(column, how) => changed(TOKEN_TABLE, column, how),
        }
    }
}

/// Returns the error for a table whose migration is not recorded.
#[must_use]
pub fn unrecorded(table: &str, migration: &str) -> Error {
    Error::unusable(format!("half migrated: the table {table} exists, but {HISTORY_TABLE} does not record {migration}"))
        .hint("wait if a migration is running")
        .hint(Hint::run(Program::MigrateFakeInitial).lead("record the migrations if the history was lost"))
}

/// Returns the error for a table outside the search path.
#[must_use]
pub fn elsewhere(what: &str, table: &str, schema: &str) -> Error {
    Error::unusable(format!("the {what} {table} is in the schema {schema}, which is not in the search path")).hint(
        format!(
            "put the schema first: ?options=-c%20search_path={}{} at the end of the URL, or PGOPTIONS",
            in_options(schema),
            if schema == "public" { "" } else { ",public" }
        ),
    )
}

/// Returns the name of a schema as the options of a URL take it: quoted for SQL
/// where necessary, spaces escaped for the server, and the rest percent-encoded.
fn in_options(schema: &str) -> String {
    let is_plain = schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !schema.starts_with(|c: char| c.is_ascii_digit());
    if is_plain {
        return schema.to_owned();
    }
    let quoted = format!("\"{}\"", schema.replace('"', "\"\""));
    let escaped = quoted.replace('\\', "\\\\").replace(' ', "\\ ");
    utf8_percent_encode(&escaped, NON_ALPHANUMERIC).to_string()
}

/// Returns the error for a table that differs from the one that Django creates.
#[must_use]
pub fn changed(table: &str, column: &str, how: &str) -> Error {
    Error::unusable(format!("the table {table} differs from what Django creates: {column} {how}")).hint(
        Hint::manage(Manage::CheckModels)
            .then(Action::Manage(Manage::CheckApplied))
            .lead("compare the models with the migrations"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_schema_is_quoted_and_escaped_where_necessary() {
        for (schema, options) in [
            ("shop", "shop"),
            ("my_shop2", "my_shop2"),
            ("2shop", "%222shop%22"),
            ("Shop", "%22Shop%22"),
            ("my shop", "%22my%5C%20shop%22"),
            (r#"a"b"#, "%22a%22%22b%22"),
            (r"a\b", "%22a%5C%5Cb%22"),
        ] {
            assert_eq!(in_options(schema), options, "{schema}");
        }
    }

    #[test]
    fn the_search_path_keeps_the_public_schema() {
        for (schema, path) in [("shop", "shop,public"), ("public", "public")] {
            let error = elsewhere("token table", TOKEN_TABLE, schema);
            let lead =
                format!("put the schema first: ?options=-c%20search_path={path} at the end of the URL, or PGOPTIONS");
            assert_eq!(error.hints()[0].lead, lead);
        }
    }
}
