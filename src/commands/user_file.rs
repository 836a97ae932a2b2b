//! `create-user --from`: a file full of users, by column name.

use std::path::Path;

use rayon::prelude::*;
use zeroize::Zeroizing;

use crate::commands::create_user::{self, Args};
use crate::commands::password::Password;
use crate::context::Context;
use crate::django::password::{Hasher, RANDOM_BYTES};
use crate::django::password_validation::UserAttributes;
use crate::error::{Error, Result};
use crate::output::{self, Destination, Field, Format, Progress, Record};
use crate::prompt::{self, Row};
use crate::store::{SavedUser, SavedUsers, Store, UserData, UserModelFacts, UserOrder, UserOutcome};

/// A user of the file, on the way into the database.
struct Prepared {
    /// The line of the file.
    line: u64,
    data: UserData,
    /// What is to be hashed, and what it is salted with.
    password: Option<(Password, Zeroizing<[u8; RANDOM_BYTES]>)>,
}

/// What is left of a row when its user is ordered.
struct Told {
    line: u64,
    /// A generated password.
    password: Option<Zeroizing<String>>,
}

impl Prepared {
    fn split(self) -> (Told, UserData) {
        let told = self.password.and_then(|(password, _)| password.into_told());
        (Told { line: self.line, password: told }, self.data)
    }
}

/// A row that was refused.
struct Refused {
    line: u64,
    username: String,
    error: Error,
}

