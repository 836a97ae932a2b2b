//! Commands about users.

pub(super) mod activate;
pub(in crate::cli) mod columns;
pub(super) mod create;
pub(in crate::cli) mod create_args;
mod import;
mod import_passage;
mod import_rows;
pub(in crate::cli) mod record;
pub(in crate::cli) mod save;
pub(super) mod set_password;
