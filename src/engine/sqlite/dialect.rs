//! The SQL dialect of `SQLite`.

use crate::engine::dialect::{
    Deferral, Dialect, Family, Folding, Locking, Many, Matching, Moments, Naming, Placeholder,
};

pub(in crate::engine) static DIALECT: Dialect = Dialect {
    family: Family::Sqlite,
    quote: '"',
    placeholder: Placeholder::Mark,
    naming: Naming::Plain,
    matching: Matching::Glob,
    folding: Folding::NoCase,
    moments: Moments::Text,
    many: Many::One,
    locking: Locking::Whole,
    deferral: Deferral { begin: "PRAGMA defer_foreign_keys = ON", end: None },
};
