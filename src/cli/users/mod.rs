//! Commands about users.

pub(super) mod activate;
mod after_save;
pub(in crate::cli) mod columns;
pub(super) mod create;
pub(in crate::cli) mod create_args;
mod import;
mod import_check;
mod import_rows;
mod import_source;
pub(in crate::cli) mod new_users;
pub(in crate::cli) mod record;
pub(in crate::cli) mod save;
pub(super) mod set_password;
mod through_django;
