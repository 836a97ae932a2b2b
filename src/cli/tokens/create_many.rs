//! `create-token` for all users that match a filter, and its dry run.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::model::{StoredName, Summary};
use crate::admin::tokens::{BulkRequest, IssueRequest, OnExisting};
use crate::admin::{ListRequest, Listing, ONE_TRANSACTION, Pace, Session};
use crate::cli::args::bulk::Report;
use crate::cli::args::filter::check_prefix;
use crate::cli::args::keys::ListedKeys;
use crate::cli::args::names::{Concerned, LIST, check_names, note_empty, note_others, prefer_names};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::future_times::warn_of_future;
use crate::cli::random::{self, Keys};
use crate::cli::summary::{note_doubt, warn_of_cache, warn_of_key_shape};
use crate::cli::tokens::create_args::Args;
use crate::cli::tokens::issue::{COLUMNS, issue_to, report, usernames};
use crate::django::timestamp::rfc3339;
use crate::error::{Error, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Appearing, Behind, Field, Record};
use crate::query::filter::Filter;

/// The number of keys that are generated together.
const KEYS: usize = 64;

/// Issues tokens to all users of the filter: with `-r` new keys to those who have
/// a token, else tokens to those who have none.
///
/// # Errors
/// As `create-token`.
pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    let keys = args.keys_from.as_deref().map(ListedKeys::read).transpose()?;
    let filter = selection(args, keys.as_ref(), context)?;
    if args.bulk.dry_run {
        return plan(args, filter, keys, context);
    }
    let now = context.now();
    let since = rfc3339(Timestamp::try_from(now).unwrap_or_default());
    let appearing = if args.bulk.single_transaction { Appearing::Complete } else { Appearing::AtOnce };
    let mut report = report(&args.issue, appearing, Behind::change(how_to_see(&since)), context)?;
    let Some(mut filter) = filter else {
        note_empty_list(args, context);
        return report.finish(Ok(Summary::default()), "", context);
    };
    let named = context.session_to_change().and_then(|mut session| {
        // Before any note or question.
        session.layout()?.single_tokens()?;
        prefer_names(&mut session, &mut filter)?;
        Ok(session)
    });
    let mut session = match named {
        Ok(session) => session,
        Err(error) => return Err(report.abandon(error)),
    };
    let on_existing = args.issue.on_existing();
    if !(args.all || args.without_token || keys.is_some() || filter.has_conditions()) {
        // All patterns were names of users.
        drop(session);
        let pace = args.pace();
        let request = IssueRequest { usernames: filter.names, on_existing, preset: None, pace, now };
        return issue_to(report, request, args.missing.on_unknown(), context);
    }
    let go_on = how_to_go_on(args, &since);
    let (pace, most) = match prepare(args, keys, &mut filter, &go_on, &mut report, &mut session, context) {
        Ok(prepared) => prepared,
        Err(error) => return Err(report.abandon(error)),
    };
    let mut inactive = 0_usize;
    let request = BulkRequest { filter, on_existing, pace, most, now };
    let mut keys = Keys::new(KEYS);
    let outcome = session.issue_in_bulk(request, &mut || keys.next(), &mut random::spool, &mut |tokens| {
        inactive += tokens.iter().filter(|token| !token.is_active).count();
        report.page(&tokens)
    });
    drop(session);
    let done = report.done;
    report.finish(outcome, &format!("the printed keys are valid; {go_on}"), context)?;
    if inactive > 0 {
        let (users, tokens) = if inactive == 1 { ("user is", "its token") } else { ("users are", "their tokens") };
        context.notes().warning(&format!("{inactive} {users} inactive: the application rejects {tokens}"));
    }
    note_nothing(done, on_existing, context);
    Ok(())
}

/// Notes that no row matches.
fn note_nothing(done: u64, on_existing: OnExisting, context: &Context) {
    if done == 0 {
        context.notes().note(match on_existing {
            OnExisting::Reset => "no tokens match",
            OnExisting::Keep => "no users without a token match",
        });
    }
}

/// Counts the users and asks for confirmation. Returns how many transactions to
/// use and how many users may change.
fn prepare(
    args: &Args,
    keys: Option<ListedKeys>,
    filter: &mut Filter,
    go_on: &str,
    report: &mut Report,
    session: &mut Session,
    context: &Context,
) -> Result<(Pace, Option<u64>)> {
    note_doubt(context)?;
    check_names(session, filter, args.missing.on_unknown(), context)?;
    if let Some(keys) = keys {
        keys.check(session, args.missing.on_unknown(), context)?;
    }
    warn_of_future(session, filter, args.subject(), context)?;
    warn_of_key_shape(session, context)?;
    let (count, question, concerned) = match args.issue.on_existing() {
        OnExisting::Reset => {
            warn_of_cache(context)?;
            (session.estimate_tokens(filter)?, "Replace the keys of", Concerned::Holders)
        }
        OnExisting::Keep => {
            let without = Filter { has_token: Some(false), ..filter.clone() };
            (session.count_users(&without)?, "Create tokens for", Concerned::Others)
        }
    };
    check_prefix(filter, count, args.missing.on_unknown())?;
    note_others(session, filter, concerned, context)?;
    let users = if count == 1 { "user" } else { "users" };
    let confirmed = args.bulk.confirm(&format!("{question} {count} {users}?"), count, filter, session)?;
    let pace = args.bulk.pace(count, "users", context);
    report.expect(count, pace);
    if count > ONE_TRANSACTION && pace == Pace::Batches {
        context.notes().note(&format!("{count} users, in batches; if it is interrupted, {go_on}"));
    }
    let most = if filter.key_prefix.is_some() { Some(1) } else { confirmed };
    Ok((pace, most))
}

