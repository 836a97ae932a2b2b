//! Finds the database file: its real path, and that it has no other name.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use nix::sys::stat::SFlag;

use crate::engine::options::Absent;
use crate::engine::sqlite::sharing;
use crate::error::{Error, Result};
use crate::hint::{Hint, Setting};

/// Returns the absolute path without links.
///
/// # Errors
/// Unusable, with the reason.
pub(super) fn resolve(typed: &Path, absent: Absent) -> Result<PathBuf> {
    typed.canonicalize().map_err(|error| {
        let path = typed.display();
        let parent = typed.parent().filter(|parent| !parent.as_os_str().is_empty());
        let is_link = typed.symlink_metadata().is_ok_and(|found| found.is_symlink());
        let message = match (error.kind(), parent) {
            (ErrorKind::NotFound, _) if is_link => format!("the database {path} is a dangling symbolic link"),
            (ErrorKind::NotFound, Some(parent)) if !parent.exists() => {
                format!("the directory {} of the database does not exist", parent.display())
            }
            (ErrorKind::NotFound, _) => format!("the database {path} does not exist"),
            _ => format!("the database {path} cannot be reached: {error}"),
        };
        Error::unusable(message).caused_by(error).hint(absent.advice())
    })
}

/// Checks that it is a regular file.
pub(super) fn check_regular(path: &Path, found: &Metadata) -> Result<()> {
    let kind = found.file_type();
    let what = match SFlag::from_bits_truncate(found.mode()) & SFlag::S_IFMT {
        SFlag::S_IFREG => return Ok(()),
        SFlag::S_IFDIR => "a directory",
        _ if kind.is_fifo() => "a FIFO",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    };
    Err(Error::unusable(format!("{} is {what}, not a regular file", path.display())))
}

/// Checks that the file has one name.
pub(super) fn check_one_name(path: &Path, found: &Metadata) -> Result<()> {
    let how = if found.nlink() > 1 {
        "hard links"
    } else if sharing::is_mount_point(path) {
        "a bind mount of the file"
    } else {
        return Ok(());
    };
    Err(Error::unusable(format!(
        "the database {} has more than one name ({how}): each would get its own journal",
        path.display()
    ))
    .hint(
        Hint::option(Setting::AllowAliases)
            .lead("keep one name, or mount its directory, or, if no other process uses it"),
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn only_a_regular_file_can_be_a_database() {
        // The path of a socket has a limit of about 100 bytes.
        let folder = TempDir::new_in("/tmp").unwrap();
        let [file, fifo, socket] = ["file", "fifo", "socket"].map(|name| folder.path().join(name));
        std::fs::write(&file, "").unwrap();
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let _listener = UnixListener::bind(&socket).unwrap();
        for (path, what) in [
            (&*fifo, "a FIFO"),
            (&*socket, "a socket"),
            (folder.path(), "a directory"),
            (Path::new("/dev/null"), "a device"),
        ] {
            let error = check_regular(path, &path.metadata().unwrap()).unwrap_err();
            assert_eq!(error.to_string(), format!("{} is {what}, not a regular file", path.display()));
        }
        check_regular(&file, &file.metadata().unwrap()).unwrap();
    }
}
