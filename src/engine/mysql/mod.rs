//! MySQL and MariaDB.

mod access;
mod catalog;
mod client;
mod connection;
mod dialect;
mod endpoint;
mod errors;
mod opening;
mod option_file;
mod relay;
mod script;
mod tls;
mod value;

pub(super) use crate::engine::mysql::connection::connect;
pub(super) use crate::engine::mysql::dialect::DIALECT;
