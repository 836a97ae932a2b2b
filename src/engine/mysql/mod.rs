//! MySQL and MariaDB.

mod access;
mod catalog;
mod connection;
mod dialect;
mod errors;
mod opening;
mod option_file;
mod script;
mod tls;
mod value;

pub(super) use crate::engine::mysql::connection::connect;
pub(super) use crate::engine::mysql::dialect::DIALECT;
