//! Connecting, and what is set on each connection.

use postgres::{Client, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::access::Access;
use super::naming;
use crate::database_url::DatabaseUrl;
use crate::engine::Options;
use crate::engine::server::connect_patiently;
use crate::error::Result;
use crate::sql::Value;

/// What a session sets. What it commits is on the disk, whatever the server's
/// default; and nobody waits for a session that lost its program.
const SESSION: &str = "SET synchronous_commit = on; SET statement_timeout = 0;
    SET idle_in_transaction_session_timeout = '60s'; SET default_transaction_isolation = 'read committed';
    SET bytea_output = 'hex'; SET standard_conforming_strings = on; SET client_min_messages = 'error'";

/// Connects; with what encrypts the connection.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<(Client, Option<MakeRustlsConnect>)> {
    let access = Access::find(url, &options.variables)?;
    let connector = if access.is_socket { None } else { Some(access.tls.connector()?) };
    let (config, encrypted) = (access.config.clone(), connector.clone());
    let limit = config.get_connect_timeout().copied().unwrap_or(options.busy_timeout);
    let connect = move || match encrypted.clone() {
        Some(connector) => config.connect(connector),
        None => config.connect(NoTls),
    };
    let connected = connect_patiently(options, limit, place, naming::is_full, connect)?;
    let secret: Vec<Value> =
        access.config.get_password().map(|secret| Value::text(&String::from_utf8_lossy(secret))).into_iter().collect();
    let mut client = connected.map_err(|error| naming::unconnected(&error, place, &secret))?;
    let zone = options.time_zone.as_deref().unwrap_or("UTC").replace('\'', "''");
    let wait = options.busy_timeout.as_millis().clamp(1, 2_147_483_647);
    let session = format!("{SESSION}; SET TIME ZONE '{zone}'; SET lock_timeout = {wait}");
    client.batch_execute(&session).map_err(|error| naming::named(&error, place, &[]))?;
    Ok((client, connector))
}
