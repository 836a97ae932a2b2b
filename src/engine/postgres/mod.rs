//! PostgreSQL, and servers with its protocol.

mod access;
mod catalog;
mod client;
mod connection;
mod dialect;
mod errors;
mod opening;
mod settings;
mod tls;
mod value;

pub(super) use crate::engine::postgres::connection::connect;
pub(super) use crate::engine::postgres::dialect::DIALECT;
