//! Connects, and sets the variables of the session.

use crate::engine::mysql::access::Access;
use crate::engine::mysql::client::{Client, Failure};
use crate::engine::mysql::errors;
use crate::engine::options::Options;
use crate::engine::server::connect_patiently;
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::error::Result;

/// The statement that sets the variables of the session. Text that is too long
/// is an error and is not truncated, whatever the server's mode, and a backslash
/// in a literal escapes. Locks are waited for in slices of a second. New tables
/// have transactions. The variable for the isolation level has different names
/// in MySQL and MariaDB, and each server runs only the comment with its own
/// marker.
const SESSION: &str = "SET NAMES utf8mb4,
    /*M!100100 SESSION tx_isolation = 'READ-COMMITTED', */
    /*!50720 SESSION transaction_isolation = 'READ-COMMITTED', */
    SESSION sql_mode = CONCAT(REPLACE(@@SESSION.sql_mode, 'NO_BACKSLASH_ESCAPES', ''), ',STRICT_TRANS_TABLES'),
    SESSION default_storage_engine = InnoDB,
    SESSION autocommit = 1, SESSION foreign_key_checks = 1, SESSION unique_checks = 1,
    SESSION innodb_lock_wait_timeout = 1, SESSION lock_wait_timeout = 2";

/// Connects.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<Client> {
    let access = Access::find(url, &options.variables)?;
    let secret: Vec<Value> = access.password.iter().map(|password| Value::text(password)).collect();
    let (endpoint, own, limit) = (access.endpoint, options.clone(), access.timeout);
    let connect = move || Client::connect(endpoint.clone(), &own, limit);
    let is_full = |failure: &Failure| matches!(failure, Failure::Driver(error) if errors::is_full(error));
    let connected = connect_patiently(options, access.timeout, place, is_full, connect)?;
    let mut client = connected.map_err(|failure| errors::unconnected(failure, place, &secret))?;
    client.prepend_setup(SESSION);
    Ok(client)
}
