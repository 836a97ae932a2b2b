//! `man`: other programs read the manual pages.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use drfctl::cli::EXIT_STATUSES;

use crate::support::{Outcome, Sandbox};

fn pages() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|kind| kind != "md")).collect()
}

#[test]
fn mandoc_reports_no_warnings() {
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
    for page in pages().into_iter().filter(|page| page.extension().is_some_and(|section| section == "1")) {
        let text = fs::read_to_string(&page).unwrap().replace("\\-", "-");
        assert!(text.contains(".SH EXAMPLES\n.nf\n"), "{}", page.display());
        for status in &EXIT_STATUSES {
            assert!(text.contains(&format!("{}\n", status.meaning)), "{}: {}", page.display(), status.code);
        }
    }
}

/// N75: in existing folders, and in folders that it creates.
#[test]
fn man_writes_the_pages_into_the_folders_of_their_sections() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["man", "share/man"]).run();
    let note = format!("note: wrote {} pages to share/man/man1 and man7\n", pages().len());
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n--- stderr\n{note}"));
    for page in pages() {
        let section = page.extension().unwrap().to_str().unwrap();
        let written = sandbox.dir().join(format!("share/man/man{section}")).join(page.file_name().unwrap());
        assert_eq!(fs::read(written).unwrap(), fs::read(&page).unwrap());
    }
}

#[test]
fn man_finds_the_pages_in_the_folder_that_they_were_written_to() {
    let sandbox = Sandbox::empty();
    let outcome = sandbox.drfctl(["man", "man"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    for name in ["drfctl-create-token", "drfctl-databases"] {
        let found: Outcome =
            Command::new("man").arg("-M").arg(sandbox.dir().join("man")).args(["-w", name]).output().unwrap().into();
        assert!(found.status == "0" && found.stdout.contains(name), "{found}");
    }
}

#[test]
fn man_replaces_a_link_and_not_its_target() {
    let sandbox = Sandbox::empty();
    fs::create_dir(sandbox.dir().join("man1")).unwrap();
    fs::write(sandbox.dir().join("target"), "unchanged").unwrap();
    std::os::unix::fs::symlink("../target", sandbox.dir().join("man1/drfctl.1")).unwrap();
    let outcome = sandbox.drfctl(["man"]).run();
    assert_eq!(outcome.status, "0", "{outcome}");
    assert_eq!(fs::read_to_string(sandbox.dir().join("target")).unwrap(), "unchanged");
    let page = sandbox.dir().join("man1/drfctl.1");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read(page).unwrap(), fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("man/drfctl.1")).unwrap());
}

#[test]
fn man_rejects_a_folder_that_it_cannot_create() {
    let sandbox = Sandbox::empty();
    fs::write(sandbox.dir().join("file"), "").unwrap();
    assert_eq!(
        sandbox.drfctl(["man", "file"]).run().to_string(),
        "exit: 3\n--- stdout\n--- stderr\nerror: cannot create file: File exists (os error 17)\n"
    );
}
