//! Files that may hold passwords.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::hint::{Action, Hint};

/// A file that may hold passwords, as it was read.
pub struct SecretFile {
    /// Its content.
    pub text: Zeroizing<String>,
    path: PathBuf,
    is_public: bool,
}

impl SecretFile {
    /// Reads it; `None` if it does not exist.
    ///
    /// # Errors
    /// Rejected, if it cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let unreadable = |error: std::io::Error| {
            Error::rejected(format!("{} cannot be read: {error}", path.display())).caused_by(error)
        };
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(unreadable)?,
        };
        let found = file.metadata().map_err(unreadable)?;
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(unreadable)?;
        let is_public = found.is_file() && found.permissions().mode() & 0o077 != 0;
        Ok(Some(Self { text, path: path.to_owned(), is_public }))
    }

    /// Reads a file of the default path; `None` also if this account cannot read
    /// it, as where `HOME` is the folder of another account.
    ///
    /// # Errors
    /// Rejected, if it cannot be read for another reason.
    pub fn read_default(path: &Path) -> Result<Option<Self>> {
        match File::open(path) {
            Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotADirectory) => Ok(None),
            _ => Self::read(path),
        }
    }

    /// Checks that other accounts cannot read it.
    ///
    /// # Errors
    /// Rejected if they can.
    pub fn check_private(&self) -> Result<()> {
        if !self.is_public {
            return Ok(());
        }
        let shown = self.path.display();
        let chmod = Action::Shell(vec!["chmod".into(), "600".into(), shown.to_string()]);
        Err(Error::rejected(format!("the password file {shown} can be read by others"))
            .hint(Hint::action(chmod).lead("restrict it")))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn only_its_owner_may_read_a_file_of_secrets() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "secret").unwrap();
        for (mode, is_private) in [(0o600, true), (0o640, false), (0o604, false), (0o700, true)] {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).unwrap();
            for read in [SecretFile::read, SecretFile::read_default] {
                let read = read(file.path()).unwrap().unwrap();
                assert_eq!(*read.text, "secret");
                assert_eq!(read.check_private().is_ok(), is_private, "{mode:o}");
            }
        }
    }

    #[test]
    fn a_missing_file_has_no_secrets_but_an_unreadable_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"\xff").unwrap();
        let link_to_itself = folder.path().join("link");
        std::os::unix::fs::symlink(&link_to_itself, &link_to_itself).unwrap();
        for (path, read, read_default) in [
            (folder.path().join("missing"), Some(false), Some(false)),
            // Within a file, as if that were a folder.
            (file.join("x"), None, Some(false)),
            (folder.path().to_owned(), None, None),
            (link_to_itself, None, None),
            (file, None, None),
        ] {
            let is_found = |read: Result<Option<SecretFile>>| read.ok().map(|read| read.is_some());
            assert_eq!(is_found(SecretFile::read(&path)), read, "{}", path.display());
            assert_eq!(is_found(SecretFile::read_default(&path)), read_default, "{}", path.display());
        }
    }
}
