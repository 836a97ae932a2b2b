//! The packages of a release, which `tests/release` builds. Its variable `DRFCTL_TEST_PACKAGES` names
//! their folder.

use std::path::{Path, PathBuf};

/// A user id without an entry in `/etc/passwd`, the one of the image.
pub(crate) const ORDINARY: u32 = 65_532;

/// The version of drfctl.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The names of a processor: of Rust and wheels, of images, of Debian.
pub(crate) struct Machine {
    pub(crate) name: &'static str,
    pub(crate) image: &'static str,
    pub(crate) debian: &'static str,
}

const MACHINES: [Machine; 2] = [
    Machine { name: "x86_64", image: "linux/amd64", debian: "amd64" },
    Machine { name: "aarch64", image: "linux/arm64", debian: "arm64" },
];

impl Machine {
    /// Returns the binary that was packed.
    pub(crate) fn binary(&self) -> PathBuf {
        packages().with_file_name(self.target()).join("release/drfctl")
    }

    /// Returns the archive with the files of the image.
    fn image(&self) -> PathBuf {
        packages().join(format!("image/{}.tar", self.image))
    }

    /// Returns the target of Rust.
    pub(crate) fn target(&self) -> String {
        format!("{}-unknown-linux-musl", self.name)
    }

    /// Returns the emulator for binaries of this machine, or `None` if this machine runs them.
    pub(crate) fn emulator(&self) -> Option<PathBuf> {
        let emulator = Path::new("/usr/bin").join(format!("qemu-{}-static", self.name));
        (self.name != std::env::consts::ARCH).then_some(emulator)
    }
}

/// Returns the folder of the packages.
pub(crate) fn packages() -> PathBuf {
    std::env::var_os("DRFCTL_TEST_PACKAGES").expect("tests/run --release sets this variable").into()
}

/// Returns the path of a package, and asserts that it exists.
#[track_caller]
pub(crate) fn package(name: &str) -> PathBuf {
    let path = packages().join(name);
    assert!(path.is_file(), "{} is missing", path.display());
    path
}

/// Returns the machines that the packages were built for.
pub(crate) fn machines() -> impl Iterator<Item = &'static Machine> {
    let built: Vec<_> = MACHINES.iter().filter(|machine| machine.image().exists()).collect();
    assert!(!built.is_empty(), "no packages in {}", packages().display());
    built.into_iter()
}
