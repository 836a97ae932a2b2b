//! Where the result goes: opened before anything is changed, written after.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Write, stdout};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::os::{end_by_closed_pipe, hold_signals, is_root, set_unfinished, stdout_was_closed, sync_folder};
use crate::output::record::Record;
use crate::output::writer::{Style, Writer};

/// The destination of a command's result.
pub enum Destination {
    /// Nothing is written.
    Nowhere,
    /// Standard output.
    Stdout,
    /// A new file.
    File(NewFile),
}

/// What the command has done to the database, in case the output is lost.
#[derive(Clone, Debug)]
pub enum Behind {
    /// Nothing.
    Nothing,
    /// A committed change, and a hint how to see the lost result.
    Change(String),
}

impl Behind {
    /// Returns a committed change, with a hint how to see the lost result.
    pub fn change(again: impl Into<String>) -> Self {
        Self::Change(again.into())
    }
}

/// When a new file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appearing {
    /// When it is complete.
    Complete,
    /// At once: after a failure it may be the only copy of what was written.
    AtOnce,
}

/// A file that is being written.
pub struct NewFile {
    file: File,
    path: PathBuf,
    /// Its folder, opened as the account that created the file; none if that
    /// account cannot read it.
    folder: Option<File>,
    /// The path that it has until then; removed on failure.
    temporary: TempPath,
    /// Whether it has its name from the start: root may become another user, who
    /// could not rename it.
    in_place: bool,
    /// Its length up to the last page that was written completely.
    length: u64,
}

impl Destination {
    /// Returns standard output.
    ///
    /// # Errors
    /// Usage, if it is closed.
    pub fn stdout() -> Result<Self> {
        if stdout_was_closed() {
            return Err(Error::usage("standard output is closed").hint("redirect it to a file, or to /dev/null"));
        }
        Ok(Self::Stdout)
    }

    /// Returns a new file that only its owner can read.
    ///
    /// # Errors
    /// Conflict, if the name exists; rejected, if the file cannot be created.
    pub fn file(path: &Path, appearing: Appearing) -> Result<Self> {
        if let Ok(found) = path.symlink_metadata() {
            let shown = path.display();
            return Err(if found.is_file() || found.is_dir() || found.is_symlink() {
                Error::new(Kind::Conflict, format!("{shown} already exists")).hint("remove it, or choose another name")
            } else {
                Error::rejected(format!("{shown} is a FIFO, socket or device, and the output requires a new file"))
            });
        }
        let refused =
            |error: io::Error| Error::rejected(format!("cannot create {}: {error}", path.display())).caused_by(error);
        let in_place = appearing == Appearing::AtOnce || is_root();
        let (file, temporary) = if in_place {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(refused)?;
            (file, TempPath::try_from_path(path).map_err(refused)?)
        } else {
            NamedTempFile::new_in(directory_of(path)).map_err(refused)?.into_parts()
        };
        let folder = File::open(directory_of(path)).ok();
        hold_signals();
        set_unfinished(Some(&temporary));
        Ok(Self::File(NewFile { file, path: path.to_owned(), folder, temporary, in_place, length: 0 }))
    }

    /// Removes a new file and returns the error, with a hint if the file could
    /// not be removed: root that became another user may be unable to.
    #[must_use]
    pub fn abandon(self, error: Error) -> Error {
        let Self::File(file) = self else { return error };
        let NewFile { path, temporary, .. } = file;
        set_unfinished(None);
        match temporary.close() {
            Err(kept) if kept.kind() != ErrorKind::NotFound => {
                error.hint(format!("remove the empty file {}, which drfctl could not remove", path.display()))
            }
            _ => error,
        }
    }

    /// Writes and flushes the bytes.
    ///
    /// # Errors
    /// Undelivered, with the hint of `behind`.
    pub fn deliver(mut self, bytes: &[u8], behind: &Behind) -> Result<()> {
        self.write(bytes).map_err(|error| self.undelivered(error, behind))?;
        self.complete(behind)
    }

    /// Returns a stream of records to it. A table fits the window only if it is
    /// printed there.
    #[must_use]
    pub fn stream(self, mut style: Style, behind: Behind) -> Stream {
        if !matches!(self, Self::Stdout) {
            style.window = None;
        }
        Stream { destination: self, writer: Writer::new(style), bytes: Zeroizing::default(), behind, is_lost: false }
    }

