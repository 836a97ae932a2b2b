//! `revoke`: deletes tokens.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::admin::model::{Moment, StoredName};
use crate::admin::tokens::{RevokeRequest, RevokedToken, TokenRow};
use crate::admin::{ListRequest, Listing, Session};
use crate::cli::args::bulk::{BulkArgs, Report};
use crate::cli::args::filter::{FilterArgs, check_prefix};
use crate::cli::args::keys::ListedKeys;
use crate::cli::args::names::{Concerned, LIST, MissingArgs, check_names, note_empty, note_others};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::future_times::warn_of_future;
use crate::cli::random;
use crate::cli::summary::{warn_of_cache, warn_of_layout};
use crate::django::token_key::shortened;
use crate::error::{Error, Kind, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination, Field, Record, Stream, Style};
use crate::query::filter::{Filter, Subject};

/// What to do if the output is lost.
const AGAIN: &str = "drfctl list shows the remaining tokens";

/// The columns of each token.
const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// The arguments of `revoke`.
#[derive(Clone, Debug, Default, ClapArgs)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct Args {
    /// Revoke the tokens of these users or patterns ('ci-*'); `-` reads names
    #[arg(value_name = "USERNAME", conflicts_with_all = ["keys_from", "all"])]
    pub usernames: Vec<OsString>,

    /// Revoke the tokens with the keys in this file, one per line
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub keys_from: Option<PathBuf>,

    /// Revoke all tokens
    #[arg(long)]
    pub all: bool,

    /// What to do with unknown users and keys.
    #[command(flatten)]
    pub missing: MissingArgs,

    /// Print nothing, not even errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Which tokens.
    #[command(flatten)]
    pub filters: FilterArgs,

    /// How they are revoked.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

/// Revokes the tokens and prints their users.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 to 9 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    let keys = args.keys_from.as_deref().map(ListedKeys::read).transpose()?;
    let filter = selection(args, keys.as_ref(), context)?;
    let destination = if args.quiet { Destination::Nowhere } else { Destination::stdout()? };
    let behind = if args.bulk.dry_run {
        // A reader such as `head` closes the pipe early.
        end_with_closed_pipe();
        Behind::Nothing
    } else {
        Behind::change(AGAIN)
    };
    let stream = destination.stream(Style::of(context.style(), &COLUMNS), behind);
    let Some(mut filter) = filter else { return finish_empty(args, stream, context) };
    let on_unknown = args.missing.on_unknown();
    let mut session = if args.bulk.dry_run { context.session()? } else { context.session_to_change()? };
    check_names(&mut session, &mut filter, on_unknown, context)?;
    if let Some(keys) = keys {
        keys.check(&mut session, on_unknown, context)?;
    }
    warn_of_future(&mut session, &filter, Subject::Tokens, context)?;
    let count = session.estimate_tokens(&filter)?;
    check_prefix(&filter, count, on_unknown)?;
    if args.bulk.dry_run {
        warn_of_layout(&mut session, context)?;
        return try_out(&mut session, filter, stream, context);
    }
    warn_of_cache(context)?;
    let is_noted = note_others(&mut session, &filter, Concerned::Holders, context)?;
    let question = if count == 1 { "Revoke 1 token?".to_owned() } else { format!("Revoke {count} tokens?") };
    let confirmed = args.bulk.confirm(&question, count, &filter, &mut session)?;
    let pace = args.bulk.pace(count, "tokens", context);
    let mut report = Report::new("revoking tokens", stream, context);
    report.expect(count, pace);
    let is_everything = filter.is_empty();
    let most = if filter.key_prefix.is_some() { Some(1) } else { confirmed };
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
    report.finish(outcome, "the printed tokens are revoked; run the same command again for the others", context)?;
    let left = left.saturating_sub(u64::try_from(kept.len()).unwrap_or(u64::MAX));
    match left {
        0 => {}
        1 => context.notes().note("1 token of a user who does not exist is left: the application rejects it"),
        _ => context
            .notes()
            .note(&format!("{left} tokens of users who do not exist are left: the application rejects them")),
    }
    if !kept.is_empty() {
        return Err(still_referred_to(&kept, done));
    }
    if done == 0 && !is_noted {
        context.notes().note("no tokens match");
    }
    Ok(())
}

/// Returns the error for tokens that other tables refer to.
fn still_referred_to(kept: &[(String, String)], done: u64) -> Error {
    /// How many users are named.
    const NAMED: usize = 5;
    let mut names: Vec<String> = kept.iter().take(NAMED).map(|(name, by)| format!("{name} ({by})")).collect();
    if kept.len() > NAMED {
        names.push("…".to_owned());
    }
    let kind = if done == 0 { Kind::Conflict } else { Kind::Partial };
    let (names, count) = (names.join(", "), kept.len());
    let (message, tokens) = match count {
        1 => (format!("a token is left, because rows of another table refer to it: {names}"), "the token"),
        _ => (format!("{count} tokens are left, because rows of other tables refer to them: {names}"), "the tokens"),
    };
    Error::new(kind, message).hint(format!("delete these rows, or revoke {tokens} in the application"))
}

/// Returns which tokens to revoke; `None` if the list of names or keys is empty.
fn selection(args: &Args, keys: Option<&ListedKeys>, context: &Context) -> Result<Option<Filter>> {
    let filter = args.filters.selection(&args.usernames, keys, context)?;
    if filter.as_ref().is_some_and(Filter::is_empty) && !args.all {
        return Err(Error::usage("no tokens selected")
            .hint("name users, or give --keys-from FILE, a filter such as --inactive, or --all"));
    }
    Ok(filter)
}

/// Ends a command whose list of names or keys is empty.
fn finish_empty(args: &Args, stream: Stream, context: &Context) -> Result<()> {
    match &args.keys_from {
        Some(source) => note_empty(source, "keys", context),
        None => note_empty(Path::new(LIST), "names", context),
    }
    stream.finish()
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
        context.notes().note("no tokens match");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hint;

    #[test]
    fn tokens_that_rows_refer_to_are_named_up_to_5() {
        let several = "tokens are left, because rows of other tables refer to them:";
        let one = "a token is left, because rows of another table refer to it:";
        for (count, done, kind, message, tokens) in [
            (1, 0, Kind::Conflict, format!("{one} u1 (log)"), "the token"),
            (2, 1, Kind::Partial, format!("2 {several} u1 (log), u2 (log)"), "the tokens"),
            (
                5,
                0,
                Kind::Conflict,
                format!("5 {several} u1 (log), u2 (log), u3 (log), u4 (log), u5 (log)"),
                "the tokens",
            ),
            (
                6,
                9,
                Kind::Partial,
                format!("6 {several} u1 (log), u2 (log), u3 (log), u4 (log), u5 (log), …"),
                "the tokens",
            ),
        ] {
            let kept: Vec<_> = (1..=count).map(|at| (format!("u{at}"), "log".to_owned())).collect();
            let error = still_referred_to(&kept, done);
            assert_eq!((error.kind(), error.to_string()), (kind, message));
            assert_eq!(
                error.hints(),
                [Hint::advice(format!("delete these rows, or revoke {tokens} in the application"))]
            );
        }
    }
}
