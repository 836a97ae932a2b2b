//! The SQL dialect of MySQL and MariaDB.

use crate::engine::dialect::{
    Deferral, Dialect, Family, Folding, Locking, Many, Matching, Moments, Naming, Placeholder,
};

pub(in crate::engine) static DIALECT: Dialect = Dialect {
    family: Family::MySql,
    quote: '`',
    placeholder: Placeholder::Mark,
    naming: Naming::Plain,
    matching: Matching::LikeOfLetters,
    folding: Folding::Collation,
    moments: Moments::Typed,
    many: Many::Listed(250),
    locking: Locking::Rows,
    deferral: Deferral { begin: "SET SESSION foreign_key_checks = 0", end: Some("SET SESSION foreign_key_checks = 1") },
};
