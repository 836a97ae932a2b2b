//! Connecting, and what is set on each connection.

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError};

use super::access::Access;
use super::naming;
use crate::database_url::DatabaseUrl;
use crate::engine::Options;
use crate::engine::server::connect_patiently;
use crate::error::Result;
use crate::sql::Value;

/// What a session sets. Locks are waited for in slices of a second, to look
/// between them whether to go on.
const SESSION: [&str; 4] = [
    "SET NAMES utf8mb4",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION autocommit = 1, foreign_key_checks = 1, unique_checks = 1",
    "SET SESSION innodb_lock_wait_timeout = 1, lock_wait_timeout = 2",
];

/// Connects.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<Conn> {
    let access = Access::find(url, &options.variables)?;
    let secret: Vec<Value> = access.password.iter().map(|password| Value::text(password)).collect();
    let (encrypted, plain) = (access.encrypted, access.plain);
    let connect = move || match (encrypted.clone(), plain.clone()) {
        (Some(encrypted), Some(plain)) => match Conn::new(encrypted) {
            Err(mysql::Error::DriverError(DriverError::TlsNotSupported)) => Conn::new(plain),
            outcome => outcome,
        },
        (encrypted, plain) => {
            let only = encrypted.or(plain);
            only.map_or_else(|| Err(mysql::Error::DriverError(DriverError::TlsNotSupported)), Conn::new)
        }
    };
    let connected = connect_patiently(options, access.timeout, place, naming::is_full, connect)?;
    let mut connection = connected.map_err(|error| naming::unconnected(error, place, &secret))?;
    for statement in SESSION {
        connection.query_drop(statement).map_err(|error| naming::named(error, place, &[]))?;
    }
    Ok(connection)
}
