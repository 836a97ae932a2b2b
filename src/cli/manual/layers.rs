//! The two layers of help: brief for `-h`, full for `--help`.

use std::fmt::Write as _;

use clap::Command;
use clap::builder::{Resettable, StyledStr};

use crate::cli::exit_status::{EXIT_STATUSES, UNCHANGED};
use crate::cli::manual::commands::{self, GROUPS, PROGRAM};
use crate::cli::manual::entry::Entry;
use crate::cli::shell::guides::GUIDES;
use crate::error::Result;
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination};
use crate::terminal::{Colors, stdout_has_color};

/// The last line of the program's brief help.
const BRIEF_END: &str = "\ndrfctl COMMAND -h shows the options of a command, drfctl --help all of them.";

/// How much help shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Layer {
    /// One screen: of the program its commands, of a command its own options.
    Brief,
    /// Everything, with examples and notes.
    Full,
}

/// Returns the definition whose help is this layer. Both layers use clap's short
/// help, which puts an option and its description on one line.
pub(in crate::cli) fn with_help(definition: Command, layer: Layer) -> Command {
    let template = template(&definition, layer);
    let definition = definition.help_template(template).mut_subcommands(|command| subcommand(command, layer));
    match layer {
        Layer::Brief => definition.mut_args(|argument| argument.hide(true)),
        Layer::Full => definition.after_help(format!("{}\n\n{}", after_help(&PROGRAM), exit_statuses())),
    }
}

/// Prints help or the version.
///
/// # Errors
/// Undelivered, if it cannot be printed.
pub(in crate::cli) fn print_help(help: &StyledStr, colors: Colors) -> Result<()> {
    end_with_closed_pipe();
    let text = if stdout_has_color(colors) { help.ansi().to_string() } else { help.to_string() };
    Destination::stdout()?.deliver(text.as_bytes(), &Behind::Nothing)
}

fn subcommand(command: Command, layer: Layer) -> Command {
    let name = command.get_name().to_owned();
    let long_about = command.get_long_about().cloned();
    match (layer, long_about) {
        (Layer::Brief, _) => command.long_about(Resettable::Reset).after_help(brief_end(&commands::of(&name))),
        (Layer::Full, Some(long_about)) => {
            command.about(long_about).long_about(Resettable::Reset).after_help(after_help(&commands::of(&name)))
        }
        (Layer::Full, None) => command.after_help(after_help(&commands::of(&name))),
    }
}

/// Returns the last line of a command's brief help.
fn brief_end(entry: &Entry) -> String {
    let examples = match entry.examples {
        [] => String::new(),
        _ => format!("Examples: drfctl {} --help   ", entry.command),
    };
    format!("{examples}Global options: drfctl --help")
}

/// Returns the template of the program's help: its commands in groups.
fn template(definition: &Command, layer: Layer) -> StyledStr {
    let styles = definition.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let separator = if layer == Layer::Full { "\n" } else { "" };
    let mut template = StyledStr::from("{about-with-newline}\n{usage-heading} {usage}\n\n");
    // Writing to memory cannot fail.
    for (at, (group, names)) in GROUPS.into_iter().enumerate() {
        let _ = writeln!(template, "{}{header}{group}:{header:#}", if at > 0 { separator } else { "" });
        for name in names {
            let about = definition.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(template, "  {literal}{name:<12}{literal:#}  {about}");
        }
    }
    if layer == Layer::Full {
        let _ = writeln!(template, "\n{header}Guides, for drfctl help:{header:#}");
        for guide in &GUIDES {
            let _ = writeln!(template, "  {literal}{:<12}{literal:#}  {}", guide.name, guide.about);
        }
        let _ = write!(template, "\n{header}Global options:{header:#}\n{{options}}");
    }
    let _ = write!(template, "{}", if layer == Layer::Full { "{after-help}" } else { BRIEF_END });
    template
}

/// Returns the examples and the notes.
fn after_help(entry: &Entry) -> String {
    let mut text = String::new();
    if !entry.examples.is_empty() {
        text.push_str("Examples:");
        for example in entry.examples {
            let _ = write!(text, "\n  # {}\n  {}", example.purpose, example.line);
        }
    }
    for note in entry.notes {
        text.push_str(if text.is_empty() { "" } else { "\n\n" });
        text.push_str(note);
    }
    text
}

fn exit_statuses() -> String {
    let lines = EXIT_STATUSES.iter().map(|status| format!("  {:<6} {}", status.code, status.meaning));
    format!("Exit status:\n{}\n\n{UNCHANGED}", lines.collect::<Vec<_>>().join("\n"))
}
