//! How an engine spells what all of them can do. Plain data.

use crate::migrations::Scripts;
use crate::sql::pattern::Matching;

/// An engine's spelling.
#[derive(Debug)]
pub struct Dialect {
    /// The character around an identifier; doubled inside one.
    pub quote: char,
    /// How a parameter is written.
    pub placeholder: Placeholder,
    /// How text is compared with a pattern.
    pub matching: Matching,
    /// How a time is kept.
    pub moments: Moments,
    /// How rows are written that are many.
    pub many: Many,
    /// What is appended to a query whose rows are about to be changed.
    pub for_update: &'static str,
    /// What Django's migrations run here.
    pub migrations: &'static Scripts,
}

/// How an engine writes parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `?`
    Mark,
    /// `$1`, `$2`, …
    Dollar,
}

/// How an engine writes many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// One by one: a statement costs nothing but its work.
    One,
    /// So many with a statement that lists them: each statement is a journey.
    Listed(usize),
    /// So many with a statement that is given arrays of them.
    Arrays(usize),
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

/// How an engine keeps a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moments {
    /// As text, in a column that takes anything.
    Text,
    /// As a time.
    Typed,
}

impl Dialect {
    /// Quotes an identifier from the catalog.
    #[must_use]
    pub fn name(&self, identifier: &str) -> String {
        let quote = self.quote;
        let doubled: String = [quote, quote].iter().collect();
        format!("{quote}{}{quote}", identifier.replace(quote, &doubled))
    }

    /// The `n`th parameter, counted from 1.
    #[must_use]
    pub fn parameter(&self, n: usize) -> String {
        match self.placeholder {
            Placeholder::Mark => "?".to_owned(),
            Placeholder::Dollar => format!("${n}"),
        }
    }
}
