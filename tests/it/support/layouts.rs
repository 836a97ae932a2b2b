//! Token and user tables that differ from those of Django's and DRF's migrations.

use super::connections::Engine;
use super::sandbox::Sandbox;

/// The token table of SQLite up to the type of `user_id`, without a foreign key.
const TOKENS: &str = "CREATE TABLE other (key varchar(40) NOT NULL PRIMARY KEY, created datetime NOT NULL, user_id";

impl Sandbox {
    /// Drops the foreign key of the token table, as `db_constraint=False` does.
    pub(crate) fn without_token_reference(&self, engine: Engine) {
        match engine {
            Engine::Sqlite => self.replace_token_table("bigint NOT NULL UNIQUE)"),
            Engine::Postgres => self.drop_constraints("f"),
            Engine::MySql => {
                let name = self.value(
                    "SELECT CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE
                     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'authtoken_token' AND REFERENCED_TABLE_NAME IS NOT NULL",
                );
                self.exec(&format!("ALTER TABLE authtoken_token DROP FOREIGN KEY `{name}`"));
            }
        }
    }

    /// Drops the unique constraint, so that a user can have several tokens.
    pub(crate) fn with_several_tokens_a_user(&self, engine: Engine) {
        match engine {
            Engine::Sqlite => self.replace_token_table("bigint NOT NULL REFERENCES auth_user (id))"),
            Engine::Postgres => self.drop_constraints("u"),
            Engine::MySql => {
                self.exec("CREATE INDEX by_user ON authtoken_token (user_id)");
                self.exec("ALTER TABLE authtoken_token DROP INDEX user_id");
            }
        }
    }

    /// Adds a second table that looks like one of a user model.
    pub(crate) fn with_another_user_table(&self) {
        self.exec(
            "CREATE TABLE accounts_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamp NULL,
             username varchar(150) NOT NULL UNIQUE)",
        );
        self.exec("INSERT INTO accounts_user VALUES (1, 'x', NULL, 'mallory'), (2, 'x', NULL, 'alice')");
    }

    fn replace_token_table(&self, rest: &str) {
        self.exec(&format!(
            "{TOKENS} {rest}; INSERT INTO other SELECT * FROM authtoken_token; DROP TABLE authtoken_token;
             ALTER TABLE other RENAME TO authtoken_token"
        ));
    }

    /// Drops the constraints of a type.
    fn drop_constraints(&self, kind: &str) {
        let names = self.sql(&format!(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'authtoken_token'::regclass AND contype = '{kind}'"
        ));
        for name in names.concat() {
            self.exec(&format!("ALTER TABLE authtoken_token DROP CONSTRAINT \"{name}\""));
        }
    }
}
