//! Commands about tokens.

pub(super) mod create;
pub(in crate::cli) mod create_args;
mod create_many;
pub(in crate::cli) mod issue;
pub(super) mod list;
mod list_records;
pub(super) mod revoke;
pub(super) mod verify;