    /// Keeps an incomplete file.
    fn keep(self) {
        if let Self::File(file) = self {
            // Without a name the file would be lost.
            let _ = file.file.sync_all();
            let _ = file.take_name();
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => {
                let mut out = stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush()).inspect_err(end_by_closed_pipe)
            }
            Self::File(file) => file.write(bytes),
        }
    }

    fn complete(self, behind: &Behind) -> Result<()> {
        let Self::File(file) = self else { return Ok(()) };
        let path = file.path.clone();
        file.complete().map_err(|error| undelivered(&path.display(), error, behind))
    }

    fn undelivered(&self, error: io::Error, behind: &Behind) -> Error {
        match self {
            Self::File(file) => undelivered(&file.path.display(), error, behind),
            _ => undelivered(&"standard output", error, behind),
        }
    }
}

/// Writes a file that every user can read, and replaces an existing one.
///
/// # Errors
/// Rejected, if it cannot be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mode = Permissions::from_mode(0o644);
        let mut file = tempfile::Builder::new().permissions(mode).tempfile_in(directory_of(path))?;
        file.write_all(bytes)?;
        file.persist(path).map_err(io::Error::from)
    };
    let refused = |error: io::Error| {
        // The outer message names the temporary file, and its source does not.
        let source = error.get_ref().and_then(std::error::Error::source);
        let words = source.map_or_else(|| error.to_string(), ToString::to_string);
        Error::rejected(format!("cannot write {}: {words}", path.display())).caused_by(error)
    };
    write().map(drop).map_err(refused)
}

/// A stream of records to a destination, page by page. A page is written once
/// its records are committed, and then dropped.
pub struct Stream {
    destination: Destination,
    writer: Writer,
    bytes: Zeroizing<Vec<u8>>,
    behind: Behind,
    /// Whether a page could not be written; no later one may follow it.
    is_lost: bool,
}

impl Stream {
    /// Returns whether the records are printed on a terminal.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        matches!(self.destination, Destination::Stdout) && stdout().is_terminal()
    }

    /// Adds a record to the current page.
    pub fn record(&mut self, record: &dyn Record) {
        self.writer.record(record, &mut self.bytes);
    }

    /// Writes the current page.
    ///
    /// # Errors
    /// Undelivered, if it cannot be written.
    pub fn end_page(&mut self) -> Result<()> {
        self.writer.end_page(&mut self.bytes);
        self.flush()
    }

    /// Writes records as one page.
    ///
    /// # Errors
    /// As [`Stream::end_page`].
    pub fn page<T: Record>(&mut self, records: &[T]) -> Result<()> {
        for record in records {
            self.record(record);
        }
        self.end_page()
    }

    /// Writes what follows the last record, and completes the file.
    ///
    /// # Errors
    /// As [`Stream::end_page`].
    pub fn finish(mut self) -> Result<()> {
        self.writer.end(&mut self.bytes);
        self.flush()?;
        self.destination.complete(&self.behind)
    }

    /// Ends the output early and keeps what was written.
    pub fn keep(mut self) {
        if !self.is_lost {
            self.writer.end(&mut self.bytes);
            let _ = self.flush();
        }
        self.destination.keep();
    }

    /// Ends the output before the first record; see [`Destination::abandon`].
    #[must_use]
    pub fn abandon(self, error: Error) -> Error {
        self.destination.abandon(error)
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.destination.write(&self.bytes);
        // The next page overwrites it; the last one is wiped on drop.
        self.bytes.clear();
        written.map_err(|error| {
            self.is_lost = true;
            self.destination.undelivered(error, &self.behind)
        })
    }
}

fn undelivered(name: &dyn fmt::Display, error: io::Error, behind: &Behind) -> Error {
    let words = format!("cannot write the result to {name}: {error}");
    match behind {
        Behind::Nothing => Error::new(Kind::Undelivered, words).hint("run the command again; nothing was changed"),
        Behind::Change(again) => Error::undelivered(words).hint(again.clone()),
    }
    .caused_by(error)
}

impl NewFile {
    /// Writes all bytes, or leaves the file unchanged: half a key is useless.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !bytes.is_empty() {
            set_unfinished(None);
        }
        self.file.write_all(bytes).inspect_err(|_| {
            let _ = self.file.set_len(self.length);
        })?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn complete(self) -> io::Result<()> {
        set_unfinished(None);
        self.file.sync_all()?;
        self.take_name()
    }

    /// Gives the file its name, and makes that durable.
    fn take_name(self) -> io::Result<()> {
        if self.in_place {
            self.temporary.keep()?;
        } else {
            self.temporary.persist_noclobber(&self.path)?;
        }
        self.folder.map_or(Ok(()), |folder| sync_folder(&folder))
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests;
