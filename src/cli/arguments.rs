//! The arguments before clap parses them: what Django's `-v 2` means, which
//! layer of help they ask for, and whether messages about them are colored.

use std::ffi::OsString;

use clap::ValueEnum;

use crate::cli::manual::layers::Layer;
use crate::terminal::Colors;

/// Returns the arguments with `-v 2` and `-v2` written as `--verbosity=2`: to
/// clap, an option that counts takes no value.
pub(super) fn with_verbosity(arguments: &[OsString]) -> Vec<OsString> {
    let mut written = Vec::with_capacity(arguments.len());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            written.push(argument.clone());
            break;
        }
        let level = match argument.to_str().and_then(|argument| argument.strip_prefix("-v")) {
            Some("") => rest.clone().next().and_then(|next| digit(next.to_str()?)).inspect(|_| {
                rest.next();
            }),
            Some(attached) => digit(attached.strip_prefix('=').unwrap_or(attached)),
            None => None,
        };
        written.push(level.map_or_else(|| argument.clone(), |level| format!("--verbosity={level}").into()));
    }
    written.extend(rest.cloned());
    written
}

fn digit(word: &str) -> Option<char> {
    let mut letters = word.chars();
    letters.next().filter(|letter| letter.is_ascii_digit() && letters.next().is_none())
}

/// Returns the layer of help that the arguments ask for.
pub(super) fn layer(arguments: &[OsString]) -> Layer {
    if options(arguments).any(|argument| argument == "--help") { Layer::Full } else { Layer::Brief }
}

/// Returns when messages about the arguments are colored.
pub(super) fn colors(arguments: &[OsString]) -> Colors {
    let mut colors = Colors::Auto;
    let mut options = options(arguments).peekable();
    while let Some(argument) = options.next() {
        let value = match argument.to_str() {
            Some("--no-color") => Some("never"),
            Some("--force-color") => Some("always"),
            Some("--color") => options.peek().and_then(|value| value.to_str()),
            Some(argument) => argument.strip_prefix("--color="),
            None => None,
        };
        colors = value.and_then(|value| Colors::from_str(value, false).ok()).unwrap_or(colors);
    }
    colors
}

/// Returns the arguments before `--`.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &OsString> {
    arguments.iter().take_while(|argument| *argument != "--")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_number_after_v_is_djangos_verbosity() {
        for (typed, written) in [
            ("drfctl -v 2 list", "drfctl --verbosity=2 list"),
            ("drfctl list -v2", "drfctl list --verbosity=2"),
            ("drfctl list -v 0 alice", "drfctl list --verbosity=0 alice"),
            ("drfctl list -v=2", "drfctl list --verbosity=2"),
            ("drfctl list -v alice", "drfctl list -v alice"),
            ("drfctl list -vv 2", "drfctl list -vv 2"),
            ("drfctl list -v 20", "drfctl list -v 20"),
            ("drfctl list -- -v 2", "drfctl list -- -v 2"),
            ("drfctl list -v", "drfctl list -v"),
        ] {
            assert_eq!(with_verbosity(&words(typed)), words(written), "{typed}");
        }
    }

    #[test]
    fn the_last_color_option_wins() {
        for (typed, expected) in [
            ("drfctl", Colors::Auto),
            ("drfctl --color always", Colors::Always),
            ("drfctl --color=never", Colors::Never),
            ("drfctl --force-color --no-color", Colors::Never),
            ("drfctl --color sometimes", Colors::Auto),
            ("drfctl -- --force-color", Colors::Auto),
        ] {
            assert_eq!(colors(&words(typed)), expected, "{typed}");
        }
    }
}
