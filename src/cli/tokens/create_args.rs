//! The arguments of `create-token`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::admin::Pace;
use crate::admin::tokens::OnExisting;
use crate::cli::args::bulk::BulkArgs;
use crate::cli::args::filter::FilterArgs;
use crate::cli::args::names::MissingArgs;
use crate::query::filter::Subject;

/// The arguments of `create-token`.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// The users, and how their tokens are issued.
    #[command(flatten)]
    pub issue: IssueArgs,

    /// With -r, replace the keys in this file, one per line
    #[arg(long, value_name = "FILE", requires = "reset", conflicts_with_all = ["usernames", "all", "key_from"])]
    pub keys_from: Option<PathBuf>,

    /// What to do with unknown users and keys.
    #[command(flatten)]
    pub missing: MissingArgs,

    /// Select all users without a token; with -r, all users with one
    #[arg(long, conflicts_with_all = ["usernames", "key_from"], help_heading = "Filters")]
    pub all: bool,

    /// Select users without a token
    #[arg(long, conflicts_with_all = ["reset", "key_from"], help_heading = "Filters")]
    pub without_token: bool,

    /// Which users.
    #[command(flatten)]
    pub filters: FilterArgs,

    /// How many tokens are created.
    #[command(flatten)]
    pub bulk: BulkArgs,
}

impl Args {
    /// Returns whether a filter selects tokens, or users.
    pub(super) fn subject(&self) -> Subject {
        if self.issue.reset { Subject::Tokens } else { Subject::Users }
    }

    /// Returns how many transactions named users take.
    pub(super) fn pace(&self) -> Pace {
        if self.bulk.single_transaction { Pace::Single } else { Pace::Batches }
    }
}

/// The arguments of `create-token` that Django's name for it has, too.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct IssueArgs {
    /// Give tokens to these users, all or none; `-` reads names, one per line
    #[arg(value_name = "USERNAME")]
    pub usernames: Vec<OsString>,

    /// Replace the key of an existing token in one step
    #[arg(short, long)]
    pub reset: bool,

    /// Print nothing, not even errors
    #[arg(short, long)]
    pub quiet: bool,

    /// Write the result to a new file that only you can read
    #[arg(long, value_name = "PATH")]
    pub output_file: Option<PathBuf>,

    /// Give one user the key in this file, for fixtures: 20 to 40 characters
    #[arg(long, value_name = "FILE")]
    pub key_from: Option<PathBuf>,
}

impl IssueArgs {
    /// Returns what to do with an existing token.
    pub(super) fn on_existing(&self) -> OnExisting {
        if self.reset { OnExisting::Reset } else { OnExisting::Keep }
    }
}