/// Makes the users of a file, all or none; with `--keep-going` those that can
/// be made.
///
/// # Errors
/// As [`create_user::run`]; rejected at the end, if a row was refused.
pub(super) fn run(path: &Path, args: &Args, context: &Context) -> Result<()> {
    super::check_raw(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let (prepared, mut refused, model) = prepare(path, args, context)?;
    let hasher = args.password.hasher(&model)?;
    if prepared.iter().any(|row| row.password.as_ref().is_some_and(|(password, _)| password.is_usable())) {
        args.password.warn_if_weak(&hasher, &model, context);
    }
    let prepared = hash(prepared, &hasher, args.keep_going, &mut refused, context)?;
    let (rows, users) = prepared.into_iter().map(Prepared::split).unzip();
    let rows: Vec<Told> = rows;
    let order = UserOrder {
        users,
        existing: args.existing(),
        create: true,
        with_token: args.with_token,
        keep_going: args.keep_going,
        now: context.now(),
    };
    let saved = super::save_users(&order, context).map_err(|(error, at)| match at.and_then(|at| rows.get(at)) {
        Some(row) => at_line(error, row.line),
        None => error,
    })?;
    let results = results(&rows, &refused, &saved);
    let failed = results.iter().filter(|result| result.error.is_some()).count();
    let records: Vec<&dyn Record> = results.iter().map(|result| result as &dyn Record).collect();
    let bytes = output::render(context.format().unwrap_or(Format::Text), &records);
    destination.deliver(&bytes, "the users are there: set-password and create-token give what could not be shown")?;
    if failed == 0 {
        return Ok(());
    }
    let others = if failed == results.len() { "nothing was changed" } else { "the others are there" };
    Err(Error::rejected(format!("{failed} of {} users were refused; {others}", results.len())))
}

/// Reads the file and judges every row, before anything is hashed.
fn prepare(path: &Path, args: &Args, context: &Context) -> Result<(Vec<Prepared>, Vec<Refused>, UserModelFacts)> {
    let mut store = context.store()?;
    let model = store.user_model()?;
    drop(store);
    let (mut prepared, mut refused) = (Vec::new(), Vec::new());
    prompt::rows(path, &mut |columns| check_columns(columns, &model), &mut |line, row| {
        let name = |row: &Row| row.get(&model.login).or_else(|| row.get("username")).unwrap_or_default().to_owned();
        let username = row.as_ref().map(name).unwrap_or_default();
        match row.and_then(|row| of_row(line, row, args, &model, context)) {
            Ok(user) => prepared.push(user),
            Err(error) => refuse(Refused { line, username, error }, args.keep_going, &mut refused)?,
        }
        Ok(())
    })?;
    let names: Vec<&str> = prepared.iter().map(|row| row.data.username.as_str()).collect();
    let mut store = context.store()?;
    let existing = store.existing(&names)?;
    warn_of_twins(&prepared, &existing, &mut store, context)?;
    drop(store);
    let mut ready = Vec::with_capacity(prepared.len());
    for (mut row, is_there) in prepared.into_iter().zip(existing) {
        if is_there && args.if_not_exists {
            row.password = None;
        } else if row.password.is_none() && !(is_there && args.update) {
            let error = Error::rejected(format!("user {} has no password", row.data.username))
                .hint("--generate-password or --no-password is for those without");
            refuse(Refused { line: row.line, username: row.data.username, error }, args.keep_going, &mut refused)?;
            continue;
        }
        ready.push(row);
    }
    Ok((ready, refused, model))
}

/// Warns of new users whose names differ in nothing but case from another's, in
/// the database or before them.
fn warn_of_twins(rows: &[Prepared], existing: &[bool], store: &mut Store, context: &Context) -> Result<()> {
    let new: Vec<&Prepared> =
        rows.iter().zip(existing).filter(|(_, is_there)| !**is_there).map(|(row, _)| row).collect();
    let names: Vec<&str> = new.iter().map(|row| row.data.username.as_str()).collect();
    for (row, twin) in new.iter().zip(store.twins(&names)?) {
        if let Some(twin) = twin {
            let Prepared { line, data, .. } = row;
            let words = format!("line {line}: the name {} differs from {twin} in nothing but case", data.username);
            context.notes().warning(&words);
        }
    }
    Ok(())
}

/// Leaves a row out, or ends it all.
fn refuse(row: Refused, keep_going: bool, refused: &mut Vec<Refused>) -> Result<()> {
    if !keep_going {
        return Err(at_line(row.error, row.line));
    }
    refused.push(row);
    Ok(())
}

/// Refuses columns that nobody knows what to do with.
fn check_columns(columns: &[String], model: &UserModelFacts) -> Result<()> {
    let known = |name: &String| ["username", "groups"].contains(&name.as_str()) || model.columns.contains(name);
    // What is no header may be a row with a password: it is not repeated.
    if !columns.iter().any(|name| name == "username" || *name == model.login) {
        return Err(Error::rejected("the first line, or each object, has to name the columns, username among them"));
    }
    if let Some(twice) = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name)) {
        return Err(Error::rejected(format!("the column {} is there twice", twice.1)));
    }
    let unknown: Vec<_> = columns.iter().filter(|name| !known(name)).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Error::rejected(format!("the file has columns that the user model does not have: {}", unknown.join(", ")))
        .hint(format!("it may have username, password, groups, {}", model.columns.join(", "))))
}

