//! Questions on the terminal. They go to standard error: standard output holds
//! only the result.

use std::io::{BufRead, Read, Write, stderr, stdin};

use dialoguer::Password;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::prompt::echo::{self, Echo};
use crate::prompt::input::{LONGEST, strip_line_end};
use crate::terminal;

/// What a person answers to a question of yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `y` or `yes`.
    Yes,
    /// `n` or `no`.
    No,
}

impl Answer {
    /// Returns the answer in a typed line, the default for an empty one, and
    /// `None` for anything else.
    fn parse(line: &str, default: Self) -> Option<Self> {
        match line.trim().to_ascii_lowercase().as_str() {
            "" => Some(default),
            "y" | "yes" => Some(Self::Yes),
            "n" | "no" => Some(Self::No),
            _ => None,
        }
    }
}

/// Asks for one line of text. Returns `default` for an empty one.
///
/// # Errors
/// Usage with `otherwise` as the hint if there is no terminal; rejected if the
/// person ends the input.
pub fn ask(question: &str, default: Option<&str>, otherwise: &str) -> Result<String> {
    check_terminal(question, otherwise)?;
    let shown = match default {
        Some(default) => format!("{question} (leave blank to use '{default}'): "),
        None => format!("{question}: "),
    };
    let line = line(&shown)?.ok_or_else(|| given_up(question))?;
    Ok(if line.is_empty() { default.unwrap_or_default().to_owned() } else { line })
}

/// Asks for a secret, which the terminal does not show.
///
/// # Errors
/// Same as [`ask`].
pub fn secret(question: &str, otherwise: &str) -> Result<Zeroizing<String>> {
    check_terminal(question, otherwise)?;
    let waiting = echo::wait(&format!("{question}: "), Echo::Off);
    let typed = Password::new().with_prompt(question).allow_empty_password(true).interact();
    drop(waiting);
    typed.map(Zeroizing::new).map_err(|error| given_up(question).caused_by(error))
}

/// Asks a question of yes or no, and repeats it until one of the two is typed.
///
/// # Errors
/// Same as [`ask`].
pub fn confirm(question: &str, default: Answer, otherwise: &str) -> Result<Answer> {
    check_terminal("confirmation", otherwise)?;
    let choice = if default == Answer::Yes { "[Y/n]" } else { "[y/N]" };
    let shown = format!("{question} {choice}: ");
    loop {
        let typed = line(&shown)?.ok_or_else(aborted)?;
        if let Some(answer) = Answer::parse(&typed, default) {
            return Ok(answer);
        }
        let _ = stderr().write_all(b"Type yes or no.\n");
    }
}

/// Returns the error for a person who does not confirm.
#[must_use]
pub fn aborted() -> Error {
    Error::rejected("aborted, nothing was changed")
}

/// Checks for a terminal to ask on.
///
/// # Errors
/// Usage with `otherwise` as the hint if there is none.
pub fn check_terminal(question: &str, otherwise: &str) -> Result<()> {
    if terminal::can_ask() {
        return Ok(());
    }
    Err(Error::usage(format!("{} required, but there is no terminal to ask on", question.to_lowercase()))
        .hint(otherwise.to_owned()))
}

/// Reads a line with the terminal's own line editing; `None` at the end of input.
///
/// dialoguer's visible questions read key by key. They take the terminal out of
/// line mode, a signal would leave it so, and Ctrl-Z and Ctrl-D do nothing.
fn line(shown: &str) -> Result<Option<String>> {
    let unreadable = |error: std::io::Error| Error::rejected("the answer cannot be read").caused_by(error);
    let waiting = echo::wait(shown, Echo::On);
    stderr().write_all(shown.as_bytes()).map_err(unreadable)?;
    let mut line = Vec::new();
    let length = stdin().lock().take(LONGEST + 2).read_until(b'\n', &mut line).map_err(unreadable)?;
    drop(waiting);
    if line.last() != Some(&b'\n') {
        // The input ended within the line: what follows begins on a new one.
        let _ = stderr().write_all(b"\n");
    }
    strip_line_end(&mut line);
    if line.len() as u64 > LONGEST {
        return Err(Error::rejected(format!("the answer is longer than {LONGEST} bytes")));
    }
    let line = String::from_utf8(line).map_err(|_| Error::rejected("the answer is not UTF-8"))?;
    Ok((length > 0).then_some(line))
}

fn given_up(question: &str) -> Error {
    Error::rejected(format!("no {} was given", question.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N61.
    #[test]
    fn yes_and_no_are_answers_and_an_empty_line_is_the_default() {
        for (typed, answer) in [
            ("y", Some(Answer::Yes)),
            ("YES", Some(Answer::Yes)),
            (" Yes ", Some(Answer::Yes)),
            ("n", Some(Answer::No)),
            ("No", Some(Answer::No)),
            ("yep", None),
            ("yes no", None),
            ("1", None),
        ] {
            for default in [Answer::Yes, Answer::No] {
                assert_eq!(Answer::parse(typed, default), answer, "{typed}");
            }
        }
        assert_eq!(Answer::parse("", Answer::Yes), Some(Answer::Yes));
        assert_eq!(Answer::parse("  ", Answer::No), Some(Answer::No));
    }
}
