//! `create-token`: gives users their token, or another key for it.

use crate::admin::Pace;
use crate::cli::args::filter::pattern;
use crate::cli::context::Context;
use crate::cli::tokens::create_args::Args;
use crate::cli::tokens::create_many;
use crate::cli::tokens::issue::{issue, usernames};
use crate::error::{Error, Result};

/// Gives the users their tokens and prints them.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 to 9 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    let filter = args.filters.filter(&[], context)?;
    let is_pattern = args.issue.usernames.iter().any(|typed| pattern(typed).is_some());
    if args.all || args.without_token || is_pattern || !filter.is_empty() {
        return create_many::run(args, context);
    }
    if args.bulk.dry_run {
        if args.issue.key_from.is_some() {
            return Err(Error::usage("--dry-run does not look at a key").hint("leave --key-from out"));
        }
        return create_many::try_out(args, context);
    }
    let pace = if args.bulk.single_transaction { Pace::Single } else { Pace::Batches };
    issue(&args.issue, usernames(&args.issue)?, pace, context)
}
