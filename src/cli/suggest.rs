//! Names that were perhaps meant.

use crate::cli::context::Context;
use crate::cli::hints::quoted;
use crate::error::Error;
use crate::output;

/// The most names that are suggested.
const MEANT: u64 = 3;

/// An error about a user who does not exist, with the names that were perhaps
/// meant.
#[must_use]
pub(in crate::cli) fn suggested(error: Error, context: &Context) -> Error {
    // Django's command has its own words, and no more.
    let Some(name) = error.subject().filter(|_| !context.notes().django) else { return error };
    // If the database no longer answers, the error has no suggestion.
    let names = context.session().and_then(|mut session| session.names_like(name, MEANT)).unwrap_or_default();
    let mut words = Vec::new();
    for name in names.iter().filter(|name| output::is_harmless(name)) {
        words.push(quoted(name));
    }
    if words.is_empty() { error } else { error.hint(format!("did you mean {}?", words.join(" or "))) }
}
