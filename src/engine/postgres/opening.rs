//! Connects, and sets the variables of the session.

use postgres::Client;

use crate::engine::options::Options;
use crate::engine::postgres::access::Access;
use crate::engine::postgres::errors;
use crate::engine::postgres::route;
use crate::engine::postgres::watcher::{Cancel, Watcher};
use crate::engine::url::DatabaseUrl;
use crate::error::Result;

/// The statement that sets the variables of the session. Commits are durable,
/// whatever the server's default. A session whose client has died ends, so that
/// no other session waits for it. Locks are waited for in slices, so that
/// sessions queued behind do not wait long.
const SESSION: &str = "SET synchronous_commit = on; SET statement_timeout = 0;
    SET idle_in_transaction_session_timeout = '60s'; SET default_transaction_isolation = 'read committed';
    SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET client_min_messages = 'error';
    SET lock_timeout = '200ms'";

/// Connects, and returns the watcher that cancels a statement on an interrupt.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<(Client, Watcher)> {
    let access = Access::find(url, &options.variables)?;
    let (mut client, connector) = route::connect(&access, options, place)?;
    let zone = options.time_zone.as_deref().unwrap_or("UTC").replace('\'', "''");
    let session = format!("{SESSION}; SET TIME ZONE '{zone}'");
    client.batch_execute(&session).map_err(|error| errors::classify(&error, place, &[]))?;
    let cancel = Cancel { token: client.cancel_token(), connector };
    Ok((client, Watcher::new(cancel, options.interrupt.clone())))
}
