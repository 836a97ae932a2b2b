//! The notes and warnings that go with a result.

use crate::admin::Session;
use crate::admin::model::Summary;
use crate::admin::tokens::IssuedToken;
use crate::cli::context::Context;
use crate::django::apps::TokenDoubt;
use crate::django::key_shape::KeyShape;
use crate::django::token_key::{MAX_LENGTH, MIN_LENGTH};
use crate::error::Result;

/// Returns how much of the input was rejected: `1 of 2 keys was rejected`.
pub(in crate::cli) fn rejected_part(rejected: usize, all: usize, units: &str) -> String {
    let were = if rejected == 1 { "was" } else { "were" };
    format!("{rejected} of {all} {units} {were} rejected")
}

/// Prints the notices and warnings of a change.
pub(in crate::cli) fn say(summary: &Summary, context: &Context) {
    for notice in &summary.notices {
        context.notes().note(notice);
    }
    for warning in &summary.warnings {
        context.notes().warning(warning);
    }
}

/// Warns of what makes the detected layout doubtful, for a command that reads.
pub(in crate::cli) fn warn_of_layout(session: &mut Session, context: &Context) -> Result<()> {
    for warning in &session.layout()?.warnings {
        context.notes().warning(warning);
    }
    Ok(())
}

/// Notes what the settings say against tokens of the token table.
pub(in crate::cli) fn note_doubt(context: &Context) -> Result<()> {
    let Some(apps) = context.apps()? else { return Ok(()) };
    match apps.token_doubt() {
        None => {}
        Some(TokenDoubt::NotInstalled) => context.notes().note(
            "INSTALLED_APPS of the settings does not have rest_framework.authtoken: \
             the application may accept none of these tokens",
        ),
        Some(TokenDoubt::NotByDefault(classes)) => context.notes().note(&format!(
            "DEFAULT_AUTHENTICATION_CLASSES of the settings does not have DRF's TokenAuthentication (it {}): \
             only views that set authentication_classes accept these tokens",
            if classes.is_empty() { "is empty".to_owned() } else { format!("has {}", classes.join(", ")) }
        )),
    }
    Ok(())
}

/// Warns, before a change, of a cache of the application that keeps old rows.
pub(in crate::cli) fn warn_of_cache(context: &Context) -> Result<()> {
    let Some(cache) = context.apps()?.and_then(|apps| apps.orm_cache()) else { return Ok(()) };
    let clear = cache.clear.map(|command| format!("; to clear it: python manage.py {command}")).unwrap_or_default();
    context.notes().warning(&format!(
        "the application caches what it reads ({}) and may accept old keys and passwords until that expires{clear}",
        cache.package
    ));
    Ok(())
}

/// Warns, before a token is created, if the application's keys have another shape
/// than those of drfctl.
pub(in crate::cli) fn warn_of_key_shape(session: &mut Session, context: &Context) -> Result<()> {
    if let Some(shape) = session.key_shape()? {
        warn_of_foreign_keys(&shape, context);
    }
    Ok(())
}

/// Warns of the shape of the application's keys.
pub(in crate::cli) fn warn_of_foreign_keys(shape: &KeyShape, context: &Context) {
    let KeyShape { prefix, shortest, longest } = shape;
    let begin = prefix.as_ref().map(|prefix| format!("begin with {prefix} and ")).unwrap_or_default();
    let length = if shortest == longest { shortest.to_string() } else { format!("{shortest} to {longest}") };
    let is_preset = MIN_LENGTH <= *shortest && *longest <= MAX_LENGTH;
    context.notes().warning(&format!(
        "the application's keys {begin}have {length} characters, and drfctl creates {MAX_LENGTH} hexadecimal digits{}",
        if is_preset { "; --key-from FILE gives one user another key" } else { "" }
    ));
}

/// Notes other tables whose tokens the API may accept instead.
pub(in crate::cli) fn note_other_tokens(session: &mut Session, context: &Context) -> Result<()> {
    let tables = session.other_token_tables()?;
    let look = match tables.len() {
        0 => return Ok(()),
        1 => "looks like a token table, too, and has rows",
        _ => "look like token tables, too, and have rows",
    };
    context.notes().note(&format!("{} {look}: the API may accept those tokens instead", tables.join(", ")));
    Ok(())
}

/// Warns of tokens that the application rejects.
pub(in crate::cli) fn warn_of_inactive(tokens: &[IssuedToken], context: &Context) {
    for token in tokens.iter().filter(|token| !token.is_active) {
        warn_of_refusal(&token.username.readable(), context);
    }
}

/// Warns of a user whose token the application rejects.
pub(in crate::cli) fn warn_of_refusal(username: &str, context: &Context) {
    context.notes().warning(&format!("user {username} is inactive: the application rejects this token"));
}
