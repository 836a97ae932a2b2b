//! Django's own migrations of the three apps that drfctl serves.
//!
//! A migration is a file of SQL for each engine, under the name that Django
//! gives it: `sqlite/auth/0001_initial.sql` is what Django runs there for
//! `django/contrib/auth/migrations/0001_initial.py`. [`Script`] reads such a
//! file; whoever runs it knows nothing of its content. Another engine is
//! another folder, and another row of `migrations!`.

mod script;

use std::fmt;

pub use script::{ApplicationOnlyRow, Script, Spelling, UserModel};

use crate::engine::Family;

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
    /// Makes the table of the history itself.
    ///
    /// Mirrors `MigrationRecorder.ensure_schema`.
    pub recorder: &'static str,
    /// Makes what the recorder and all migrations leave of a database without
    /// tables, for Django's own user model. Only a short cut: tests hold it
    /// against them.
    pub newest: Option<&'static str>,
    /// How the engine writes what depends on the user model.
    pub spelling: Spelling,
    /// Whether what is begun can be undone as a whole.
    pub are_atomic: bool,
    /// Those of [`HISTORY`], in its order.
    migrations: [&'static str; HISTORY.len()],
}

/// Where a migration has to be applied after one of another app; each comes
/// after the one before it in its own app as well.
///
/// Mirrors `Migration.dependencies`.
pub const DEPENDENCIES: [(Migration, Migration); 3] = [
    (migration("auth", "0001_initial"), migration("contenttypes", "0001_initial")),
    (migration("auth", "0006_require_contenttypes_0002"), migration("contenttypes", "0002_remove_content_type_name")),
    (migration("authtoken", "0001_initial"), migration("auth", "0001_initial")),
];

/// Lists the migrations once, and embeds each engine's files of them.
macro_rules! migrations {
    ($($app:literal $name:literal),+ $(,)?) => {
        /// The history that `manage.py migrate` records where these three apps
        /// are all there is, in its order.
        ///
        /// Mirrors the `migrations` packages of `django.contrib.contenttypes`,
        /// `django.contrib.auth` and `rest_framework.authtoken`.
        pub const HISTORY: [Migration; 18] = [$(migration($app, $name)),+];

        /// What Django runs on SQLite.
        static SQLITE: Scripts = Scripts {
            recorder: include_str!("sqlite/django_migrations.sql"),
            newest: Some(include_str!("sqlite/newest.sql")),
            spelling: Spelling { quote: '"', longest_name: usize::MAX, keeps_sign: false },
            are_atomic: true,
            migrations: [$(include_str!(concat!("sqlite/", $app, "/", $name, ".sql"))),+],
        };

        /// What Django runs on PostgreSQL.
        static POSTGRES: Scripts = Scripts {
            recorder: include_str!("postgres/django_migrations.sql"),
            newest: None,
            spelling: Spelling { quote: '"', longest_name: 63, keeps_sign: false },
            are_atomic: true,
            migrations: [$(include_str!(concat!("postgres/", $app, "/", $name, ".sql"))),+],
        };

        /// What Django runs on MySQL and MariaDB, where every statement that
        /// changes a table is a transaction of its own.
        static MYSQL: Scripts = Scripts {
            recorder: include_str!("mysql/django_migrations.sql"),
            newest: None,
            spelling: Spelling { quote: '`', longest_name: 64, keeps_sign: true },
            are_atomic: false,
            migrations: [$(include_str!(concat!("mysql/", $app, "/", $name, ".sql"))),+],
        };
    };
}

migrations![
    "contenttypes" "0001_initial",
    "contenttypes" "0002_remove_content_type_name",
    "auth" "0001_initial",
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
];

const fn migration(app: &'static str, name: &'static str) -> Migration {
    Migration { app, name }
}

/// The labels of the apps, in alphabetical order.
#[must_use]
pub fn apps() -> Vec<&'static str> {
    let mut apps: Vec<_> = HISTORY.iter().map(|migration| migration.app).collect();
    apps.sort_unstable();
    apps.dedup();
    apps
}

impl Migration {
    /// What it does, in Django's words; the same on every engine.
    #[must_use]
    pub fn operations(self) -> Vec<&'static str> {
        SQLITE.of(self).operations()
    }

    /// Whether it has something to do for Django's own user model alone: it
    /// creates its table or changes it.
    #[must_use]
    pub fn is_about_stock_users(self) -> bool {
        SQLITE.of(self).is_about_stock_users()
    }
}

impl Scripts {
    /// The scripts for an engine.
    #[must_use]
    pub fn of_family(family: Family) -> &'static Self {
        match family {
            Family::Sqlite => &SQLITE,
            Family::Postgres => &POSTGRES,
            Family::MySql => &MYSQL,
        }
    }

    /// The statements of a migration.
    #[must_use]
    pub fn statements(&self, migration: Migration, users: &UserModel) -> String {
        self.of(migration).statements(users, self.spelling)
    }

    /// The statement that makes the table of the history.
    #[must_use]
    pub fn recorder(&self, users: &UserModel) -> String {
        Script::new(self.recorder).statements(users, self.spelling)
    }

    /// The script of a migration of [`HISTORY`].
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

    /// The statements that create the schema, and the tables that have a
    /// sequence.
    fn dump(scripts: &[String]) -> String {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON").unwrap();
        for script in scripts {
            connection.execute_batch(script).unwrap();
        }
        let lines = |sql| -> Vec<String> {
            connection.prepare(sql).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let schema =
            "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'";
        let sequences = r#"SELECT 'INSERT INTO "sqlite_sequence" ("name", "seq") VALUES (''' || name || ''', 0);'
            FROM sqlite_sequence"#;
        lines(schema).into_iter().chain(lines(sequences)).map(|line| line + "\n").collect()
    }

    #[test]
    fn the_short_cut_is_what_the_migrations_leave() {
        let mut all = vec![
            SQLITE.recorder.to_owned(),
            // The history's sequence begins with its first row.
            r#"INSERT INTO "sqlite_sequence" ("name", "seq") VALUES ('django_migrations', 0);"#.to_owned(),
        ];
        all.extend(HISTORY.iter().map(|migration| SQLITE.statements(*migration, &UserModel::stock())));
        let newest = dump(&all);
        assert_eq!(SQLITE.newest, Some(newest.as_str()), "write this into newest.sql");
        assert_eq!(dump(std::slice::from_ref(&newest)), newest);
    }
}
