//! `create-token`: gives users their token, or a new key for it.

use crate::cli::args::filter::pattern;
use crate::cli::context::Context;
use crate::cli::tokens::create_args::Args;
use crate::cli::tokens::create_many;
use crate::cli::tokens::issue::{issue, usernames};
use crate::error::{Error, Result};

/// Gives users their tokens and prints them.
///
/// # Errors
/// See [`crate::error::Kind`]; all but 7 to 9 mean that nothing was changed.
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    let filter = args.filters.filter(&[], context)?;
    let has_pattern = args.issue.usernames.iter().any(|typed| pattern(typed).is_some());
    if args.all || args.without_token || args.keys_from.is_some() || has_pattern || !filter.is_empty() {
        return create_many::run(args, context);
    }
    if args.bulk.dry_run {
        if args.issue.key_from.is_some() {
            return Err(Error::usage("--dry-run does not check a key").hint("omit --key-from"));
        }
        return create_many::try_out(args, context);
    }
    issue(&args.issue, usernames(&args.issue)?, args.missing.on_unknown(), args.pace(), context)
}
