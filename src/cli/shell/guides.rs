//! The guides: manual pages of section 7, which `help` prints as text.
//!
//! Each is written in Markdown, `man/drfctl-NAME.7.md`. A test renders the page and the text, and
//! both are checked in: the program needs no Markdown.

use anstyle::Style;

use crate::cli::context::Context;
use crate::error::Result;
use crate::os::end_with_closed_pipe;
use crate::output::{Behind, Destination};

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
    guide!("databases", "Select a database file or a server, next to a running application"),
    guide!("migrations", "Create and update the tables of Django and DRF"),
    guide!("django", "What drfctl knows of the application, and what it cannot see"),
    guide!("safety", "What drfctl guarantees, how it keeps secrets, how it is tested"),
];

/// The name of a guide's manual page, without the section.
#[must_use]
pub fn page_name(guide: &Guide) -> String {
    format!("drfctl-{}", guide.name)
}

/// Returns the guide of this name.
#[must_use]
pub(in crate::cli) fn find(name: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|guide| guide.name == name)
}

/// Prints a guide.
///
/// # Errors
/// Undelivered, if it cannot be printed.
pub(in crate::cli) fn print(guide: &Guide, context: &Context) -> Result<()> {
    end_with_closed_pipe();
    let text = if context.style().color { emphasized(guide.text) } else { guide.text.to_owned() };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_code_are_bold() {
        assert_eq!(
            emphasized("NAME\n  run `x` or `y`\n"),
            "\u{1b}[1mNAME\u{1b}[0m\n  run \u{1b}[1mx\u{1b}[0m or \u{1b}[1my\u{1b}[0m\n"
        );
    }
}
