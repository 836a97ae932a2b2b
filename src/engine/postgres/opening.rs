//! Connects.

use crate::engine::options::Options;
use crate::engine::postgres::access::Access;
use crate::engine::postgres::client::Client;
use crate::engine::postgres::route;
use crate::engine::server::option;
use crate::engine::url::DatabaseUrl;
use crate::error::Result;

/// Connects. Sets nothing: the session may belong to a pool of the application.
/// Returns the role that each transaction assumes, too.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<(Client, Option<String>)> {
    let access = Access::find(url, &options.variables)?;
    let client = route::connect(&access, options, place)?;
    Ok((client, option(&url.options, &["assume_role"]).filter(|role| !role.is_empty()).map(str::to_owned)))
}
