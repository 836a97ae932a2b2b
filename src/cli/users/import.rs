//! `create-user --from`: creates the users of a file.

use std::num::NonZero;
use std::path::Path;
use std::thread::available_parallelism;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use zeroize::Zeroizing;

use crate::admin::Session;
use crate::admin::users::{OnError, OnMissingUser, UserModelFacts, UserRequest};
use crate::cli::args::names::note_empty;
use crate::cli::args::plain_password::Password;
use crate::cli::args::secrets::check_secrets;
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::summary::{rejected_part, say, warn_of_refusal};
use crate::cli::users::after_save::{AfterSave, run_after_save};
use crate::cli::users::create_args::Args;
use crate::cli::users::import_check::{at_place, check, reject};
use crate::cli::users::import_rows::{CHUNK, FileResult, Pending, PendingUser};
use crate::cli::users::import_source::FileSource;
use crate::cli::users::new_users::NewUsers;
use crate::cli::users::save::warn_of_effects;
use crate::cli::users::through_django::{self, Saved};
use crate::django::password::{Algorithm, EncodedPassword, Hasher, RANDOM_BYTES};
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::os::SpoolReader;
use crate::output::{Behind, Destination, Progress, Stream};
use crate::settings::Receivers;

/// What to do if the output is lost.
const AGAIN: &str = "the users are saved: run set-password or create-token to get new secrets";

/// How many results are written together.
const PAGE: usize = 1_000;

/// Creates the users of a file, all or none; with `--keep-going` those that can
/// be created.
///
/// Only some rows are in memory: checked, hashed and saved rows wait in a
/// [`Spool`] for the next step.
///
/// # Errors
/// As `create-user`; rejected at the end, if a row was rejected.
pub(super) fn run(path: &Path, args: &Args, context: &Context) -> Result<()> {
    check_secrets(usize::from(args.with_token) + usize::from(args.password.generate_password), context)?;
    let destination = Destination::stdout()?;
    if args.signals || args.through_django {
        context.application_of_database()?;
    }
    let mut session = context.session_to_change()?;
    let model = session.snapshot()?.user_model_with_others()?;
    let new = NewUsers::new(&model, args, &mut session, context)?;
    // The file may come from a pipe, and hashing takes long.
    session.suspend();
    let checked = check(path, args, &model, &new, &mut session, context)?;
    session.suspend();
    if checked.rows() == 0 {
        note_empty(path, "users", context);
        return destination.stream(context.style(), Behind::Nothing).finish();
    }
    let receivers = if args.signals { Some(context.receivers()?) } else { None };
    let (mut results, after_commit) = if args.through_django {
        save_through_django(checked, args, context)?
    } else {
        let hashed = hash(checked, &model, args, context)?;
        (save(hashed, args, &new, &mut session, context)?, None)
    };
    let mut after = AfterSave::default();
    if let Some(receivers) = receivers {
        after =
            follow(receivers, &mut results, args, &mut session, context).map_err(|error| error.after_commit(AGAIN))?;
    }
    drop(session);
    let stream = destination.stream(context.style(), Behind::change(AGAIN));
    let (all, failed) = report(results, &mut after, stream, context).map_err(|error| error.after_commit(AGAIN))?;
    let after = after_commit.map_or_else(|| after.check(), Err);
    if failed == 0 {
        return after;
    }
    let others = if failed == all { "nothing was changed" } else { "the others are saved" };
    let refused = Error::rejected(format!("{}; {others}", rejected_part(failed, all, "users")));
    Err(match after {
        Ok(()) => refused,
        Err(error) => error.hint(refused.to_string()),
    })
}

/// Has the application save the users; returns what became of each row, and what
/// failed after the commit.
fn save_through_django(
    mut checked: SpoolReader<Pending>,
    args: &Args,
    context: &Context,
) -> Result<(SpoolReader<FileResult>, Option<Error>)> {
    let rows = checked.take_all()?;
    let Saved { results, after_commit } =
        through_django::save(rows, args, context).map_err(|refusal| match refusal.place {
            Some(place) => at_place(refusal.error, place),
            None => refusal.error,
        })?;
    let mut spool = random::spool()?;
    results.iter().try_for_each(|result| spool.push(result))?;
    Ok((spool.read().map_err(|error| error.after_commit(AGAIN))?, after_commit))
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
    let threads = threads();
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
        for row in hash_chunk(chunk, &hasher, args, threads.as_ref(), &progress)? {
            spool.push(&row)?;
        }
    }
    drop(progress);
    spool.read()
}

/// Returns threads that hash, as many as there are processors, or as the system
/// starts; none if it starts not even two.
fn threads() -> Option<ThreadPool> {
    let mut count = available_parallelism().map_or(1, NonZero::get);
    while count > 1 {
        if let Ok(threads) = ThreadPoolBuilder::new().num_threads(count).build() {
            return Some(threads);
        }
        count /= 2;
    }
    None
}

