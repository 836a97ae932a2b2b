//! `revoke`: ends tokens.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::bulk::{BulkArgs, Report};
use crate::commands::filter::{FilterArgs, settle};
use crate::commands::listed::key_shortened;
use crate::context::Context;
use crate::django::authorization;
use crate::django::token_key::TokenKey;
use crate::error::{Error, Result};
use crate::output::{Behind, Destination, Field, Format, Record, Stream, Style};
use crate::process;
use crate::prompt;
use crate::sql::Value;
use crate::sql::filter::TokenFilter;
use crate::store::{ListOrder, Revocation, RevokedToken, Store, Stored, TokenRow};

/// What to do where the output was lost.
const AGAIN: &str = "drfctl list shows the tokens that are left";

/// What is told of each.
const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Args {
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

/// Ends the tokens and prints whose they were.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 to 9 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    super::check_raw(0, context)?;
    let mut filter = selection(args, context)?;
    let destination = if args.quiet { Destination::Nowhere } else { Destination::stdout()? };
    let behind = if args.bulk.dry_run {
        // Whoever reads it may stop when there was enough.
        process::end_with_closed_pipe();
        Behind::Nothing
    } else {
        Behind::change(AGAIN)
    };
    let stream = destination.stream(Style::of(context.format().unwrap_or(Format::Text), &COLUMNS), behind);
    let mut store = context.store()?;
    super::check_names(&mut store, &mut filter, args.missing_ok, context)?;
    check_keys(&mut store, &filter, args.missing_ok, context)?;
    // A leak may have been reported twice.
    filter.keys.sort_unstable_by(|one, other| one.reveal().cmp(other.reveal()));
    filter.keys.dedup_by(|one, other| one.reveal() == other.reveal());
    let count = store.estimate_tokens(&filter)?;
    check_prefix(args, count)?;
    if args.bulk.dry_run {
        return try_out(&mut store, filter, stream, context);
    }
    let is_told = super::note_others(&mut store, &filter, true, context)?;
    // Nothing is asked while the database is open.
    drop(store);
    args.bulk.confirm(&format!("Revoke {count} tokens?"), count, "tokens")?;
    let pace = args.bulk.pace(count, "tokens", context)?;
    let mut report = Report::new("revoking", stream, context);
    report.expect(count, args.bulk.single_transaction);
    let is_everything = filter.is_empty();
    let most = if filter.key_prefix.is_some() { Some(1) } else { args.bulk.most(&filter, count) };
    let mut left = 0;
    let outcome = context.store().and_then(|mut store| {
        let order = Revocation { filter, pace, most };
        let mut summary = store.revoke_tokens(order, &mut |tokens| report.page(&tokens))?;
        if is_everything {
            left = store.estimate_tokens(&TokenFilter::default())?;
        }
        summary.warnings.extend(store.farewell());
        Ok(summary)
    });
    let done = report.done;
    report.finish(outcome, "what was printed is done: the same command goes on with the rest", context)?;
    if left > 0 {
        context
            .notes()
            .note(&format!("{left} tokens are left whose users are not there: the application accepts none"));
    }
    if done == 0 && !is_told {
        context.notes().note("there is no such token");
    }
    Ok(())
}

/// Which tokens are meant.
fn selection(args: &Args, context: &Context) -> Result<TokenFilter> {
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
fn keys(source: &Path) -> Result<Vec<TokenKey>> {
    let mut keys = Vec::new();
    prompt::lines(source, &mut |number, line| {
        if !line.trim_ascii().is_empty() {
            let key = authorization::key_in(line.trim_ascii()).map_err(|error| error.at(format!("line {number}")))?;
            keys.push(TokenKey::stored(&key));
        }
        Ok(())
    })?;
    Ok(keys)
}

/// Refuses keys that nobody holds. They are told by their place: no key is
/// repeated.
fn check_keys(store: &mut Store, filter: &TokenFilter, missing_ok: bool, context: &Context) -> Result<()> {
    if filter.keys.is_empty() {
        return Ok(());
    }
    let unknown = store.unknown_keys(filter)?;
    let Some(first) = unknown.first() else { return Ok(()) };
    let (first, all) = (first + 1, filter.keys.len());
    let said = match unknown.len() {
        1 => format!("key {first} of {all} is nobody's token"),
        several => format!("{several} of {all} keys are nobody's tokens, the first is key {first}"),
    };
    if missing_ok {
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
fn try_out(store: &mut Store, filter: TokenFilter, mut stream: Stream, context: &Context) -> Result<()> {
    let order = ListOrder { filter, ..ListOrder::default() };
    let mut is_none = true;
    store.list_tokens(&order, &mut |rows| {
        is_none &= rows.is_empty();
        stream.page(&rows.into_iter().map(Planned).collect::<Vec<_>>())
    })?;
    stream.finish()?;
    if is_none {
        context.notes().note("there is no such token");
    }
    Ok(())
}

impl Record for RevokedToken {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        fields(&self.username, &self.key, self.created.as_ref(), "revoked")
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(format!("Revoked token {} of user {}", self.key, self.username.readable()))]
    }
}

/// A token that would be revoked.
struct Planned(TokenRow);

impl Record for Planned {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let row = &self.0;
        fields(&row.username, key_shortened(&row.key), row.created.as_ref(), "would be revoked")
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let (key, name) = (key_shortened(&self.0.key), self.0.username.readable());
        vec![Zeroizing::new(format!("Would revoke token {key} of user {name}"))]
    }
}

fn fields<'a>(
    username: &'a Value,
    key: impl Into<Cow<'a, str>>,
    created: Option<&'a Stored>,
    outcome: &'static str,
) -> Vec<(&'static str, Field<'a>)> {
    vec![
        ("username", Field::stored(username)),
        ("key", Field::text(key)),
        ("created", Field::optional(created.map(|created| created.text.as_str()))),
        ("outcome", Field::text(outcome)),
    ]
}
