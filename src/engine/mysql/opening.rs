//! Connects, and sets the variables of the session.

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError};

use crate::engine::mysql::access::Access;
use crate::engine::mysql::errors;
use crate::engine::options::Options;
use crate::engine::server::connect_patiently;
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::error::Result;

/// The statement that sets the variables of the session. Text that is too long
/// is an error and is not truncated, whatever the server's mode. Locks are
/// waited for in slices of a second. New tables have transactions. The variable
/// for the isolation level has different names in MySQL and MariaDB, and each
/// server runs only the comment with its own marker.
const SESSION: &str = "SET NAMES utf8mb4,
    /*M!100100 SESSION tx_isolation = 'READ-COMMITTED', */
    /*!50720 SESSION transaction_isolation = 'READ-COMMITTED', */
    SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_TRANS_TABLES'),
    SESSION default_storage_engine = InnoDB,
    SESSION autocommit = 1, SESSION foreign_key_checks = 1, SESSION unique_checks = 1,
    SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 2";

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
    let connected = connect_patiently(options, access.timeout, place, errors::is_full, connect)?;
    let mut connection = connected.map_err(|error| errors::unconnected(error, place, &secret))?;
    connection.query_drop(SESSION).map_err(|error| errors::classify(error, place, &[]))?;
    Ok(connection)
}
