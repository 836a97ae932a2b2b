//! `create-user --from`: a file full of users, by column name.

use std::path::Path;

use rayon::prelude::*;

use crate::admin::Session;
use crate::admin::users::{OnError, OnMissingUser, UserData, UserModelFacts, UserRequest};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::summary::{say, warn_of_refusal};
use crate::cli::users::columns;
use crate::cli::users::create_args::Args;
use crate::cli::users::import_rows::{AcceptedUser, FileResult, Pending, PendingUser};
use crate::cli::users::import_source::FileSource;
use crate::cli::users::save::warn_of_effects;
use crate::django::password::{Algorithm, Hasher};
use crate::django::password_validation::UserAttributes;
use crate::error::{Error, Result};
use crate::os::{Spool, SpoolReader};
use crate::output::{Behind, Destination, Progress, Stream, Style};
use crate::prompt::{self, Row};

/// What to do where the output was lost.
const AGAIN: &str = "the users are there: set-password and create-token give what could not be shown";

/// How many rows are checked or hashed together.
const CHUNK: usize = 5_000;

/// How many results are written together.
const PAGE: usize = 1_000;

/// Creates the users of a file, all or none; with `--keep-going` those that can
/// be created.
///
/// However many they are, few of them are in memory: checked, hashed and saved
/// rows wait in a [`Spool`] for the next step.
///
/// # Errors
/// As `create-user`; rejected at the end, if a row was rejected.
pub(super) fn run(path: &Path, args: &Args, context: &Context) -> Result<()> {
    check_raw(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    let mut session = context.session_to_change()?;
    let model = session.snapshot()?.user_model()?;
    // The file may come from a pipe, and hashing takes long.
    session.suspend();
    let checked = check(path, args, &model, &mut session, context)?;
    session.suspend();
    let hashed = hash(checked, &model, args, context)?;
    let results = save(hashed, args, &mut session, context)?;
    drop(session);
    let style = Style::from(context.format_or_text());
    let stream = destination.stream(style, Behind::change(AGAIN));
    let (all, failed) = report(results, stream, context).map_err(|error| error.after_commit(AGAIN))?;
    if failed == 0 {
        return Ok(());
    }
    let others = if failed == all { "nothing was changed" } else { "the others are there" };
    Err(Error::rejected(format!("{failed} of {all} users were refused; {others}")))
}

/// Reads the file and checks every row, before anything is hashed.
fn check(
    path: &Path,
    args: &Args,
    model: &UserModelFacts,
    session: &mut Session,
    context: &Context,
) -> Result<SpoolReader<Pending>> {
    let mut spool = random::spool()?;
    let mut chunk = Vec::new();
    let columns = |columns: &[String]| check_columns(columns, model);
    prompt::rows(path, &mut |names| columns(names), &mut |line, row| {
        let name = |row: &Row| row.get(&model.username).or_else(|| row.get("username")).unwrap_or_default().to_owned();
        let username = row.as_ref().map(name).unwrap_or_default();
        let user = row.and_then(|row| user_of_row(row, args, model, context));
        chunk.push(match user {
            Ok(user) => Pending::accepted(line, user),
            Err(error) => reject(line, username, error, args)?,
        });
        if chunk.len() == CHUNK {
            check_chunk(std::mem::take(&mut chunk), &mut spool, args, session, context)?;
        }
        Ok(())
    })?;
    check_chunk(chunk, &mut spool, args, session, context)?;
    spool.read()
}

/// Compares rows with the users who exist.
fn check_chunk(
    rows: Vec<Pending>,
    spool: &mut Spool<Pending>,
    args: &Args,
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
    let mut existing = existing.into_iter();
    for Pending { line, user } in rows {
        let row = match user {
            PendingUser::Accepted(user) => check_password(line, user, existing.next().unwrap_or_default(), args)?,
            rejected @ PendingUser::Rejected(_) => Pending { line, user: rejected },
        };
        spool.push(&row)?;
    }
    Ok(())
}

/// Refuses a user without a password, where one is needed; a user who is kept
/// needs none.
fn check_password(line: u64, user: AcceptedUser, exists: bool, args: &Args) -> Result<Pending> {
    if exists && args.if_not_exists {
        return Ok(Pending::accepted(line, AcceptedUser { password: None, ..user }));
    }
    if user.password.is_none() && !(exists && args.update) {
        let username = user.data.username;
        let error = Error::rejected(format!("user {username} has no password"))
            .hint("--generate-password or --no-password is for those without");
        return reject(line, username.to_string(), error, args);
    }
    Ok(Pending::accepted(line, user))
}

/// Warns of new users whose names differ in case alone from another's, in the
/// database or before them.
fn warn_of_similar(rows: &[Pending], existing: &[bool], session: &mut Session, context: &Context) -> Result<()> {
    let users = rows.iter().filter_map(|row| Some((row.line, row.user()?)));
    let mut new = Vec::new();
    for ((line, user), exists) in users.zip(existing) {
        if !exists {
            new.push((line, user.data.username.as_str()));
        }
    }
    let names: Vec<&str> = new.iter().map(|(_, name)| *name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let similar = session.snapshot()?.similar_users(&names)?;
    for ((line, name), similar) in new.into_iter().zip(similar) {
        if let Some(similar) = similar {
            let words = format!("line {line}: the name {name} differs from {similar} in nothing but case");
            context.notes().warning(&words);
        }
    }
    Ok(())
}

/// Skips a row, or ends it all.
fn reject(line: u64, username: String, error: Error, args: &Args) -> Result<Pending> {
    if args.keep_going { Ok(Pending::rejected(line, username, &error)) } else { Err(at_line(error, line)) }
}

/// Rejects unknown columns.
fn check_columns(columns: &[String], model: &UserModelFacts) -> Result<()> {
    let known = |name: &String| ["username", "groups"].contains(&name.as_str()) || model.columns.contains(name);
    // What is no header may be a row with a password: it is not repeated.
    if !columns.iter().any(|name| name == "username" || *name == model.username) {
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
    data.groups.extend(lists.into_iter().flat_map(|(_, groups)| groups.clone()));
    let mut typed_password = None;
    for (column, value) in row.values {
        match column.as_str() {
            "password" => typed_password = Some(value),
            "groups" => {
                data.groups.extend(value.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
            }
            name if name == name_column => {}
            "email" => data.columns.push((column, model.email(&value)?)),
            _ => data.columns.push((column, value.to_string())),
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

/// Hashes on all cores, before the transaction.
fn hash(
    mut checked: SpoolReader<Pending>,
    model: &UserModelFacts,
    args: &Args,
    context: &Context,
) -> Result<SpoolReader<Pending>> {
    let rows = usize::try_from(checked.rows()).unwrap_or(usize::MAX);
    let progress = Progress::new("hashing passwords", rows, context.notes());
    let mut spool = random::spool()?;
    let mut chosen = None;
    loop {
        let chunk = checked.take_some(CHUNK)?;
        if chunk.is_empty() {
            break;
        }
        if chosen.is_none() && chunk.iter().any(Pending::has_usable_password) {
            let hasher = args.password.hasher(model, None)?;
            args.password.warn_if_weak(&hasher, model, context);
            chosen = Some(hasher);
        }
        // Without a password to hash, any hasher will do.
        let hasher = chosen.unwrap_or_else(|| Hasher::newest(Algorithm::Pbkdf2Sha256));
        for row in hash_chunk(chunk, &hasher, args, &progress)? {
            spool.push(&row)?;
        }
    }
    drop(progress);
    spool.read()
}

fn hash_chunk(mut rows: Vec<Pending>, hasher: &Hasher, args: &Args, progress: &Progress) -> Result<Vec<Pending>> {
    let salts = rows.iter().map(|_| random::salt()).collect::<Result<Vec<_>>>()?;
    let outcomes: Vec<Result<()>> = rows
        .par_iter_mut()
        .zip(salts)
        .map(|(row, random)| {
            progress.step();
            let PendingUser::Accepted(user) = &mut row.user else { return Ok(()) };
            user.data.password = user.password.as_ref().map(|password| password.encode(hasher, &random)).transpose()?;
            Ok(())
        })
        .collect();
    for (row, outcome) in rows.iter_mut().zip(outcomes) {
        if let (Err(error), Some(user)) = (outcome, row.user()) {
            *row = reject(row.line, user.data.username.to_string(), error, args)?;
        }
    }
    Ok(rows)
}

/// Saves the users, in one transaction; returns what became of each row.
fn save(
    hashed: SpoolReader<Pending>,
    args: &Args,
    session: &mut Session,
    context: &Context,
) -> Result<SpoolReader<FileResult>> {
    let request = UserRequest {
        on_existing: args.on_existing(),
        on_missing: OnMissingUser::Create,
        with_token: args.with_token(),
        replacing: args.password.replacing(),
        on_error: if args.keep_going { OnError::Skip } else { OnError::Stop },
        expected: hashed.rows(),
        now: context.now(),
    };
    let mut source = FileSource::new(hashed)?;
    let (mut keys, mut random) = (random::key, random::fill);
    warn_of_effects(session, &request, context)?;
    let saved = session.save_users(&request, &mut source, &mut keys, &mut random);
    let summary = saved.map_err(|failure| match failure.index.and_then(|index| source.line(index)) {
        Some(line) => at_line(failure.error, line),
        None => failure.error,
    })?;
    say(&summary, context);
    source.read().map_err(|error| error.after_commit(AGAIN))
}

/// Says what became of each row: how many they were, and how many were refused.
fn report(mut results: SpoolReader<FileResult>, mut stream: Stream, context: &Context) -> Result<(usize, usize)> {
    let (mut all, mut failed) = (0_usize, 0_usize);
    loop {
        let page = results.take_some(PAGE)?;
        if page.is_empty() {
            break;
        }
        all += page.len();
        failed += page.iter().filter(|result| result.is_rejected()).count();
        for result in page.iter().filter(|result| result.key.is_some() && !result.is_active) {
            warn_of_refusal(&result.username, context);
        }
        stream.page(&page)?;
    }
    stream.finish()?;
    Ok((all, failed))
}

fn at_line(error: Error, line: u64) -> Error {
    error.at(format!("line {line}")).hint("--keep-going makes the users of the other lines")
}
