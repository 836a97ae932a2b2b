//! The entries of the commands that a shell and its user install.

use crate::cli::manual::entry::{Entry, example};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        command: "completions",
        examples: &[
            example("Load it in bash", "source <(drfctl completions bash)"),
            example("Load it in zsh", "source <(drfctl completions zsh)"),
            example("Load it in fish", "drfctl completions fish | source"),
            example("Load it in PowerShell", "drfctl completions powershell | Out-String | Invoke-Expression"),
            example("Load it in Elvish", "eval (drfctl completions elvish | slurp)"),
        ],
        notes: &[
            "Put the line into the shell's startup file. The script asks drfctl what to offer, usernames included; a \
             database that does not answer within a second offers none. It imports a settings module only if \
             --settings is on the command line.",
        ],
        secret: "",
        headings: &[],
    },
    Entry {
        command: "man",
        examples: &[example("Install the manual pages for yourself", "drfctl man ~/.local/share/man")],
        notes: &[],
        secret: "",
        headings: &[],
    },
    Entry {
        command: "help",
        examples: &[
            example("Show the help of a command", "drfctl help create-token"),
            example("Read a guide", "drfctl help databases"),
        ],
        notes: &[],
        secret: "",
        headings: &[],
    },
];
