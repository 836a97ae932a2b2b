//! `create-user --from`: a file full of users, by column name.

use std::cell::RefCell;
use std::path::Path;

use rayon::prelude::*;

use crate::commands::create_user::{self, Args};
use crate::commands::password::Password;
use crate::commands::user_rows::{FileResult, Pending};
use crate::context::Context;
use crate::django::password::Hasher;
use crate::django::password_validation::UserAttributes;
use crate::error::{Error, Result};
use crate::output::{Behind, Destination, Format, Progress, Stream, Style};
use crate::prompt::{self, Row};
use crate::spool::Spooled;
use crate::store::{Passage, Store, UserData, UserModelFacts, UserOrder};

/// What to do where the output was lost.
const AGAIN: &str = "the users are there: set-password and create-token give what could not be shown";

/// How many rows are judged or hashed together.
const CHUNK: usize = 5_000;

/// With more rows the transaction's changes do not stay in memory.
const MANY: u64 = 10_000;

/// How many results are written together.
const PAGE: usize = 1_000;

/// Makes the users of a file, all or none; with `--keep-going` those that can
/// be made.
///
/// However many they are, few of them are in memory: judged, hashed and saved
/// rows wait in a [`crate::spool`] for the next step.
///
/// # Errors
/// As [`create_user::run`]; rejected at the end, if a row was refused.
pub(super) fn run(path: &Path, args: &Args, context: &Context) -> Result<()> {
    super::check_raw(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let mut store = context.store()?;
    let model = store.user_model()?;
    drop(store);
    let judged = judge(path, args, &model, context)?;
    let hashed = hash(judged, &model, args, context)?;
    let results = save(hashed, args, context)?;
    let style = Style::from(context.format().unwrap_or(Format::Text));
    let stream = destination.stream(style, Behind::change(AGAIN));
    let (all, failed) = tell(results, stream, context).map_err(|error| error.after_commit(AGAIN))?;
    if failed == 0 {
        return Ok(());
    }
    let others = if failed == all { "nothing was changed" } else { "the others are there" };
    Err(Error::rejected(format!("{failed} of {all} users were refused; {others}")))
}

/// Reads the file and judges every row, before anything is hashed.
fn judge(path: &Path, args: &Args, model: &UserModelFacts, context: &Context) -> Result<Spooled> {
    let mut spool = context.spool()?;
    let mut chunk = Vec::new();
    prompt::rows(path, &mut |columns| check_columns(columns, model), &mut |line, row| {
        let name = |row: &Row| row.get(&model.login).or_else(|| row.get("username")).unwrap_or_default().to_owned();
        let username = row.as_ref().map(name).unwrap_or_default();
        let pending = row.and_then(|row| of_row(line, row, args, model, context));
        chunk.push(pending.or_else(|error| refuse(line, username, error, args.keep_going))?);
        if chunk.len() == CHUNK {
            judge_chunk(std::mem::take(&mut chunk), args, context)?
                .iter()
                .try_for_each(|row| spool.push(&row.values()))?;
        }
        Ok(())
    })?;
    judge_chunk(chunk, args, context)?.iter().try_for_each(|row| spool.push(&row.values()))?;
    spool.spooled()
}

/// Holds rows against the users that are there.
fn judge_chunk(rows: Vec<Pending>, args: &Args, context: &Context) -> Result<Vec<Pending>> {
    let names: Vec<&str> = rows.iter().map(|row| row.data.username.as_str()).collect();
    let mut store = context.store()?;
    let existing = store.existing(&names)?;
    warn_of_twins(&rows, &existing, &mut store, context)?;
    drop(store);
    let judged = rows.into_iter().zip(existing).map(|(mut row, is_there)| {
        if row.error.is_some() {
            return Ok(row);
        }
        if is_there && args.if_not_exists {
            row.password = None;
        } else if row.password.is_none() && !(is_there && args.update) {
            let error = Error::rejected(format!("user {} has no password", row.data.username))
                .hint("--generate-password or --no-password is for those without");
            return refuse(row.line, row.data.username, error, args.keep_going);
        }
        Ok(row)
    });
    judged.collect()
}

/// Warns of new users whose names differ in nothing but case from another's, in
/// the database or before them.
fn warn_of_twins(rows: &[Pending], existing: &[bool], store: &mut Store, context: &Context) -> Result<()> {
    let new: Vec<&Pending> = rows
        .iter()
        .zip(existing)
        .filter(|(row, is_there)| row.error.is_none() && !**is_there)
        .map(|(row, _)| row)
        .collect();
    let names: Vec<&str> = new.iter().map(|row| row.data.username.as_str()).collect();
    for (row, twin) in new.iter().zip(store.twins(&names)?) {
        if let Some(twin) = twin {
            let Pending { line, data, .. } = row;
            let words = format!("line {line}: the name {} differs from {twin} in nothing but case", data.username);
            context.notes().warning(&words);
        }
    }
    Ok(())
}

/// Leaves a row out, or ends it all.
fn refuse(line: u64, username: String, error: Error, keep_going: bool) -> Result<Pending> {
    if keep_going { Ok(Pending::refused(line, username, &error)) } else { Err(at_line(error, line)) }
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

fn of_row(line: u64, row: Row, args: &Args, model: &UserModelFacts, context: &Context) -> Result<Pending> {
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
    Ok(Pending { line, data, password, error: None })
}

/// Hashes on all cores, before the transaction.
fn hash(mut judged: Spooled, model: &UserModelFacts, args: &Args, context: &Context) -> Result<Spooled> {
    let hasher = args.password.hasher(model)?;
    let rows = usize::try_from(judged.rows()).unwrap_or(usize::MAX);
    let progress = Progress::new("hashing passwords", rows, context.notes());
    let mut spool = context.spool()?;
    let mut is_warned = false;
    loop {
        let chunk = judged.take_some(CHUNK)?;
        if chunk.is_empty() {
            break;
        }
        let mut rows = chunk.into_iter().map(Pending::of_values).collect::<Result<Vec<_>>>()?;
        if !is_warned && rows.iter().any(|row| row.password.as_ref().is_some_and(Password::is_usable)) {
            args.password.warn_if_weak(&hasher, model, context);
            is_warned = true;
        }
        hash_chunk(&mut rows, &hasher, args.keep_going, &progress, context)?;
        rows.iter().try_for_each(|row| spool.push(&row.values()))?;
    }
    drop(progress);
    spool.spooled()
}

fn hash_chunk(
    rows: &mut [Pending],
    hasher: &Hasher,
    keep_going: bool,
    progress: &Progress,
    context: &Context,
) -> Result<()> {
    let salts = rows.iter().map(|_| context.random()).collect::<Result<Vec<_>>>()?;
    let wrong: Vec<Option<Error>> = rows
        .par_iter_mut()
        .zip(salts)
        .map(|(row, random)| {
            let encoded = row.password.as_ref().map(|password| password.encode(hasher, &random)).transpose();
            progress.step();
            encoded.map(|encoded| row.data.password = encoded).err()
        })
        .collect();
    for (row, error) in rows.iter_mut().zip(wrong) {
        if let Some(error) = error {
            *row = refuse(row.line, std::mem::take(&mut row.data.username), error, keep_going)?;
        }
    }
    Ok(())
}

/// Saves the users, in one transaction; answers what became of each row.
fn save(mut hashed: Spooled, args: &Args, context: &Context) -> Result<Spooled> {
    let order = UserOrder {
        existing: args.existing(),
        create: true,
        with_token: args.with_token,
        keep_going: args.keep_going,
        are_many: hashed.rows() > MANY,
        now: context.now(),
    };
    let results = RefCell::new(context.spool()?);
    let current: RefCell<Option<Pending>> = RefCell::new(None);
    let mut next = || {
        while let Some(row) = hashed.take()? {
            let row = Pending::of_values(row)?;
            if row.error.is_none() {
                let data = row.data.clone();
                current.replace(Some(row));
                return Ok(Some(data));
            }
            results.borrow_mut().push(&FileResult::of_refused(row).values())?;
        }
        // After the commit there may be no room for it.
        results.borrow_mut().settle()?;
        Ok(None)
    };
    let mut on_saved = |saved| {
        let row = current.borrow_mut().take().ok_or_else(|| Error::internal("a user came back that was not given"))?;
        results.borrow_mut().push(&FileResult::new(row, saved).values())
    };
    let mut passage = Passage { users: &mut std::iter::from_fn(|| next().transpose()), on_saved: &mut on_saved };
    super::pass_users(&order, &mut passage, context).map_err(|(error, at)| match (at, &*current.borrow()) {
        (Some(_), Some(row)) => at_line(error, row.line),
        _ => error,
    })?;
    results.into_inner().spooled().map_err(|error| error.after_commit(AGAIN))
}

/// Says what became of each row: how many they were, and how many were refused.
fn tell(mut results: Spooled, mut stream: Stream, context: &Context) -> Result<(usize, usize)> {
    let (mut all, mut failed) = (0_usize, 0_usize);
    loop {
        let page = results.take_some(PAGE)?;
        if page.is_empty() {
            break;
        }
        let page = page.into_iter().map(FileResult::of_values).collect::<Result<Vec<_>>>()?;
        all += page.len();
        failed += page.iter().filter(|result| result.error.is_some()).count();
        for result in page.iter().filter(|result| result.key.is_some() && !result.is_active) {
            super::warn_of_refusal(&result.username, context);
        }
        stream.page(&page)?;
    }
    stream.finish()?;
    Ok((all, failed))
}

fn at_line(error: Error, line: u64) -> Error {
    error.at(format!("line {line}")).hint("--keep-going makes the users of the other lines")
}
