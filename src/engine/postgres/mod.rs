//! PostgreSQL, and servers with its protocol.

mod access;
mod catalog;
mod connection;
mod dialect;
mod errors;
mod opening;
mod tls;
mod value;
mod watcher;

pub(super) use crate::engine::postgres::connection::connect;
pub(super) use crate::engine::postgres::dialect::DIALECT;
