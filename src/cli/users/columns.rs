//! The name and the columns of a user, from the command line and the environment.

use std::ffi::OsStr;

use crate::admin::users::UserModelFacts;
use crate::cli::context::Context;
use crate::cli::users::create_args::Args;
use crate::django::username::Username;
use crate::error::{Error, Result};

/// Returns a name for a new user, and warns of one that could mislead.
pub(super) fn new_name(typed: &OsStr, model: &UserModelFacts, context: &Context) -> Result<Username> {
    let name = model.name(typed)?;
    if name.mixes_scripts() {
        let name = name.username();
        context
            .notes()
            .warning(&format!("the name {name} mixes letters of several scripts: it may look like another name"));
    }
    Ok(name.username().clone())
}

/// The columns that have an option, then those of `--set`.
pub(in crate::cli) fn columns(args: &Args, model: &UserModelFacts, context: &Context) -> Result<Vec<(String, String)>> {
    let mut columns = Vec::new();
    let reads_variable = args.noinput && model.has_email;
    let set = reads_variable.then(|| context.superuser().email.clone()).flatten().filter(|set| !set.is_empty());
    let address = args.email.clone().or_else(|| set.map(|set| set.to_string_lossy().into_owned()));
    if let Some(address) = address {
        columns.push(("email".to_owned(), model.email(&address)?));
    }
    for (name, value) in [("first_name", &args.first_name), ("last_name", &args.last_name)] {
        columns.extend(value.as_ref().map(|value| (name.to_owned(), value.clone())));
    }
    if args.superuser {
        columns.extend(rights(args, model)?.map(|name| (name.to_owned(), "true".to_owned())));
    }
    for (name, flag, value) in [("is_staff", args.staff, "true"), ("is_active", args.inactive, "false")] {
        columns.extend(flag.then(|| (name.to_owned(), value.to_owned())));
    }
    for typed in &args.set {
        let (name, value) = column(typed)?;
        let value = if name.eq_ignore_ascii_case("email") { model.email(&value)? } else { value };
        columns.push((name, value));
    }
    Ok(columns)
}

/// What makes a superuser, as far as the model has columns for it.
///
/// Mirrors `UserManager.create_superuser`. A custom user model may have a way of
/// its own, which only a person can tell.
fn rights(args: &Args, model: &UserModelFacts) -> Result<impl Iterator<Item = &'static str>> {
    let there = ["is_staff", "is_superuser"].map(|name| model.has_column(name).then_some(name));
    if there == [None; 2] && args.set.is_empty() {
        return Err(Error::rejected("the user model has neither a column is_superuser nor is_staff")
            .hint("--set COLUMN=true, for the column that makes a superuser here"));
    }
    Ok(there.into_iter().flatten())
}

fn column(typed: &str) -> Result<(String, String)> {
    let (name, value) = typed.split_once('=').ok_or_else(|| Error::usage("write COLUMN=VALUE"))?;
    if name.eq_ignore_ascii_case("password") {
        return Err(Error::usage("a password on the command line can be seen by every user of this machine"));
    }
    Ok((name.to_owned(), value.to_owned()))
}
