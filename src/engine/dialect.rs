//! The SQL dialects of the engines. Plain data, except for the functions that
//! build a name or an operator.

/// The SQL dialect of an engine.
#[derive(Debug)]
pub struct Dialect {
    /// The family of the engine, for code that keeps files for each.
    pub family: Family,
    /// The character that quotes identifiers; doubled inside one.
    pub quote: char,
    /// How a parameter is written.
    pub placeholder: Placeholder,
    /// Whether functions, types and operators are qualified with their schema.
    pub naming: Naming,
    /// How text is compared with a pattern.
    pub matching: Matching,
    /// How text is compared when case is ignored.
    pub folding: Folding,
    /// How times are stored.
    pub moments: Moments,
    /// How many rows are written.
    pub many: Many,
    /// How rows that are about to change are locked.
    pub locking: Locking,
    /// How a key is changed that rows of other tables reference.
    pub deferral: Deferral,
}

/// The databases that Django's own backends support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `django.db.backends.sqlite3`
    Sqlite,
    /// `django.db.backends.postgresql`
    Postgres,
    /// `django.db.backends.mysql`
    MySql,
}

/// How an engine writes parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `?`
    Mark,
    /// `$1`, `$2`, …
    Dollar,
}

/// How an engine resolves functions, types and operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By their name.
    Plain,
    /// Along a search path, where other roles may have created their own. Each
    /// name is qualified with its schema.
    Qualified,
}

/// How an engine matches text with a pattern, case-sensitively.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `GLOB`, with sets of characters in brackets.
    Glob,
    /// `LIKE`, with a backslash as the escape character.
    Like,
    /// `LIKE` with a binary collation, because the column's own collation may
    /// treat several letters as equal.
    LikeOfLetters,
}

/// How an engine compares text when case is ignored.
///
/// Mirrors the `iexact` lookup of Django's backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// `COLLATE NOCASE`, which folds the case of ASCII letters only.
    NoCase,
    /// `upper()` on both sides.
    Upper,
    /// The column's own collation decides whether case matters.
    Collation,
}

/// How an engine writes many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One row per statement, which needs no round trip.
    One,
    /// At most this many rows per statement, in a list. Each statement is a
    /// round trip.
    Listed(usize),
    /// At most this many rows per statement, in arrays.
    Arrays(usize),
}

/// How an engine locks rows that it reads before they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// Not at all: the transaction has locked the whole database.
    Whole,
    /// `FOR UPDATE`, on all tables of the query.
    Rows,
    /// `FOR UPDATE OF` one of its tables. `FOR NO KEY UPDATE` where the row
    /// keeps its key, so that rows that reference it can still be written.
    RowsOf,
}

/// How an engine stores times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moments {
    /// As text, in a column of any type.
    Text,
    /// As timestamps.
    Typed,
}

/// The statements around the change of a key and of the rows that reference it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// Before the first statement: defers or disables the checks of foreign
    /// keys.
    pub begin: &'static str,
    /// After the last statement, if the end of the transaction does not restore
    /// the checks.
    pub end: Option<&'static str>,
}

/// What a statement does with the rows that it locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It updates them, but not their key.
    Update,
    /// It deletes them, or updates their key.
    Delete,
}

impl Many {
    /// Returns how many rows one statement writes.
    #[must_use]
    pub fn rows(self) -> usize {
        match self {
            Self::One => 1,
            Self::Listed(rows) | Self::Arrays(rows) => rows,
        }
    }

    /// Returns how many rows one statement looks up.
    #[must_use]
    pub fn asked(self) -> usize {
        /// The number of rows that a lookup lists.
        const LISTED: usize = 250;
        match self {
            Self::One => LISTED,
            Self::Listed(rows) | Self::Arrays(rows) => rows,
        }
    }

    /// Returns how many rows the first of several transactions writes, at most
    /// `most`. Where rows are listed, each takes longer.
    #[must_use]
    pub fn at_first(self, most: u64) -> u64 {
        match self {
            Self::Listed(rows) => most.min(u64::try_from(rows).unwrap_or(most)),
            Self::One | Self::Arrays(_) => most,
        }
    }
}

impl Dialect {
    /// Quotes an identifier.
    #[must_use]
    pub fn name(&self, identifier: &str) -> String {
        let mut name = String::with_capacity(identifier.len() + 2);
        name.push(self.quote);
        for letter in identifier.chars() {
            name.push(letter);
            if letter == self.quote {
                name.push(letter);
            }
        }
        name.push(self.quote);
        name
    }

