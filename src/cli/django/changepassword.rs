//! `changepassword`: `set-password` under Django's name, for whoever calls
//! `manage.py changepassword` today.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::cli::args::password::PasswordArgs;
use crate::cli::context::Context;
use crate::cli::users::set_password;
use crate::error::{Error, Result};
use crate::terminal;

/// What is typed.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// The user, by login name; else whoever sits there
    pub username: Option<OsString>,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Sets the password.
///
/// # Errors
/// Usage, if nobody is named; else as [`set_password::run`].
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    // To Django an empty name is none, too.
    let named = args.username.clone().filter(|name| !name.is_empty()).or_else(terminal::login_name);
    let username = named.ok_or_else(|| {
        Error::usage("who sits there cannot be told").hint("name the user: drfctl changepassword USERNAME")
    })?;
    set_password::run(&set_password::Args { username, password: args.password.clone() }, context)
}
