//! An error on its way to a person.

use crate::cli::hints::{Invocation, render};
use crate::error::{Error, Kind};
use crate::output::Notes;

/// Prints why a command failed, and what to do next.
pub fn print(error: &Error, notes: Notes, invocation: &Invocation) {
    // The very line of `drf_create_token`, and nothing after it.
    let is_djangos = notes.django && error.kind() == Kind::NoSuchUser;
    if is_djangos {
        notes.error(&format!("Cannot create the Token: {error}"));
    } else {
        notes.error(&error.to_string());
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
