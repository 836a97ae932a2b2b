//! The completion scripts of the repository.

use std::path::PathBuf;

use drfctl::cli::shell::completions::Shell;

use super::files::root;

/// Returns the path of a shell's completion script, which has the name that the shell expects.
pub(crate) fn completion_script(shell: Shell) -> PathBuf {
    let name = match shell {
        Shell::Bash => "drfctl.bash",
        Shell::Zsh => "_drfctl",
        Shell::Fish => "drfctl.fish",
        Shell::PowerShell => "_drfctl.ps1",
        Shell::Elvish => "drfctl.elv",
    };
    root().join("completions").join(name)
}
