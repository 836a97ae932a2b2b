//! The format that prints only one secret.

use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::output::Format;

/// Checks, before anything is changed, that the format `raw` has exactly one
/// secret to print.
///
/// # Errors
/// Usage if it has not.
pub(in crate::cli) fn check_raw(secrets: usize, context: &Context) -> Result<()> {
    if context.format() != Some(Format::Raw) || secrets == 1 {
        return Ok(());
    }
    let why = if secrets == 0 { "there is no secret" } else { "there is more than one secret" };
    Err(Error::usage(format!("{why} to print raw")).hint("--format json prints all fields"))
}
