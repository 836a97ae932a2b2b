//! The definition of the command line as `--help` shows it, with what is made
//! from other places' data.

use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Command, CommandFactory};

use crate::cli::definition::Cli;
use crate::cli::exit_status::{EXIT_STATUSES, UNCHANGED};
use crate::cli::shell::guides::GUIDES;

/// The commands as they belong together.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Tokens", &["create-token", "list", "revoke", "verify"]),
    ("Users", &["create-user", "set-password", "activate", "deactivate"]),
    ("Database", &["migrate", "inspect"]),
    ("Shell", &["completions", "man", "help"]),
];

/// The whole definition.
#[must_use]
pub fn definition() -> Command {
    // Every command has Django's --version, and answers it alike.
    let command = Cli::command()
        .args_override_self(true)
        .mut_subcommands(|command| command.display_name("drfctl").args_override_self(true))
        // Python's argparse takes an option by any beginning that is unique.
        .mut_subcommand("drf_create_token", |command| command.infer_long_args(true));
    let template = template(&command);
    command.help_template(template).after_help(format!(
        "Examples:\n  \
           cd /srv/shop && drfctl create-token alice\n  \
           drfctl --database /srv/shop/db.sqlite3 create-token -r alice\n  \
           drfctl --settings shop.settings list --older-than 90d\n  \
           drfctl help create-token\n\n\
         The database is the first of: --database, --settings, DATABASE_URL,\n\
         DJANGO_SETTINGS_MODULE, ./db.sqlite3\n\nExit status:\n{}\n\n{UNCHANGED}",
        statuses()
    ))
}

fn statuses() -> String {
    let lines = EXIT_STATUSES.iter().map(|status| format!("  {:<6} {}", status.code, status.meaning));
    lines.collect::<Vec<_>>().join("\n")
}

/// Help with a list of commands for each group.
fn template(command: &Command) -> StyledStr {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let mut template = StyledStr::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (group, names) in GROUPS {
        // Nothing that is written here can fail: it is memory.
        let _ = writeln!(template, "\n{header}{group}:{header:#}");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
            let about = about.as_deref().unwrap_or("Print the help of a command, or a guide");
            let _ = writeln!(template, "  {literal}{name:<12}{literal:#}  {about}");
        }
    }
    let _ = writeln!(template, "\n{header}Guides, which drfctl help NAME prints:{header:#}");
    for guide in &GUIDES {
        let _ = writeln!(template, "  {literal}{:<12}{literal:#}  {}", guide.name, guide.about);
    }
    let _ = write!(template, "\n{header}Global options:{header:#}\n{{options}}{{after-help}}");
    template
}

/// What clap says of a command that is not there, or not known, without the
/// names that help does not show either.
#[must_use]
pub(super) fn clearer(mut words: clap::Error) -> clap::Error {
    let shown: Vec<String> = definition()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(|command| command.get_name().to_owned())
        .collect();
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::ValidSubcommand] {
        if let Some(ContextValue::Strings(names)) = words.get(kind) {
            // The best comes last.
            let mut names: Vec<_> = names.iter().filter(|name| shown.contains(name)).cloned().collect();
            if kind == ContextKind::SuggestedSubcommand {
                names.reverse();
                names.truncate(1);
            }
            words.insert(kind, ContextValue::Strings(names));
        }
    }
    words
}
