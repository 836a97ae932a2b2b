//! The file of one migration: its operations, and the statements that are run
//! for one user model.
//!
//! A comment between two lines `--` names an operation. `-- begin auth.User`
//! to `-- end` is left out where `AUTH_USER_MODEL` is another model. `-- begin
//! manage.py` to `-- end` is a query for what only the application can
//! migrate: a row of it stops the migration. `{user_table}`, `{user_key}` and
//! `{user_key_type}` are those of the user model.

/// The user model, as far as migrations need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModel {
    /// Whether it is `django.contrib.auth.models.User`.
    pub stock: bool,
    /// Its table.
    pub table: String,
    /// The column of its key.
    pub key: String,
    /// The type of a column that refers to the key.
    pub key_type: String,
}

/// The file of one migration.
#[derive(Clone, Copy, Debug)]
pub struct Script(&'static str);

/// What a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Always,
    StockUser,
    ApplicationOnly,
}

impl Script {
    pub(super) fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// The names of its operations.
    ///
    /// Mirrors `Operation.describe`.
    #[must_use]
    pub fn operations(self) -> Vec<&'static str> {
        let lines: Vec<&str> = self.0.lines().collect();
        let mut rest = lines.as_slice();
        let mut operations = Vec::new();
        while let [first, others @ ..] = rest {
            rest = others;
            if let ("--", [name, "--", after @ ..]) = (*first, others) {
                operations.extend(name.strip_prefix("-- "));
                rest = after;
            }
        }
        operations
    }

    /// The statements to run; `quote` makes an identifier of a name.
    #[must_use]
    pub fn statements(self, users: &UserModel, quote: impl Fn(&str) -> String) -> String {
        let statements = self.lines_of(|block| block == Block::Always || (block == Block::StockUser && users.stock));
        if !statements.contains('{') {
            return statements;
        }
        statements
            .replace("{user_table}", &quote(&users.table))
            .replace("{user_key}", &quote(&users.key))
            .replace("{user_key_type}", &users.key_type)
    }

    /// The query for what only the application can migrate.
    #[must_use]
    pub fn application_only(self) -> Option<String> {
        let query = self.lines_of(|block| block == Block::ApplicationOnly);
        (!query.is_empty()).then_some(query)
    }

    fn lines_of(self, wanted: impl Fn(Block) -> bool) -> String {
        let mut block = Block::Always;
        let mut lines = String::new();
        for line in self.0.lines() {
            match line {
                "-- begin auth.User" => block = Block::StockUser,
                "-- begin manage.py" => block = Block::ApplicationOnly,
                "-- end" => block = Block::Always,
                comment if comment.starts_with("--") => {}
                line if wanted(block) => {
                    lines.push_str(line);
                    lines.push('\n');
                }
                _ => {}
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: Script = Script(
        "--\n-- Create model Thing\n--\nCREATE 1;\n-- begin auth.User\nCREATE 2;\n-- end\n\
         REFER {user_table} ({user_key}) {user_key_type};\n--\n-- Change it\n--\n-- (no-op)\n--\n-- Drop it\n--\n\
         -- begin manage.py\nSELECT 3\n-- end\n",
    );

    fn users(stock: bool) -> UserModel {
        UserModel { stock, table: "Users".into(), key: "id".into(), key_type: "uuid".into() }
    }

    #[test]
    fn operations_are_named_by_comments() {
        assert_eq!(SCRIPT.operations(), ["Create model Thing", "Change it", "Drop it"]);
    }

    #[test]
    fn statements_follow_the_user_model() {
        let quote = |name: &str| format!("<{name}>");
        assert_eq!(SCRIPT.statements(&users(false), quote), "CREATE 1;\nREFER <Users> (<id>) uuid;\n");
        assert_eq!(SCRIPT.statements(&users(true), quote), "CREATE 1;\nCREATE 2;\nREFER <Users> (<id>) uuid;\n");
    }

    #[test]
    fn what_only_the_application_can_do_is_not_run() {
        assert_eq!(SCRIPT.application_only().as_deref(), Some("SELECT 3\n"));
    }
}
