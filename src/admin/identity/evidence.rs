//! What is known about a database and its application before the layout is
//! resolved.

use crate::engine::Table;
use crate::schema::layout::unique_columns;
use crate::schema::{Catalog, History};

/// What the command line and the settings say about the user model.
#[derive(Clone, Debug, Default)]
pub struct ModelOptions {
    /// The table of the user model.
    pub user_table: Option<String>,
    /// The column of `USERNAME_FIELD`.
    pub username_field: Option<String>,
    /// `AUTH_USER_MODEL` of the settings, as `app.Model`.
    pub user_model: Option<String>,
    /// `DEFAULT_AUTO_FIELD` of the settings.
    pub auto_field: Option<String>,
    /// `PASSWORD_HASHERS` of the settings, or the default of that Django.
    pub password_hashers: Option<Vec<String>>,
    /// When the application is asked about its models.
    pub ask_django: AskDjango,
}

/// When the application is asked about its models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AskDjango {
    /// Where the tables and the settings leave a choice.
    #[default]
    IfNeeded,
    /// Always.
    Always,
}

impl ModelOptions {
    /// Returns whether the settings name a user model of the application's own,
    /// about which the application can be asked.
    pub(in crate::admin) fn has_custom_model(&self) -> bool {
        self.user_model.as_deref().is_some_and(|model| model != STOCK_USER_MODEL)
    }
}

/// What the application's models say about the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFacts {
    /// `_meta.db_table`.
    pub table: String,
    /// The column of `USERNAME_FIELD`.
    pub username: String,
    /// What the code says of its fields.
    pub fields: Vec<FieldFacts>,
}

/// What only the code says of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldFacts {
    /// Its column.
    pub column: String,
    /// Its default as typed text, unless it is another one each time.
    pub default: Option<String>,
    /// Its choices as typed text. Empty if every value may be chosen.
    pub choices: Vec<String>,
    /// Whether `REQUIRED_FIELDS` has it.
    pub is_required: bool,
    /// The digits of a decimal number, and how many of them follow the point.
    pub precision: Option<(usize, usize)>,
}

/// Everything that the layout is resolved from.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The tables.
    pub catalog: &'a Catalog,
    /// The recorded migrations.
    pub history: &'a History,
    /// What the command line and the settings say.
    pub given: &'a ModelOptions,
    /// What the models say, if the application was asked.
    pub models: Option<&'a ModelFacts>,
}

/// Django's own user model, as `AUTH_USER_MODEL` names it.
pub(super) const STOCK_USER_MODEL: &str = "auth.User";

impl Evidence<'_> {
    /// Returns whether a table has the shape of a user model: the columns of
    /// `AbstractBaseUser`, and a unique column that could be the username.
    pub(super) fn is_user_shaped(&self, table: &Table) -> bool {
        let names = &self.catalog.names;
        let has_columns = names.iter().any(|known| known.is_user_model && known.name == table.name);
        has_columns && unique_columns(table).next().is_some()
    }
}

/// Returns the parent of a multi-table model: the table that its primary key
/// references.
pub(super) fn parent_of(table: &Table) -> Option<&str> {
    let key = table.primary_key()?;
    table.references(&key.name).next().map(|reference| reference.table.as_str())
}

/// The column of that table that references the group.
pub(super) const GROUP_COLUMN: &str = "group_id";

/// Returns the name that Django gives the table between a user table and the
/// groups.
///
/// Mirrors `ManyToManyField._get_m2m_db_table`.
pub(super) fn membership_table(users: &str) -> String {
    format!("{users}_groups")
}
