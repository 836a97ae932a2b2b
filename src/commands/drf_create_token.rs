//! `drf_create_token`: `create-token` under DRF's name, for scripts that call
//! `manage.py drf_create_token` today. One user; Django's words on failure.

use crate::commands::create_token::{self, Args};
use crate::context::Context;
use crate::error::{Error, Result};

/// Gives the one user a token, as DRF's command does.
///
/// # Errors
/// Usage, unless there is one name; else as [`create_token::run`].
pub fn run(args: &Args, context: &Context) -> Result<()> {
    match args.usernames.as_slice() {
        [_] => create_token::run(args, context),
        [] => Err(Error::usage("the following arguments are required: username")),
        [_, rest @ ..] => {
            let rest: Vec<_> = rest.iter().map(|name| name.to_string_lossy()).collect();
            Err(Error::usage(format!("unrecognized arguments: {}", rest.join(" ")))
                .hint("drfctl create-token takes several names"))
        }
    }
}
