//! Whose files these are, and becoming that user.
//!
//! `SQLite` makes files beside the database. Made by another user, they would
//! lock the application out of its own database.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User};

use crate::engine::Options;
use crate::error::{Error, Result, shell_word};

/// A file beside the database that belongs to somebody else.
pub(super) struct ForeignFile {
    pub(super) path: PathBuf,
    pub(super) owner: Uid,
    /// The database's owner.
    pub(super) wanted: Uid,
}

impl fmt::Display for ForeignFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [owner, wanted] = [self.owner, self.wanted].map(name_of);
        write!(f, "{} belongs to {owner}, but the database to {wanted}", self.path.display())
    }
}

/// Makes this process the owner of the file, or refuses.
///
/// Root becomes the owner for good. Anybody else has to be the owner already:
/// even a reader makes files beside a database in WAL mode.
///
/// # Errors
/// Unusable, naming the command line that works.
pub(super) fn become_owner(path: &Path, found: &Metadata, options: &Options) -> Result<()> {
    let owner = Uid::from_raw(found.uid());
    let us = Uid::effective();
    if us == owner || options.allow_other_owner {
        return Ok(());
    }
    let name = name_of(owner);
    if !us.is_root() {
        let sudo_user = User::from_uid(owner).ok().flatten().map_or_else(|| format!("'#{owner}'"), |user| user.name);
        // sudo does not hand the environment on.
        let place = if options.named_on_command_line {
            String::new()
        } else {
            format!(" --database {}", shell_word(&path.to_string_lossy()))
        };
        return Err(Error::unusable(format!(
            "the database {} belongs to {name}: another user's side files could lock the application out",
            path.display()
        ))
        .hint(format!("sudo -u {sudo_user} {}{place}", options.invocation)));
    }
    step_down(path, found)
}

/// Makes root the owner of the directory that a new database is made in;
/// anybody else makes a file of their own.
///
/// # Errors
/// Unusable, if root cannot become that user.
pub(super) fn root_becomes_owner(path: &Path, directory: &Metadata, options: &Options) -> Result<()> {
    if !Uid::effective().is_root() || directory.uid() == 0 || options.allow_other_owner {
        return Ok(());
    }
    step_down(path, directory)
}

/// Makes root the user who owns `found`, for good.
fn step_down(path: &Path, found: &Metadata) -> Result<()> {
    let (owner, group) = (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()));
    nix::unistd::setgroups(&[group])
        .and_then(|()| nix::unistd::setgid(group))
        .and_then(|()| nix::unistd::setuid(owner))
        .map_err(|error| {
            let name = name_of(owner);
            Error::unusable(format!("the database {} belongs to {name}, which root cannot become here", path.display()))
                .caused_by(error)
                .hint(format!("run it as {name}, or with the capabilities CAP_SETUID and CAP_SETGID"))
        })
}

/// A user's name, or number where it has none.
pub(super) fn name_of(user: Uid) -> String {
    match User::from_uid(user) {
        Ok(Some(known)) => known.name,
        _ => user.to_string(),
    }
}
