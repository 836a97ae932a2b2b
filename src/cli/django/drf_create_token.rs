//! `drf_create_token`: `create-token` with the arguments of `manage.py
//! drf_create_token`. Creates a token for one user, and fails with Django's
//! messages.

use std::ffi::OsStr;

use crate::admin::Pace;
use crate::cli::args::names::OnUnknown;
use crate::cli::context::Context;
use crate::cli::tokens::create_args::IssueArgs;
use crate::cli::tokens::issue::issue;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};

/// Creates a token for one user, as DRF's command does.
///
/// # Errors
/// Usage unless there is exactly one name; otherwise as `create-token`.
pub(in crate::cli) fn run(args: &IssueArgs, context: &Context) -> Result<()> {
    match args.usernames.as_slice() {
        [name] => issue(args, vec![username(name)?], OnUnknown::Refuse, Pace::Single, context),
        [] => Err(Error::usage("the following arguments are required: username")),
        [_, rest @ ..] => {
            // Not as Django, which repeats them: one could be a secret.
            let count = if rest.len() == 1 {
                "1 unrecognized argument".to_owned()
            } else {
                format!("{} unrecognized arguments", rest.len())
            };
            Err(Error::usage(count).hint("drfctl create-token takes several usernames"))
        }
    }
}

/// Parses a name. Django looks up any name, even one that no user can have.
fn username(typed: &OsStr) -> Result<Username> {
    Username::parse(typed).map_err(|error| {
        Error::new(Kind::NoSuchUser, format!("user {} does not exist", typed.to_string_lossy())).caused_by(error)
    })
}
