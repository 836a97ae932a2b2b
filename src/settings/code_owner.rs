//! The account that root runs the application's code as: that of the settings
//! module, its packages, the folders that it is imported from, and the
//! interpreter. What the settings themselves import is not checked.

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
    /// The interpreter; `None` if it is missing.
    pub(super) program: Option<&'a Path>,
    /// The folder that modules are imported from first.
    pub(super) first: Option<&'a Path>,
    /// The folders that modules are imported from after the current one.
    pub(super) folders: Vec<&'a Path>,
}

/// How Python runs the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runner {
    /// The account and group; `None` for those of this process.
    pub(super) account: Option<Privileges>,
    pub(super) current_folder: CurrentFolder,
}

/// Whether modules are imported from the current folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CurrentFolder {
    Imported,
    /// Its owner need not be trusted: the settings are elsewhere.
    Skipped,
}

impl Runner {
    /// Runs the code as this process, as Python does.
    pub(super) const OURSELVES: Self = Self { account: None, current_folder: CurrentFolder::Imported };
}

/// Returns how Python runs the code.
///
/// # Errors
/// Usage if the code belongs to several accounts besides root, or to root, and
/// others can replace it.
pub(super) fn runner(code: &Code<'_>) -> Result<Runner> {
    if !is_root() {
        return Ok(Runner::OURSELVES);
    }
    let module = code.module;
    let (paths, current_folder) = paths(code);
    let mut owner: Option<Privileges> = None;
    let mut replaceable = None;
    for imported in paths {
        for (path, found) in chain(&imported) {
            if found.uid() != 0 {
                let this = Privileges::of(&found);
                if owner.is_some_and(|owner| owner.user != this.user) {
                    let [one, other] = [owner.map_or(0, |owner| owner.user), this.user].map(name_of_account);
                    return Err(refused(module, &format!("would run code of several users, {one} and {other}")));
                }
                owner = owner.or(Some(this));
            } else if is_replaceable(&found, path == imported) {
                replaceable = replaceable.or(Some(path));
            }
        }
    }
    match (owner, replaceable) {
        (None, Some(path)) => {
            let why = format!("would run as root, but other users can write to {}", path.display());
            Err(refused(module, &why))
        }
        (account, _) => Ok(Runner { account, current_folder }),
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
fn paths(code: &Code<'_>) -> (Vec<PathBuf>, CurrentFolder) {
    let here = Path::new(".");
    let module = code.module.to_string_lossy().replace('.', "/");
    let found = code.first.into_iter().chain([here]).chain(code.folders.iter().copied()).find_map(|folder| {
        let files = [format!("{module}/__init__.py"), format!("{module}.py")].map(|name| folder.join(name));
        files.into_iter().find(|file| file.is_file()).map(|file| (folder, file))
    });
    let current_folder = match &found {
        Some((folder, _)) if *folder == here => CurrentFolder::Imported,
        _ => CurrentFolder::Skipped,
    };
    let mut paths: Vec<PathBuf> =
        code.first.into_iter().chain(code.folders.iter().copied()).map(Path::to_owned).collect();
    if current_folder == CurrentFolder::Imported {
        paths.push(here.to_owned());
    }
    if let Some((folder, file)) = found {
        // The packages above it run first, and it may import the modules next to it.
        for package in file.ancestors().skip(1).take_while(|package| *package != folder) {
            paths.push(package.join("__init__.py"));
        }
        let package = file.parent().filter(|package| *package != folder);
        for entry in package.into_iter().flat_map(|package| package.read_dir().into_iter().flatten().flatten()) {
            if entry.path().extension().is_some_and(|ending| ending == "py") {
                paths.push(entry.path());
            }
        }
        paths.push(file);
    }
    paths.extend(code.program.map(Path::to_owned));
    (paths.iter().filter_map(|path| absolute(path).ok()).collect(), current_folder)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn replaceable(path: &Path, mode: u32, is_imported: bool) -> bool {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        is_replaceable(&path.symlink_metadata().unwrap(), is_imported)
    }

    #[test]
    fn a_file_that_others_can_write_is_replaceable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.py");
        std::fs::write(&file, "").unwrap();
        assert!(!replaceable(&file, 0o644, false));
        assert!(replaceable(&file, 0o646, false));
    }

    #[test]
    fn a_sticky_folder_is_replaceable_only_if_imported() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replaceable(folder.path(), 0o757, false));
        assert!(!replaceable(folder.path(), 0o1757, false));
        assert!(replaceable(folder.path(), 0o1757, true));
    }

    #[test]
    fn a_module_and_its_packages_are_checked_with_the_folders_of_imports() {
        let folder = tempfile::tempdir().unwrap();
        let (first, other) = (folder.path().join("first"), folder.path().join("other"));
        std::fs::create_dir_all(other.join("shop/conf")).unwrap();
        std::fs::create_dir(&first).unwrap();
        for file in
            ["alone.py", "next.py", "shop/__init__.py", "shop/conf/live.py", "shop/conf/base.py", "shop/conf/text"]
        {
            std::fs::write(other.join(file), "").unwrap();
        }
        let found = |module: &str| {
            let program = Some(Path::new("/bin/python"));
            let code = Code { module: module.as_ref(), program, first: Some(&first), folders: vec![&other] };
            let (mut paths, current_folder) = paths(&code);
            assert_eq!(current_folder, CurrentFolder::Skipped);
            paths.retain(|path| path.starts_with(&other) && *path != other || path == Path::new("/bin/python"));
            let mut paths: Vec<String> =
                paths.iter().map(|path| path.strip_prefix(&other).unwrap_or(path).display().to_string()).collect();
            paths.sort_unstable();
            paths.dedup();
            paths
        };
        assert_eq!(found("missing"), ["/bin/python"]);
        assert_eq!(found("alone"), ["/bin/python", "alone.py"]);
        assert_eq!(found("shop"), ["/bin/python", "shop/__init__.py"]);
        assert_eq!(
            found("shop.conf.live"),
            ["/bin/python", "shop/__init__.py", "shop/conf/__init__.py", "shop/conf/base.py", "shop/conf/live.py"]
        );
    }

    #[test]
    fn a_file_that_a_group_can_write_is_replaceable_unless_it_is_that_of_root() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for group in [0, 4_000_000_001] {
            // Only root can give a file to another group.
            let _ = std::os::unix::fs::chown(file.path(), None, Some(group));
            let is_of_root = file.path().metadata().unwrap().gid() == 0;
            assert_eq!(replaceable(file.path(), 0o664, true), !is_of_root);
            assert!(!replaceable(file.path(), 0o644, true));
        }
    }

    #[test]
    fn root_runs_code_as_its_only_owner() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::create_dir(file("shop")).unwrap();
        for name in ["shop/__init__.py", "shop/settings.py"] {
            std::fs::write(file(name), "").unwrap();
        }
        let run = || {
            let module = "shop.settings".as_ref();
            runner(&Code { module, program: None, first: Some(folder.path()), folders: Vec::new() })
        };
        if !is_root() {
            assert_eq!(run().unwrap(), Runner::OURSELVES);
            return;
        }
        let own = |name: &str, owner| std::os::unix::fs::chown(file(name), Some(owner), Some(owner)).unwrap();
        let one = Privileges { user: 65_533, group: 65_533 };
        assert_eq!(run().unwrap(), Runner { account: None, current_folder: CurrentFolder::Skipped });
        assert!(replaceable(&file("shop/settings.py"), 0o666, true));
        assert!(run().unwrap_err().to_string().contains(" would run as root, but other users can write to "));
        own("shop/settings.py", one.user);
        assert_eq!(run().unwrap(), Runner { account: Some(one), current_folder: CurrentFolder::Skipped });
        own("shop/__init__.py", one.user + 1);
        assert!(run().unwrap_err().to_string().contains(" would run code of several users, "));
    }
}
