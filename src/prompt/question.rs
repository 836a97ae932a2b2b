//! Questions on the terminal. They stand on standard error: standard output
//! has the result alone.

use std::io::{BufRead, Read, Write, stderr, stdin};

use dialoguer::Password;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::prompt::echo::{self, Echo};
use crate::prompt::input::{LONGEST, strip_line_end};
use crate::terminal;

/// Asks for one line of text; an empty one is `default`.
///
/// # Errors
/// Usage, with `otherwise` as the hint, if there is no terminal to ask on;
/// rejected, if the person gives up.
pub fn ask(question: &str, default: Option<&str>, otherwise: &str) -> Result<String> {
    check_terminal(question, otherwise)?;
    let shown = match default {
        Some(default) => format!("{question} (leave blank to use '{default}'): "),
        None => format!("{question}: "),
    };
    let line = line(&shown)?.ok_or_else(|| given_up(question))?;
    Ok(if line.is_empty() { default.unwrap_or_default().to_owned() } else { line })
}

/// Asks for a secret, which is not shown while it is typed.
///
/// # Errors
/// As [`ask`].
pub fn secret(question: &str, otherwise: &str) -> Result<Zeroizing<String>> {
    check_terminal(question, otherwise)?;
    let waiting = echo::wait(&format!("{question}: "), Echo::Off);
    let typed = Password::new().with_prompt(question).allow_empty_password(true).interact();
    drop(waiting);
    typed.map(Zeroizing::new).map_err(|error| given_up(question).caused_by(error))
}

/// Asks for a yes; all else is a no.
///
/// # Errors
/// As [`ask`].
pub fn confirm(question: &str, otherwise: &str) -> Result<bool> {
    check_terminal(question, otherwise)?;
    let answer = line(&format!("{question} [y/N]: "))?.ok_or_else(|| given_up("answer"))?;
    Ok(answer.eq_ignore_ascii_case("y"))
}

/// Whether a person is there who can be asked.
///
/// # Errors
/// Usage, with `otherwise` as the hint, if not.
pub fn check_terminal(question: &str, otherwise: &str) -> Result<()> {
    if terminal::can_ask() {
        return Ok(());
    }
    Err(Error::usage(format!("{question} is missing, and there is no terminal to ask for it"))
        .hint(otherwise.to_owned()))
}

/// A line as the terminal's own editing hands it over; none at its end.
///
/// dialoguer's visible questions read key by key: they take the terminal out of
/// that mode, where a signal would leave it, and do not know Ctrl-Z and Ctrl-D.
fn line(shown: &str) -> Result<Option<String>> {
    let unreadable = |error: std::io::Error| Error::rejected("the answer cannot be read").caused_by(error);
    let waiting = echo::wait(shown, Echo::On);
    stderr().write_all(shown.as_bytes()).map_err(unreadable)?;
    let mut line = Vec::new();
    let length = stdin().lock().take(LONGEST + 2).read_until(b'\n', &mut line).map_err(unreadable)?;
    drop(waiting);
    if line.last() != Some(&b'\n') {
        // The line was not ended by a person, and what follows is not on the next one.
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
