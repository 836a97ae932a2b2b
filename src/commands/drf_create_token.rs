//! `drf_create_token`: `create-token` under DRF's name, for scripts that call
//! `manage.py drf_create_token` today. One user; Django's words on failure.

use std::ffi::OsStr;

use crate::commands::create_token::{self, IssueArgs};
use crate::context::Context;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};

/// Gives the one user a token, as DRF's command does.
///
/// # Errors
/// Usage, unless there is one name; else as [`create_token::run`].
pub fn run(args: &IssueArgs, context: &Context) -> Result<()> {
    match args.usernames.as_slice() {
        [name] => create_token::issue(args, vec![username(name)?], true, context),
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
