//! Dropping the privileges of root.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;

use nix::unistd::{Gid, Uid, User, setgid, setgroups, setuid};

use crate::os::process::forbid_tracing;

/// What root does before it opens a file that belongs to another account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepDown {
    /// The process switches to that account permanently.
    Process,
    /// Nothing, because the process belongs to the caller of the library.
    #[default]
    Never,
}

/// The account and group that a file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// The account's number.
    pub user: u32,
    /// The group's number.
    pub group: u32,
}

impl Privileges {
    /// Returns the account that a file belongs to, with the file's group, but
    /// never with that of root: if the file has it, with the account's own.
    #[must_use]
    pub fn of(found: &Metadata) -> Self {
        let user = found.uid();
        let group = if found.gid() == 0 && user != 0 { own_group(user) } else { found.gid() };
        Self { user, group }
    }

    /// Switches the process permanently to that account and to that group only.
    ///
    /// # Errors
    /// The system's error if the switch is not allowed.
    pub fn assume(self) -> io::Result<()> {
        let (user, group) = (Uid::from_raw(self.user), Gid::from_raw(self.group));
        setgroups(&[group]).and_then(|()| setgid(group)).and_then(|()| setuid(user)).map_err(io::Error::from)?;
        // The system resets it when the account changes.
        forbid_tracing();
        Ok(())
    }
}

/// Returns the group of an account. One without a name, or in the group of root,
/// gets the group of the same number, which grants nothing.
fn own_group(user: u32) -> u32 {
    match User::from_uid(Uid::from_raw(user)) {
        Ok(Some(known)) if known.gid.as_raw() != 0 => known.gid.as_raw(),
        _ => user,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::chown;

    use super::*;

    #[test]
    fn an_account_has_its_own_group_but_never_that_of_root() {
        // An account without a name.
        assert_eq!(own_group(4_000_000_001), 4_000_000_001);
        let accounts = fs::read_to_string("/etc/passwd").unwrap();
        for account in accounts.lines() {
            let fields: Vec<&str> = account.split(':').collect();
            let Some(known) = fields.first().and_then(|name| User::from_name(name).ok().flatten()) else { continue };
            let is_first =
                User::from_uid(known.uid).is_ok_and(|first| first.is_some_and(|first| first.name == known.name));
            if is_first {
                let (user, group) = (known.uid.as_raw(), known.gid.as_raw());
                assert_eq!(own_group(user), if group == 0 { user } else { group }, "{account}");
            }
        }
    }

    #[test]
    fn the_owner_of_a_file_has_its_group_but_never_that_of_root() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let privileges = || Privileges::of(&file.path().metadata().unwrap());
        assert_eq!(privileges().user, Uid::effective().as_raw());
        // Only root can give a file away.
        for (owner, group) in [(0, 0), (0, 4_000_000_001), (4_000_000_001, 4_000_000_002), (4_000_000_001, 0)] {
            if chown(file.path(), Some(owner), Some(group)).is_ok() {
                let group = if group == 0 { owner } else { group };
                assert_eq!(privileges(), Privileges { user: owner, group });
            }
        }
    }
}
