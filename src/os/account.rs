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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_without_a_name_is_shown_as_its_number() {
        assert_eq!(name_of_account(0), "root");
        assert_eq!(name_of_account(4_000_000_001), "4000000001");
        let own = nix::unistd::getuid().as_raw();
        assert_eq!(account_name().unwrap_or_else(|| own.to_string()), name_of_account(own));
    }
}
