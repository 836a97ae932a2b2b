//! What to do about unknown usernames.

use crate::cli::context::Context;
use crate::cli::hints::quoted;
use crate::django::token_key::as_name;
use crate::error::{Error, Kind};
use crate::output;

/// The most names that are suggested.
const MOST: u64 = 3;

/// Whether a command has an option to skip unknown users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Skipping {
    Offered,
    Unavailable,
}

/// Returns the error; one about unknown users with hints.
#[must_use]
pub(in crate::cli) fn with_hints(error: Error, skipping: Skipping, context: &Context) -> Error {
    // drf_create_token prints what Django's prints, and no more.
    if error.kind() != Kind::NoSuchUser || context.notes().django {
        return error;
    }
    let names = error.unknown_users();
    if names.iter().any(|name| as_name(name) != *name) {
        return error.hint("put a key into a file: revoke --keys-from FILE, or verify --keys-from FILE");
    }
    if names.iter().any(|name| name.starts_with('#')) {
        return error.hint("a list of names has one name per line and no comments");
    }
    match names {
        [name] => match similar(name, context) {
            Some(similar) => error.hint(format!("did you mean {similar}?")),
            None => error,
        },
        [_, _, ..] if skipping == Skipping::Offered => error.hint("--missing-ok skips unknown users"),
        _ => error,
    }
}

/// Returns the usernames that are similar to one, if there are any. Without an
/// answer of the database, there are none.
fn similar(name: &str, context: &Context) -> Option<String> {
    let names = context.session().and_then(|mut session| session.names_like(name, MOST)).unwrap_or_default();
    let names: Vec<_> = names.iter().filter(|name| output::is_harmless(name)).map(|name| quoted(name)).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}
