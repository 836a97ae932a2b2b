//! What a database contains: its catalog, its migration history, and the layout
//! of users and tokens. Pure: nothing here queries a database.

mod catalog;
pub mod fit;
mod history;
pub mod layout;
pub mod personal;
pub mod problem;
pub mod tables;

pub use catalog::{Catalog, SchemaChoice};
pub use history::{History, Recorded};
