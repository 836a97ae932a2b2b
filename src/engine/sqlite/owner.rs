//! Which account owns the files, and how root switches to that account.
//!
//! `SQLite` creates side files next to the database. Files of another account
//! could lock the application out of its own database.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::Uid;

use crate::engine::options::{Options, OtherOwner};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint};
use crate::os::{Privileges, StepDown, name_of_account};

/// A side file that belongs to another account.
pub(super) struct ForeignFile {
    pub(super) path: PathBuf,
    pub(super) owner: u32,
    /// The database's owner.
    pub(super) wanted: u32,
}

impl fmt::Display for ForeignFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [owner, wanted] = [self.owner, self.wanted].map(name_of_account);
        write!(f, "{} belongs to {owner}, but the database to {wanted}", self.path.display())
    }
}

/// Switches to the owner of the file, or fails.
///
/// Root switches to the owner permanently. Any other account must be the owner,
/// because even a reader creates side files of a database in WAL mode.
///
/// # Errors
/// Unusable, with the command line to run instead.
pub(super) fn become_owner(path: &Path, found: &Metadata, options: &Options) -> Result<()> {
    let us = Uid::effective();
    if us.as_raw() == found.uid() || options.files.other_owner == OtherOwner::Opened {
        return Ok(());
    }
    if us.is_root() && options.files.step_down == StepDown::Process {
        return step_down(path, found);
    }
    let name = name_of_account(found.uid());
    // sudo takes the number of an account after a #.
    let account = if name.bytes().all(|byte| byte.is_ascii_digit()) { format!("#{name}") } else { name.clone() };
    let again = Action::AsUser(account, path.to_string_lossy().into_owned());
    Err(Error::unusable(format!(
        "the database {} belongs to {name}: side files of another user could lock out the application",
        path.display()
    ))
    .hint(Hint::action(again).lead("run the command as the owner")))
}

/// Switches root to the owner of the directory in which a database is created.
/// Any other account creates the file as itself.
///
/// # Errors
/// Unusable, if root cannot switch to that account.
pub(super) fn root_becomes_owner(path: &Path, directory: &Metadata, options: &Options) -> Result<()> {
    let files = &options.files;
    if !Uid::effective().is_root() || directory.uid() == 0 || files.other_owner == OtherOwner::Opened {
        return Ok(());
    }
    if files.step_down == StepDown::Process { step_down(path, directory) } else { Ok(()) }
}

/// Switches root permanently to the account that owns `found`.
fn step_down(path: &Path, found: &Metadata) -> Result<()> {
    Privileges::of(found).assume().map_err(|error| {
        let name = name_of_account(found.uid());
        Error::unusable(format!(
            "the database {} belongs to {name}, and root cannot switch to that account here",
            path.display()
        ))
        .caused_by(error)
        .hint(format!("run drfctl as {name}, or with the capabilities CAP_SETUID and CAP_SETGID"))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::options::FilePolicy;

    /// Two numbers without an account.
    const UNKNOWN: [u32; 2] = [4_000_000_001, 4_000_000_002];

    #[test]
    fn a_side_file_of_another_account_is_named_with_both_accounts() {
        let foreign = ForeignFile { path: "db-wal".into(), owner: UNKNOWN[0], wanted: UNKNOWN[1] };
        assert_eq!(foreign.to_string(), "db-wal belongs to 4000000001, but the database to 4000000002");
    }

    #[test]
    fn a_file_of_this_account_needs_no_other_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, found) = (folder.path(), folder.path().metadata().unwrap());
        for other_owner in [OtherOwner::Refused, OtherOwner::Opened] {
            let files = FilePolicy { other_owner, ..FilePolicy::default() };
            let options = Options { files, ..Options::for_test(Duration::ZERO) };
            become_owner(path, &found, &options).unwrap();
            root_becomes_owner(path, &found, &options).unwrap();
        }
    }
}
