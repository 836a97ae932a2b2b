//! The workflows, whose steps are scripts of the repository.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Outcome, Sandbox, files_below, root};

#[test]
fn every_step_of_the_workflows_is_a_script_of_the_repository() {
    let workflows = files_below(&root().join(".github/workflows"), "yml");
    let mut steps = Vec::new();
    for path in &workflows {
        let text = fs::read_to_string(path).unwrap();
        for line in text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("run: ")) {
            let script = line.split(' ').find(|word| word.contains('/') && !word.contains('$')).unwrap_or(line);
            let mode = fs::metadata(root().join(script)).map(|found| found.permissions().mode());
            assert!(mode.is_ok_and(|mode| mode & 0o111 == 0o111), "{}: {line}", path.display());
            steps.push(script.to_owned());
        }
    }
    steps.sort();
    assert_eq!(steps, [".ci/run", ".github/release/check-tag", ".github/release/publish", "tests/run"]);
}

/// Copies a script into a sandbox with other files that it reads.
fn copied(sandbox: &Sandbox, script: &str) -> Command {
    let path = sandbox.dir().join(script);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // `cp` for the same reason as below.
    let done = Command::new("cp").arg(root().join(script)).arg(&path).status().unwrap();
    assert!(done.success());
    Command::new(path)
}

#[test]
fn a_release_needs_a_tag_and_a_section_of_its_version() {
    let changes = "# Changelog\n\n## 1.2.3\n";
    for (tag, changes, status, stderr) in [
        ("refs/heads/main", "", "0", ""),
        ("refs/tags/v1.2.3", changes, "0", ""),
        ("refs/tags/v1.2.4", changes, "1", "the tag is v1.2.4, but the version in Cargo.toml is 1.2.3\n"),
        ("refs/tags/v1.2.3", "## Unreleased\n", "1", "CHANGELOG.md has no section for 1.2.3\n"),
    ] {
        let sandbox = Sandbox::empty();
        fs::write(sandbox.dir().join("Cargo.toml"), "[package]\nversion = \"1.2.3\"\n").unwrap();
        fs::write(sandbox.dir().join("CHANGELOG.md"), changes).unwrap();
        let output = copied(&sandbox, ".github/release/check-tag").arg(tag).output().unwrap();
        Outcome::from(output).is(status, "", stderr);
    }
}

/// Runs `publish` with programs that only write down their arguments.
#[test]
fn publish_sends_each_package_to_its_place() {
    let sandbox = Sandbox::empty();
    let (packages, programs) = (sandbox.dir().join("target/packages"), sandbox.dir().join("programs"));
    fs::create_dir_all(packages.join("image")).unwrap();
    fs::create_dir(&programs).unwrap();
    for name in ["a.cdx.json", "a.deb", "a.tar.gz", "a.whl"] {
        fs::write(packages.join(name), name).unwrap();
    }
    let sums = Command::new("sh").args(["-c", "sha256sum -- *.* >SHA256SUMS"]).current_dir(&packages).status();
    assert!(sums.unwrap().success());
    // The shell writes them, because a program cannot start while another process has it open for
    // writing, and processes of other tests inherit the files that are open here.
    let write = "for name in cargo docker gh; do printf '#!/bin/sh\\necho \"${0##*/} $*\" >>\"$LOG\"\\n' >$name; chmod +x $name; done";
    assert!(Command::new("sh").args(["-c", write]).current_dir(&programs).status().unwrap().success());
    let publish = |sandbox: &Sandbox| {
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let variables = [("IMAGE", "registry.example/drfctl"), ("IMAGE_USER", "shop"), ("IMAGE_PASSWORD", "secret")];
        let mut script = copied(sandbox, ".github/release/publish");
        script.arg("v1.2.3").env("PATH", path).env("LOG", sandbox.dir().join("log")).envs(variables);
        Outcome::from(script.output().unwrap())
    };
    assert_eq!(publish(&sandbox).status, "0");
    let log = fs::read_to_string(sandbox.dir().join("log")).unwrap();
    let expected = format!(
        "docker login --username shop --password-stdin registry.example
docker buildx create --use --driver docker-container
docker buildx build --push --platform linux/amd64,linux/arm64 --tag registry.example/drfctl:1.2.3 \
         --tag registry.example/drfctl:latest image
gh release create v1.2.3 --verify-tag --title drfctl 1.2.3 --generate-notes -- a.tar.gz a.deb a.whl a.cdx.json SHA256SUMS
cargo publish --locked --no-verify --manifest-path {}/Cargo.toml
",
        sandbox.dir().display()
    );
    assert_eq!(log, expected);
    assert!(packages.join("wheels/a.whl").is_file());

    // A damaged package stops before anything is published.
    fs::remove_file(sandbox.dir().join("log")).unwrap();
    fs::write(packages.join("a.deb"), "damaged").unwrap();
    assert_eq!(publish(&sandbox).status, "1");
    assert!(!Path::new(&sandbox.dir().join("log")).exists());
}
