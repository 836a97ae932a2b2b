//! The format that prints one secret and nothing else.

use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::output::Format;

/// Refuses the format before anything is done, where there is not one secret.
pub(in crate::cli) fn check_raw(secrets: usize, context: &Context) -> Result<()> {
    if context.format() != Some(Format::Raw) || secrets == 1 {
        return Ok(());
    }
    let why = if secrets == 0 { "there is no secret" } else { "there is more than one secret" };
    Err(Error::usage(format!("{why} to print raw")).hint("--format json has everything"))
}
