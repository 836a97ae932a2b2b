//! The benchmark that compares drfctl with Django runs, and detects a program that does nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::Outcome;

/// The rows of the table.
const ROWS: [(&str, &str); 20] = [
    ("start", "drfctl"),
    ("start", "sqlite3 shell"),
    ("create-token", "drfctl"),
    ("create-token", "manage.py drf_create_token"),
    ("create-token", "sqlite3 shell"),
    ("reset", "drfctl"),
    ("reset", "manage.py drf_create_token"),
    ("reset", "sqlite3 shell"),
    ("migrate", "drfctl"),
    ("migrate", "manage.py migrate"),
    ("list", "drfctl"),
    ("list", "ORM, `.iterator()`"),
    ("list", "sqlite3 shell"),
    ("rotate", "drfctl"),
    ("rotate", "ORM, `bulk_create`"),
    ("rotate", "sqlite3 shell"),
    ("rotate", "sqlite3 shell, prepared keys"),
    ("create-users", "drfctl"),
    ("create-users", "ORM, `create_user`"),
    ("create-users", "OpenSSL, hashes alone"),
];

fn compare(drfctl: &Path, report: &Path, more: &[&str]) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder has a parent");
    Command::new(root.join("benches/compare"))
        .args(["--users", "50", "--runs", "1", "--hashed", "1", "--hashed-by-django", "1"])
        .arg("--output")
        .arg(report)
        .arg("--drfctl")
        .arg(drfctl)
        .args(more)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("benches/compare starts")
        .into()
}

#[test]
fn the_comparison_reports_every_job_and_no_local_path() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.md");
    let outcome = compare(Path::new(env!("CARGO_BIN_EXE_drfctl")), &report, &[]);
    assert_eq!((outcome.status.as_str(), outcome.stdout.as_str()), ("0", ""), "{outcome}");
    let progress: Vec<_> =
        outcome.stderr.lines().filter_map(|line| line.rsplit_once(": ")).map(|(what, _)| what).collect();
    assert_eq!(progress, ROWS.map(|(job, program)| format!("{job}: {program}")), "{outcome}");
    let report = fs::read_to_string(report).unwrap();
    let (results, engines) = report.split_once("## Time relative to the engine alone").unwrap();
    assert_eq!(engines.lines().filter(|line| line.starts_with("| ")).count(), 2 + 6, "{report}");
    let rows: Vec<_> = results.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert_eq!(rows.len(), ROWS.len(), "{report}");
    for (row, (job, program)) in rows.iter().zip(ROWS) {
        assert!(row.starts_with(&format!("| {job} | {program} | ")), "{row}");
    }
    for path in [env!("CARGO_MANIFEST_DIR"), "/tmp/", "/home/", "/root/"] {
        assert!(!report.contains(path), "{path} is in\n{report}");
    }
}

#[test]
fn the_comparison_fails_if_a_program_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // Prints the version and an empty list, and does nothing else.
    let idle = folder.path().join("idle");
    fs::write(&idle, "#!/bin/sh\n[ \"$3\" = inspect ] && echo '[]'\n[ \"$1\" = --version ] && echo drfctl\nexit 0\n")
        .unwrap();
    fs::set_permissions(&idle, fs::Permissions::from_mode(0o755)).unwrap();
    let report = folder.path().join("report.md");
    for (job, wrong) in [
        ("create-token", "alice has no new token"),
        ("migrate", "the database is missing"),
        ("list", "not every token is listed"),
        ("rotate", "not every user has a new key"),
        ("create-users", "a user is missing"),
    ] {
        let outcome = compare(&idle, &report, &["--only", job]);
        let expected = Outcome {
            stdout: String::new(),
            stderr: format!("benches/compare: {job}: drfctl: {wrong}\n"),
            status: "1".to_owned(),
            ..Outcome::default()
        };
        // Programs before drfctl may have succeeded.
        let last = outcome.stderr.lines().last().unwrap_or_default();
        let outcome = Outcome { stderr: format!("{last}\n"), ..outcome };
        assert_eq!(outcome, expected, "{outcome}");
    }
    assert!(!report.exists());
}
