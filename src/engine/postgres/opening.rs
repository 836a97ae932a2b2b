//! Connects.

use crate::engine::options::Options;
use crate::engine::postgres::access::Access;
use crate::engine::postgres::client::Client;
use crate::engine::postgres::route;
use crate::engine::url::DatabaseUrl;
use crate::engine::url_options::option;
use crate::error::{Error, Result};

/// Connects. Sets nothing: the session may belong to a pool of the application.
/// Returns the role that each transaction assumes, too.
pub(super) fn open(url: &DatabaseUrl, options: &Options, place: &str) -> Result<(Client, Option<String>)> {
    let role = option(&url.options, &["assume_role"]).filter(|role| !role.is_empty());
    if role.is_some_and(|role| role.contains('\0')) {
        return Err(Error::usage("assume_role is not the name of a role"));
    }
    let access = Access::find(url, &options.variables)?;
    let client = route::connect(&access, options, place)?;
    Ok((client, role.map(str::to_owned)))
}
