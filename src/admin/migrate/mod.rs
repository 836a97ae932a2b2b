//! Django's migrations: which are applied, which would be, and applying them.

mod apply;
mod data;
mod extra;
mod plan;
mod post_migrate;
mod recognize;
mod rehearse;
mod scope;
mod survey;

pub use data::{FakeMode, Inventory, MigrateRequest, Migrated, Plan, Planned, Step};
