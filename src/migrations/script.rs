//! The file of one migration: its operations, and the statements that are run
//! for one user model.
//!
//! A comment between two lines `--` names an operation. `-- begin auth.User` to
//! `-- end` is skipped if `AUTH_USER_MODEL` is another model. `-- begin
//! manage.py` to `-- end` is a query for rows that only the application can
//! migrate: if it returns one, the migration fails. `-- begin text key` to `--
//! end` is for users whose primary key is text, with the operator class
//! `{user_key_ops}`. `{user_table}`, `{user_key}`, `{user_key_type}` and
//! `{auto_field}` are those of the user model; `{user_fk BEGINNING}` is the
//! name of a foreign key to it that begins with BEGINNING.

use crate::engine::Row;
use crate::error::Result;

/// A row of [`Script::application_only`].
#[derive(Clone, Copy)]
pub struct ApplicationOnlyRow<'a>(pub Row<'a>);

impl ApplicationOnlyRow<'_> {
    /// Returns the label of the model, as Django's `Options.label_lower`.
    ///
    /// # Errors
    /// Internal if the cells cannot be decoded.
    pub fn model(&self) -> Result<String> {
        Ok(format!("{}.{}", self.0.text(0)?, self.0.text(1)?))
    }
}

/// The user model, as far as migrations need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModel {
    /// Whether it is `django.contrib.auth.models.User`.
    pub stock: bool,
    /// Its table.
    pub table: String,
    /// The column of its primary key.
    pub key: String,
    /// The type of a column that references the primary key.
    pub key_type: String,
    /// The type of primary keys of `DEFAULT_AUTO_FIELD`.
    pub auto_field: String,
}

impl UserModel {
    /// The type of `BigAutoField`, which `startproject` and Django 6 choose.
    pub const AUTO_FIELD: &str = "bigint";

    /// Django's own user model.
    #[must_use]
    pub fn stock() -> Self {
        Self {
            stock: true,
            table: "auth_user".into(),
            key: "id".into(),
            key_type: "integer".into(),
            auto_field: Self::AUTO_FIELD.into(),
        }
    }
}

/// How an engine spells the parts that depend on the user model.
#[derive(Clone, Copy, Debug)]
pub struct Spelling {
    /// The quote character of identifiers, doubled inside one.
    pub quote: char,
    /// The maximum length of a name, in characters.
    ///
    /// Mirrors `DatabaseOperations.max_name_length`.
    pub longest_name: usize,
    /// Whether a column that references an unsigned primary key is unsigned.
    pub keeps_sign: bool,
}

impl Spelling {
    /// Quotes an identifier.
    fn quoted(self, name: &str) -> String {
        format!("{0}{1}{0}", self.quote, self.doubled(name))
    }

    fn doubled(self, name: &str) -> String {
        name.replace(self.quote, &String::from_iter([self.quote; 2]))
    }

    fn key_type(self, users: &UserModel) -> String {
        if self.keeps_sign { users.key_type.clone() } else { users.key_type.replace(" unsigned", "") }
    }

    /// Returns the name of a foreign key to users, quoted. `beginning` contains
    /// its table, its column and their hash.
    ///
    /// Mirrors `BaseDatabaseSchemaEditor._fk_constraint_name` for short tables:
    /// the name of the user table is cut to the maximum length.
    fn foreign_key(self, beginning: &str, users: &UserModel) -> String {
        const CUT: usize = 9;
        let beginning = format!("{beginning}_fk_");
        let table = self.doubled(&users.table);
        // Mirrors `split_identifier`.
        let table = match table.split(r#"".""#).collect::<Vec<_>>()[..] {
            [_, name] => name,
            _ => &table,
        };
        let end = format!("{}_{}", table.trim_matches('"'), self.doubled(&users.key));
        let fits = beginning.len() + end.chars().count() <= self.longest_name;
        let end: String = end.chars().take(if fits { usize::MAX } else { CUT }).collect();
        format!("{0}{beginning}{end}{0}", self.quote)
    }
}

/// The file of one migration.
#[derive(Clone, Copy, Debug)]
pub struct Script(&'static str);

/// The part of the file that a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Always,
    StockUser,
    TextKey,
    ApplicationOnly,
}

impl Script {
    pub(super) fn new(text: &'static str) -> Self {
        Self(text)
    }

    /// Returns the names of its operations.
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

    /// Returns the statements to run, one per line.
    #[must_use]
    pub fn statements(self, users: &UserModel, spelling: Spelling) -> String {
        let is_text = ["char", "varchar", "character", "text"].iter().any(|text| users.key_type.starts_with(text));
        let statements = self.lines_of(|block| match block {
            Block::Always => true,
            Block::StockUser => users.stock,
            Block::TextKey => is_text,
            Block::ApplicationOnly => false,
        });
        if !statements.contains('{') {
            return statements;
        }
        let operators = if users.key_type == "text" { "text_pattern_ops" } else { "varchar_pattern_ops" };
        with_foreign_keys(statements, users, spelling)
            .replace("{user_table}", &spelling.quoted(&users.table))
            .replace("{user_key}", &spelling.quoted(&users.key))
            .replace("{user_key_type}", &spelling.key_type(users))
            .replace("{user_key_ops}", operators)
            .replace("{auto_field}", &users.auto_field)
    }

