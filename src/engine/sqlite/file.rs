//! Checks the database file before `SQLite` opens it: its format, its names,
//! its owner, and whether its locks are reliable.
//!
//! Never opens the file while a connection is open: closing it would drop the
//! connection's locks.

use std::ffi::OsString;
use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::sys::stat::{major, minor};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, Uid, access};

use crate::engine::connection::Concern;
use crate::engine::options::{Absent, Aliases, Options, OtherOwner};
use crate::engine::sqlite::journal;
use crate::engine::sqlite::owner::{self, ForeignFile};
use crate::engine::sqlite::path::{check_one_name, check_regular, resolve};
use crate::engine::sqlite::{links, sharing};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Program};
use crate::os::name_of_account;

/// The longest path that `SQLite` opens, in bytes: its limit minus the longest
/// suffix of a side file.
const LONGEST_PATH: usize = 504;

/// The start of every `SQLite` database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The smallest page, and so the smallest database, in bytes.
const SMALLEST: u64 = 512;

/// The newest read version (WAL) and schema format that the library supports.
const NEWEST_VERSION: u8 = 2;
const NEWEST_SCHEMA_FORMAT: u32 = 4;

/// A database file that may be opened.
pub(super) struct DatabaseFile {
    /// The real path, absolute and without links.
    pub(super) path: PathBuf,
    found: Metadata,
    wal: bool,
    /// Whether the first page could not be checked, because a hot journal must
    /// restore it first.
    pub(super) needs_recovery: bool,
}

impl DatabaseFile {
    /// Finds the file and checks it. If the process is root, it switches to the
    /// file's owner.
    ///
    /// # Errors
    /// Unusable, with the problem of the file.
    pub(super) fn examine(typed: &Path, options: &Options) -> Result<Self> {
        let path = resolve(typed, options.absent)?;
        let found = path.symlink_metadata().map_err(|error| unreadable(&path, error))?;
        check_regular(&path, &found)?;
        if path.as_os_str().len() > LONGEST_PATH {
            return Err(Error::unusable(format!("the database's path is longer than {LONGEST_PATH} bytes"))
                .hint("move the database to a shorter path, or mount its directory at one"));
        }
        if options.files.aliases == Aliases::Refused {
            check_one_name(&path, &found)?;
            links::check(typed, &path, &found)?;
        }
        owner::become_owner(&path, &found, options)?;
        let mut file = Self { path, found, wal: false, needs_recovery: false };
        if options.files.other_owner == OtherOwner::Refused
            && let Some(foreign) = file.foreign_side_files().first()
        {
            let path = foreign.path.to_string_lossy().into_owned();
            let chown = Action::Shell(vec!["sudo".into(), "chown".into(), foreign.wanted.to_string(), path]);
            return Err(Error::unusable(foreign.to_string())
                .hint(Hint::action(chown).lead("change the owner while no process uses the database")));
        }
        file.read_header(options.absent)?;
        Ok(file)
    }

    /// Reads the first page's header, and closes the file again.
    fn read_header(&mut self, absent: Absent) -> Result<()> {
        let path = self.path.display();
        let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
        let mut open = OpenOptions::new();
        let mut handle = open
            .read(true)
            .custom_flags(flags.bits())
            .open(&self.path)
            .map_err(|error| unreadable(&self.path, error))?;
        let now = handle.metadata().map_err(|error| unreadable(&self.path, error))?;
        if !same_file(&self.found, &now) {
            return Err(self.moved());
        }
        let mut header = Vec::new();
        (&mut handle).take(100).read_to_end(&mut header).map_err(|error| unreadable(&self.path, error))?;
        let empty = now.len() < SMALLEST && !self.side_file("-journal").exists();
        match &header[..] {
            [] if absent != Absent::Refused => return Ok(()),
            [] => {
                return Err(Error::unusable(format!("the database {path} is empty: it has no Django tables")).hint(
                    Hint::manage(Manage::Migrate).or(Action::Run(Program::Migrate)).lead("apply the migrations"),
                ));
            }
            start if !start.starts_with(MAGIC) && self.is_recoverable() => {
                self.needs_recovery = true;
                return Ok(());
            }
            start if !start.starts_with(MAGIC) => {
                return Err(Error::unusable(format!("{path} is not a SQLite database, or it is encrypted")));
            }
            _ if empty => {
                return Err(Error::unusable(format!("the database {path} is truncated: it has no complete page"))
                    .hint("restore a backup"));
            }
            _ => {}
        }
        header.resize(100, 0);
        let format = u32::from_be_bytes([header[44], header[45], header[46], header[47]]);
        if header[18].max(header[19]) > NEWEST_VERSION || format > NEWEST_SCHEMA_FORMAT {
            return Err(Error::unusable(format!("the database {path} was created by a newer SQLite than this one"))
                .hint("update drfctl"));
        }
        self.wal = header[19] == 2;
        if self.wal { self.check_wal(&handle) } else { Ok(()) }
    }

    /// Returns whether a journal restores the beginning of the file.
    fn is_recoverable(&self) -> bool {
        journal::restores_first_page(&self.side_file("-journal"), MAGIC).unwrap_or(false)
    }

