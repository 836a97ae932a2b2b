//! `completions`: the script with which a shell asks drfctl for completions.

use clap::{Args as ClapArgs, ValueEnum};
use clap_complete::env as shells;

use crate::cli::args::raw::check_raw;
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::output::{Behind, Destination};

/// The variable in which a script names its shell, so that drfctl completes a
/// command line and does not run it.
pub const VARIABLE: &str = "_DRFCTL_COMPLETE";

/// The script for bash, written by hand: the crate's script neither joins words
/// that bash splits at `=`, `:` and `@`, nor quotes file names.
const BASH: &str = include_str!("../../../completions/drfctl.bash");

/// The end of the script for zsh. If zsh autoloads the script as a function, the
/// first call must complete, too; the crate's script only defines the function.
const ZSH: &str = "[[ ${funcstack[1]} != _drfctl ]] || _clap_dynamic_completer_drfctl \"$@\"\n";

/// The arguments.
#[derive(Clone, Debug, ClapArgs)]
pub struct Args {
    /// Print the script for this shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A supported shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names are those of the shells")]
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
/// Undelivered if it cannot be printed.
pub fn run(args: &Args, context: &Context) -> Result<()> {
    check_raw(0, context)?;
    Destination::stdout()?.deliver(&script(args.shell)?, &Behind::Nothing)
}

/// Returns the script for a shell. The script asks the installed drfctl each
/// time, so that it offers that version's options and the current usernames.
///
/// # Errors
/// Internal if it cannot be generated.
pub fn script(shell: Shell) -> Result<Vec<u8>> {
    if shell == Shell::Bash {
        return Ok(BASH.into());
    }
    let known = shells::Shells::builtins();
    let name = shell.to_possible_value();
    let completer = name.and_then(|name| known.completer(name.get_name()));
    let completer = completer.ok_or_else(|| Error::internal("there is no completion script for this shell"))?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "drfctl", "drfctl", "drfctl", &mut script)
        .map_err(|error| Error::internal("the completion script cannot be generated").caused_by(error))?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ZSH.as_bytes());
    }
    Ok(script)
}
