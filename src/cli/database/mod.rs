//! Commands about the database as a whole.

pub(super) mod inspect;
pub(super) mod migrate;
mod migrate_records;
