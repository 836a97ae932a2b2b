//! Printing an error and its hints.

use crate::cli::hints::{Invocation, render};
use crate::error::{Error, Kind};
use crate::output::Notes;

/// Prints why a command failed, and what to do next.
pub fn print(error: &Error, notes: Notes, invocation: &Invocation) {
    // drf_create_token prints this line and nothing else.
    let is_djangos = notes.django && error.kind() == Kind::NoSuchUser;
    let message = error.to_string();
    if is_djangos {
        notes.error(&format!("Cannot create the Token: {message}"));
    } else {
        notes.error(&message);
        for detail in error.details() {
            notes.lines(&format!("  - {detail}"));
        }
    }
    if notes.causes {
        for cause in error.causes() {
            cause.lines().for_each(|line| notes.cause(line));
        }
    }
    if !is_djangos {
        for hint in error.hints() {
            notes.hint(&render(hint, invocation));
        }
    }
}
