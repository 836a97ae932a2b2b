//! Databases with pending migrations, and the expected results.

use std::fs;
use std::sync::OnceLock;

use drfctl::migrations::{self, CORE, Migration, UserModel};

use super::sandbox::Sandbox;
use super::site::Site;
use super::states::State;

/// The calls of `migrate`. Only the first changes anything.
pub(crate) const MIGRATE_CALLS: [&[&str]; 4] =
    [&["migrate"], &["migrate", "--check"], &["migrate", "--plan"], &["migrate", "--list"]];

/// Returns the migrations that Django records for the stock site.
pub(crate) fn stock_history() -> Vec<Migration> {
    migrations::plan(&CORE, &|_| true, &UserModel::stock())
}

impl Sandbox {
    /// Creates a database after Django's `migrate auth 0005`, with three users.
    pub(crate) fn at_auth_0005() -> Self {
        static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
        let bytes = BYTES.get_or_init(|| {
            let template = Self::empty();
            let outcome = template.manage(["migrate", "--verbosity", "0", "auth", "0005"]);
            assert_eq!(outcome.status, "0", "{outcome}");
            template.add_users(3);
            fs::read(template.db()).expect("the database is read")
        });
        let sandbox = Self::empty();
        fs::write(sandbox.db(), bytes).expect("a copy");
        sandbox
    }

    /// Creates a database of that site without the tables and history of `authtoken`.
    pub(crate) fn without_tokens(site: Site) -> Self {
        let sandbox = Self::new(site);
        sandbox.exec(
            "DROP TABLE authtoken_token;
             DELETE FROM django_migrations WHERE app = 'authtoken';
             DELETE FROM auth_permission WHERE content_type_id IN
                 (SELECT id FROM django_content_type WHERE app_label = 'authtoken');
             DELETE FROM django_content_type WHERE app_label = 'authtoken'",
        );
        sandbox
    }

    /// Creates a database without the last three migrations, with rows in every table.
    pub(crate) fn half_migrated() -> Self {
        State::after("authtoken.0001_initial").sandbox()
    }

    /// Asserts that the database is intact and that every migration is applied once.
    #[track_caller]
    pub(crate) fn assert_migrated(&self) {
        assert_eq!(self.value("PRAGMA integrity_check"), "ok");
        assert_eq!(self.sql("PRAGMA foreign_key_check"), [[""; 0]; 0]);
        let counts = "SELECT (SELECT count(*) || ' ' || count(DISTINCT app || name) FROM django_migrations) \
                      || ' ' || (SELECT count(*) FROM django_content_type) || ' ' || (SELECT count(*) FROM auth_permission)";
        assert_eq!(self.value(counts), "18 18 6 24");
        let check = self.drfctl(["migrate", "--check"]).run().ok();
        assert_eq!(check.stdout, "");
    }

    /// Returns the schema and the rows of a migrated database; of a SQLite file, in the order of
    /// insertion.
    pub(crate) fn migrated_image(&self) -> String {
        if self.server.is_none() {
            return self.image();
        }
        let rows = |sql: &str| self.sql(sql).into_iter().map(|row| row.join("|") + "\n").collect::<String>();
        let schema = self.schema();
        let sites =
            if schema.contains("django_site") { rows("SELECT * FROM django_site ORDER BY id") } else { String::new() };
        let permissions = if schema.contains("auth_permission") {
            rows(
                "SELECT c.app_label, c.model, p.codename, p.name FROM auth_permission p
                 JOIN django_content_type c ON c.id = p.content_type_id ORDER BY c.app_label, p.codename",
            )
        } else {
            String::new()
        };
        let content_types = if schema.contains("django_content_type") {
            rows("SELECT app_label, model FROM django_content_type ORDER BY app_label, model")
        } else {
            String::new()
        };
        let history = rows("SELECT app, name FROM django_migrations ORDER BY app, name");
        [schema, history, content_types, permissions, sites].concat()
    }

    /// Asserts that Django has no migrations to apply.
    #[track_caller]
    pub(crate) fn assert_django_agrees(&self) {
        let check = self.manage(["migrate", "--check"]);
        assert_eq!(check.status, "0", "{check}");
    }
}
