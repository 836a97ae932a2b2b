//! `revoke`: ends tokens.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::model::{Moment, StoredName};
use crate::admin::tokens::{RevokeRequest, RevokedToken, TokenRow};
use crate::admin::{ListRequest, Listing, Session};
use crate::cli::args::bulk::{BulkArgs, Report};
use crate::cli::args::filter::{FilterArgs, settle};
use crate::cli::args::names::{Concerned, OnUnknown, check_names, note_others};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::future_times::warn_of_future;
use crate::cli::random;
use crate::cli::summary::{warn_of_cache, warn_of_layout};
use crate::django::authorization::{self, PresentedKey};
use crate::django::token_key::shortened;
use crate::error::{Error, Kind, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination, Field, Record, Stream, Style};
use crate::prompt;
use crate::query::filter::{Filter, Subject};

/// What to do where the output was lost.
const AGAIN: &str = "drfctl list shows the tokens that are left";

/// What is told of each.
const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// Users by login name, or by a pattern such as 'ci-*'
    #[arg(value_name = "USERNAME", conflicts_with_all = ["keys_from", "all"])]
    pub usernames: Vec<OsString>,

    /// The tokens with the keys in this file, one a line; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub keys_from: Option<PathBuf>,

    /// All tokens that there are
    #[arg(long)]
    pub all: bool,

    /// Users and keys that are not there are no error
    #[arg(long, visible_alias = "if-exists")]
    pub missing_ok: bool,

    /// Print nothing; the exit status tells
    #[arg(short, long)]
    pub quiet: bool,

    /// Which tokens.
    #[command(flatten)]
    pub filters: FilterArgs,

    /// How they are ended.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

/// Revokes the tokens and prints whose they were.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 to 9 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let mut filter = selection(args, context)?;
    let destination = if args.quiet { Destination::Nowhere } else { Destination::stdout()? };
    let behind = if args.bulk.dry_run {
        // The reader may close the pipe early, as `head` does.
        end_with_closed_pipe();
        Behind::Nothing
    } else {
        Behind::change(AGAIN)
    };
    let stream = destination.stream(Style::of(context.style(), &COLUMNS), behind);
    let on_unknown = if args.missing_ok { OnUnknown::Note } else { OnUnknown::Refuse };
    let mut session = if args.bulk.dry_run { context.session()? } else { context.session_to_change()? };
    check_names(&mut session, &mut filter, on_unknown, context)?;
    check_keys(&mut session, &filter, on_unknown, context)?;
    // A leak may have been reported twice.
    filter.keys.sort_unstable_by(|one, other| one.reveal().cmp(other.reveal()));
    filter.keys.dedup_by(|one, other| one.reveal() == other.reveal());
    warn_of_future(&mut session, &filter, Subject::Tokens, context)?;
    let count = session.estimate_tokens(&filter)?;
    check_prefix(args, count)?;
    if args.bulk.dry_run {
        warn_of_layout(&mut session, context)?;
        return try_out(&mut session, filter, stream, context);
    }
    warn_of_cache(context)?;
    let is_noted = note_others(&mut session, &filter, Concerned::Holders, context)?;
    args.bulk.confirm(&format!("Revoke {count} tokens?"), count, "tokens", &mut session)?;
    let pace = args.bulk.pace(count, "tokens", context);
    let mut report = Report::new("revoking", stream, context);
    report.expect(count, pace);
    let is_everything = filter.is_empty();
    let most = if filter.key_prefix.is_some() { Some(1) } else { args.bulk.most(&filter, count) };
    let mut left = 0;
    let request = RevokeRequest { filter, pace, most };
    let outcome = session.revoke_tokens(request, &mut random::spool, &mut |tokens| report.page(&tokens));
    if is_everything && outcome.is_ok() {
        match session.estimate_tokens(&Filter::default()) {
            Ok(count) => left = count,
            // The tokens are revoked all the same.
            Err(error) => context.notes().note(&format!("tokens without a user were not counted: {error}")),
        }
    }
    drop(session);
    let kept = outcome.as_ref().map(|summary| summary.left.clone()).unwrap_or_default();
    let done = report.done;
    report.finish(outcome, "what was printed is done: the same command goes on with the rest", context)?;
    let left = left.saturating_sub(u64::try_from(kept.len()).unwrap_or(u64::MAX));
    if left > 0 {
        context
            .notes()
            .note(&format!("{left} tokens are left whose users are not there: the application accepts none"));
    }
    if !kept.is_empty() {
        return Err(still_referred_to(&kept, done));
    }
    if done == 0 && !is_noted {
        context.notes().note("there is no such token");
    }
    Ok(())
}

