//! Creates a database file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::engine::options::Options;
use crate::engine::sqlite::file::DatabaseFile;
use crate::engine::sqlite::owner;
use crate::engine::url::DatabaseUrl;
use crate::error::{Error, Result};

/// Returns whether the directory exists and has no file of this name.
pub(in crate::engine) fn is_absent(url: &DatabaseUrl) -> bool {
    let missing = |path: &Path| matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound);
    !url.name.as_os_str().as_encoded_bytes().ends_with(b"/") && missing(&url.name) && directory_of(&url.name).is_dir()
}

/// Creates an empty file that only its owner can read. Root creates it as the
/// owner of the directory.
///
/// Returns whether it was created: another process may have created it first.
///
/// # Errors
/// Unusable, if it cannot be created there.
pub(super) fn create(path: &Path, options: &Options) -> Result<bool> {
    let cannot = |error: std::io::Error| {
        Error::unusable(format!("the database {} cannot be created: {error}", path.display())).caused_by(error)
    };
    // Other programs read it as a URI, so it is probably not meant as a file
    // name.
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        return Err(Error::unusable(format!("no file is named {}, and drfctl does not create one", path.display()))
            .hint("name the path, because SQLite URIs are not supported"));
    }
    let directory = directory_of(path);
    owner::root_becomes_owner(path, &directory.metadata().map_err(cannot)?, options)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot(error)),
    }
}

/// Removes a new file if it is still empty. The lock proves that no other process
/// is filling it, and a waiting process notices that the file is gone.
pub(super) fn remove_unused(connection: &Connection, file: &DatabaseFile) {
    // On a full disk no journal can be created, and none is needed.
    let lock = || {
        connection.busy_timeout(Duration::ZERO)?;
        connection.execute_batch("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE")
    };
    if file.is_empty() && lock().is_ok() && file.is_empty() && file.check_unmoved().is_ok() {
        // An empty file does no harm.
        let _ = std::fs::remove_file(&file.path);
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
