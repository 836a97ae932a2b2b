//! The layout: which tables and columns hold tokens and users here.

use crate::schema::catalog::{Column, ColumnKind};

/// The table of DRF's `rest_framework.authtoken.models.Token`.
pub const TOKEN_TABLE: &str = "authtoken_token";

/// The table of Django's own `django.contrib.auth.models.User`.
pub const STOCK_USER_TABLE: &str = "auth_user";

/// The table of `django.contrib.contenttypes.models.ContentType`.
pub const CONTENT_TYPE_TABLE: &str = "django_content_type";

/// The table of `django.contrib.auth.models.Permission`.
pub const PERMISSION_TABLE: &str = "auth_permission";

/// The table of `django.contrib.admin.models.LogEntry`, which refers to users.
pub const ADMIN_LOG_TABLE: &str = "django_admin_log";

/// The table of `django.contrib.auth.models.Group`.
pub const GROUP_TABLE: &str = "auth_group";

/// The table of Django's `MigrationRecorder.Migration`.
pub const HISTORY_TABLE: &str = "django_migrations";

/// What a person may say where the database leaves a choice.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The table of the user model.
    pub user_table: Option<String>,
    /// The login column.
    pub username_field: Option<String>,
    /// `AUTH_USER_MODEL` of the settings.
    pub user_model: Option<String>,
    /// `DEFAULT_AUTO_FIELD` of the settings.
    pub auto_field: Option<String>,
    /// The first of `PASSWORD_HASHERS` of the settings.
    pub password_hasher: Option<String>,
}

/// Where tokens and users are.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The token table.
    pub tokens: TokenTable,
    /// The user table.
    pub users: UserTable,
    /// What is unusual here but does no harm.
    pub notices: Vec<String>,
}

/// The columns of the token table.
#[derive(Clone, Debug)]
pub struct TokenTable {
    /// Its name.
    pub name: String,
    /// `Token.key`.
    pub key: String,
    /// `Token.created`.
    pub created: String,
    /// `Token.user`.
    pub user: String,
    /// Whether it has these columns alone.
    pub is_plain: bool,
}

/// The user table, and with multi-table inheritance its parents behind it.
#[derive(Clone, Debug)]
pub struct UserTable {
    /// The table that tokens refer to, then its parents; row by row they share
    /// the value of their key.
    pub chain: Vec<Link>,
    /// The kind of the key.
    pub key_kind: ColumnKind,
    /// `USERNAME_FIELD`.
    pub login: Place,
    /// `is_active`, where the model has one.
    pub is_active: Option<Place>,
    /// The other unique text columns, which `--username-field` could name.
    pub other_logins: Vec<String>,
    /// The groups of users, where the model has them.
    pub membership: Option<Membership>,
}

/// The table that says which users are in which groups: `User.groups.through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its name.
    pub table: String,
    /// The column that refers to the user.
    pub user: String,
    /// The column that refers to the group.
    pub group: String,
}

/// One table of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub table: String,
    /// Its key.
    pub key: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// A column of the user model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The index into [`UserTable::chain`].
    pub link: usize,
    /// The column's name.
    pub column: String,
}

impl UserTable {
    /// The name of the table that tokens refer to.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.chain[0].table
    }

    /// The key that tokens refer to.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.chain[0].key
    }

    /// The type of that key, as the engine spells it.
    #[must_use]
    pub fn key_type(&self) -> &str {
        let key = self.chain[0].columns.iter().find(|column| column.name == self.chain[0].key);
        key.map_or("text", |column| column.declared.as_str())
    }

    /// Where a column is, by its exact name or but for ASCII case: in the first
    /// table that has it.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<Place> {
        self.chain.iter().enumerate().find_map(|(link, table)| {
            let column = table.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))?;
            Some(Place { link, column: column.name.clone() })
        })
    }

    /// The shape of a column.
    #[must_use]
    pub fn column(&self, place: &Place) -> Option<&Column> {
        self.chain[place.link].columns.iter().find(|column| column.name == place.column)
    }

    /// The name of the table that holds a column.
    #[must_use]
    pub fn table_of(&self, place: &Place) -> &str {
        &self.chain[place.link].table
    }
}
