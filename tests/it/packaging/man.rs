//! `man`: the manual pages, read by real programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use drfctl::cli::EXIT_STATUSES;

use crate::support::{Outcome, Sandbox};

fn pages() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn mandoc_has_nothing_to_say_of_a_page() {
    let outcome: Outcome = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(pages())
        .output()
        .unwrap_or_else(|error| panic!("mandoc does not start: {error}; tests/run installs it"))
        .into();
    assert_eq!(outcome.to_string(), "exit: 0\n--- stdout\n--- stderr\n");
}

#[test]
fn every_page_has_examples_and_every_exit_status() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap().replace("\\-", "-");
        assert!(text.contains(".SH EXAMPLES\n.nf\n"), "{}", page.display());
        for status in &EXIT_STATUSES {
            assert!(text.contains(&format!("{}\n", status.meaning)), "{}: {}", page.display(), status.code);
        }
    }
}

/// N75: an existing folder, and one that is created with those above it.
#[test]
fn the_pages_are_written_into_a_folder() {
    for folder in ["man1", "share/man/man1"] {
        let sandbox = Sandbox::empty();
        fs::create_dir(sandbox.dir().join("man1")).unwrap();
        let outcome = sandbox.drfctl(["man", folder]).run();
        outcome.is("0", "", &format!("note: {} pages are in {folder}\n", pages().len()));
        for page in pages() {
            let written = sandbox.dir().join(folder).join(page.file_name().unwrap());
            assert_eq!(fs::read(written).unwrap(), fs::read(&page).unwrap());
        }
    }
}

#[test]
fn a_page_takes_the_place_of_a_link_and_not_of_what_it_leads_to() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.dir().join("precious"), "as it was").unwrap();
    std::os::unix::fs::symlink("precious", sandbox.dir().join("drfctl.1")).unwrap();
    let outcome = sandbox.drfctl(["man"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert_eq!(fs::read_to_string(sandbox.dir().join("precious")).unwrap(), "as it was");
    let page = sandbox.dir().join("drfctl.1");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read(page).unwrap(), fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("man/drfctl.1")).unwrap());
}

#[test]
fn a_folder_that_cannot_be_created_is_named() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.dir().join("file"), "").unwrap();
    sandbox.drfctl(["man", "file/man1"]).run().is("3", "", "error: file/man1 cannot be created: not a directory\n");
}
