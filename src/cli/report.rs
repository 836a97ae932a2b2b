//! Printing an error and its hints.

use crate::cli::hints::{Invocation, render};
use crate::django::token_key::as_name;
use crate::error::{Error, Kind};
use crate::output::Notes;

/// Prints why a command failed, and what to do next.
pub fn print(error: &Error, notes: Notes, invocation: &Invocation) {
    // drf_create_token prints this line and nothing else.
    let is_djangos = notes.django && error.kind() == Kind::NoSuchUser;
    let message = without_keys(&error.to_string());
    if is_djangos {
        notes.error(&format!("Cannot create the Token: {message}"));
    } else {
        notes.error(&message);
        for detail in error.details() {
            notes.lines(&format!("  - {}", without_keys(detail)));
        }
    }
    if notes.causes {
        for cause in error.causes() {
            without_keys(&cause).lines().for_each(|line| notes.cause(line));
        }
    }
    if !is_djangos {
        for hint in error.hints() {
            notes.hint(&without_keys(&render(hint, invocation)));
        }
    }
}

/// Returns the text with each key shortened: a message may repeat an argument,
/// and any argument may be a key in the wrong place.
fn without_keys(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
        let end = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric()).len();
        shown.push_str(&as_name(&word[..end]));
        shown.push_str(&word[end..]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_message_is_shortened() {
        let key = "0bb2f3ad94c5fb2cd26a4bb6ad2ecf2e44be0ea5";
        for (text, shown) in [
            (format!("the database {key} does not exist"), "the database 0bb2f3ad… does not exist"),
            (format!("./{key}, {key}"), "./0bb2f3ad…, 0bb2f3ad…"),
            (format!("no module {key}.settings"), "no module 0bb2f3ad….settings"),
            ("user alice does not exist".to_owned(), "user alice does not exist"),
        ] {
            assert_eq!(without_keys(&text), shown);
        }
    }
}
