//! The guides: manual pages of section 7, which `help` prints as text.
//!
//! Each is written in Markdown, `man/drfctl-NAME.7.md`. A test renders the page and the text, and
//! both are checked in: the program needs no Markdown.

use std::ffi::OsString;

use anstyle::Style;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::Result;
use crate::output::{Behind, Destination};
use crate::terminal::{Colors, stdout_has_color};

/// A guide to one subject.
#[derive(Debug)]
pub struct Guide {
    /// The word that `help` takes.
    pub name: &'static str,
    /// What it explains, in one line.
    pub about: &'static str,
    /// The manual page.
    pub page: &'static str,
    /// The same as text of at most 79 columns, with code between backticks.
    pub text: &'static str,
}

macro_rules! guide {
    ($name:literal, $about:literal) => {
        Guide {
            name: $name,
            about: $about,
            page: include_str!(concat!("../../../man/drfctl-", $name, ".7")),
            text: include_str!(concat!("guides/", $name, ".txt")),
        }
    };
}

/// Every guide, in the order in which `help` lists them.
pub const GUIDES: [Guide; 7] = [
    guide!("tokens", "Select, list, create, replace and revoke tokens"),
    guide!("users", "Create users, set passwords, and what a new user needs"),
    guide!("scripts", "Use drfctl in scripts and in continuous integration"),
    guide!("databases", "Choose the database, and what drfctl does in a file or on a server"),
    guide!("migrations", "Create and update the tables of Django and DRF"),
    guide!("django", "What drfctl knows of the application, and what it cannot see"),
    guide!("safety", "What drfctl guarantees, how it keeps secrets, how it is tested"),
];

/// The name of a guide's manual page, without the section.
#[must_use]
pub fn page_name(guide: &Guide) -> String {
    format!("drfctl-{}", guide.name)
}

/// Returns the guide that a command line asks for, `drfctl help NAME`, which clap rejects because
/// no command has this name.
#[must_use]
pub(in crate::cli) fn requested(rejected: &clap::Error, arguments: &[OsString]) -> Option<&'static Guide> {
    let Some(ContextValue::String(word)) = rejected.get(ContextKind::InvalidSubcommand) else { return None };
    let follows_help = arguments.windows(2).any(|pair| pair[0] == "help" && pair[1].to_str() == Some(word));
    if rejected.kind() != ErrorKind::InvalidSubcommand || !follows_help {
        return None;
    }
    GUIDES.iter().find(|guide| guide.name == word || page_name(guide) == *word)
}

/// Prints a guide.
///
/// # Errors
/// Undelivered, if it cannot be printed.
pub(in crate::cli) fn print(guide: &Guide, colors: Colors) -> Result<()> {
    let text = if stdout_has_color(colors) { emphasized(guide.text) } else { guide.text.to_owned() };
    Destination::stdout()?.deliver(text.as_bytes(), &Behind::Nothing)
}

/// Returns the text with headings, and what is between backticks, in bold.
fn emphasized(text: &str) -> String {
    let style = Style::new().bold();
    let (bold, plain) = (style.render().to_string(), style.render_reset().to_string());
    let mut emphasized = String::with_capacity(2 * text.len());
    let mut is_code = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with(|first: char| !first.is_whitespace()) {
            emphasized.extend([&bold, line.trim_end(), &plain, "\n"]);
            continue;
        }
        for (at, part) in line.split('`').enumerate() {
            if at > 0 {
                is_code = !is_code;
                emphasized.push_str(if is_code { &bold } else { &plain });
            }
            emphasized.push_str(part);
        }
    }
    emphasized
}

/// Returns the definition with the guides among what `help` completes.
#[must_use]
pub(in crate::cli) fn with_guides(mut definition: Command) -> Command {
    // This adds the command `help`.
    definition.build();
    let guides = GUIDES.map(|guide| Command::default().name(guide.name).about(guide.about).disable_help_flag(true));
    definition.mut_subcommand("help", |help| help.subcommands(guides))
}
