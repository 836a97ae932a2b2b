//! The users that a command line names, compared with those that exist.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::Path;

use clap::Args as ClapArgs;

use crate::admin::users::no_such_users;
use crate::admin::{ListRequest, Listing, ONE_TRANSACTION, Session};
use crate::cli::context::Context;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::prompt;
use crate::query::filter::Filter;

/// The argument for names that standard input lists.
pub(in crate::cli) const LIST: &str = "-";

/// What to do with unknown users and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum OnUnknown {
    /// Fail, with all of them in the message.
    Refuse,
    /// Note them, and continue with the others.
    Note,
}

/// The option of commands that can skip what does not exist.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct MissingArgs {
    /// Skip users and keys that do not exist
    #[arg(long, visible_alias = "if-exists")]
    pub missing_ok: bool,
}

impl MissingArgs {
    /// Returns what to do with unknown users and keys.
    pub(in crate::cli) fn on_unknown(&self) -> OnUnknown {
        if self.missing_ok { OnUnknown::Note } else { OnUnknown::Refuse }
    }
}

/// Which of the named users a command changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Concerned {
    /// Those who have a token.
    Holders,
    /// Those who have none.
    Others,
}

/// Returns the names of a command line, with those of standard input for `-`.
///
/// # Errors
/// Rejected if a name is invalid or standard input cannot be read.
pub(in crate::cli) fn names(typed: &[OsString]) -> Result<Vec<Username>> {
    let mut names = Vec::with_capacity(typed.len());
    for typed in typed {
        if typed == LIST {
            names.extend(listed_names()?);
        } else {
            names.push(Username::parse(typed)?);
        }
    }
    Ok(names)
}

/// Returns the names on standard input, one per line.
///
/// # Errors
/// Rejected if a name is invalid or standard input cannot be read.
pub(in crate::cli) fn listed_names() -> Result<Vec<Username>> {
    let mut names = Vec::new();
    prompt::lines(Path::new(LIST), &mut |number, line| {
        let name = Username::parse(&prompt::os_string(line));
        names.push(name.map_err(|error| error.at(format!("line {number} of standard input")))?);
        Ok(())
    })?;
    Ok(names)
}

/// Notes that an input has no names, keys or users.
pub(in crate::cli) fn note_empty(source: &Path, what: &str, context: &Context) {
    context.notes().note(&format!("{} has no {what}: nothing to do", prompt::name_of(source)));
}

/// Returns the names that users have. The others are an error, or a note.
///
/// # Errors
/// No such user if names are unknown and that is an error; busy or unusable if
/// the database cannot be read.
pub(in crate::cli) fn known_names(
    session: &mut Session,
    names: Vec<Username>,
    on_unknown: OnUnknown,
    context: &Context,
) -> Result<Vec<Username>> {
    let mut snapshot = session.snapshot()?;
    let unknown: Vec<&str> = snapshot.unknown(&names)?.into_iter().map(Username::as_str).collect();
    if unknown.is_empty() {
        return Ok(names);
    }
    let error = no_such_users(&unknown);
    if on_unknown == OnUnknown::Refuse {
        return Err(error);
    }
    context.notes().note(&error.to_string());
    let unknown: HashSet<String> = unknown.into_iter().map(str::to_owned).collect();
    Ok(names.into_iter().filter(|name| !unknown.contains(name.as_str())).collect())
}

/// Turns patterns that are the name of a user into that name.
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

/// Checks that each name is that of a user and that each pattern matches one,
/// or notes those that do not.
///
/// # Errors
/// No such user, with all of them, if that is an error.
pub(in crate::cli) fn check_names(
    session: &mut Session,
    filter: &mut Filter,
    on_unknown: OnUnknown,
    context: &Context,
) -> Result<()> {
    prefer_names(session, filter)?;
    let mut unknown: Vec<&str> = Vec::new();
    if !filter.names.is_empty() {
        unknown = session.snapshot()?.unknown(&filter.names)?.into_iter().map(Username::as_str).collect();
    }
    let mut unmatched = Vec::new();
    for pattern in &filter.patterns {
        let those = Filter { patterns: vec![pattern.clone()], ..Filter::default() };
        if session.count_users(&those)? == 0 {
            unmatched.push(pattern.text());
        }
    }
    let error = match (unknown.as_slice(), unmatched.as_slice()) {
        ([], []) => return Ok(()),
        (names, []) => no_such_users(names),
        ([], patterns) => no_match(patterns),
        (names, patterns) => Error::no_such_users(format!("{}; {}", no_such_users(names), no_match(patterns)), names),
    };
    if on_unknown == OnUnknown::Refuse {
        return Err(error);
    }
    context.notes().note(&error.to_string());
    Ok(())
}

/// Returns the error for patterns that match no user.
fn no_match(patterns: &[&str]) -> Error {
    Error::new(Kind::NoSuchUser, format!("no username matches {}", patterns.join(", ")))
}

/// Notes why named users are not changed, unless there are very many. Returns
/// whether there are such users.
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
