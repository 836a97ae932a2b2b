//! `create-token` for all users that pass a filter, and what it would do.

use std::borrow::Cow;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::model::{StoredName, Summary};
use crate::admin::tokens::{BulkRequest, IssueRequest, OnExisting};
use crate::admin::{ListRequest, Listing, ONE_TRANSACTION, Pace, Session};
use crate::cli::args::bulk::Report;
use crate::cli::args::filter::settle;
use crate::cli::args::names::{Concerned, OnUnknown, check_names, note_others, prefer_names};
use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::cli::future_times::warn_of_future;
use crate::cli::random::{self, Keys};
use crate::cli::summary::{note_doubt, warn_of_cache, warn_of_key_shape};
use crate::cli::tokens::create_args::Args;
use crate::cli::tokens::issue::{COLUMNS, issue_to, listed_names, report, usernames};
use crate::django::timestamp::rfc3339;
use crate::error::{Error, Result};
use crate::os::end_with_closed_pipe;
use crate::output::{Appearing, Behind, Field, Record};
use crate::query::filter::Filter;

/// How many keys the operating system is asked for at a time.
const KEYS: usize = 64;

/// Gives tokens to all users of the filter: with `-r` other keys to those that
/// hold one, else new tokens to those that hold none.
///
/// # Errors
/// As `create-token`.
pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    let mut filter = selection(args, context)?;
    if args.bulk.dry_run {
        return plan(args, filter, context);
    }
    let now = context.now();
    let since = rfc3339(Timestamp::try_from(now).unwrap_or_default());
    let appearing = if args.bulk.single_transaction { Appearing::Complete } else { Appearing::AtOnce };
    let mut report = report(&args.issue, appearing, Behind::change(how_to_see(&since)), context)?;
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
    if !(args.all || args.without_token || filter.has_conditions()) {
        // What looked like a pattern was a name.
        drop(session);
        let pace = if args.bulk.single_transaction { Pace::Single } else { Pace::Batches };
        let request = IssueRequest { usernames: filter.names, on_existing, preset: None, pace, now };
        return issue_to(report, &request, context);
    }
    let go_on = how_to_go_on(args, &since);
    let (pace, most) = match prepare(args, &mut filter, &go_on, &mut report, &mut session, context) {
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
    report.finish(outcome, &format!("what was printed is done; {go_on}"), context)?;
    if inactive > 0 {
        let users = if inactive == 1 { "user is" } else { "users are" };
        context.notes().warning(&format!("{inactive} {users} inactive: the application will refuse their tokens"));
    }
    note_nothing(done, on_existing, context);
    Ok(())
}

/// Says so where there was nothing to do.
fn note_nothing(done: u64, on_existing: OnExisting, context: &Context) {
    if done == 0 {
        context.notes().note(match on_existing {
            OnExisting::Reset => "there is no such token",
            OnExisting::Keep => "there is no such user without a token",
        });
    }
}

/// Looks how many users it is about, and asks: in how many transactions it is
/// done, and how many it may come to.
fn prepare(
    args: &Args,
    filter: &mut Filter,
    go_on: &str,
    report: &mut Report,
    session: &mut Session,
    context: &Context,
) -> Result<(Pace, Option<u64>)> {
    note_doubt(context)?;
    check_names(session, filter, OnUnknown::Refuse, context)?;
    warn_of_future(session, filter, args.subject(), context)?;
    warn_of_key_shape(session, context)?;
    let (count, question, concerned) = match args.issue.on_existing() {
        OnExisting::Reset => {
            warn_of_cache(context)?;
            (session.estimate_tokens(filter)?, "Replace the keys of", Concerned::Holders)
        }
        OnExisting::Keep => {
            let without = Filter { has_token: Some(false), ..filter.clone() };
            (session.count_users(&without)?, "Make tokens for", Concerned::Others)
        }
    };
    note_others(session, filter, concerned, context)?;
    args.bulk.confirm(&format!("{question} {count} users?"), count, "users", session)?;
    let pace = args.bulk.pace(count, "users", context);
    report.expect(count, pace);
    if count > ONE_TRANSACTION && pace == Pace::Batches {
        context.notes().note(&format!("{count} users, in batches; if it is interrupted, {go_on}"));
    }
    Ok((pace, args.bulk.most(filter, count)))
}

/// How to go on where the work was cut short: what is done is new.
fn how_to_go_on(args: &Args, since: &str) -> String {
    if args.issue.reset && args.filters.older_than.is_none() {
        format!("the same command with --older-than {since} goes on with the rest")
    } else {
        "the same command goes on with the rest".to_owned()
    }
}

/// How to see keys that could not be shown: they are new.
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
    let planned = context.session().and_then(|mut session| {
        session.layout()?.single_tokens()?;
        let mut filter = Filter { names, ..Filter::default() };
        check_names(&mut session, &mut filter, OnUnknown::Refuse, context)?;
        plan_users(&mut session, args, filter, &mut report)
    });
    report.finish(planned.map(|()| Summary::default()), "", context)
}

/// Where it is shown what would be done.
fn dry_report(args: &Args, context: &Context) -> Result<Report> {
    check_raw(0, context)?;
    // The reader may close the pipe early, as `head` does.
    end_with_closed_pipe();
    let mut report = report(&args.issue, Appearing::Complete, Behind::Nothing, context)?;
    report.expect(0, Pace::Single);
    Ok(report)
}

/// Shows what would be done.
fn plan(args: &Args, mut filter: Filter, context: &Context) -> Result<()> {
    let mut report = dry_report(args, context)?;
    let on_existing = args.issue.on_existing();
    let planned = context.session().and_then(|mut session| {
        session.layout()?.single_tokens()?;
        check_names(&mut session, &mut filter, OnUnknown::Refuse, context)?;
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

/// Which users are meant.
fn selection(args: &Args, context: &Context) -> Result<Filter> {
    if args.issue.key_from.is_some() {
        return Err(Error::usage("--key-from gives a key to one user").hint("name one user"));
    }
    if args.filters.key_prefix.is_some() && !args.issue.reset {
        return Err(Error::usage("users without a token have no key that begins with anything")
            .hint("-r gives the token another key"));
    }
    let (lists, names): (Vec<_>, Vec<_>) = args.issue.usernames.iter().cloned().partition(|typed| typed == "-");
    let mut filter = args.filters.filter(&names, context)?;
    if let [_, ..] = lists.as_slice() {
        filter.names.extend(listed_names()?);
    }
    settle(&mut filter)?;
    Ok(filter)
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
            Fate::Created => "Would make a token for",
            Fate::Existing => "Would keep the token of",
            Fate::Reset => "Would replace the token of",
        };
        vec![Zeroizing::new(format!("{what} user {}", self.username.readable()))]
    }
}
