//! Operations on the users and tokens of an application: typed requests in,
//! typed results out.
//!
//! A [`Session`] is an open database. A [`Snapshot`] reads. A transaction
//! writes; it begins, commits and resolves its outcome in one place. Nothing
//! here prints, asks a person, or changes the process.

mod application;
mod batch;
mod commit_outcome;
pub mod identity;
pub mod inspect;
mod installed;
mod listing;
pub mod migrate;
pub mod model;
mod open_transaction;
mod session;
mod snapshot;
pub mod tokens;
mod transaction;
mod user_model;
pub mod users;
mod work;

pub use application::Application;
pub use batch::{ONE_TRANSACTION, Pace};
pub use installed::Installed;
pub use listing::{ListRequest, Listing, ONE_STATEMENT};
pub use session::{DatabaseConfig, Session};
pub use snapshot::Snapshot;
pub use work::NewSpool;

#[cfg(test)]
mod tests;
