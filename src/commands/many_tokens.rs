//! `create-token` for all users that pass a filter, and what it would do.

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::commands::bulk::Report;
use crate::commands::create_token::{self, Args};
use crate::commands::filter::settle;
use crate::context::Context;
use crate::django::timestamp::rfc3339;
use crate::error::{Error, Result};
use crate::output::{Appearing, Behind, Field, Record};
use crate::process;
use crate::sql::Value;
use crate::sql::filter::TokenFilter;
use crate::store::{BulkOrder, ListOrder, ONE_TRANSACTION, Pace, Store, Summary};

/// How many keys the operating system is asked for at a time.
const KEYS: usize = 64;

/// Gives tokens to all users of the filter: with `-r` other keys to those that
/// hold one, else new tokens to those that hold none.
///
/// # Errors
/// As [`create_token::run`].
pub(super) fn run(args: &Args, context: &Context) -> Result<()> {
    let mut filter = selection(args, context)?;
    if args.bulk.dry_run {
        return plan(args, filter, context);
    }
    let now = context.now();
    let since = rfc3339(Timestamp::try_from(now).unwrap_or_default());
    let appearing = if args.bulk.single_transaction { Appearing::Complete } else { Appearing::AtOnce };
    let mut report = create_token::report(&args.issue, appearing, Behind::change(how_to_see(&since)), context)?;
    if let Err(error) = context.store().and_then(|mut store| super::prefer_names(&mut store, &mut filter)) {
        return Err(report.abandon(error));
    }
    if !(args.all || args.without_token || filter.says_more()) {
        // What looked like a pattern was a name.
        let at_once = args.bulk.single_transaction;
        return create_token::issue_to(report, &args.issue, filter.names, None, at_once, context);
    }
    let reset = args.issue.reset;
    let go_on = how_to_go_on(args, &since);
    let (pace, most) = match prepare(args, &mut filter, &go_on, &mut report, context) {
        Ok(prepared) => prepared,
        Err(error) => return Err(report.abandon(error)),
    };
    let mut inactive = 0_usize;
    let order = BulkOrder { filter, reset, pace, most, now };
    let mut keys = context.random_keys(KEYS);
    let outcome = context.store().and_then(|mut store| {
        let mut next = || keys.next().unwrap_or_else(|| context.random_key());
        let mut summary = store.issue_in_bulk(order, &mut next, &mut |tokens| {
            inactive += tokens.iter().filter(|token| !token.is_active).count();
            report.page(&tokens)
        })?;
        summary.warnings.extend(store.farewell());
        Ok(summary)
    });
    let done = report.done;
    report.finish(outcome, &format!("what was printed is done; {go_on}"), context)?;
    if inactive > 0 {
        let users = if inactive == 1 { "user is" } else { "users are" };
        context.notes().warning(&format!("{inactive} {users} inactive: the application will refuse their tokens"));
    }
    note_nothing(done, reset, context);
    Ok(())
}

/// Says so where there was nothing to do.
fn note_nothing(done: u64, reset: bool, context: &Context) {
    if done == 0 {
        context.notes().note(if reset { "there is no such token" } else { "there is no such user without a token" });
    }
}

/// Looks how many users it is about, and asks: in how many transactions it is
/// done, and how many it may come to. Nothing is asked while the database is
/// open.
fn prepare(
    args: &Args,
    filter: &mut TokenFilter,
    go_on: &str,
    report: &mut Report,
    context: &Context,
) -> Result<(Pace, Option<u64>)> {
    let reset = args.issue.reset;
    let mut store = context.store()?;
    super::check_names(&mut store, filter, false, context)?;
    let count = if reset {
        store.estimate_tokens(filter)?
    } else {
        store.count_users(&TokenFilter { holds_token: Some(false), ..filter.clone() })?
    };
    super::note_others(&mut store, filter, reset, context)?;
    drop(store);
    let question = if reset { "Replace the keys of" } else { "Make tokens for" };
    args.bulk.confirm(&format!("{question} {count} users?"), count, "users")?;
    report.expect(count, args.bulk.single_transaction);
    let pace = args.bulk.pace(count, "users", context)?;
    if count > ONE_TRANSACTION && !args.bulk.single_transaction {
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
    let names = create_token::usernames(&args.issue)?;
    let mut report = dry_report(args, context)?;
    let planned = context.store().and_then(|mut store| {
        let mut filter = TokenFilter { names, ..TokenFilter::default() };
        super::check_names(&mut store, &mut filter, false, context)?;
        plan_users(&mut store, args, filter, &mut report)
    });
    report.finish(planned.map(|()| Summary::default()), "", context)
}

/// Where it is shown what would be done.
fn dry_report(args: &Args, context: &Context) -> Result<Report> {
    super::check_raw(0, context)?;
    // Whoever reads it may stop when there was enough.
    process::end_with_closed_pipe();
    let mut report = create_token::report(&args.issue, Appearing::Complete, Behind::Nothing, context)?;
    report.expect(0, true);
    Ok(report)
}

/// Shows what would be done.
fn plan(args: &Args, mut filter: TokenFilter, context: &Context) -> Result<()> {
    let mut report = dry_report(args, context)?;
    let planned = context.store().and_then(|mut store| {
        super::check_names(&mut store, &mut filter, false, context)?;
        if !args.issue.reset {
            let filter = TokenFilter { holds_token: Some(false), ..filter };
            return plan_users(&mut store, args, filter, &mut report);
        }
        store.list_tokens(&ListOrder { filter, ..ListOrder::default() }, &mut |rows| {
            report.page(&rows.into_iter().map(|row| Planned::of(row.username, true, true)).collect::<Vec<_>>())
        })
    });
    let done = report.done;
    report.finish(planned.map(|()| Summary::default()), "", context)?;
    note_nothing(done, args.issue.reset, context);
    Ok(())
}

fn plan_users(store: &mut Store, args: &Args, filter: TokenFilter, report: &mut Report) -> Result<()> {
    store.list_users(&ListOrder { filter, ..ListOrder::default() }, &mut |rows| {
        let planned =
            rows.into_iter().map(|row| Planned::of(row.username, row.has_token.unwrap_or_default(), args.issue.reset));
        report.page(&planned.collect::<Vec<_>>())
    })
}

/// Which users are meant.
fn selection(args: &Args, context: &Context) -> Result<TokenFilter> {
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
        filter.names.extend(create_token::listed_names()?);
    }
    settle(&mut filter)?;
    Ok(filter)
}

/// A token that would be made.
struct Planned {
    username: Value,
    outcome: &'static str,
}

impl Planned {
    fn of(username: Value, has_token: bool, reset: bool) -> Self {
        let outcome = match (has_token, reset) {
            (true, true) => "would be reset",
            (true, false) => "existing",
            (false, _) => "would be created",
        };
        Self { username, outcome }
    }
}

impl Record for Planned {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::stored(&self.username)),
            ("key", Field::Absent),
            ("created", Field::Absent),
            ("outcome", Field::text(self.outcome)),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        let what = match self.outcome {
            "would be reset" => "Would replace the token of",
            "existing" => "Would keep the token of",
            _ => "Would make a token for",
        };
        vec![Zeroizing::new(format!("{what} user {}", self.username.readable()))]
    }
}
