//! Suggestions for an unknown username.

use crate::cli::context::Context;
use crate::cli::hints::quoted;
use crate::error::Error;
use crate::output;

/// The most names that are suggested.
const MOST: u64 = 3;

/// Returns the error; one about an unknown username with similar names.
#[must_use]
pub(in crate::cli) fn suggested(error: Error, context: &Context) -> Error {
    // drf_create_token prints what Django's prints, and no more.
    let Some(name) = error.subject().filter(|_| !context.notes().django) else { return error };
    // Without an answer of the database, there is no suggestion.
    let names = context.session().and_then(|mut session| session.names_like(name, MOST)).unwrap_or_default();
    let mut words = Vec::new();
    for name in names.iter().filter(|name| output::is_harmless(name)) {
        words.push(quoted(name));
    }
    if words.is_empty() { error } else { error.hint(format!("did you mean {}?", words.join(" or "))) }
}
