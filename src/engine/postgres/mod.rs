//! PostgreSQL, and servers with its protocol.

mod access;
mod addresses;
mod catalog;
mod connection;
mod conninfo;
mod dialect;
mod errors;
mod opening;
mod passfile;
mod route;
mod service;
mod tls;
mod value;
mod verifier;
mod watcher;

pub(super) use crate::engine::postgres::connection::connect;
pub(super) use crate::engine::postgres::dialect::DIALECT;
