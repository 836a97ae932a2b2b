//! Giving tokens to users by name, and where the tokens go.

use std::borrow::Cow;
use std::path::Path;

use zeroize::Zeroizing;

use crate::admin::tokens::{IssueRequest, IssuedToken, OnExisting};
use crate::admin::{ONE_TRANSACTION, Pace};
use crate::cli::args::bulk::Report;
use crate::cli::context::Context;
use crate::cli::random;
use crate::cli::summary::{note_doubt, warn_of_cache, warn_of_foreign_keys, warn_of_inactive};
use crate::cli::tokens::create_args::IssueArgs;
use crate::django::key_shape::KeyShape;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::output::{Appearing, Behind, Destination, Field, Record, Style};
use crate::prompt;

/// What to do where the output was lost.
const AGAIN: &str = "run create-token again, without -r: it prints the token that is valid";

/// The columns of each token.
pub(super) const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// Gives these users their tokens and prints them.
pub(in crate::cli) fn issue(args: &IssueArgs, usernames: Vec<Username>, pace: Pace, context: &Context) -> Result<()> {
    let preset = preset(args, &usernames, context)?;
    let is_cut = pace == Pace::Batches && u64::try_from(usernames.len()).is_ok_and(|names| names > ONE_TRANSACTION);
    let appearing = if is_cut { Appearing::AtOnce } else { Appearing::Complete };
    let report = report(args, appearing, Behind::change(AGAIN), context)?;
    let request = IssueRequest { usernames, on_existing: args.on_existing(), preset, pace, now: context.now() };
    issue_to(report, &request, context)
}

/// The same, where it is known where the tokens go.
pub(super) fn issue_to(mut report: Report, request: &IssueRequest, context: &Context) -> Result<()> {
    let expected = u64::try_from(request.usernames.len()).unwrap_or(u64::MAX);
    report.expect(expected, request.pace);
    let issued = context.session_to_change().and_then(|mut session| {
        note_doubt(context)?;
        if request.on_existing == OnExisting::Reset {
            warn_of_cache(context)?;
        }
        let mut on_foreign = |shape: &KeyShape| warn_of_foreign_keys(shape, context);
        session.issue_tokens(request, &mut random::key, &mut on_foreign, &mut |tokens| {
            warn_of_inactive(&tokens, context);
            report.page(&tokens)
        })
    });
    report.finish(issued, "what was printed is done: give the names that are left", context)
}

/// Where the tokens go. Asked for before the database is opened: root may
/// become another user then.
pub(super) fn report(args: &IssueArgs, appearing: Appearing, behind: Behind, context: &Context) -> Result<Report> {
    let destination = match &args.output_file {
        Some(path) => Destination::file(path, appearing)?,
        None if args.quiet => Destination::Nowhere,
        None => Destination::stdout()?,
    };
    let style = Style::of(context.style(), &COLUMNS);
    Ok(Report::new("making tokens", destination.stream(style, behind), context))
}

/// The names, each checked before a database is opened.
pub(super) fn usernames(args: &IssueArgs) -> Result<Vec<Username>> {
    let mut names = Vec::with_capacity(args.usernames.len());
    for typed in &args.usernames {
        if typed == "-" {
            names.extend(listed_names()?);
        } else {
            names.push(Username::parse(typed)?);
        }
    }
    if args.usernames.is_empty() {
        let name =
            prompt::ask("Username", None, "drfctl create-token USERNAME, or - to read names from standard input")?;
        names.push(Username::parse(name.as_ref())?);
    }
    if names.is_empty() {
        return Err(Error::usage("standard input holds no name").hint("one name a line"));
    }
    Ok(names)
}

/// The names on standard input.
pub(super) fn listed_names() -> Result<Vec<Username>> {
    let mut names = Vec::new();
    prompt::lines(Path::new("-"), &mut |number, line| {
        let name = Username::parse(&prompt::os_string(line));
        names.push(name.map_err(|error| error.at(format!("line {number} of standard input")))?);
        Ok(())
    })?;
    Ok(names)
}

fn preset(args: &IssueArgs, usernames: &[Username], context: &Context) -> Result<Option<TokenKey>> {
    let Some(source) = &args.key_from else { return Ok(None) };
    if usernames.len() != 1 {
        return Err(Error::usage("--key-from gives a key to one user").hint("name one user"));
    }
    if source.as_os_str() == "-" && args.usernames.iter().any(|name| name == "-") {
        return Err(
            Error::usage("standard input cannot hold both the name and the key").hint("put the key into a file")
        );
    }
    let key = TokenKey::preset(&prompt::secret_line(source)?)?;
    if key.looks_weak() {
        context.notes().warning("the given key looks easy to guess: use it for tests only");
    }
    Ok(Some(key))
}

/// The line of DRF's `drf_create_token`.
pub(in crate::cli) fn sentence(key: &str, username: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Generated token {key} for user {username}"))
}

impl Record for IssuedToken {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&COLUMNS)
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::name(&self.username),
            1 => Field::text(self.key.reveal()),
            2 => Field::text(self.created.as_str()),
            _ => Field::text(self.outcome.as_str()),
        }
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![sentence(self.key.reveal(), &self.username.readable())]
    }

    fn key(&self) -> Option<&str> {
        Some(self.key.reveal())
    }
}
