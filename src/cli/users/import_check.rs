//! Checks the rows of a file of users before anything is hashed.

use std::path::Path;

use crate::admin::Session;
use crate::admin::users::{UserData, UserModelFacts};
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::users::columns;
use crate::cli::users::create_args::Args;
use crate::cli::users::import_rows::{AcceptedUser, CHUNK, Pending, PendingUser};
use crate::cli::users::new_users::NewUsers;
use crate::django::password_validation::UserAttributes;
use crate::error::{Error, Result};
use crate::os::{Spool, SpoolReader};
use crate::prompt::{self, Place, Row};

/// Reads the file and checks every row, before anything is hashed.
pub(super) fn check(
    path: &Path,
    args: &Args,
    model: &UserModelFacts,
    new: &NewUsers<'_>,
    session: &mut Session,
    context: &Context,
) -> Result<SpoolReader<Pending>> {
    let mut spool = random::spool()?;
    let mut chunk = Vec::new();
    let columns = |columns: &[String]| check_columns(columns, model);
    prompt::rows(path, &mut |names| columns(names), &mut |place, row| {
        let name = |row: &Row| row.get(&model.username).or_else(|| row.get("username")).unwrap_or_default().to_owned();
        let username = row.as_ref().map(name).unwrap_or_default();
        let user = row.and_then(|row| user_of_row(row, args, model, context));
        chunk.push(match user {
            Ok(user) => Pending::accepted(place, user),
            Err(error) => reject(place, username, error, args)?,
        });
        if chunk.len() == CHUNK {
            check_chunk(std::mem::take(&mut chunk), &mut spool, args, new, session, context)?;
        }
        Ok(())
    })?;
    check_chunk(chunk, &mut spool, args, new, session, context)?;
    spool.read()
}

/// Compares rows with the users who exist.
fn check_chunk(
    rows: Vec<Pending>,
    spool: &mut Spool<Pending>,
    args: &Args,
    new: &NewUsers<'_>,
    session: &mut Session,
    context: &Context,
) -> Result<()> {
    let mut names = Vec::with_capacity(rows.len());
    for row in &rows {
        names.extend(row.user().map(|user| user.data.username.as_str()));
    }
    if names.is_empty() {
        return rows.iter().try_for_each(|row| spool.push(row));
    }
    let existing = session.snapshot()?.existing(&names)?;
    warn_of_similar(&rows, &existing, session, context)?;
    let is_any_new = existing.contains(&false);
    let mut existing = existing.into_iter();
    for Pending { place, user } in rows {
        let row = match user {
            PendingUser::Accepted(mut user) => {
                let exists = existing.next().unwrap_or_default();
                let checked = if exists { Ok(()) } else { new.check(&mut user.data, session) };
                match checked {
                    Ok(()) => check_password(place, user, exists, args)?,
                    Err(error) => reject(place, user.data.username.to_string(), error, args)?,
                }
            }
            rejected @ PendingUser::Rejected(_) => Pending { place, user: rejected },
        };
        spool.push(&row)?;
    }
    if is_any_new { new.announce(session) } else { Ok(()) }
}

/// Rejects a new user without a password. An existing user needs none.
fn check_password(place: Place, user: AcceptedUser, exists: bool, args: &Args) -> Result<Pending> {
    if exists && args.if_not_exists {
        return Ok(Pending::accepted(place, AcceptedUser { password: None, ..user }));
    }
    if user.password.is_none() && !(exists && args.update) {
        let username = user.data.username;
        let error = Error::rejected(format!("user {username} has no password"))
            .hint("--generate-password or --no-password sets one for users without");
        return reject(place, username.to_string(), error, args);
    }
    Ok(Pending::accepted(place, user))
}