    /// Returns whether it has statements for Django's own user model alone.
    #[must_use]
    pub fn is_about_stock_users(self) -> bool {
        !self.lines_of(|block| block == Block::StockUser).is_empty()
    }

    /// Returns the query for the rows that only the application can migrate;
    /// see [`ApplicationOnlyRow`].
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
                "-- begin text key" => block = Block::TextKey,
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

/// Fills in the names of the foreign keys to users.
fn with_foreign_keys(mut statements: String, users: &UserModel, spelling: Spelling) -> String {
    const PLACEHOLDER: &str = "{user_fk ";
    while let Some((before, rest)) = statements.split_once(PLACEHOLDER)
        && let Some((beginning, after)) = rest.split_once('}')
    {
        statements = format!("{before}{}{after}", spelling.foreign_key(beginning, users));
    }
    statements
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
        UserModel {
            stock,
            table: "Users".into(),
            key: "id".into(),
            key_type: "uuid".into(),
            auto_field: "bigint".into(),
        }
    }

    #[test]
    fn operations_are_named_by_comments() {
        assert_eq!(SCRIPT.operations(), ["Create model Thing", "Change it", "Drop it"]);
    }

    #[test]
    fn statements_follow_the_user_model() {
        let spelling = Spelling { quote: '`', longest_name: 64, keeps_sign: false };
        assert_eq!(SCRIPT.statements(&users(false), spelling), "CREATE 1;\nREFER `Users` (`id`) uuid;\n");
        assert_eq!(SCRIPT.statements(&users(true), spelling), "CREATE 1;\nCREATE 2;\nREFER `Users` (`id`) uuid;\n");
    }

    #[test]
    fn a_foreign_key_has_the_name_that_django_gives_it() {
        let name = |table: &str, key: &str, quote, longest_name| {
            let users = UserModel { table: table.into(), key: key.into(), ..users(false) };
            let quoted = Spelling { quote, longest_name, keeps_sign: false }
                .foreign_key("authtoken_token_user_id_35299eff", &users);
            quoted.trim_matches(quote).to_owned()
        };
        let long = "organisation_department_of_people_and_their_accounts_members";
        for (table, key, postgres, mysql) in [
            ("auth_user", "id", "auth_user_id", "auth_user_id"),
            ("member_member", "user_ptr_id", "member_member_user_ptr_id", "member_member_user_ptr_id"),
            (long, "id", "organisat", "organisat"),
            (r#"Odd "User" Table"#, "Code Name", r#"Odd ""Use"#, r#"Odd "User" Table_Code Name"#),
            (r#"app"."members"#, "id", "members_id", "members_id"),
            ("Ürün_kullanıcıları_tablosu", "kimlik_numarası", "Ürün_kull", "Ürün_kull"),
        ] {
            let of = |end: &str| format!("authtoken_token_user_id_35299eff_fk_{end}");
            assert_eq!((name(table, key, '"', 63), name(table, key, '`', 64)), (of(postgres), of(mysql)));
        }
    }

    #[test]
    fn application_only_queries_are_not_run() {
        assert_eq!(SCRIPT.application_only().as_deref(), Some("SELECT 3\n"));
    }

    #[test]
    fn an_index_for_text_is_created_only_for_keys_of_text() {
        let script = Script("-- begin text key\nINDEX {user_key_ops};\n-- end\nFOLLOW;\n");
        let spelling = Spelling { quote: '"', longest_name: 63, keeps_sign: false };
        for (key_type, index) in [
            ("text", "INDEX text_pattern_ops;\n"),
            ("varchar(9)", "INDEX varchar_pattern_ops;\n"),
            ("char(32)", "INDEX varchar_pattern_ops;\n"),
            ("uuid", ""),
        ] {
            let users = UserModel { key_type: key_type.into(), ..users(true) };
            assert_eq!(script.statements(&users, spelling), format!("{index}FOLLOW;\n"), "{key_type}");
        }
    }

    #[test]
    fn a_reference_is_unsigned_only_where_the_engine_keeps_the_sign() {
        for (keeps_sign, key_type) in [(true, "bigint unsigned"), (false, "bigint")] {
            let users = UserModel { key_type: "bigint unsigned".into(), ..UserModel::stock() };
            assert_eq!(Spelling { quote: '`', longest_name: 64, keeps_sign }.key_type(&users), key_type);
        }
    }
}
