//! The packages and the image, which contain the static binaries.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::support::{
    Machine, ORDINARY, Outcome, Sandbox, VERSION, machines, names_in, package, packages, python, root,
};

/// Runs a program that must succeed, and returns its standard output.
#[track_caller]
fn run(command: &mut Command) -> String {
    let outcome = Outcome::from(command.output().unwrap_or_else(|error| panic!("{command:?}: {error}")));
    assert_eq!(outcome.status, "0", "{command:?}\n{outcome}");
    outcome.stdout
}

/// Asserts that drfctl in a package is the binary of the release, and may be run.
#[track_caller]
fn assert_is_the_binary(path: &Path, machine: &Machine) {
    assert!(fs::read(path).unwrap() == fs::read(machine.binary()).unwrap(), "{} is another binary", path.display());
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "{}", path.display());
}

#[test]
#[ignore = "needs the packages of a release"]
fn the_archive_has_the_binary_its_manual_and_its_completions() {
    for machine in machines() {
        let sandbox = Sandbox::empty();
        let name = format!("drfctl-{VERSION}-{}", machine.target());
        let archive = package(&format!("{name}.tar.gz"));
        run(Command::new("tar").arg("-xpzf").arg(archive).arg("-C").arg(sandbox.dir()));
        let folder = sandbox.dir().join(name);
        assert_is_the_binary(&folder.join("drfctl"), machine);
        for (ours, packed) in [("man", "man/man1"), ("man", "man/man7"), ("completions", "completions")] {
            let section = packed.strip_prefix("man/man").map_or(String::new(), |section| format!(".{section}"));
            let mut expected = names_in(&root().join(ours));
            expected.retain(|name| name.to_string_lossy().ends_with(&section));
            assert_eq!(names_in(&folder.join(packed)), expected, "{packed}");
        }
        let licenses = ["LICENSE-APACHE", "LICENSE-MIT", "common_passwords.LICENSE"];
        assert!(licenses.iter().all(|license| folder.join(license).is_file()));
    }
}

#[test]
#[ignore = "needs the packages of a release"]
fn pip_installs_the_wheel_on_glibc_and_on_musl() {
    for machine in machines() {
        let name = machine.name;
        let tags = format!("manylinux2014_{name}.manylinux_2_17_{name}.musllinux_1_1_{name}");
        let wheel = package(&format!("drfctl-{VERSION}-py3-none-{tags}.whl"));
        for platform in ["manylinux2014", "musllinux_1_1"] {
            let sandbox = Sandbox::empty();
            run(Command::new(python())
                .args(["-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-deps"])
                .args(["--only-binary", ":all:", "--platform", &format!("{platform}_{name}"), "--target"])
                .arg(sandbox.dir())
                .arg(&wheel));
            assert_is_the_binary(&sandbox.dir().join("bin/drfctl"), machine);
            let info = sandbox.dir().join(format!("drfctl-{VERSION}.dist-info"));
            assert!(info.join("sboms/drfctl.cyclonedx.json").is_file());
            let metadata = fs::read_to_string(info.join("METADATA")).unwrap();
            assert!(metadata.contains("\nLicense-Expression: MIT OR Apache-2.0\n"), "{metadata}");
        }
    }
}

#[test]
#[ignore = "needs the packages of a release"]
fn the_debian_package_needs_no_other() {
    for machine in machines() {
        let sandbox = Sandbox::empty();
        let package = package(&format!("drfctl_{VERSION}-1_{}.deb", machine.debian));
        let fields = run(Command::new("dpkg-deb").arg("--field").arg(&package));
        assert!(fields.lines().all(|field| !field.contains("Depends:") || field == "Depends: "), "{fields}");
        assert!(fields.lines().any(|field| field == format!("Architecture: {}", machine.debian)), "{fields}");
        let database = sandbox.dir().join("var/lib/dpkg");
        for folder in ["info", "triggers", "updates"] {
            fs::create_dir_all(database.join(folder)).unwrap();
        }
        fs::write(database.join("status"), "").unwrap();
        let root = format!("--root={}", sandbox.dir().display());
        run(Command::new("dpkg").args([&root, "--force-architecture", "--install"]).arg(package));
        assert_is_the_binary(&sandbox.dir().join("usr/bin/drfctl"), machine);
        let compressed = sandbox.dir().join("usr/share/man/man1/drfctl.1.gz");
        assert!(compressed.is_file(), "{} is missing", compressed.display());
    }
}

/// Applies the instructions of the Dockerfile to an empty folder, as `docker build` does.
#[test]
#[ignore = "needs the packages of a release"]
fn the_image_runs_as_an_ordinary_user() {
    let text = fs::read_to_string(packages().join("image/Dockerfile")).unwrap();
    for machine in machines() {
        let sandbox = Sandbox::empty();
        let inside = |path: &str| sandbox.dir().join(path.trim_start_matches('/'));
        let (mut user, mut entry, mut folder) = (String::new(), String::new(), String::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let line = line.replace("$TARGETPLATFORM", machine.image);
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["FROM", "scratch"] | ["ARG", "TARGETPLATFORM"] => {}
                ["ADD", archive, to] => {
                    let archive = packages().join("image").join(archive);
                    run(Command::new("tar").arg("-xpf").arg(archive).arg("-C").arg(inside(to)));
                }
                ["USER", name] => user = name.to_owned(),
                ["WORKDIR", path] => {
                    fs::create_dir(inside(path)).unwrap();
                    folder = path.to_owned();
                }
                ["ENTRYPOINT", program] => entry = program.trim_matches(['[', ']', '"']).to_owned(),
                _ => panic!("unknown instruction: {line}"),
            }
        }
        assert_is_the_binary(&inside(&entry), machine);
        if machine.emulator().is_some() {
            continue;
        }
        // The working directory is a volume with the application's database. 30,000 rows need /tmp.
        let volume = Sandbox::with_tokens(30_000);
        let database = inside(&folder).join("db.sqlite3");
        fs::copy(volume.db(), &database).unwrap();
        for path in [&inside(&folder), &database] {
            chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
        let named = format!("{folder}/db.sqlite3");
        let outcome = volume
            .drfctl(["--database", &named, "create-token", "-r", "--all", "--single-transaction", "--yes"])
            .args(["--format", "raw"])
            .program(entry)
            .through([Path::new("chroot"), Path::new(&format!("--userspec={user}")), sandbox.dir()])
            .run();
        assert_eq!((outcome.status.as_str(), outcome.keys().len()), ("0", 30_000), "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with("note: one transaction for 30000 users"), "{}", outcome.stderr);
    }
}

#[test]
#[ignore = "needs the packages of a release"]
fn the_checksums_cover_every_package() {
    let sums = fs::read_to_string(packages().join("SHA256SUMS")).unwrap();
    run(Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(packages()));
    let listed: Vec<_> = sums.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let mut files = names_in(&packages());
    files.retain(|name| name != "SHA256SUMS" && name != "image");
    files.extend(machines().map(|machine| format!("image/{}.tar", machine.image).into()));
    assert_eq!(files, listed);
}
