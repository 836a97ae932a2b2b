//! Folders for files that drfctl writes.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// Creates a folder, with those above it, unless it exists.
///
/// # Errors
/// Rejected if it cannot be created.
pub fn create_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path)
        .map_err(|error| Error::rejected(format!("cannot create {}: {error}", path.display())).caused_by(error))
}
