//! How an engine spells what all of them can do. Plain data, but for the few
//! functions that put a name or an operator together.

/// An engine's spelling.
#[derive(Debug)]
pub struct Dialect {
    /// Which engine it is, for those who keep files for each.
    pub family: Family,
    /// The character around an identifier; doubled inside one.
    pub quote: char,
    /// How a parameter is written.
    pub placeholder: Placeholder,
    /// Whether functions, types and operators are named with their schema.
    pub naming: Naming,
    /// How text is compared with a pattern.
    pub matching: Matching,
    /// How text is compared but for case.
    pub folding: Folding,
    /// How a time is kept.
    pub moments: Moments,
    /// How rows are written that are many.
    pub many: Many,
    /// How rows that are about to be changed are locked.
    pub locking: Locking,
}

/// The kinds of databases that Django's own backends are for.
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

/// How an engine finds functions, types and operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// By their name: there is one of each.
    Plain,
    /// By a search path, in which others may have put their own: each is
    /// named with its schema.
    Qualified,
}

/// How an engine compares text with a pattern, every case being another letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// `GLOB`, with sets of characters in brackets.
    Glob,
    /// `LIKE`, with a backslash as the escape character.
    Like,
    /// `LIKE`, letter by letter, where the column's own comparison may take some
    /// for one.
    LikeOfLetters,
}

/// How an engine compares text but for case.
///
/// Mirrors the `iexact` lookup of Django's backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// `COLLATE NOCASE`, which knows the case of ASCII letters alone.
    NoCase,
    /// `upper()` on both sides.
    Upper,
    /// The column's own comparison folds case, or every case is another letter.
    Collation,
}

/// How an engine writes many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One by one: a statement costs nothing but its work.
    One,
    /// So many with a statement that lists them: each statement is a round trip.
    Listed(usize),
    /// So many with a statement that is given arrays of them.
    Arrays(usize),
}

/// How an engine locks rows that are read in order to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// The transaction has locked everything.
    Whole,
    /// `FOR UPDATE`, of all tables of the query.
    Rows,
    /// `FOR UPDATE OF` one of its tables; `FOR NO KEY UPDATE` where the key of
    /// the row stays, so that rows which refer to it can still be written.
    RowsOf,
}

/// How an engine keeps a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moments {
    /// As text, in a column that takes anything.
    Text,
    /// As a time.
    Typed,
}

/// What a statement does with the rows that it locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// It changes them, but not their key.
    Update,
    /// It deletes them, or changes their key.
    Delete,
}

impl Many {
    /// How many rows go with a statement.
    #[must_use]
    pub fn rows(self) -> usize {
        match self {
            Self::One => 1,
            Self::Listed(rows) | Self::Arrays(rows) => rows,
        }
    }

    /// How many rows are asked for with a statement.
    #[must_use]
    pub fn asked(self) -> usize {
        /// As many as a server is asked for where they are listed.
        const LISTED: usize = 250;
        match self {
            Self::One => LISTED,
            Self::Listed(rows) | Self::Arrays(rows) => rows,
        }
    }

    /// How many rows the first of many transactions has, of so many at most: where
    /// rows are listed, each takes longer.
    #[must_use]
    pub fn at_first(self, most: u64) -> u64 {
        match self {
            Self::Listed(rows) => most.min(u64::try_from(rows).unwrap_or(most)),
            Self::One | Self::Arrays(_) => most,
        }
    }
}

impl Dialect {
    /// Quotes an identifier from the catalog.
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

    /// The identifier that Django means by a name that it puts between quotes as
    /// it is.
    ///
    /// Mirrors `DatabaseOperations.quote_name`.
    #[must_use]
    pub fn unquoted(&self, name: &str) -> String {
        let doubled = String::from_iter([self.quote; 2]);
        let within = name.strip_prefix(self.quote).and_then(|name| name.strip_suffix(self.quote));
        within.unwrap_or(name).replace(&doubled, &self.quote.to_string())
    }

    /// The `n`th parameter, counted from 1.
    #[must_use]
    pub fn parameter(&self, n: usize) -> String {
        match self.placeholder {
            Placeholder::Mark => "?".to_owned(),
            Placeholder::Dollar => format!("${n}"),
        }
    }

    /// The name of a function that every engine has.
    #[must_use]
    pub fn function(&self, name: &str) -> String {
        match self.naming {
            Naming::Plain => name.to_owned(),
            Naming::Qualified => format!("pg_catalog.{name}"),
        }
    }

    /// What is written behind an expression that is to be text, where that has to
    /// be said.
    #[must_use]
    pub fn text_cast(&self) -> &'static str {
        match self.naming {
            Naming::Plain => "",
            Naming::Qualified => "::pg_catalog.text",
        }
    }

    /// An operator, such as `=`; `schema` is that of the operands' type where it
    /// is none of the engine's own.
    #[must_use]
    pub fn operator(&self, operator: &str, schema: Option<&str>) -> String {
        match (self.naming, schema) {
            (Naming::Plain, _) => operator.to_owned(),
            (Naming::Qualified, None) => format!("OPERATOR(pg_catalog.{operator})"),
            (Naming::Qualified, Some(schema)) => format!("OPERATOR({}.{operator})", self.name(schema)),
        }
    }

    /// What is appended to a query that locks rows of the table of an alias.
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
