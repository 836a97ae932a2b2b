//! `create-token`: gives users their token, or another key for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use zeroize::Zeroizing;

use crate::commands::bulk::{BulkArgs, Report};
use crate::commands::filter::{FilterArgs, pattern};
use crate::commands::many_tokens;
use crate::context::Context;
use crate::django::token_key::TokenKey;
use crate::django::username::Username;
use crate::error::{Error, Result};
use crate::output::{Appearing, Behind, Destination, Field, Format, Record, Style};
use crate::prompt;
use crate::store::{IssuedToken, ONE_TRANSACTION, Order};

/// What to do where the output was lost.
const AGAIN: &str = "run create-token again, without -r: it prints the token that is valid";

/// What is told of each token.
const COLUMNS: [&str; 4] = ["username", "key", "created", "outcome"];

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct Args {
    /// Whom, and how.
    #[command(flatten)]
    pub issue: IssueArgs,

    /// With -r, everybody who holds a token; else everybody who holds none
    #[arg(long, conflicts_with_all = ["usernames", "key_from"], help_heading = "Filters")]
    pub all: bool,

    /// Users who hold none
    #[arg(long, conflicts_with_all = ["reset", "key_from"], help_heading = "Filters")]
    pub without_token: bool,

    /// Which of them.
    #[command(flatten)]
    pub filters: FilterArgs,

    /// How they are made.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

/// What is typed under either name.
#[derive(Clone, Debug, Default, ClapArgs)]
pub struct IssueArgs {
    /// Users by their login name, all or none; `-` reads names from standard
    /// input, one a line
    #[arg(value_name = "USERNAME")]
    pub usernames: Vec<OsString>,

    /// Replace the key of a token that exists, in one step
    #[arg(short, long)]
    pub reset: bool,

    /// Print nothing; the exit status tells
    #[arg(short, long)]
    pub quiet: bool,

    /// Write the result to a new file that you alone can read
    #[arg(long, value_name = "PATH")]
    pub output_file: Option<PathBuf>,

    /// Give the one user the key in this file, `-` for standard input: 20 to
    /// 40 characters, for fixtures
    #[arg(long, value_name = "FILE")]
    pub key_from: Option<PathBuf>,
}

/// Gives the users their tokens and prints them.
///
/// # Errors
/// See [`crate::error::EXIT_STATUSES`]; all but 7 to 9 mean that nothing was
/// changed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    let filter = args.filters.filter(&[], context)?;
    let is_pattern = args.issue.usernames.iter().any(|typed| pattern(typed).is_some());
    if args.all || args.without_token || is_pattern || !filter.is_empty() {
        return many_tokens::run(args, context);
    }
    if args.bulk.dry_run {
        if args.issue.key_from.is_some() {
            return Err(Error::usage("--dry-run does not look at a key").hint("leave --key-from out"));
        }
        return many_tokens::try_out(args, context);
    }
    issue(&args.issue, usernames(&args.issue)?, args.bulk.single_transaction, context)
}

/// Gives these users their tokens and prints them.
pub(super) fn issue(args: &IssueArgs, usernames: Vec<Username>, at_once: bool, context: &Context) -> Result<()> {
    let preset = preset(args, &usernames, context)?;
    let is_cut = !at_once && u64::try_from(usernames.len()).is_ok_and(|names| names > ONE_TRANSACTION);
    let appearing = if is_cut { Appearing::AtOnce } else { Appearing::Complete };
    let report = report(args, appearing, Behind::change(AGAIN), context)?;
    issue_to(report, args, usernames, preset, at_once, context)
}

/// The same, where it is known where the tokens go.
pub(super) fn issue_to(
    mut report: Report,
    args: &IssueArgs,
    usernames: Vec<Username>,
    preset: Option<TokenKey>,
    at_once: bool,
    context: &Context,
) -> Result<()> {
    report.expect(u64::try_from(usernames.len()).unwrap_or(u64::MAX), at_once);
    let order = Order { usernames, reset: args.reset, preset, at_once, now: context.now() };
    let issued = context.store().and_then(|mut store| {
        let mut issued = store.issue_tokens(&order, &mut || context.random_key(), &mut |tokens| {
            super::warn_of_inactive(&tokens, context);
            report.page(&tokens)
        })?;
        issued.warnings.extend(store.farewell());
        Ok(issued)
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
    let style = Style::of(context.format().unwrap_or(Format::Text), &COLUMNS);
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
pub(super) fn sentence(key: &str, username: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Generated token {key} for user {username}"))
}

impl Record for IssuedToken {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("username", Field::stored(&self.username)),
            ("key", Field::text(self.key.reveal())),
            ("created", Field::text(self.created.as_str())),
            ("outcome", Field::text(self.outcome.as_str())),
        ]
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![sentence(self.key.reveal(), &self.username.readable())]
    }

    fn key(&self) -> Option<&str> {
        Some(self.key.reveal())
    }
}