fn hash_chunk(
    mut rows: Vec<Pending>,
    hasher: &Hasher,
    args: &Args,
    threads: Option<&ThreadPool>,
    progress: &Progress,
) -> Result<Vec<Pending>> {
    let salts = rows.iter().map(|_| random::salt()).collect::<Result<Vec<_>>>()?;
    // Two at a time, if there are more rows than threads.
    let count = threads.map_or(1, ThreadPool::current_num_threads);
    let size = if hasher.is_faster_in_pairs() && rows.len() > count { 2 } else { 1 };
    let hash = |rows: &mut [Pending], salts: &[Zeroizing<_>]| {
        progress.advance(rows.len());
        hash_some(rows, salts, hasher)
    };
    let outcomes: Vec<Vec<Result<()>>> = match threads {
        Some(threads) => threads.install(|| {
            let some = rows.par_chunks_mut(size).zip(salts.par_chunks(size));
            some.map(|(rows, salts)| hash(rows, salts)).collect()
        }),
        None => rows.chunks_mut(size).zip(salts.chunks(size)).map(|(rows, salts)| hash(rows, salts)).collect(),
    };
    let outcomes = outcomes.into_iter().flatten();
    for (row, outcome) in rows.iter_mut().zip(outcomes) {
        if let (Err(error), Some(user)) = (outcome, row.user()) {
            *row = reject(row.place, user.data.username.to_string(), error, args)?;
        }
    }
    Ok(rows)
}

/// Hashes the passwords of one row or two.
fn hash_some(rows: &mut [Pending], salts: &[Zeroizing<[u8; RANDOM_BYTES]>], hasher: &Hasher) -> Vec<Result<()>> {
    let passwords: Vec<Option<&Password>> = rows.iter().map(|row| row.user()?.password.as_ref()).collect();
    let encoded: Vec<Option<Result<EncodedPassword>>> =
        if let ([Some(one), Some(other)], [salt, other_salt]) = (passwords.as_slice(), salts) {
            Password::encode_pair([one, other], hasher, [salt, other_salt]).map(Some).into()
        } else {
            let encode = |(password, salt): (Option<&Password>, &Zeroizing<_>)| Some(password?.encode(hasher, salt));
            passwords.into_iter().zip(salts).map(encode).collect()
        };
    let mut outcomes = Vec::with_capacity(rows.len());
    for (row, encoded) in rows.iter_mut().zip(encoded) {
        outcomes.push(encoded.transpose().map(|password| {
            if let PendingUser::Accepted(user) = &mut row.user {
                user.data.password = password;
            }
        }));
    }
    outcomes
}

/// Saves the users, in one transaction; returns what became of each row.
fn save(
    hashed: SpoolReader<Pending>,
    args: &Args,
    new: &NewUsers<'_>,
    session: &mut Session,
    context: &Context,
) -> Result<SpoolReader<FileResult>> {
    let request = UserRequest {
        on_existing: args.on_existing(),
        on_missing: OnMissingUser::Create,
        on_missing_group: args.on_missing_group(),
        with_token: args.with_token_at_once(),
        replacing: args.password.replacing(),
        template: new.template(),
        on_error: if args.keep_going { OnError::Skip } else { OnError::Stop },
        expected: hashed.rows(),
        now: context.now(),
    };
    let mut source = FileSource::new(hashed)?;
    let (mut keys, mut random) = (random::key, random::fill);
    warn_of_effects(session, &request, context)?;
    let saved = session.save_users(&request, &mut source, &mut keys, &mut random);
    let summary = saved.map_err(|failure| match failure.index.and_then(|index| source.place(index)) {
        Some(place) => at_place(failure.error, place),
        None => failure.error,
    })?;
    say(&summary, context);
    source.read().map_err(|error| error.after_commit(AGAIN))
}

/// Runs the receivers for the users who were created, and creates tokens.
fn follow(
    receivers: Receivers,
    results: &mut SpoolReader<FileResult>,
    args: &Args,
    session: &mut Session,
    context: &Context,
) -> Result<AfterSave> {
    let (mut created, mut saved) = (Vec::new(), Vec::new());
    while let Some(result) = results.take()? {
        if result.is_created() {
            created.push(result.username.clone());
        }
        if !result.is_rejected() {
            saved.push(Username::parse(result.username.as_ref())?);
        }
    }
    results.rewind()?;
    let created: Vec<&str> = created.iter().map(String::as_str).collect();
    Ok(run_after_save(receivers, &created, saved, args, session, context))
}

/// Prints the result of each row. Returns the numbers of rows and of rejected rows.
fn report(
    mut results: SpoolReader<FileResult>,
    after: &mut AfterSave,
    mut stream: Stream,
    context: &Context,
) -> Result<(usize, usize)> {
    let (mut all, mut failed) = (0_usize, 0_usize);
    loop {
        let mut page = results.take_some(PAGE)?;
        for result in &mut page {
            if let Some(token) = after.tokens.remove(&result.username) {
                result.set_token(&token);
            }
        }
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
