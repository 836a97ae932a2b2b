//! Dropping the privileges of root.

use std::io;

use nix::unistd::{Gid, Uid, setgid, setgroups, setuid};

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
    /// Switches the process permanently to that account and to that group only.
    ///
    /// # Errors
    /// The system's error if the switch is not allowed.
    pub fn assume(self) -> io::Result<()> {
        let (user, group) = (Uid::from_raw(self.user), Gid::from_raw(self.group));
        setgroups(&[group]).and_then(|()| setgid(group)).and_then(|()| setuid(user)).map_err(io::Error::from)
    }
}
