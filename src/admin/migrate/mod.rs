//! Django's migrations: which are applied, which would be, and applying them.

mod apply;
mod data;
mod plan;
mod recognize;
mod rehearse;
mod survey;

pub use data::{FakeMode, MigrateRequest, Migrated, Planned, Step};
