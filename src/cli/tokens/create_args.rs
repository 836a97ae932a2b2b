//! The arguments of `create-token`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::admin::tokens::OnExisting;
use crate::cli::args::bulk::BulkArgs;
use crate::cli::args::filter::FilterArgs;
use crate::query::filter::Subject;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// The users, and how their tokens are issued.
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

impl Args {
    /// What a filter selects: those who hold a token, or all users.
    pub(super) fn subject(&self) -> Subject {
        if self.issue.reset { Subject::Tokens } else { Subject::Users }
    }
}

/// What is typed under either name.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct IssueArgs {
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

impl IssueArgs {
    /// What happens to a token that exists.
    pub(super) fn on_existing(&self) -> OnExisting {
        if self.reset { OnExisting::Reset } else { OnExisting::Keep }
    }
}
