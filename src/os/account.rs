//! Accounts of the system.

use nix::unistd::{Uid, User};

/// Returns the name of the account that the process runs for.
#[must_use]
pub fn account_name() -> Option<String> {
    User::from_uid(nix::unistd::getuid()).ok().flatten().map(|account| account.name)
}

/// Returns the name of an account, or its number if it has no name.
#[must_use]
pub fn name_of_account(id: u32) -> String {
    match User::from_uid(Uid::from_raw(id)) {
        Ok(Some(known)) => known.name,
        _ => id.to_string(),
    }
}
