//! Whether the processes that share the file see the same locks and the same
//! write-ahead log.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// The first of the 510 bytes on which a connection in WAL mode holds a shared
/// lock: `PENDING_BYTE + 2`.
const SHARED_FIRST: libc::off_t = 0x4000_0002;
const SHARED_SIZE: libc::off_t = 510;

/// How often to check whether a process has opened its shared memory after its
/// lock, for half a second.
const LOOKS: u32 = 50;
const BETWEEN_CHECKS: Duration = Duration::from_millis(10);

/// Returns whether another process has the database open with a write-ahead log
/// whose shared memory is elsewhere. A process that is starting or ending is
/// briefly in that state, too.
pub(super) fn has_unseen_log(handle: &File, shared_memory: &Path) -> bool {
    (0..LOOKS).all(|_| {
        let unseen = !shared_memory.exists() && is_locked(handle);
        if unseen {
            std::thread::sleep(BETWEEN_CHECKS);
        }
        unseen
    })
}

/// Returns whether another process has the database open.
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
pub(super) fn is_on_network(path: &Path) -> bool {
    use nix::sys::statfs::{FUSE_SUPER_MAGIC, FsType, NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, statfs};
    // CIFS, SMB 2 and later, and the 9p of virtual machines: from the kernel's
    // `magic.h`; the bindings lack them.
    const OTHERS: [FsType; 3] = [FsType(0xFF53_4D42), FsType(0xFE53_4D42), FsType(0x0102_1997)];
    let named = [NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, FUSE_SUPER_MAGIC];
    statfs(path).is_ok_and(|system| named.iter().chain(&OTHERS).any(|kind| *kind == system.filesystem_type()))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_on_network(_path: &Path) -> bool {
    false
}

/// Returns whether the file itself is a mount point.
pub(super) fn is_mount_point(path: &Path) -> bool {
    let Ok(mounts) = std::fs::read_to_string("/proc/self/mountinfo") else { return false };
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(4));
    points.map(unescape).any(|point| path.as_os_str().as_encoded_bytes() == point)
}

/// Decodes white space and backslashes, which the kernel writes as `\` and
/// three octal digits.
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
    fn escapes_of_the_kernel_are_decoded() {
        assert_eq!(unescape(r"/a\040b\134c"), b"/a b\\c");
    }
}