/// The error for tokens that were left.
fn still_referred_to(kept: &[(String, String)], done: u64) -> Error {
    /// How many users are named.
    const NAMED: usize = 5;
    let mut names: Vec<String> = kept.iter().take(NAMED).map(|(name, by)| format!("{name} ({by})")).collect();
    if kept.len() > NAMED {
        names.push("…".to_owned());
    }
    let kind = if done == 0 { Kind::Conflict } else { Kind::InPart };
    let (names, count) = (names.join(", "), kept.len());
    let message = match count {
        1 => format!("a token is left, because rows of another table refer to it: {names}"),
        _ => format!("{count} tokens are left, because rows of other tables refer to them: {names}"),
    };
    Error::new(kind, message)
        .hint("delete these rows, or revoke the tokens in the application, which knows what to do with them")
}

/// Which tokens are meant.
fn selection(args: &Args, context: &Context) -> Result<Filter> {
    let mut filter = args.filters.filter(&args.usernames, context)?;
    if let Some(source) = &args.keys_from {
        filter.keys = keys(source)?;
        if filter.keys.is_empty() {
            return Err(Error::usage("there is no key to look for").hint("one key a line"));
        }
    }
    settle(&mut filter)?;
    if filter.is_empty() && !args.all {
        return Err(Error::usage("it is not said which tokens")
            .hint("name users, or give --keys-from FILE, a filter such as --inactive, or --all"));
    }
    Ok(filter)
}

/// The keys of a file, as a scanner for secrets reports them.
fn keys(source: &Path) -> Result<Vec<PresentedKey>> {
    let mut keys = Vec::new();
    prompt::lines(source, &mut |number, line| {
        if !line.trim_ascii().is_empty() {
            keys.push(authorization::key_in(line.trim_ascii()).map_err(|error| error.at(format!("line {number}")))?);
        }
        Ok(())
    })?;
    Ok(keys)
}

/// Refuses keys that nobody holds. They are told by their place: no key is
/// repeated.
fn check_keys(session: &mut Session, filter: &Filter, on_unknown: OnUnknown, context: &Context) -> Result<()> {
    if filter.keys.is_empty() {
        return Ok(());
    }
    let unknown = session.snapshot()?.unknown_keys(&filter.keys)?;
    let Some(first) = unknown.first() else { return Ok(()) };
    let (first, all) = (first + 1, filter.keys.len());
    let said = match unknown.len() {
        1 => format!("key {first} of {all} is nobody's token"),
        several => format!("{several} of {all} keys are nobody's tokens, the first is key {first}"),
    };
    if on_unknown == OnUnknown::Note {
        context.notes().note(&said);
        return Ok(());
    }
    Err(Error::rejected(said).hint("--missing-ok revokes the others"))
}

/// What a person read off a list has to mean one token.
fn check_prefix(args: &Args, count: u64) -> Result<()> {
    match (&args.filters.key_prefix, count) {
        (None, _) | (Some(_), 1) => Ok(()),
        (Some(_), 0) if args.missing_ok => Ok(()),
        (Some(prefix), 0) => Err(Error::rejected(format!("no such token begins with {prefix}"))),
        (Some(prefix), more) => {
            Err(Error::rejected(format!("{more} tokens begin with {prefix}")).hint("give more of the key"))
        }
    }
}

/// Prints what would be revoked.
fn try_out(session: &mut Session, filter: Filter, mut stream: Stream, context: &Context) -> Result<()> {
    let request = ListRequest { filter, ..ListRequest::default() };
    let mut is_none = true;
    session.list_tokens(&request, &mut |event| match event {
        Listing::Row(row) => {
            is_none = false;
            stream.record(&Planned::new(row)?);
            Ok(())
        }
        Listing::EndOfPage => stream.end_page(),
    })?;
    stream.finish()?;
    if is_none {
        context.notes().note("there is no such token");
    }
    Ok(())
}

impl Record for RevokedToken {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            1 => Field::text(self.key.as_str()),
            2 => Field::optional(self.created.as_deref()),
            _ => Field::text("revoked"),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(format!("Revoked token {} of user {}", self.key, self.username.readable()))]
    }
}

/// A token that would be revoked.
struct Planned {
    username: StoredName,
    /// The beginning of its key.
    key: String,
    created: Option<String>,
}

impl Planned {
    fn new(row: TokenRow<'_>) -> Result<Self> {
        Ok(Self {
            username: StoredName::of_cell(&row.user.username()?),
            key: shortened(row.key()?.as_str().unwrap_or_default()),
            created: row.created()?.as_ref().map(Moment::text).map(Cow::into_owned),
        })
    }
}

impl Record for Planned {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            1 => Field::text(self.key.as_str()),
            2 => Field::optional(self.created.as_deref()),
            _ => Field::text("would be revoked"),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(format!("Would revoke token {} of user {}", self.key, self.username.readable()))]
    }
}
