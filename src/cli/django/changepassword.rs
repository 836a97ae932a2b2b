//! `changepassword`: `set-password` with the arguments of `manage.py
//! changepassword`.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::cli::args::password::PasswordArgs;
use crate::cli::context::Context;
use crate::cli::users::set_password;
use crate::error::{Error, Result};
use crate::terminal;

/// The arguments.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(in crate::cli) struct Args {
    /// Set the password of this user (default: your login name)
    pub username: Option<OsString>,

    /// Where the password comes from.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Sets the password.
///
/// # Errors
/// Usage if no user is named and there is no login name; otherwise the same as
/// [`set_password::run`].
pub(in crate::cli) fn run(args: &Args, context: &Context) -> Result<()> {
    // Django ignores an empty name, too.
    let named = args.username.clone().filter(|name| !name.is_empty()).or_else(terminal::login_name);
    let username = named.ok_or_else(|| {
        Error::usage("your login name is unknown").hint("name the user: drfctl changepassword USERNAME")
    })?;
    set_password::run(&set_password::Args { username, password: args.password.clone() }, context)
}