    /// Checks that other processes see the same write-ahead log.
    fn check_wal(&self, handle: &File) -> Result<()> {
        let path = self.path.display();
        if sharing::is_on_network(&self.path) {
            return Err(Error::unusable(format!(
                "the database {path} is in WAL mode on a network file system: shared memory does not work there"
            ))
            .hint("run this command on the host that serves the file"));
        }
        if self.on_read_only_system() {
            return Err(self.read_only().hint("copy the database with its -wal file, and read the copy"));
        }
        if sharing::has_unseen_log(handle, &self.side_file("-shm")) {
            return Err(Error::unusable(format!(
                "another process has the database {path} open with a write-ahead log in another directory"
            ))
            .hint("run this command where that process runs, or mount the whole directory instead of the one file"));
        }
        Ok(())
    }

    /// Returns whether the opened file is the one that was checked.
    pub(super) fn check_opened(&self) -> Result<()> {
        let Ok(open) = Path::new("/dev/fd").read_dir() else { return self.check_unmoved() };
        let ours = |number: OsString| {
            let found = Path::new("/dev/fd").join(number).metadata();
            found.is_ok_and(|found| same_file(&self.found, &found))
        };
        if open.flatten().any(|entry| ours(entry.file_name())) { Ok(()) } else { Err(self.moved()) }
    }

    /// Returns whether the path still leads to the file that was checked.
    pub(super) fn check_unmoved(&self) -> Result<()> {
        match self.path.symlink_metadata() {
            Ok(now) if same_file(&self.found, &now) => Ok(()),
            _ => Err(self.moved()),
        }
    }

    /// Checks that a rollback journal can be created.
    pub(super) fn check_directory(&self) -> Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        match access(directory, AccessFlags::W_OK | AccessFlags::X_OK) {
            Err(error) if !self.wal => Err(Error::unusable(format!(
                "the directory {} is not writable by {}, but SQLite must create a journal there",
                directory.display(),
                name_of_account(Uid::effective().as_raw())
            ))
            .caused_by(error)),
            _ => Ok(()),
        }
    }

    /// Returns the error for a write to a read-only file.
    pub(super) fn read_only(&self) -> Error {
        let what = if self.on_read_only_system() { "is on a read-only file system" } else { "is a read-only file" };
        Error::unusable(format!("the database {} {what}", self.path.display()))
    }

    /// Returns whether its file system is mounted read-only.
    fn on_read_only_system(&self) -> bool {
        statvfs(&self.path).is_ok_and(|system| system.flags().contains(FsFlags::ST_RDONLY))
    }

    /// Returns whether nothing has been written to it.
    pub(super) fn is_empty(&self) -> bool {
        self.path.metadata().is_ok_and(|found| found.len() == 0)
    }

    /// Returns the identity of the rollback journal, if there is one: its
    /// number and creation time.
    pub(super) fn journal(&self) -> Option<(u64, Option<SystemTime>)> {
        let found = self.side_file("-journal").symlink_metadata().ok()?;
        Some((found.ino(), found.created().ok()))
    }

    /// Returns whether a hot journal exists, which the next opening rolls back.
    pub(super) fn has_hot_journal(&self) -> bool {
        let mut start = [0_u8];
        let journal = File::open(self.side_file("-journal"));
        journal.and_then(|mut journal| journal.read(&mut start)).is_ok_and(|_| start != [0])
    }

    /// Returns the path of a side file with this suffix.
    pub(super) fn side_file(&self, suffix: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(suffix);
        PathBuf::from(name)
    }

    /// Returns the side files that the database's owner may not be able to use.
    pub(super) fn foreign_side_files(&self) -> Vec<ForeignFile> {
        let wanted = self.found.uid();
        let found = ["-journal", "-wal", "-shm"].map(|ending| {
            let path = self.side_file(ending);
            let owner = path.symlink_metadata().ok()?.uid();
            (owner != wanted).then_some(ForeignFile { path, owner, wanted })
        });
        found.into_iter().flatten().collect()
    }

    /// Returns the facts that `inspect` reports about the file.
    pub(super) fn facts(&self) -> [(&'static str, String); 3] {
        [
            ("database", self.path.to_string_lossy().into_owned()),
            ("owner", name_of_account(self.found.uid())),
            ("mode", format!("{:04o}", self.found.mode() & 0o7777)),
        ]
    }

    /// Returns a warning if locks may be unreliable. (In WAL mode, such a file
    /// is refused.)
    pub(super) fn doubt(&self) -> Option<String> {
        let path = self.path.display();
        sharing::is_on_network(&self.path).then(|| {
            format!("the database {path} is on a network file system, where another host may not see a lock on it")
        })
    }

    /// Returns a warning if every account of the system can read the file.
    pub(super) fn exposure(&self) -> Option<Concern> {
        let path = self.path.to_string_lossy().into_owned();
        let is_public = self.found.mode() & 0o004 != 0;
        is_public.then(|| Concern {
            message: format!("every account can read {path}, which contains tokens in plain text"),
            hint: Hint::action(Action::Shell(vec!["chmod".into(), "o=".into(), path])),
        })
    }

    /// Returns the names of the file and its shared memory in the system's list
    /// of locks.
    pub(super) fn lock_names(&self) -> Vec<String> {
        let shared = self.side_file("-shm").symlink_metadata().ok();
        let name = |file: &Metadata| format!("{:02x}:{:02x}:{}", major(file.dev()), minor(file.dev()), file.ino());
        [Some(&self.found), shared.as_ref()].into_iter().flatten().map(name).collect()
    }

    fn moved(&self) -> Error {
        Error::unusable(format!("another file replaced the database {}", self.path.display()))
            .hint("run the command again when the replacement is complete")
    }
}

fn same_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let us = name_of_account(Uid::effective().as_raw());
    Error::unusable(format!("the database {} cannot be read by {us}: {error}", path.display())).caused_by(error)
}
