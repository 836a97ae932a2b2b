//! `drf_create_token`: `create-token` under DRF's name, for scripts that call
//! `manage.py drf_create_token` today. One user; Django's words on failure.

use std::ffi::OsStr;

use crate::admin::Pace;
use crate::cli::args::names::OnUnknown;
use crate::cli::context::Context;
use crate::cli::tokens::create_args::IssueArgs;
use crate::cli::tokens::issue::issue;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};

/// Gives the one user a token, as DRF's command does.
///
/// # Errors
/// Usage, unless there is one name; else as `create-token`.
pub(in crate::cli) fn run(args: &IssueArgs, context: &Context) -> Result<()> {
    match args.usernames.as_slice() {
        [name] => issue(args, vec![username(name)?], OnUnknown::Refuse, Pace::Single, context),
        [] => Err(Error::usage("the following arguments are required: username")),
        [_, rest @ ..] => {
            let rest: Vec<_> = rest.iter().map(|name| name.to_string_lossy()).collect();
            Err(Error::usage(format!("unrecognized arguments: {}", rest.join(" ")))
                .hint("drfctl create-token takes several names"))
        }
    }
}

/// Django looks every name up, even one that nobody can have.
fn username(typed: &OsStr) -> Result<Username> {
    Username::parse(typed).map_err(|error| {
        Error::new(Kind::NoSuchUser, format!("user {} does not exist", typed.to_string_lossy())).caused_by(error)
    })
}
