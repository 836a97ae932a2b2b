//! Where keys and passwords are printed.

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::terminal;

/// Checks, before anything is changed, that this number of secrets may be
/// printed to standard output.
///
/// # Errors
/// Usage if the format is for another number of secrets, or as
/// [`check_private_stdout`].
pub(in crate::cli) fn check_secrets(secrets: usize, context: &Context) -> Result<()> {
    check_raw(secrets, context)?;
    if secrets > 0 { check_private_stdout() } else { Ok(()) }
}

/// Checks that standard output is not a file that other users can read. Every
/// command that prints a key or a password calls it.
///
/// # Errors
/// Usage if it is.
pub(in crate::cli) fn check_private_stdout() -> Result<()> {
    if !terminal::stdout_is_public_file() {
        return Ok(());
    }
    Err(Error::usage(
        "standard output is a file that every user of this machine can read, and the output contains secrets",
    )
    .hint("run umask 077 first, or chmod 600 the file"))
}
