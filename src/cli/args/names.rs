//! The users that are named on a command line, compared with those that exist.

use crate::admin::users::no_such_user;
use crate::admin::{ListRequest, Listing, ONE_TRANSACTION, Session};
use crate::cli::context::Context;
use crate::django::token_key::as_name;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::query::filter::Filter;

/// What happens where a name is no user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum OnUnknown {
    /// It is an error.
    Refuse,
    /// A note says so.
    Note,
}

/// Which of the named users a command does something for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Concerned {
    /// Those who hold a token.
    Holders,
    /// Those who hold none.
    Others,
}

/// What looks like a pattern and is a user's name, is that name.
pub(in crate::cli) fn prefer_names(session: &mut Session, filter: &mut Filter) -> Result<()> {
    for pattern in std::mem::take(&mut filter.patterns) {
        let name = Username::parse(pattern.text().as_ref())?;
        if session.snapshot()?.unknown(std::slice::from_ref(&name))?.is_empty() {
            filter.names.push(name);
        } else {
            filter.patterns.push(pattern);
        }
    }
    Ok(())
}

/// Refuses names that no user has, and patterns that no user's name fits, or says
/// which they are.
pub(in crate::cli) fn check_names(
    session: &mut Session,
    filter: &mut Filter,
    on_unknown: OnUnknown,
    context: &Context,
) -> Result<()> {
    prefer_names(session, filter)?;
    let mut unknown: Vec<Error> = Vec::new();
    if !filter.names.is_empty() {
        for name in session.snapshot()?.unknown(&filter.names)? {
            unknown.push(no_such_user(name.as_str()));
        }
    }
    for pattern in &filter.patterns {
        let those = Filter { patterns: vec![pattern.clone()], ..Filter::default() };
        if session.count_users(&those)? == 0 {
            let words = format!("a user with a name like {} does not exist", pattern.text());
            unknown.push(Error::new(Kind::NoSuchUser, words));
        }
    }
    for error in unknown {
        if on_unknown == OnUnknown::Refuse {
            let is_key = error.subject().is_some_and(|name| as_name(name) != name);
            return Err(if is_key {
                error.hint("a key goes into a file: revoke --keys-from FILE, or verify --key-from FILE")
            } else {
                error
            });
        }
        context.notes().note(&error.to_string());
    }
    Ok(())
}

/// Says of users who are named why nothing will be done for them, if they are
/// not too many; returns whether there were such.
pub(in crate::cli) fn note_others(
    session: &mut Session,
    filter: &Filter,
    concerned: Concerned,
    context: &Context,
) -> Result<bool> {
    if filter.names.is_empty() || u64::try_from(filter.names.len()).is_ok_and(|names| names > ONE_TRANSACTION) {
        return Ok(false);
    }
    let (has_token, why) = match concerned {
        Concerned::Holders => (false, "has no token"),
        Concerned::Others => (true, "has a token already"),
    };
    let filter = Filter { names: filter.names.clone(), has_token: Some(has_token), ..Filter::default() };
    let mut others = Vec::new();
    session.list_users(&ListRequest { filter, ..ListRequest::default() }, &mut |event| {
        if let Listing::Row(row) = event {
            others.push(row.user.username()?.readable().into_owned());
        }
        Ok(())
    })?;
    for name in &others {
        context.notes().note(&format!("user {name} {why}"));
    }
    Ok(!others.is_empty())
}
