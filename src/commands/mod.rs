//! One file a command: what is typed, what happens, what is seen.

pub mod activate;
pub mod bulk;
pub mod changepassword;
pub mod completions;
pub mod create_token;
pub mod create_user;
pub mod createsuperuser;
pub mod drf_create_token;
pub mod filter;
pub mod inspect;
pub mod list;
mod listed;
pub mod man;
mod many_tokens;
pub mod migrate;
pub mod password;
pub mod revoke;
pub mod set_password;
mod told;
mod user_file;
mod user_rows;
pub mod verify;

use crate::context::Context;
use crate::django::token_key::as_name;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result, shell_word};
use crate::output::{self, Format};
use crate::sql::filter::TokenFilter;
use crate::store::{IssuedToken, ONE_TRANSACTION, Passage, SavedUser, Store, UserData, UserOrder, no_such_user};

/// So many names are offered in the place of one.
const MEANT: u64 = 3;

/// An error about a user who does not exist, with the names that were perhaps
/// meant.
#[must_use]
pub fn suggested(error: Error, context: &Context) -> Error {
    // Django's command has its own words, and no more.
    let Some(name) = error.subject().filter(|_| !context.notes().django) else { return error };
    // Where the database does not answer any more, the error is told without.
    let names = context.store().and_then(|mut store| store.names_like(name, MEANT)).unwrap_or_default();
    let names: Vec<String> =
        names.iter().filter(|name| output::is_harmless(name)).map(|name| shell_word(name)).collect();
    if names.is_empty() { error } else { error.hint(format!("did you mean {}?", names.join(" or "))) }
}

/// Says what was noticed beside the result.
fn say<'a>(notices: &[String], warnings: impl IntoIterator<Item = &'a String>, context: &Context) {
    for notice in notices {
        context.notes().note(notice);
    }
    for warning in warnings {
        context.notes().warning(warning);
    }
}

/// Makes or changes users, all or none, and says what was noticed.
fn save_users(order: &UserOrder, users: Vec<UserData>, context: &Context) -> Result<Vec<SavedUser>> {
    let mut saved = Vec::with_capacity(users.len());
    let mut on_saved = |user| {
        saved.push(user);
        Ok(())
    };
    let mut passage = Passage { users: &mut users.into_iter().map(Ok), on_saved: &mut on_saved };
    pass_users(order, &mut passage, context).map_err(|(error, _)| error)?;
    for user in &saved {
        warn_of_inactive(user.token.as_slice(), context);
    }
    Ok(saved)
}

/// The same, of users as they come. An error comes with the index of the user
/// that it is about.
fn pass_users(order: &UserOrder, passage: &mut Passage<'_>, context: &Context) -> Result<(), (Error, Option<usize>)> {
    let mut store = context.store().map_err(|error| (error, None))?;
    let done = store.save_users(order, passage, &mut || context.random_key(), &mut |bytes| context.fill(bytes))?;
    say(&done.notices, done.warnings.iter().chain(&store.farewell()), context);
    Ok(())
}

/// What looks like a pattern and is somebody's name, is that name.
fn prefer_names(store: &mut Store, filter: &mut TokenFilter) -> Result<()> {
    for pattern in std::mem::take(&mut filter.patterns) {
        let name = Username::parse(pattern.text().as_ref())?;
        if store.unknown(std::slice::from_ref(&name))?.is_empty() {
            filter.names.push(name);
        } else {
            filter.patterns.push(pattern);
        }
    }
    Ok(())
}

/// Refuses names that no user has, and patterns that nobody's name fits, or says
/// which they are.
fn check_names(store: &mut Store, filter: &mut TokenFilter, missing_ok: bool, context: &Context) -> Result<()> {
    prefer_names(store, filter)?;
    let unknown = store.unknown(&filter.names)?;
    let mut missing: Vec<Error> = unknown.into_iter().map(|name| no_such_user(name.as_str())).collect();
    for pattern in &filter.patterns {
        let those = TokenFilter { patterns: vec![pattern.clone()], ..TokenFilter::default() };
        if store.count_users(&those)? == 0 {
            let words = format!("a user with a name like {} does not exist", pattern.text());
            missing.push(Error::new(Kind::NoSuchUser, words));
        }
    }
    for missing in missing {
        if !missing_ok {
            let is_key = missing.subject().is_some_and(|name| as_name(name) != name);
            let hint =
                if is_key { "a key goes into a file: revoke --keys-from FILE, or verify --key-from FILE" } else { "" };
            return Err(missing.hint(hint));
        }
        context.notes().note(missing.message());
    }
    Ok(())
}

/// Says of users who are named why nothing will be done for them, if they are
/// not too many to ask for one by one; and whether there were such.
fn note_others(store: &mut Store, filter: &TokenFilter, holders: bool, context: &Context) -> Result<bool> {
    if u64::try_from(filter.names.len()).is_ok_and(|names| names > ONE_TRANSACTION) {
        return Ok(false);
    }
    let mut is_told = false;
    for name in &filter.names {
        let holds_token = Some(!holders);
        let other = TokenFilter { names: vec![name.clone()], holds_token, ..TokenFilter::default() };
        if store.count_users(&other)? > 0 {
            let why = if holders { "has no token" } else { "has a token already" };
            context.notes().note(&format!("user {name} {why}"));
            is_told = true;
        }
    }
    Ok(is_told)
}

/// Warns of tokens that the application will refuse.
fn warn_of_inactive(tokens: &[IssuedToken], context: &Context) {
    for token in tokens.iter().filter(|token| !token.is_active) {
        warn_of_refusal(&token.username.readable(), context);
    }
}

fn warn_of_refusal(username: &str, context: &Context) {
    context.notes().warning(&format!("user {username} is inactive: the application will refuse this token"));
}

/// Refuses the format that prints one secret, before anything is done, where
/// there is not one.
fn check_raw(secrets: usize, context: &Context) -> Result<()> {
    if context.format() != Some(Format::Raw) || secrets == 1 {
        return Ok(());
    }
    let why = if secrets == 0 { "there is no secret" } else { "there is more than one secret" };
    Err(Error::usage(format!("{why} to print raw")).hint("--format json has everything"))
}
