//! Conditions that the rows of a list are those that its filter asks for,
//! although a damaged index may have led to them.

use crate::error::Result;
use crate::query::builder::Builder;
use crate::query::filter::{Filter, Source, Subject};
use crate::query::row_check::{is_as_indexed, leads_back};
use crate::query::{tokens, users};
use crate::schema::tables::TOKEN_ALIAS;

/// What the rows are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// They are shown.
    Reading,
    /// They are shown in the order of an index on the username.
    ReadingByName,
    /// They are about to change.
    Changing,
}

/// Returns the conditions. There are none for a list of all rows, which names
/// no user and would take much longer.
pub(super) fn conditions(
    builder: &mut Builder<'_>,
    filter: &Filter,
    source: &Source<'_>,
    purpose: Purpose,
) -> Result<Vec<String>> {
    let Filter { names, patterns, keys, key_prefix, .. } = filter.clone();
    let lookup = Filter { names, patterns, keys, key_prefix, ..Filter::default() };
    let by_name = !lookup.names.is_empty() || !lookup.patterns.is_empty() || purpose == Purpose::ReadingByName;
    let by_key = !lookup.keys.is_empty() || lookup.key_prefix.is_some();
    // Where all tokens change, none is that of another user.
    let everything = Filter { has_token: None, ..filter.clone() };
    let is_whole = everything.is_empty() && source.tokens.is_some_and(|tokens| tokens.is_plain);
    let is_changed = purpose == Purpose::Changing && !is_whole;
    if !by_name && !by_key && !is_changed {
        return Ok(Vec::new());
    }
    let dialect = builder.dialect;
    let mut conditions = Vec::new();
    if source.users.chain[0].shape.has_row_numbers {
        for column_ref in source.users.username.columns().iter().filter(|_| by_name) {
            conditions.extend(users::is_as_indexed(source.users, dialect, column_ref));
        }
        if let Some(tokens) = source.joined_tokens().filter(|_| by_key) {
            conditions.extend(is_as_indexed(dialect, TOKEN_ALIAS, &tokens.shape, &tokens.key));
        }
    } else {
        conditions.extend(builder.conditions(&lookup, source)?);
    }
    if let Some(tokens) = source.joined_tokens() {
        let joined = tokens::joined_as_stored(source.users, tokens, dialect);
        // In a list of users, some have no token.
        let token = tokens::column(tokens, dialect, &tokens.user).sql;
        conditions.push(match source.subject {
            Subject::Tokens => joined,
            Subject::Users => format!("({token} IS NULL OR {joined})"),
        });
    }
    // A token is changed or deleted by these columns.
    if let Some(tokens) = source.tokens.filter(|_| is_changed && source.subject == Subject::Tokens) {
        for column in [&tokens.pk, &tokens.user] {
            conditions.extend(leads_back(dialect, TOKEN_ALIAS, &tokens.shape, column));
        }
    }
    Ok(conditions)
}
