//! Whether the processes that share the file see the same locks and the same
//! write-ahead log.

use std::fs::File;
use std::path::Path;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::file::DatabaseFile;
use crate::error::{Error, Result};

/// The byte that a connection in WAL mode holds a shared lock on: the second
/// of `SQLite`'s lock bytes, `PENDING_BYTE + 2`, for its 510 shared bytes.
const SHARED_FIRST: libc::off_t = 0x4000_0002;
const SHARED_SIZE: libc::off_t = 510;

/// Refuses a write-ahead log that another process could not see.
///
/// # Errors
/// Unusable, saying why.
pub(super) fn check_wal(handle: &File, file: &DatabaseFile) -> Result<()> {
    let path = file.path.display();
    if is_on_network(&file.path) {
        return Err(Error::unusable(format!(
            "the database {path} is in WAL mode on a network file system: its memory cannot be shared there"
        ))
        .hint("run drfctl on the host that serves the file"));
    }
    if file.on_read_only_system() {
        return Err(file.read_only().hint("copy it with its -wal file, and read the copy"));
    }
    if !file.beside("-shm").exists() && is_locked(handle) {
        return Err(Error::unusable(format!(
            "another process has the database {path} open with a write-ahead log that is not beside it"
        ))
        .hint("run drfctl where that process runs, or mount the whole directory and not the one file"));
    }
    Ok(())
}

/// Whether another process has the database open.
fn is_locked(handle: &File) -> bool {
    let mut lock = libc::flock {
        l_type: i16::try_from(libc::F_WRLCK).unwrap_or_default(),
        l_whence: i16::try_from(libc::SEEK_SET).unwrap_or_default(),
        l_start: SHARED_FIRST,
        l_len: SHARED_SIZE,
        l_pid: 0,
    };
    let asked = fcntl(handle, FcntlArg::F_GETLK(&mut lock));
    asked.is_ok() && i32::from(lock.l_type) != libc::F_UNLCK
}

#[cfg(target_os = "linux")]
fn is_on_network(path: &Path) -> bool {
    use nix::sys::statfs::{FUSE_SUPER_MAGIC, FsType, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs};
    // CIFS, SMB 2 and later, and the 9p of virtual machines: from the kernel's
    // `magic.h`, which the bindings do not have whole.
    const OTHERS: [FsType; 3] = [FsType(0xFF53_4D42), FsType(0xFE53_4D42), FsType(0x0102_1997)];
    let named = [NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, FUSE_SUPER_MAGIC];
    statfs(path).is_ok_and(|system| named.iter().chain(&OTHERS).any(|kind| *kind == system.filesystem_type()))
}

#[cfg(not(target_os = "linux"))]
fn is_on_network(_path: &Path) -> bool {
    false
}

/// Whether the file itself, not its directory, is mounted.
pub(super) fn is_mount_point(path: &Path) -> bool {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return false };
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    points.map(unescape).any(|point| path.as_os_str().as_encoded_bytes() == point)
}

/// The kernel writes white space and backslashes as `\` and three octal digits.
fn unescape(point: &str) -> Vec<u8> {
    let mut parts = point.split('\\');
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        plain.extend(digits);
        plain.extend_from_slice(part.get(3..).unwrap_or_default().as_bytes());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_escapes_are_undone() {
        assert_eq!(unescape(r"/a\040b\134c"), b"/a b\\c");
    }
}
