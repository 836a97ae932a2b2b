//! The errors for users who do not exist.

use std::collections::HashSet;

use crate::django::token_key;
use crate::django::username::Shape;
use crate::error::Error;
use crate::hint::{Action, Hint, Setting};
use crate::schema::layout::UserTable;

/// The maximum number of unknown users that a message names.
const NAMED: usize = 50;

/// Returns the error for an unknown user. Does not repeat a key that was typed
/// instead of a name.
#[must_use]
pub fn no_such_user(name: &str) -> Error {
    Error::no_such_users(format!("user {} does not exist", token_key::as_name(name)), &[name])
}

/// Returns the error for unknown users, which names them; very many are
/// shortened.
#[must_use]
pub fn no_such_users(names: &[&str]) -> Error {
    let names: Vec<&str> = distinct(names);
    if let [name] = names.as_slice() {
        return no_such_user(name);
    }
    let mut listed: Vec<String> = names.iter().take(NAMED).map(|name| token_key::as_name(name)).collect();
    if names.len() > NAMED {
        listed.push(format!("and {} more", names.len() - NAMED));
    }
    Error::no_such_users(format!("{} users do not exist: {}", names.len(), listed.join(", ")), &names)
}

/// Returns the names without duplicates, in their order.
fn distinct<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut seen = HashSet::with_capacity(names.len());
    names.iter().copied().filter(|name| seen.insert(*name)).collect()
}

/// Returns the error for an unknown user, with a hint if the name looks like a
/// value of another unique column.
pub(in crate::admin) fn not_found(users: &UserTable, name: &str) -> Error {
    none_found(users, &[name])
}

/// Returns the error for unknown users, with a hint if the first name looks
/// like a value of another unique column.
pub(in crate::admin) fn none_found(users: &UserTable, names: &[&str]) -> Error {
    let shape = Shape::of_value(names.first().copied().unwrap_or_default());
    let error = no_such_users(names);
    let display_column = &users.display_column().name;
    if Shape::of_column(display_column) == shape {
        return error;
    }
    match users.other_unique().find(|column| Shape::of_column(column) == shape) {
        Some(column) => error.hint(
            Hint::action(Action::option(Setting::UsernameField, column))
                .lead(format!("look up users by {column} instead of {display_column}")),
        ),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// N64.
    #[test]
    fn unknown_users_are_named_together_and_very_many_are_shortened() {
        assert_eq!(no_such_users(&["bob", "bob"]).to_string(), "user bob does not exist");
        assert_eq!(no_such_users(&["bob", "eve"]).to_string(), "2 users do not exist: bob, eve");
        let key = "0123456789abcdef0123456789abcdef01234567";
        assert!(!no_such_users(&["bob", key]).to_string().contains(key));
        let names: Vec<String> = (0..60).map(|n| format!("u{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let message = no_such_users(&names).to_string();
        assert!(message.starts_with("60 users do not exist: u0, u1,") && message.ends_with("u49, and 10 more"));
    }
}
