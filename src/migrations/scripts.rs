//! The files of SQL that are Django's migrations, for each engine.

use std::fmt;

use crate::engine::Family;
use crate::migrations::script::{Script, Spelling, UserModel};

/// A migration, as `django_migrations` records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Migration {
    /// The label of its app.
    pub app: &'static str,
    /// Its name within the app.
    pub name: &'static str,
}

/// The scripts of one engine.
#[derive(Debug)]
pub struct Scripts {
    /// Creates the table `django_migrations`.
    ///
    /// Mirrors `MigrationRecorder.ensure_schema`.
    pub recorder: &'static str,
    /// Creates the tables of all migrations of [`crate::migrations::CORE`] in
    /// an empty database, for Django's own user model. It is faster than
    /// running each migration; tests compare the results.
    pub newest: Option<&'static str>,
    /// Inserts the default site.
    ///
    /// Mirrors `django.contrib.sites.management.create_default_site`.
    default_site: &'static str,
    /// How the engine writes what depends on the user model.
    pub spelling: Spelling,
    /// Whether statements that change tables can be rolled back.
    pub are_atomic: bool,
    /// The scripts of [`HISTORY`], in its order.
    migrations: [&'static str; HISTORY.len()],
}

/// Lists the migrations once, and embeds each engine's files of them.
macro_rules! migrations {
    ($($app:literal $name:literal),+ $(,)?) => {
        /// The history that `manage.py migrate` records for these apps and
        /// Django's own user model, in order.
        ///
        /// Mirrors the `migrations` packages of `django.contrib.admin`, `auth`,
        /// `contenttypes`, `sessions` and `sites`, and of
        /// `rest_framework.authtoken`.
        pub const HISTORY: [Migration; 24] = [$(migration($app, $name)),+];

        /// What Django runs on SQLite.
        static SQLITE: Scripts = Scripts {
            recorder: include_str!("sqlite/django_migrations.sql"),
            newest: Some(include_str!("sqlite/newest.sql")),
            default_site: include_str!("sqlite/default_site.sql"),
            spelling: Spelling { quote: '"', longest_name: usize::MAX, keeps_sign: false },
            are_atomic: true,
            migrations: [$(include_str!(concat!("sqlite/", $app, "/", $name, ".sql"))),+],
        };

        /// What Django runs on PostgreSQL.
        static POSTGRES: Scripts = Scripts {
            recorder: include_str!("postgres/django_migrations.sql"),
            newest: None,
            default_site: include_str!("postgres/default_site.sql"),
            spelling: Spelling { quote: '"', longest_name: 63, keeps_sign: false },
            are_atomic: true,
            migrations: [$(include_str!(concat!("postgres/", $app, "/", $name, ".sql"))),+],
        };

        /// What Django runs on MySQL and MariaDB, where every statement that
        /// changes a table commits.
        static MYSQL: Scripts = Scripts {
            recorder: include_str!("mysql/django_migrations.sql"),
            newest: None,
            default_site: include_str!("mysql/default_site.sql"),
            spelling: Spelling { quote: '`', longest_name: 64, keeps_sign: true },
            are_atomic: false,
            migrations: [$(include_str!(concat!("mysql/", $app, "/", $name, ".sql"))),+],
        };
    };
}

migrations![
    "contenttypes" "0001_initial",
    "auth" "0001_initial",
    "admin" "0001_initial",
    "admin" "0002_logentry_remove_auto_add",
    "admin" "0003_logentry_add_action_flag_choices",
    "contenttypes" "0002_remove_content_type_name",
    "auth" "0002_alter_permission_name_max_length",
    "auth" "0003_alter_user_email_max_length",
    "auth" "0004_alter_user_username_opts",
    "auth" "0005_alter_user_last_login_null",
    "auth" "0006_require_contenttypes_0002",
    "auth" "0007_alter_validators_add_error_messages",
    "auth" "0008_alter_user_username_max_length",
    "auth" "0009_alter_user_last_name_max_length",
    "auth" "0010_alter_group_name_max_length",
    "auth" "0011_update_proxy_permissions",
    "auth" "0012_alter_user_first_name_max_length",
    "authtoken" "0001_initial",
    "authtoken" "0002_auto_20160226_1747",
    "authtoken" "0003_tokenproxy",
    "authtoken" "0004_alter_tokenproxy_options",
    "sessions" "0001_initial",
    "sites" "0001_initial",
    "sites" "0002_alter_domain_unique",
];

const fn migration(app: &'static str, name: &'static str) -> Migration {
    Migration { app, name }
}

impl Migration {
    /// Returns the descriptions of its operations, in Django's words. They are
    /// the same on every engine.
    #[must_use]
    pub fn operations(self) -> Vec<&'static str> {
        SQLITE.of(self).operations()
    }

    /// Returns whether it creates or changes the table of Django's own user
    /// model.
    #[must_use]
    pub fn is_about_stock_users(self) -> bool {
        SQLITE.of(self).is_about_stock_users()
    }
}

impl Scripts {
    /// Returns the scripts for an engine.
    #[must_use]
    pub fn of_family(family: Family) -> &'static Self {
        match family {
            Family::Sqlite => &SQLITE,
            Family::Postgres => &POSTGRES,
            Family::MySql => &MYSQL,
        }
    }

    /// Returns the statements of a migration.
    #[must_use]
    pub fn statements(&self, migration: Migration, users: &UserModel) -> String {
        self.of(migration).statements(users, self.spelling)
    }

    /// Returns the statement that creates the table `django_migrations`.
    #[must_use]
    pub fn recorder(&self, users: &UserModel) -> String {
        Script::new(self.recorder).statements(users, self.spelling)
    }

    /// Returns the statements that create the default site with this primary
    /// key.
    #[must_use]
    pub fn default_site(&self, id: i64) -> String {
        self.default_site.replace("{site_id}", &id.to_string())
    }

    /// Returns the script of a migration of [`HISTORY`].
    #[must_use]
    pub fn of(&self, wanted: Migration) -> Script {
        let at = HISTORY.iter().position(|migration| *migration == wanted);
        Script::new(at.map_or("", |at| self.migrations[at]))
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.app, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_migrations_are_about_the_table_of_the_stock_users() {
        let about: Vec<_> = HISTORY.into_iter().filter(|migration| migration.is_about_stock_users()).collect();
        assert_eq!(
            about.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "auth.0001_initial",
                "auth.0003_alter_user_email_max_length",
                "auth.0005_alter_user_last_login_null",
                "auth.0008_alter_user_username_max_length",
                "auth.0009_alter_user_last_name_max_length",
                "auth.0012_alter_user_first_name_max_length",
            ]
        );
    }
}
