//! Connects.

use crate::engine::options::Options;
use crate::engine::postgres::access::Access;
use crate::engine::postgres::client::{Client, Failure, Way};
use crate::engine::postgres::errors;
use crate::engine::server::{connect_patiently, option};
use crate::engine::url::DatabaseUrl;
use crate::engine::value::Value;
use crate::error::Result;

/// Connects. Sets nothing: the session may belong to a pool of the application.
/// Returns the role that each transaction assumes, too.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<(Client, Option<String>)> {
    let access = Access::find(url, &options.variables)?;
    let connector = if access.is_socket { None } else { Some(access.tls.connector()?) };
    let secret: Vec<Value> =
        access.config.get_password().map(|secret| Value::text(&String::from_utf8_lossy(secret))).into_iter().collect();
    let limit = access.config.get_connect_timeout().copied().unwrap_or(options.busy_timeout);
    let (way, own) = (Way { config: access.config, connector }, options.clone());
    let connect = move || way.clone().connect(&own);
    let is_full = |failure: &Failure| matches!(failure, Failure::Driver(error) if errors::is_full(error));
    let connected = connect_patiently(options, limit, place, is_full, connect)?;
    let client = connected.map_err(|failure| errors::unconnected(failure, place, &secret))?;
    Ok((client, option(&url.options, &["assume_role"]).map(str::to_owned)))
}