fn of_row(line: u64, row: Row, args: &Args, model: &UserModelFacts, context: &Context) -> Result<Prepared> {
    let (lists, others): (Vec<_>, Vec<_>) = row.lists.iter().partition(|(column, _)| column == "groups");
    if let Some((column, _)) = others.first() {
        return Err(Error::rejected(format!("the column {column} takes one value, not a list")));
    }
    let login = if row.get(&model.login).is_some() { model.login.as_str() } else { "username" };
    let typed = row.get(login).unwrap_or_default();
    let username = create_user::new_name(typed.as_ref(), model, context)?;
    let mut data = UserData { username, ..UserData::default() };
    data.columns = create_user::columns(args, model, context)?;
    data.groups.clone_from(&args.group);
    data.groups.extend(lists.into_iter().flat_map(|(_, groups)| groups.clone()));
    let mut typed_password = None;
    for (column, value) in row.values {
        match column.as_str() {
            "password" => typed_password = Some(value),
            "groups" => {
                data.groups.extend(value.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
            }
            name if name == login => {}
            "email" => data.columns.push((column, model.email(&value)?)),
            _ => data.columns.push((column, value.to_string())),
        }
    }
    let password = match typed_password {
        Some(typed) => Some(args.password.accept(typed, &UserAttributes::of(&model.attributes(&[], &data)))?),
        None if args.password.no_password || args.password.generate_password => {
            Some(args.password.read(&UserAttributes::default(), context)?)
        }
        None => None,
    };
    let password = password.map(|password| Ok::<_, Error>((password, context.random()?))).transpose()?;
    Ok(Prepared { line, data, password })
}

/// Hashes on all cores.
fn hash(
    mut prepared: Vec<Prepared>,
    hasher: &Hasher,
    keep_going: bool,
    refused: &mut Vec<Refused>,
    context: &Context,
) -> Result<Vec<Prepared>> {
    let progress = Progress::new("hashing passwords", prepared.len(), context.notes());
    let wrong: Vec<Option<Error>> = prepared
        .par_iter_mut()
        .map(|row| {
            let encoded = row.password.as_ref().map(|(password, random)| password.encode(hasher, random)).transpose();
            progress.step();
            encoded.map(|encoded| row.data.password = encoded).err()
        })
        .collect();
    drop(progress);
    let mut ready = Vec::with_capacity(prepared.len());
    for (row, error) in prepared.into_iter().zip(wrong) {
        match error {
            None => ready.push(row),
            Some(error) => {
                refuse(Refused { line: row.line, username: row.data.username, error }, keep_going, refused)?;
            }
        }
    }
    Ok(ready)
}

fn at_line(error: Error, line: u64) -> Error {
    error.at(format!("line {line}")).hint("--keep-going makes the users of the other lines")
}

fn results<'a>(rows: &'a [Told], refused: &'a [Refused], saved: &'a SavedUsers) -> Vec<RowResult<'a>> {
    let mut results: Vec<_> = rows
        .iter()
        .zip(&saved.users)
        .map(|(row, user)| RowResult {
            line: row.line,
            username: &user.username,
            saved: Some(user),
            password: row.password.as_ref().map(|password| password.as_str()),
            error: user.refused.as_deref(),
        })
        .collect();
    results.extend(refused.iter().map(|row| RowResult {
        line: row.line,
        username: &row.username,
        saved: None,
        password: None,
        error: Some(row.error.message()),
    }));
    results.sort_by_key(|result| result.line);
    results
}

/// What became of a row.
struct RowResult<'a> {
    line: u64,
    username: &'a str,
    saved: Option<&'a SavedUser>,
    /// A generated password.
    password: Option<&'a str>,
    /// Why it was refused.
    error: Option<&'a str>,
}

impl Record for RowResult<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let outcome = match (self.saved, self.error) {
            (Some(saved), None) => saved.outcome.as_str(),
            _ => "refused",
        };
        let token = self.saved.and_then(|saved| saved.token.as_ref());
        vec![
            ("line", Field::Number(i64::try_from(self.line).unwrap_or(i64::MAX))),
            ("username", Field::text(self.username)),
            ("outcome", Field::text(outcome)),
            ("password", Field::optional(self.told())),
            ("key", Field::optional(token.map(|token| token.key.reveal()))),
            ("error", Field::optional(self.error)),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        match (self.saved, self.error) {
            (Some(saved), None) => create_user::sentences(saved, self.told()),
            (_, error) => vec![Zeroizing::new(format!(
                "Refused user {} of line {}: {}",
                self.username,
                self.line,
                error.unwrap_or_default()
            ))],
        }
    }

    fn key(&self) -> Option<&str> {
        self.saved.and_then(|saved| saved.token.as_ref()).map(|token| token.key.reveal()).or(self.told())
    }
}

impl RowResult<'_> {
    /// A generated password that is the user's now.
    fn told(&self) -> Option<&str> {
        self.password.filter(|_| self.saved.is_some_and(|saved| saved.outcome != UserOutcome::Existing))
    }
}
