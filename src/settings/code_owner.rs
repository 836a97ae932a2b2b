//! The account that root runs the application's code as. Code that another
//! account can replace never runs with the rights of root.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf, absolute};

use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};
use crate::os::{Privileges, is_root, name_of_account};

/// The permission bits of writing, and of a folder where only the owner of a
/// file may replace it.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// What Python runs.
pub(super) struct Code<'a> {
    /// The settings module.
    pub(super) module: &'a OsStr,
    /// The interpreter, if it is named by its path.
    pub(super) program: Option<&'a Path>,
    /// The folders that modules are imported from, before the current one.
    pub(super) folders: Vec<&'a Path>,
}

/// Returns the account and group that Python runs as; `None` for those of this
/// process.
///
/// # Errors
/// Usage if the code belongs to several accounts besides root, or to root, and
/// others can replace it.
pub(super) fn account(code: &Code<'_>) -> Result<Option<Privileges>> {
    if !is_root() {
        return Ok(None);
    }
    let module = code.module;
    let mut owner: Option<Privileges> = None;
    let mut replaceable = None;
    for place in places(code) {
        for (path, found) in chain(&place) {
            if found.uid() != 0 {
                let this = Privileges::of(&found);
                if owner.is_some_and(|owner| owner.user != this.user) {
                    let [one, other] = [owner.map_or(0, |owner| owner.user), this.user].map(name_of_account);
                    return Err(refused(module, &format!("would run code of several users, {one} and {other}")));
                }
                owner = owner.or(Some(this));
            } else if is_replaceable(&found, path == place) {
                replaceable = replaceable.or(Some(path));
            }
        }
    }
    match (owner, replaceable) {
        (None, Some(path)) => {
            let why = format!("would run as root, but other users can write to {}", path.display());
            Err(refused(module, &why))
        }
        (owner, _) => Ok(owner),
    }
}

fn refused(module: &OsStr, why: &str) -> Error {
    Error::usage(format!("the settings module {} {why}", module.display())).hint(
        Hint::option(Setting::Database)
            .or(Action::Option(Setting::AllowOtherOwner, None))
            .lead("run drfctl as the application's user, or name the database, or trust the code"),
    )
}

/// Returns what Python runs and the folders that it imports from.
fn places(code: &Code<'_>) -> Vec<PathBuf> {
    let here = Path::new(".");
    let folders = code.folders.iter().copied().chain([here]);
    let mut places: Vec<PathBuf> = folders.filter_map(|folder| absolute(folder).ok()).collect();
    // The first folder that has the module.
    let name = code.module.to_string_lossy().replace('.', "/");
    let files = places
        .iter()
        .flat_map(|folder| [format!("{name}/__init__.py"), format!("{name}.py")].map(|name| folder.join(name)));
    let file = files.into_iter().find(|file| file.is_file());
    places.extend(file);
    places.extend(code.program.and_then(|program| absolute(program).ok()));
    places
}

/// Returns a path and the folders above it, as it is typed and without links.
fn chain(place: &Path) -> Vec<(PathBuf, Metadata)> {
    let mut chain = Vec::new();
    let real = place.canonicalize().unwrap_or_else(|_| place.to_owned());
    for path in place.ancestors().chain(real.ancestors()) {
        if let Ok(found) = path.symlink_metadata() {
            chain.push((path.to_owned(), found));
        }
    }
    chain
}

/// Returns whether accounts other than root can replace a file or the
/// files of a folder. In a sticky folder they can only add files, which matters
/// if Python imports from it.
fn is_replaceable(found: &Metadata, is_imported: bool) -> bool {
    let mode = found.mode();
    if found.is_symlink() || (found.is_dir() && mode & STICKY != 0 && !is_imported) {
        return false;
    }
    mode & OTHERS_WRITE != 0 || (mode & GROUP_WRITES != 0 && found.gid() != 0)
}
