//! Files and folders of the repository and of a sandbox.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::invocation::Invocation;
use super::sandbox::Sandbox;

/// Names of databases in memory, which every command rejects.
pub(crate) const IN_MEMORY: [&str; 4] = ["", ":memory:", "sqlite://", "sqlite://:memory:"];

/// Offsets in the header of a file, and bytes that name a format newer than SQLite's: the write
/// version, the read version, both, the schema format.
pub(crate) const NEWER_FORMATS: [(u64, &[u8]); 4] = [(18, &[3]), (19, &[3]), (18, &[3, 3]), (44, &[0, 0, 0, 9])];

/// Paths that are not regular files, after [`Sandbox::add_irregular_files`].
pub(crate) const IRREGULAR_FILES: [&str; 5] = ["folder", "socket", "pipe", "/dev/null", "link"];

/// Returns the contents of files that are not databases.
pub(crate) fn foreign_contents() -> [Vec<u8>; 6] {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    // An encrypted database has no header: without its password its bytes look random.
    let encrypted = (0..16_384).map(|_| random()).collect();
    let dump = b"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n".repeat(40);
    [encrypted, b"SQLite is not in here\n".repeat(100), dump, b"hi".to_vec(), b"\n".to_vec(), vec![0; 4096]]
}

/// Returns the root folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the files with that extension in a folder and below it, sorted.
pub(crate) fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|other| other == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Returns the names in a folder, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<OsString> {
    let mut names: Vec<OsString> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    names
}

/// Sets the mode of a file or folder.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a new mode");
}

impl Sandbox {
    /// Returns whether the test runs as root.
    fn is_roots(&self) -> bool {
        fs::metadata(self.dir()).expect("the folder").uid() == 0
    }

    /// If the test runs as root, gives the folder and the database to the account `nobody`,
    /// because file modes do not restrict root.
    pub(crate) fn chown_to_nobody(&self) {
        if self.is_roots() {
            for path in [self.dir(), &self.db()].into_iter().filter(|path| path.exists()) {
                chown(path, Some(65534), Some(65534)).expect("a new owner");
            }
        }
    }

    /// Returns a call with `--database=PATH`, which need not be UTF-8, and more arguments.
    pub(crate) fn drfctl_on(&self, database: impl AsRef<OsStr>, args: &[&str]) -> Invocation {
        let mut option = OsString::from("--database=");
        option.push(database);
        self.drfctl([option]).args(args)
    }

    /// Adds the [`IRREGULAR_FILES`] to the folder. Dropping the listener closes the socket.
    pub(crate) fn add_irregular_files(&self) -> UnixListener {
        let path = |name: &str| self.dir().join(name);
        fs::create_dir(path("folder")).expect("a folder");
        let mkfifo = Command::new("mkfifo").arg(path("pipe")).status().expect("mkfifo runs");
        assert!(mkfifo.success());
        symlink("/dev/null", path("link")).expect("a link");
        UnixListener::bind(path("socket")).expect("a socket")
    }

    /// Overwrites bytes of the database file.
    pub(crate) fn overwrite(&self, offset: u64, bytes: &[u8]) {
        let file = fs::OpenOptions::new().write(true).open(self.db()).expect("the database");
        file.write_all_at(bytes, offset).expect("other bytes");
    }

    /// Replaces the database file by a copy while the call waits for the lock, and asserts that
    /// the call changes neither file.
    #[track_caller]
    pub(crate) fn assert_replaced_file_is_rejected(&self, call: Invocation) {
        let copy = self.dir().join("copy");
        fs::copy(self.db(), &copy).expect("a copy");
        let before = fs::read(&copy).expect("the copy is read");
        let mut orphan = fs::File::open(self.db()).expect("the database");
        let mut other = self.session();
        assert_eq!(other.run("BEGIN IMMEDIATE"), "ok []");
        let mut running = call.spawn();
        running.until_it_waits();
        fs::rename(&copy, self.db()).expect("a replacement");
        assert_eq!(other.run("ROLLBACK"), "ok []");
        running.wait().refused("6", &["another file replaced the database"]);
        let mut now = Vec::new();
        orphan.read_to_end(&mut now).expect("the orphan is read");
        assert!(now == before, "the old file changed");
        assert!(fs::read(self.db()).expect("the database is read") == before, "the new file changed");
    }

    /// Returns a call in a new mount namespace, in which a shell script first mounts file systems.
    /// The script ends in `exec "$@"`.
    pub(crate) fn drfctl_behind_mounts(&self, args: &[&str], script: &str) -> Invocation {
        let option = if self.is_roots() { "-m" } else { "-Urm" };
        self.drfctl(args).through(["unshare", option, "sh", "-c", script, "sh"])
    }
}
