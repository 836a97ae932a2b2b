//! Making a database file where there is none.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::owner;
use crate::database_url::DatabaseUrl;
use crate::engine::Options;
use crate::error::{Error, Result};

/// Whether there is nothing of this name in a directory that is there.
pub(in crate::engine) fn is_absent(url: &DatabaseUrl) -> bool {
    let missing = |path: &Path| matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound);
    !url.name.as_os_str().as_encoded_bytes().ends_with(b"/") && missing(&url.name) && directory_of(&url.name).is_dir()
}

/// Makes an empty file that its owner alone can read. Root makes it as the
/// owner of the directory, who is to use it.
///
/// Says whether it was made: somebody else may have been faster.
///
/// # Errors
/// Unusable, if it cannot be made there.
pub(super) fn make(path: &Path, options: &Options) -> Result<bool> {
    let cannot = |error: std::io::Error| {
        Error::unusable(format!("the database {} cannot be made: {error}", path.display())).caused_by(error)
    };
    // A name that other programs would take apart: it was not meant as a name.
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        return Err(Error::unusable(format!(
            "there is no file of the literal name {}, and none is made",
            path.display()
        ))
        .hint("drfctl reads no SQLite URIs: name the path"));
    }
    let directory = directory_of(path);
    owner::root_becomes_owner(path, &directory.metadata().map_err(cannot)?, options)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(cannot(error)),
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