/// Warns of new users whose names differ from that of another user in case only.
fn warn_of_similar(rows: &[Pending], existing: &[bool], session: &mut Session, context: &Context) -> Result<()> {
    let users = rows.iter().filter_map(|row| Some((row.place, row.user()?)));
    let mut new = Vec::new();
    for ((place, user), exists) in users.zip(existing) {
        if !exists {
            new.push((place, user.data.username.as_str()));
        }
    }
    let names: Vec<&str> = new.iter().map(|(_, name)| *name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let similar = session.snapshot()?.similar_users(&names)?;
    for ((place, name), similar) in new.into_iter().zip(similar) {
        if let Some(similar) = similar {
            let words = format!("{place}: the name {name} differs only in case from {similar}");
            context.notes().warning(&words);
        }
    }
    Ok(())
}

/// Skips a row, or fails.
pub(super) fn reject(place: Place, username: String, error: Error, args: &Args) -> Result<Pending> {
    if args.keep_going { Ok(Pending::rejected(place, username, &error)) } else { Err(at_place(error, place)) }
}

/// The columns of `list users` that are columns of the user model by other names.
const LISTED_FLAGS: [(&str, &str); 3] = [("active", "is_active"), ("staff", "is_staff"), ("superuser", "is_superuser")];

/// The column of `list users` that no user model has.
const HAS_TOKEN: &str = "has_token";

/// Returns the name that a column of the file has in the user model, so that a
/// list of users is a file of users.
fn model_column<'a>(name: &'a str, model: &UserModelFacts) -> &'a str {
    match LISTED_FLAGS.iter().find(|(listed, _)| *listed == name) {
        Some((_, flag)) if !model.has_column(name) => flag,
        _ => name,
    }
}

/// Rejects unknown columns.
fn check_columns(columns: &[String], model: &UserModelFacts) -> Result<()> {
    let is_column = |name: &str| model.columns.iter().any(|column| column == name);
    let known = |name: &String| {
        ["username", "groups"].contains(&name.as_str()) || is_column(name) || is_column(model_column(name, model))
    };
    // In a list of users, the column password has algorithms, not passwords.
    if columns.iter().any(|name| name == HAS_TOKEN) && !is_column(HAS_TOKEN) {
        return Err(Error::rejected("the user model has no column has_token").hint(
            "to copy users, list only what can be set: list users --columns username,email,active,staff,superuser",
        ));
    }
    // Without a header, the first line may have a password, and is not repeated.
    if !columns.iter().any(|name| name == "username" || *name == model.username) {
        return Err(Error::rejected("no column username: the CSV header, or each JSON object, must name it"));
    }
    if let Some(twice) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
        return Err(Error::rejected(format!("duplicate column {}", twice.1)));
    }
    let unknown: Vec<_> = columns.iter().filter(|name| !known(name)).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::rejected(format!("the file has columns that the user model does not have: {}", unknown.join(", ")))
        .hint(format!("use only these columns: {}", usable_columns(model).join(", "))))
}

/// Returns the columns that a file may have, each once.
fn usable_columns(model: &UserModelFacts) -> Vec<&str> {
    let mut columns = vec![model.username.as_str(), "password", "groups"];
    for name in model.settable_columns() {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    columns
}

fn user_of_row(row: Row, args: &Args, model: &UserModelFacts, context: &Context) -> Result<AcceptedUser> {
    let (lists, others): (Vec<_>, Vec<_>) = row.lists.iter().partition(|(column, _)| column == "groups");
    if let Some((column, _)) = others.first() {
        return Err(Error::rejected(format!("the column {column} takes one value, not a list")));
    }
    let name_column = if row.get(&model.username).is_some() { model.username.as_str() } else { "username" };
    let typed = row.get(name_column).unwrap_or_default();
    let mut data = UserData::new(columns::new_name(typed.as_ref(), model, context)?);
    data.columns = columns::columns(args, model, context)?;
    data.groups.clone_from(&args.group);
    data.groups.extend(lists.into_iter().flat_map(|(_, groups)| groups.iter().cloned()));
    let mut typed_password = None;
    for (column, value) in row.values {
        match column.as_str() {
            "password" => typed_password = Some(value),
            "groups" => {
                data.groups.extend(value.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
            }
            name if name == name_column => {}
            "email" => data.columns.push((column, model.email(&value)?)),
            name => data.columns.push((model_column(name, model).to_owned(), value.to_string())),
        }
    }
    let password = match typed_password {
        Some(typed) => {
            let attributes = model.attributes(&[], &data);
            Some(args.password.accept(typed, &UserAttributes::of(&attributes), context)?)
        }
        None if args.password.no_password || args.password.generate_password => {
            Some(args.password.read(&UserAttributes::default(), context)?)
        }
        None => None,
    };
    Ok(AcceptedUser { data, password })
}

pub(super) fn at_place(error: Error, place: Place) -> Error {
    error.at(place).hint("--keep-going creates the other users")
}
