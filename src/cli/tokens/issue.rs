//! Issues tokens to users by name, and delivers them.

use std::borrow::Cow;
use std::path::Path;

use zeroize::Zeroizing;

use crate::admin::model::Summary;
use crate::admin::tokens::{IssueRequest, IssuedToken, OnExisting};
use crate::admin::{ONE_TRANSACTION, Pace};
use crate::cli::args::bulk::Report;
use crate::cli::args::names::{LIST, OnUnknown, known_names, names, note_empty};
use crate::cli::args::secrets::warn_of_public_stdout;
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

/// What to do if the output is lost.
const AGAIN: &str = "run create-token again, without -r: it prints the valid token";

/// The columns of each token.
pub(super) const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// Gives these users their tokens and prints them.
pub(in crate::cli) fn issue(
    args: &IssueArgs,
    usernames: Vec<Username>,
    on_unknown: OnUnknown,
    pace: Pace,
    context: &Context,
) -> Result<()> {
    let preset = preset(args, &usernames, context)?;
    let is_split = pace == Pace::Batches && u64::try_from(usernames.len()).is_ok_and(|names| names > ONE_TRANSACTION);
    let appearing = if is_split { Appearing::AtOnce } else { Appearing::Complete };
    let report = report(args, appearing, Behind::change(AGAIN), context)?;
    if usernames.is_empty() {
        note_empty(Path::new(LIST), "names", context);
        return report.finish(Ok(Summary::default()), "", context);
    }
    let request = IssueRequest { usernames, on_existing: args.on_existing(), preset, pace, now: context.now() };
    issue_to(report, request, on_unknown, context)
}

/// Gives users their tokens and prints them to a report.
pub(super) fn issue_to(
    mut report: Report,
    mut request: IssueRequest,
    on_unknown: OnUnknown,
    context: &Context,
) -> Result<()> {
    let issued = context.session_to_change().and_then(|mut session| {
        note_doubt(context)?;
        if on_unknown == OnUnknown::Note {
            session.layout()?.single_tokens()?;
            request.usernames = known_names(&mut session, request.usernames, on_unknown, context)?;
        }
        report.expect(u64::try_from(request.usernames.len()).unwrap_or(u64::MAX), request.pace);
        if request.on_existing == OnExisting::Reset {
            warn_of_cache(context)?;
        }
        let mut on_foreign = |shape: &KeyShape| warn_of_foreign_keys(shape, context);
        session.issue_tokens(&request, &mut random::key, &mut on_foreign, &mut |tokens| {
            warn_of_inactive(&tokens, context);
            report.page(&tokens)
        })
    });
    report.finish(issued, "the printed tokens are valid; run the command again with the other names", context)
}

/// Returns the report of the tokens. Comes before the database is opened: root
/// may become another user then.
///
/// # Errors
/// Same as [`Destination::file`].
pub(super) fn report(args: &IssueArgs, appearing: Appearing, behind: Behind, context: &Context) -> Result<Report> {
    let destination = match &args.output_file {
        Some(path) => Destination::file(path, appearing)?,
        None if args.quiet => Destination::Nowhere,
        None => {
            if matches!(behind, Behind::Change(_)) {
                warn_of_public_stdout(context);
            }
            Destination::stdout()?
        }
    };
    let style = Style::of(context.style(), &COLUMNS);
    Ok(Report::new("creating tokens", destination.stream(style, behind), context))
}

/// Returns the names, each checked before a database is opened; asks for one if
/// there is no argument.
pub(super) fn usernames(args: &IssueArgs) -> Result<Vec<Username>> {
    if args.usernames.is_empty() {
        let otherwise = "give a username, or - to read names from standard input: drfctl create-token USERNAME";
        let name = prompt::ask("Username", None, otherwise)?;
        return Ok(vec![Username::parse(name.as_ref())?]);
    }
    names(&args.usernames)
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
        context.notes().warning("the given key is easy to guess: use it in tests only");
    }
    Ok(Some(key))
}

/// Returns the line that DRF's `drf_create_token` prints.
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
