//! Questions on the terminal.

use dialoguer::{Confirm, Input, Password};
use zeroize::Zeroizing;

use super::echo;
use crate::error::{Error, Result};
use crate::terminal;

/// Asks for one line of text on the terminal.
///
/// # Errors
/// Usage, with `otherwise` as the hint, if there is no terminal to ask on;
/// rejected, if the person gives up.
pub fn ask(question: &str, otherwise: &str) -> Result<String> {
    check_terminal(question, otherwise)?;
    Input::new()
        .with_prompt(question)
        .allow_empty(true)
        .interact_text()
        .map_err(|error| Error::rejected(format!("no {} was given", question.to_lowercase())).caused_by(error))
}

/// Asks for a secret, which is not shown while it is typed.
///
/// # Errors
/// As [`ask`].
pub fn secret(question: &str, otherwise: &str) -> Result<Zeroizing<String>> {
    check_terminal(question, otherwise)?;
    let hidden = echo::hide(question);
    let typed = Password::new().with_prompt(question).allow_empty_password(true).interact();
    drop(hidden);
    typed
        .map(Zeroizing::new)
        .map_err(|error| Error::rejected(format!("no {} was given", question.to_lowercase())).caused_by(error))
}

/// Asks for a yes; silence is a no.
///
/// # Errors
/// As [`ask`].
pub fn confirm(question: &str, otherwise: &str) -> Result<bool> {
    check_terminal(question, otherwise)?;
    let answer = Confirm::new().with_prompt(question).default(false).interact();
    answer.map_err(|error| Error::rejected("no answer was given").caused_by(error))
}

fn check_terminal(question: &str, otherwise: &str) -> Result<()> {
    if terminal::can_ask() {
        return Ok(());
    }
    Err(Error::usage(format!("{question} is missing, and there is no terminal to ask for it")).hint(otherwise))
}
