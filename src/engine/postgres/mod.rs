//! PostgreSQL, and servers with its protocol.

mod access;
mod addresses;
mod catalog;
mod client;
mod connection;
mod conninfo;
mod dialect;
mod errors;
mod lost_commit;
mod opening;
mod passfile;
mod route;
mod service;
mod session;
mod settings;
mod tls;
mod value;
mod verifier;

pub(super) use crate::engine::postgres::connection::connect;
pub(super) use crate::engine::postgres::dialect::DIALECT;
