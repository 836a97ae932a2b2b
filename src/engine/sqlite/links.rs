//! Symbolic links on the path of a database. The owner of a link decides which
//! database it leads to.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};
use crate::os::{is_root, name_of_account};

/// The most links that are followed, as by Linux.
const MOST: usize = 40;

/// Checks, for root, that every link belongs to root or to the owner of the
/// database. A link gives other accounts no rights that they do not have.
///
/// # Errors
/// Unusable if another account's link leads to it.
pub(super) fn check(typed: &Path, real: &Path, found: &Metadata) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    for (link, owner) in links(typed) {
        if owner != 0 && owner != found.uid() {
            let [owner, target] = [owner, found.uid()].map(name_of_account);
            let (link, real) = (link.display(), real.display());
            return Err(Error::unusable(format!(
                "{link} is a symbolic link of {owner} that leads to the database {real}, which belongs to {target}"
            ))
            .hint(
                Hint::action(Action::option(Setting::Database, real.to_string()))
                    .or(Action::Option(Setting::AllowAliases, None))
                    .lead("name the file itself, or allow the link"),
            ));
        }
    }
    Ok(())
}

/// Returns the links that a path leads through, with their owners.
fn links(typed: &Path) -> Vec<(PathBuf, u32)> {
    let mut links = Vec::new();
    let mut path = std::path::absolute(typed).unwrap_or_else(|_| typed.to_owned());
    while links.len() < MOST
        && let Some((link, owner)) = first_link(&path)
    {
        let rest = path.strip_prefix(&link).map(Path::to_owned).unwrap_or_default();
        let target = link.read_link().unwrap_or_default();
        let next = link.parent().unwrap_or(Path::new("/")).join(target);
        path = if rest.as_os_str().is_empty() { next } else { next.join(rest) };
        links.push((link, owner));
    }
    links
}

fn first_link(path: &Path) -> Option<(PathBuf, u32)> {
    let mut beginning = PathBuf::new();
    for part in path.components() {
        beginning.push(part);
        let found = beginning.symlink_metadata().ok()?;
        if found.is_symlink() {
            return Some((beginning, found.uid()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_that_a_path_leads_through_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let owner = root.metadata().unwrap().uid();
        std::fs::create_dir(root.join("real")).unwrap();
        std::fs::write(root.join("real/db"), "").unwrap();
        symlink("real", root.join("folder")).unwrap();
        symlink(root.join("folder/db"), root.join("real/absolute")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        for (typed, expected) in [
            ("real/db", &[][..]),
            ("folder/db", &["folder"]),
            ("folder/absolute", &["folder", "real/absolute", "folder"]),
            ("missing/db", &[]),
        ] {
            let expected: Vec<_> = expected.iter().map(|name| (root.join(name), owner)).collect();
            assert_eq!(links(&root.join(typed)), expected, "{typed}");
        }
        assert_eq!(links(&root.join("loop")).len(), MOST);
    }
}
