//! System faults that `shim.c` causes inside drfctl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::files::root;
use super::invocation::Invocation;
use super::sandbox::Sandbox;

/// The faults of `shim.c`, which are loaded into drfctl.
pub(crate) struct Shim {
    log: PathBuf,
}

impl Shim {
    /// Returns a shim that writes its log next to the sandbox.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let mut log = sandbox.dir().as_os_str().to_owned();
        log.push(".shim");
        let log = PathBuf::from(log);
        let _ = fs::remove_file(&log);
        Self { log }
    }

    /// Compiles the library once, and returns its path.
    pub(crate) fn library() -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let source = root().join("tests/it/support/shim.c");
        let lock = fs::File::create(folder.join("shim.lock")).expect("a lock file");
        lock.lock().expect("the lock");
        let (copy, library) = (folder.join("shim.c"), folder.join("shim.so"));
        let text = fs::read(&source).expect("the source");
        if !library.exists() || fs::read(&copy).ok().as_ref() != Some(&text) {
            let status = Command::new("cc")
                .args(["-shared", "-fPIC", "-Wall", "-Werror", "-o"])
                .args([&library, &source])
                .arg("-ldl")
                .status()
                .expect("a C compiler");
            assert!(status.success(), "the shim does not compile");
            fs::write(copy, text).expect("a copy of the source");
        }
        library
    }

    /// Loads the shim into a call. The variables of `shim.c` select the faults.
    pub(crate) fn load(&self, call: Invocation) -> Invocation {
        call.env("LD_PRELOAD", Self::library()).env("SHIM_LOG", &self.log)
    }

    /// Returns whether a fault occurred.
    pub(crate) fn fired(&self, what: &str) -> bool {
        self.log().lines().any(|line| line == what)
    }

    /// Returns the log of the shim.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.log);
    }
}
