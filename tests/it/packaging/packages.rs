//! Packages: the source distribution, the Python wheel and the Debian package are built, unpacked
//! and run. Also the Rust version that builds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Outcome, Sandbox, python};

/// The root folder of the repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the target folder.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// Runs a program that must succeed, and returns its standard output.
#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: run tests/run once"));
    let outcome = Outcome::from(output);
    assert_eq!(outcome.status, "0", "{command:?}\n{outcome}");
    outcome.stdout
}

/// Returns the names of the files in a folder of the repository.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Returns the only file in a folder.
fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// Returns a command that builds drfctl and affects neither the build of the tests nor other
/// commands: its binary is in a folder of this name.
fn builder(name: &str, program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    // Cargo sets these variables for tests. A crate that depends on them would be rebuilt, now and
    // at the next build of the tests.
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_"))
    {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
        // Shares the built dependencies. Cargo before 1.91 ignores it, and takes longer.
        .env("CARGO_BUILD_BUILD_DIR", target());
    command
}

/// Returns a call of maturin.
fn maturin(folder: &Path) -> Command {
    builder("maturin", &python().with_file_name("maturin"), folder)
}

/// Asserts that an installed drfctl creates a token.
#[track_caller]
fn assert_creates_a_token(sandbox: &Sandbox, drfctl: PathBuf) {
    let outcome = sandbox.drfctl(["create-token", "alice"]).program(drfctl).run();
    let key = sandbox.value("SELECT key FROM authtoken_token");
    let stdout = format!("Generated token {key} for user alice\n");
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{stdout}--- stderr\n"));
}

/// Builds the source distribution, which pip uses if there is no wheel.
fn source_distribution(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.dir().join("sources");
    run(maturin(Path::new(ROOT)).args(["sdist", "--out"]).arg(&folder));
    only_file(&folder)
}

#[test]
fn the_source_distribution_is_complete_without_tests() {
    let sandbox = Sandbox::empty();
    let sources = source_distribution(&sandbox);
    let listed = run(Command::new("tar").arg("tzf").arg(&sources));
    let top = concat!("drfctl-", env!("CARGO_PKG_VERSION"), "/");
    let names: Vec<_> = listed.lines().map(|line| line.strip_prefix(top).expect("one folder")).collect();
    let folders = ["src/", "completions/", "man/", "benches/"];
    let others: Vec<_> = names.iter().filter(|name| !folders.iter().any(|folder| name.starts_with(folder))).collect();
    assert_eq!(
        others,
        [
            &"PKG-INFO",
            &"CHANGELOG.md",
            &"Cargo.lock",
            &"Cargo.toml",
            &"LICENSE-APACHE",
            &"LICENSE-MIT",
            &"README.md",
            &"pyproject.toml"
        ]
    );
    for folder in ["completions", "man"] {
        for file in files(folder) {
            assert!(names.contains(&format!("{folder}/{file}").as_str()), "{folder}/{file} is missing");
        }
    }
}

#[test]
fn a_wheel_from_the_source_distribution_works() {
    let sandbox = Sandbox::stock();
    let sources = source_distribution(&sandbox);
    let unpacked = sandbox.dir().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    // With the current time: cargo does not rebuild files that have the time of the archive.
    run(Command::new("tar").arg("xmzf").arg(&sources).arg("-C").arg(&unpacked));
    let wheels = sandbox.dir().join("wheels");
    run(maturin(&only_file(&unpacked))
        .args(["build", "--profile", "dev", "--compression-method", "stored", "--compatibility", "linux"])
        .arg("--out")
        .arg(&wheels));
    let environment = sandbox.dir().join("environment");
    run(Command::new(python()).args(["-m", "venv", "--without-pip"]).arg(&environment));
    run(Command::new(python())
        .args(["-m", "pip", "--disable-pip-version-check", "--python"])
        .arg(environment.join("bin/python"))
        .args(["install", "--no-index", "--no-deps"])
        .arg(only_file(&wheels)));
    assert_creates_a_token(&sandbox, environment.join("bin/drfctl"));

    let names = "import sys, zipfile; print(*sorted(zipfile.ZipFile(sys.argv[1]).namelist()), sep='\\n')";
    let names = run(Command::new(python()).args(["-c", names]).arg(only_file(&wheels)));
    let names = names.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_eq!(
        names.lines().collect::<Vec<_>>(),
        [
            "drfctl-VERSION.data/scripts/drfctl",
            "drfctl-VERSION.dist-info/METADATA",
            "drfctl-VERSION.dist-info/RECORD",
            "drfctl-VERSION.dist-info/WHEEL",
            "drfctl-VERSION.dist-info/licenses/LICENSE-APACHE",
            "drfctl-VERSION.dist-info/licenses/LICENSE-MIT",
            "drfctl-VERSION.dist-info/licenses/src/django/common_passwords.LICENSE",
            "drfctl-VERSION.dist-info/sboms/drfctl.cyclonedx.json",
        ]
    );
}

#[test]
fn cargo_install_works() {
    let sandbox = Sandbox::stock();
    let root = sandbox.dir().join("root");
    run(builder("cargo-install", Path::new(env!("CARGO")), Path::new(ROOT))
        .args(["install", "--locked", "--offline", "--debug", "--path", ".", "--root"])
        .arg(&root));
    assert_creates_a_token(&sandbox, root.join("bin/drfctl"));
}

/// Creates the Debian package of the drfctl that cargo built. `tests/run` skips tests with this
/// prefix if there is no dpkg-deb.
fn debian_package(sandbox: &Sandbox) -> PathBuf {
    // A separate target folder with drfctl as a release build, because cargo-deb strips it there.
    let target_folder = sandbox.dir().join("target");
    fs::create_dir_all(target_folder.join("release")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_drfctl"), target_folder.join("release/drfctl")).unwrap();
    let folder = sandbox.dir().join("debian");
    run(Command::new(target().join("tools/bin/cargo-deb"))
        .args(["deb", "--locked", "--no-build", "--strip", "--fast", "--output"])
        // The slash marks a folder.
        .arg(folder.join(""))
        .current_dir(ROOT)
        .env("CARGO_TARGET_DIR", &target_folder));
    only_file(&folder)
}

#[test]
fn debian_package_is_owned_by_root_and_runs_no_script() {
    let sandbox = Sandbox::empty();
    let package = debian_package(&sandbox);
    let fields = run(Command::new("dpkg-deb").arg("--field").arg(&package));
    let version = concat!("Version: ", env!("CARGO_PKG_VERSION"), "-1");
    for line in ["Package: drfctl", version, "Section: admin", "Maintainer: The drfctl developers"] {
        assert!(fields.lines().any(|field| field == line), "no {line:?} in\n{fields}");
    }
    // The package of a release has no dependencies: see release.rs.
    let depends = fields.lines().find_map(|line| line.strip_prefix("Depends: "));
    assert!(depends.is_some_and(|packages| packages.starts_with("libc6 (>= ")), "{fields}");
    let control = sandbox.dir().join("control");
    run(Command::new("dpkg-deb").arg("--control").arg(&package).arg(&control));
    assert_eq!(only_file(&control), control.join("control"));

    let contents = run(Command::new("dpkg-deb").arg("--contents").arg(&package));
    for line in contents.lines() {
        let mode = match line {
            line if line.ends_with('/') => "drwxr-xr-x",
            line if line.ends_with("./usr/bin/drfctl") => "-rwxr-xr-x",
            _ => "-rw-r--r--",
        };
        let words: Vec<_> = line.split_whitespace().collect();
        assert!(words[0] == mode && ["root/root", "0/0"].contains(&words[1]), "{line}");
    }
}

#[test]
fn debian_package_has_drfctl_its_manual_and_its_completions() {
    let sandbox = Sandbox::stock();
    let root = sandbox.dir().join("root");
    run(Command::new("dpkg-deb").arg("--extract").arg(debian_package(&sandbox)).arg(&root));
    assert_creates_a_token(&sandbox, root.join("usr/bin/drfctl"));

    let share = root.join("usr/share");
    let compressed = |path: PathBuf| run(Command::new("gzip").arg("-dc").arg(path)).into_bytes();
    for (section, page) in [("1", "drfctl.1"), ("7", "drfctl-databases.7")] {
        let manual: Vec<_> = files("man").into_iter().filter(|name| name.ends_with(&format!(".{section}"))).collect();
        assert!(manual.contains(&page.to_owned()), "{manual:?}");
        let folder = share.join(format!("man/man{section}"));
        let mut unpacked: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        unpacked.sort();
        assert_eq!(unpacked.len(), manual.len(), "{unpacked:?}");
        for (name, path) in manual.iter().zip(unpacked) {
            assert_eq!(path, folder.join(format!("{name}.gz")));
            assert_eq!(compressed(path), fs::read(Path::new(ROOT).join("man").join(name)).unwrap(), "{name}");
        }
    }
    for (ours, theirs) in [
        ("completions/drfctl.bash", "bash-completion/completions/drfctl"),
        ("completions/_drfctl", "zsh/vendor-completions/_drfctl"),
        ("completions/drfctl.fish", "fish/vendor_completions.d/drfctl.fish"),
        ("README.md", "doc/drfctl/README.md"),
    ] {
        let ours = fs::read(Path::new(ROOT).join(ours)).unwrap();
        assert!(fs::read(share.join(theirs)).is_ok_and(|theirs| theirs == ours), "{theirs}");
    }
    let changes = fs::read(Path::new(ROOT).join("CHANGELOG.md")).unwrap();
    assert!(compressed(share.join("doc/drfctl/changelog.gz")) == changes);
    let copyright = fs::read_to_string(share.join("doc/drfctl/copyright")).unwrap();
    assert!(copyright.contains("License: MIT OR Apache-2.0\n"), "{copyright}");
}

#[test]
fn no_dependency_requires_a_newer_rust_than_drfctl() {
    let host = run(Command::new("rustc").arg("-vV"));
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = run(
        // Only for this system: crates for others may not have been downloaded.
        Command::new(env!("CARGO"))
            .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host])
            .current_dir(ROOT),
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let version = |text: &str| -> Vec<u32> { text.split('.').take(2).map(|part| part.parse().unwrap()).collect() };
    let ours = version(env!("CARGO_PKG_RUST_VERSION"));
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", packages.len());
    let newer: Vec<_> = packages
        .iter()
        .filter(|package| package["rust_version"].as_str().is_some_and(|theirs| version(theirs) > ours))
        .map(|package| (&package["name"], &package["rust_version"]))
        .collect();
    assert_eq!(newer, []);
}
