//! The SQL dialect of PostgreSQL.

use crate::engine::dialect::{
    Deferral, Dialect, Family, Folding, Locking, Many, Matching, Moments, Naming, Placeholder,
};

pub(in crate::engine) static DIALECT: Dialect = Dialect {
    family: Family::Postgres,
    quote: '"',
    placeholder: Placeholder::Dollar,
    naming: Naming::Qualified,
    matching: Matching::Like,
    folding: Folding::Upper,
    moments: Moments::Typed,
    many: Many::Arrays(5_000),
    locking: Locking::RowsOf,
    deferral: Deferral { begin: "SET CONSTRAINTS ALL DEFERRED", end: None },
};
