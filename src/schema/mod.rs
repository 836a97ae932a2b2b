//! What a database says: its catalog, its migration history, and the layout of
//! tokens and users in it. Pure: no database is asked from here.

mod catalog;
pub mod fit;
mod history;
pub mod layout;
pub mod problem;
pub mod tables;

pub use catalog::Catalog;
pub use history::{History, Recorded};
