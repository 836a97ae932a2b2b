//! Which processes hold a lock on the database file, if the system reports it.

use crate::engine::sqlite::file::DatabaseFile;

/// How often the system's list of locks is read: a lock can be missing from it while
/// other processes lock and unlock files.
#[cfg(target_os = "linux")]
const READS: u32 = 3;

/// Returns the processes that hold a write lock on the file, for messages.
#[cfg(target_os = "linux")]
pub(super) fn describe(file: &DatabaseFile) -> Option<String> {
    (0..READS).find_map(|_| listed(file))
}

/// Returns the same, if the list has one now.
#[cfg(target_os = "linux")]
fn listed(file: &DatabaseFile) -> Option<String> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let wanted: Vec<String> = file.lock_names();
    let own = std::process::id().to_string();
    let mut holders: Vec<String> = Vec::new();
    for line in locks.lines().filter(|line| !line.contains("->")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, _, _, "WRITE", pid, inode, ..] = words.as_slice()
            && wanted.iter().any(|name| name == inode)
            && *pid != own
        {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let holder = format!("process {pid} ({})", name.trim_end());
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
    }
    (!holders.is_empty()).then(|| holders.join(", "))
}

/// Not supported on other systems.
#[cfg(not(target_os = "linux"))]
pub(super) fn describe(_file: &DatabaseFile) -> Option<String> {
    None
}
