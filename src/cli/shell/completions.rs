//! `completions`: the script by which a shell asks drfctl what could come next.

use clap::{Args as ClapArgs, ValueEnum};
use clap_complete::env as shells;

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::output::{Behind, Destination};

/// The variable in which a script names its shell, so that drfctl completes a
/// command line and does not run it.
pub const VARIABLE: &str = "_DRFCTL_COMPLETE";

/// The one script that is written by hand: the crate's neither puts words
/// together again that bash splits at `=`, `:` and `@`, nor quotes names of
/// files.
const BASH: &str = include_str!("../../../completions/drfctl.bash");

/// What the crate's own lacks where zsh loads it as a function of this name: the
/// call that it was loaded for.
const ZSH: &str = "[[ ${funcstack[1]} != _drfctl ]] || _clap_dynamic_completer_drfctl \"$@\"\n";

/// What is typed.
#[derive(Clone, Debug, ClapArgs)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell that can ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Elvish,
}

/// Prints the script of a shell.
///
/// # Errors
/// Undelivered, if it cannot be printed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    Destination::stdout()?.deliver(&script(args.shell)?, &Behind::Nothing)
}

/// The script of a shell. What it offers comes from drfctl itself each time, so
/// that it knows the options of the program that is there, and its users.
///
/// # Errors
/// Internal, if it cannot be made.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    if shell == Shell::Bash {
        return Ok(BASH.into());
    }
    let known = shells::Shells::builtins();
    let name = shell.to_possible_value();
    let completer = name.and_then(|name| known.completer(name.get_name()));
    let completer = completer.ok_or_else(|| Error::internal("no script is known for this shell"))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "drfctl", "drfctl", "drfctl", &mut script)
        .map_err(|error| Error::internal("the script cannot be made").caused_by(error))?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ZSH.as_bytes());
    }
    Ok(script)
}
