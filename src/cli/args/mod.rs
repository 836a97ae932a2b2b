//! Arguments that several commands share, and their checks.

pub(super) mod bulk;
pub(super) mod filter;
pub(in crate::cli) mod keys;
pub(in crate::cli) mod names;
pub(super) mod password;
pub(super) mod plain_password;
pub(in crate::cli) mod raw;
pub(in crate::cli) mod secrets;
