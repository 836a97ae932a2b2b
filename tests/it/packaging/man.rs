//! `man`: the manual pages, read by other programs.

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
fn mandoc_reports_nothing_about_a_page() {
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

#[test]
fn the_pages_are_written_to_a_directory() {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.dir().join("man1")).unwrap();
    let outcome = sandbox.drfctl(["man", "man1"]).run();
    let count = pages().len();
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n--- stderr\nnote: wrote {count} pages to man1\n"));
    for page in pages() {
        let written = sandbox.dir().join("man1").join(page.file_name().unwrap());
        assert_eq!(fs::read(written).unwrap(), fs::read(&page).unwrap());
    }
}

#[test]
fn a_page_replaces_a_link_and_keeps_the_target_of_the_link() {
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
fn a_missing_directory_is_rejected() {
    let outcome = Sandbox::empty().drfctl(["man", "nowhere"]).run();
    assert_eq!(
        outcome.to_string(),
        "exit: 3\n--- stdout\n--- stderr\nerror: nowhere/drfctl.1 cannot be written: entity not found\n"
    );
}