/// Returns how to continue if the command is interrupted: changed tokens are new.
fn how_to_go_on(args: &Args, since: &str) -> String {
    if args.keys_from.is_some() {
        "run the same command with --missing-ok for the others".to_owned()
    } else if args.issue.reset && args.filters.older_than.is_none() {
        format!("run the same command with --older-than {since} for the others")
    } else {
        "run the same command again for the others".to_owned()
    }
}

/// Returns how to see keys that could not be printed: they are new.
fn how_to_see(since: &str) -> String {
    format!("drfctl list --show-keys --newer-than {since} shows the new keys")
}

/// Shows what `create-token` with these names would do.
///
/// # Errors
/// Rejected, if a user does not exist; else as the database says.
pub(super) fn try_out(args: &Args, context: &Context) -> Result<()> {
    let names = usernames(&args.issue)?;
    let mut report = dry_report(args, context)?;
    if names.is_empty() {
        note_empty_list(args, context);
        return report.finish(Ok(Summary::default()), "", context);
    }
    let planned = context.session().and_then(|mut session| {
        session.layout()?.single_tokens()?;
        let mut filter = Filter { names, ..Filter::default() };
        check_names(&mut session, &mut filter, args.missing.on_unknown(), context)?;
        plan_users(&mut session, args, filter, &mut report)
    });
    report.finish(planned.map(|()| Summary::default()), "", context)
}

/// Returns the report of a dry run.
fn dry_report(args: &Args, context: &Context) -> Result<Report> {
    check_raw(0, context)?;
    // A reader such as `head` closes the pipe early.
    end_with_closed_pipe();
    let mut report = report(&args.issue, Appearing::Complete, Behind::Nothing, context)?;
    report.expect(0, Pace::Single);
    Ok(report)
}

/// Shows what would change.
fn plan(args: &Args, filter: Option<Filter>, keys: Option<ListedKeys>, context: &Context) -> Result<()> {
    let mut report = dry_report(args, context)?;
    let Some(mut filter) = filter else {
        note_empty_list(args, context);
        return report.finish(Ok(Summary::default()), "", context);
    };
    let on_existing = args.issue.on_existing();
    let planned = context.session().and_then(|mut session| {
        session.layout()?.single_tokens()?;
        check_names(&mut session, &mut filter, args.missing.on_unknown(), context)?;
        if let Some(keys) = keys {
            keys.check(&mut session, args.missing.on_unknown(), context)?;
        }
        warn_of_future(&mut session, &filter, args.subject(), context)?;
        if on_existing == OnExisting::Keep {
            let filter = Filter { has_token: Some(false), ..filter };
            return plan_users(&mut session, args, filter, &mut report);
        }
        session.list_tokens(&ListRequest { filter, ..ListRequest::default() }, &mut |event| match event {
            Listing::Row(token) => {
                report.record(&Planned { username: StoredName::of_cell(&token.user.username()?), fate: Fate::Reset });
                Ok(())
            }
            Listing::EndOfPage => report.end_page(),
        })
    });
    let done = report.done;
    report.finish(planned.map(|()| Summary::default()), "", context)?;
    note_nothing(done, on_existing, context);
    Ok(())
}

fn plan_users(session: &mut Session, args: &Args, filter: Filter, report: &mut Report) -> Result<()> {
    session.list_users(&ListRequest { filter, ..ListRequest::default() }, &mut |event| match event {
        Listing::Row(row) => {
            let fate = match (row.has_token()?.unwrap_or_default(), args.issue.on_existing()) {
                (true, OnExisting::Reset) => Fate::Reset,
                (true, OnExisting::Keep) => Fate::Existing,
                (false, _) => Fate::Created,
            };
            report.record(&Planned { username: StoredName::of_cell(&row.user.username()?), fate });
            Ok(())
        }
        Listing::EndOfPage => report.end_page(),
    })
}

/// Returns which users to issue tokens to; `None` if the list of names or keys
/// is empty.
fn selection(args: &Args, keys: Option<&ListedKeys>, context: &Context) -> Result<Option<Filter>> {
    if args.issue.key_from.is_some() {
        return Err(Error::usage("--key-from gives a key to one user").hint("name one user"));
    }
    if args.filters.key_prefix.is_some() && !args.issue.reset {
        return Err(Error::usage("--key-prefix requires -r").hint("replace the key of the selected token: -r"));
    }
    args.filters.selection(&args.issue.usernames, keys, context)
}

/// Notes that the list of names or keys is empty.
fn note_empty_list(args: &Args, context: &Context) {
    match &args.keys_from {
        Some(source) => note_empty(source, "keys", context),
        None => note_empty(Path::new(LIST), "names", context),
    }
}

/// What would become of a user's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Created,
    Existing,
    Reset,
}

/// A token that would be created.
struct Planned {
    username: StoredName,
    fate: Fate,
}

impl Record for Planned {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            3 => Field::text(match self.fate {
                Fate::Created => "would be created",
                Fate::Existing => "existing",
                Fate::Reset => "would be reset",
            }),
            _ => Field::Absent,
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = match self.fate {
            Fate::Created => "Would create a token for",
            Fate::Existing => "Would keep the token of",
            Fate::Reset => "Would replace the token of",
        };
        vec![Zeroizing::new(format!("{what} user {}", self.username.readable()))]
    }
}