    /// Returns the identifier of a name in Django, which quotes a name unless
    /// it is quoted.
    ///
    /// Mirrors `DatabaseOperations.quote_name`.
    #[must_use]
    pub fn unquoted(&self, name: &str) -> String {
        let doubled = String::from_iter([self.quote; 2]);
        let within = name.strip_prefix(self.quote).and_then(|name| name.strip_suffix(self.quote));
        within.unwrap_or(name).replace(&doubled, &self.quote.to_string())
    }

    /// Returns the `n`th parameter, counted from 1.
    #[must_use]
    pub fn parameter(&self, n: usize) -> String {
        match self.placeholder {
            Placeholder::Mark => "?".to_owned(),
            Placeholder::Dollar => format!("${n}"),
        }
    }

    /// Returns the name of a function that every engine has.
    #[must_use]
    pub fn function(&self, name: &str) -> String {
        match self.naming {
            Naming::Plain => name.to_owned(),
            Naming::Qualified => format!("pg_catalog.{name}"),
        }
    }

    /// Returns the cast that turns an expression into text; empty where none is
    /// needed.
    #[must_use]
    pub fn text_cast(&self) -> &'static str {
        match self.naming {
            Naming::Plain => "",
            Naming::Qualified => "::pg_catalog.text",
        }
    }

    /// Returns an operator such as `=`. `schema` is that of the operands' type
    /// if it is not built in.
    #[must_use]
    pub fn operator(&self, operator: &str, schema: Option<&str>) -> String {
        match (self.naming, schema) {
            (Naming::Plain, _) => operator.to_owned(),
            (Naming::Qualified, None) => format!("OPERATOR(pg_catalog.{operator})"),
            (Naming::Qualified, Some(schema)) => format!("OPERATOR({}.{operator})", self.name(schema)),
        }
    }

    /// Returns the clause that locks the rows of an alias.
    #[must_use]
    pub fn locking(&self, lock: Lock, alias: &str) -> String {
        match (self.locking, lock) {
            (Locking::Whole, _) => String::new(),
            (Locking::Rows, _) => " FOR UPDATE".to_owned(),
            (Locking::RowsOf, Lock::Update) => format!(" FOR NO KEY UPDATE OF {alias}"),
            (Locking::RowsOf, Lock::Delete) => format!(" FOR UPDATE OF {alias}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::registry::dialects;

    #[test]
    fn a_quoted_name_of_django_is_the_same_identifier() {
        for (_, dialect) in dialects() {
            let quote = dialect.quote;
            for (name, quoted) in [("auth_user", "~auth_user~"), ("a~b", "~a~~b~"), ("~", "~~~~"), ("", "~~")] {
                let [name, quoted] = [name, quoted].map(|text| text.replace('~', &quote.to_string()));
                assert_eq!(dialect.name(&name), quoted);
                assert_eq!(dialect.unquoted(&quoted), name);
            }
            assert_eq!(dialect.unquoted("auth_user"), "auth_user");
        }
    }

    #[test]
    fn every_operator_and_function_of_postgresql_has_its_schema() {
        for (_, dialect) in dialects() {
            let words = [
                dialect.parameter(2),
                dialect.function("lower"),
                dialect.text_cast().to_owned(),
                dialect.operator("=", None),
                dialect.operator("=", Some("a b")),
                dialect.locking(Lock::Update, "u"),
                dialect.locking(Lock::Delete, "u"),
            ];
            let expected = match dialect.family {
                Family::Sqlite => ["?", "lower", "", "=", "=", "", ""],
                Family::MySql => ["?", "lower", "", "=", "=", " FOR UPDATE", " FOR UPDATE"],
                Family::Postgres => [
                    "$2",
                    "pg_catalog.lower",
                    "::pg_catalog.text",
                    "OPERATOR(pg_catalog.=)",
                    "OPERATOR(\"a b\".=)",
                    " FOR NO KEY UPDATE OF u",
                    " FOR UPDATE OF u",
                ],
            };
            assert_eq!(words, expected);
        }
    }

    #[test]
    fn the_size_of_a_statement_and_of_a_transaction_is_limited() {
        for (many, expected) in [
            (Many::One, [1, 250, 1000]),
            (Many::Listed(300), [300, 300, 300]),
            (Many::Listed(3000), [3000, 3000, 1000]),
            (Many::Arrays(300), [300, 300, 1000]),
        ] {
            let at_first = usize::try_from(many.at_first(1000)).unwrap();
            assert_eq!([many.rows(), many.asked(), at_first], expected, "{many:?}");
        }
    }
}
