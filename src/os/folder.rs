//! Folders.

use std::fs::File;
use std::io;

use nix::errno::Errno;

/// Makes the names of a folder durable, on file systems that can do so.
///
/// # Errors
/// The system's, if the disk fails.
pub fn sync_folder(folder: &File) -> io::Result<()> {
    match folder.sync_all() {
        Err(error) if error.raw_os_error().map(Errno::from_raw).is_some_and(cannot_sync) => Ok(()),
        outcome => outcome,
    }
}

/// Returns whether an error means that the file system does not sync folders.
fn cannot_sync(error: Errno) -> bool {
    matches!(error, Errno::EBADF | Errno::EINVAL | Errno::ENOTSUP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn only_a_failure_of_the_disk_is_an_error() {
        // This file system does not sync.
        assert!(sync_folder(&File::open("/proc/self").unwrap()).is_ok());
        assert!(!cannot_sync(Errno::EIO));
    }
}
