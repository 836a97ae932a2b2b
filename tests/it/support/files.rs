//! Files and folders: of the repository, and of a sandbox.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::invocation::Invocation;
use super::sandbox::Sandbox;

/// Returns the folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the files with that extension in a folder and in all folders below it, in order.
pub(crate) fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|other| other == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Returns the names in a folder, in order.
pub(crate) fn names_in(folder: &Path) -> Vec<OsString> {
    let mut names: Vec<OsString> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    names
}

/// Sets the mode of a file or folder.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a new mode");
}

impl Sandbox {
    /// Returns whether the test is root.
    fn is_roots(&self) -> bool {
        fs::metadata(self.dir()).expect("the folder").uid() == 0
    }

    /// Gives the folder and the database to an unprivileged user where the test is root, for whom
    /// modes mean nothing.
    pub(crate) fn give_to_nobody(&self) {
        if self.is_roots() {
            for path in [self.dir(), &self.db()].into_iter().filter(|path| path.exists()) {
                chown(path, Some(65534), Some(65534)).expect("a new owner");
            }
        }
    }

    /// drfctl in a mount namespace of its own, where a script of the shell first mounts file
    /// systems; the script ends in `exec "$@"`.
    pub(crate) fn drfctl_behind_mounts(&self, args: &[&str], script: &str) -> Invocation {
        let option = if self.is_roots() { "-m" } else { "-Urm" };
        self.drfctl(args).through(["unshare", option, "sh", "-c", script, "sh"])
    }
}
