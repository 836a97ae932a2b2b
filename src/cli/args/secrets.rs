//! Where keys and passwords are printed.

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::terminal;

/// What is wrong with a file that every user can read.
const PUBLIC: &str =
    "standard output is a file that every user of this machine can read, and the output contains secrets";

/// How to write a private file.
const PRIVATE: &str = "run umask 077 first, or chmod 600 the file";

/// Checks, before anything is changed, that this number of secrets may be
/// printed, and warns if every user can read them. The log of a job is such a
/// file, so this is no error.
///
/// # Errors
/// Usage if the format is for another number of secrets.
pub(in crate::cli) fn check_secrets(secrets: usize, context: &Context) -> Result<()> {
    check_raw(secrets, context)?;
    if secrets > 0 {
        warn_of_public_stdout(context);
    }
    Ok(())
}

/// Warns if standard output is a file that every user can read. Every command
/// that prints a secret that it creates calls it before it changes anything.
pub(in crate::cli) fn warn_of_public_stdout(context: &Context) {
    if terminal::stdout_is_public_file() {
        context.notes().warning(PUBLIC);
        context.notes().hint(PRIVATE);
    }
}

/// Checks that standard output is not a file that every user can read, for the
/// secrets of others.
///
/// # Errors
/// Usage if it is.
pub(in crate::cli) fn check_private_stdout() -> Result<()> {
    if terminal::stdout_is_public_file() { Err(Error::usage(PUBLIC).hint(PRIVATE)) } else { Ok(()) }
}
