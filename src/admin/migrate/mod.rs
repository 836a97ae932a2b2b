//! Django's migrations: what is applied, what would be, and applying it.

mod apply;
mod data;
mod plan;
mod recognize;
mod rehearse;
mod survey;

pub use data::{Faking, MigrateRequest, Migrated, Planned, Step};
