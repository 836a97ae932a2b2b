//! Tokens: issue, list, verify, revoke.

mod bulk;
mod data;
mod existing;
mod holder;
mod issue;
mod key_shape;
mod list;
mod other_tables;
mod references;
mod renewal;
mod revoke;
mod verify;
mod write;

pub use bulk::BulkRequest;
pub use data::{IssueRequest, IssuedToken, OnExisting, Outcome, Random, RotatedKey};
pub(super) use issue::{Issued, Issuing};
pub use list::TokenRow;
pub use revoke::{RevokeRequest, RevokedToken};
pub use verify::Accepted;
