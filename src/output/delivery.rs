//! Where the bytes go, found before anything is changed and filled after.

use std::fmt;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Write, stdout};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::os::{hold_signals, is_root, set_unfinished, stdout_was_closed};
use crate::output::record::Record;
use crate::output::writer::{Style, Writer};

/// The place that a command's data goes to.
pub enum Destination {
    /// Nobody wants to see it.
    Nowhere,
    /// Standard output.
    Stdout,
    /// A new file.
    File(NewFile),
}

/// What is behind the output: what became of the database.
#[derive(Clone, Debug)]
pub enum Behind {
    /// The command only looked.
    Nothing,
    /// A change that is durable, and how to see what could not be shown.
    Change(String),
}

impl Behind {
    /// A change, and how to see what could not be shown.
    pub fn change(again: impl Into<String>) -> Self {
        Self::Change(again.into())
    }
}

/// When a new file is there under its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appearing {
    /// When it is complete.
    Complete,
    /// From the first byte on: what is in it may be all that is left.
    AtOnce,
}

/// A file on its way.
pub struct NewFile {
    file: File,
    path: PathBuf,
    /// Where it is written meanwhile, and removed from on failure.
    meanwhile: TempPath,
    /// Whether the name was taken at once: root may become another user, who
    /// could not give the file its name in the end.
    in_place: bool,
    /// How long it is, to the last page that was written whole.
    length: u64,
}

impl Destination {
    /// Standard output, unless nobody could read it.
    ///
    /// # Errors
    /// Usage, if it is closed.
    pub fn stdout() -> Result<Self> {
        if stdout_was_closed() {
            return Err(Error::usage("standard output is closed, and the result would be lost")
                .hint("give it somewhere to go, if only /dev/null"));
        }
        Ok(Self::Stdout)
    }

    /// A new file that its owner alone can read.
    ///
    /// # Errors
    /// Conflict, if there is something of this name; rejected, if it cannot be
    /// made there.
    pub fn file(path: &Path, appearing: Appearing) -> Result<Self> {
        if let Ok(found) = path.symlink_metadata() {
            let shown = path.display();
            return Err(if found.is_file() || found.is_dir() || found.is_symlink() {
                Error::new(Kind::Conflict, format!("{shown} exists already")).hint("remove it, or give another name")
            } else {
                Error::rejected(format!("{shown} is a FIFO, socket or device; the output goes to a new file only"))
            });
        }
        let refused =
            |error: io::Error| Error::rejected(format!("{} cannot be made: {error}", path.display())).caused_by(error);
        let in_place = appearing == Appearing::AtOnce || is_root();
        let (file, meanwhile) = if in_place {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(refused)?;
            (file, TempPath::try_from_path(path).map_err(refused)?)
        } else {
            NamedTempFile::new_in(directory_of(path)).map_err(refused)?.into_parts()
        };
        hold_signals();
        set_unfinished(Some(&meanwhile));
        Ok(Self::File(NewFile { file, path: path.to_owned(), meanwhile, in_place, length: 0 }))
    }

    /// Gives up, and says so if that leaves something behind: root that became
    /// another user may be unable to remove what it made.
    #[must_use]
    pub fn abandon(self, error: Error) -> Error {
        let Self::File(file) = self else { return error };
        let NewFile { path, meanwhile, .. } = file;
        set_unfinished(None);
        match meanwhile.close() {
            Err(kept) if kept.kind() != ErrorKind::NotFound => {
                error.hint(format!("nothing was written, but the empty file {} is left: remove it", path.display()))
            }
            _ => error,
        }
    }

    /// Hands the bytes over, and makes sure that they have gone out.
    ///
    /// # Errors
    /// Undelivered, with what is behind it.
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

    /// Keeps what is written, though it is not all.
    fn keep(self) {
        if let Self::File(file) = self {
            // Where it has no name yet it would be nobody's.
            let _ = file.file.sync_all();
            let _ = file.take_name();
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Nowhere => Ok(()),
            Self::Stdout => {
                let mut out = stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
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

/// Writes a file that everybody may read, in the place of whatever is there.
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
    // The kind alone: the rest names a file that nobody asked for.
    let refused = |error: io::Error| {
        Error::rejected(format!("{} cannot be written: {}", path.display(), error.kind())).caused_by(error)
    };
    write().map(drop).map_err(refused)
}

/// Records on their way out, page by page: none is handed over before it is
/// true, and none is kept.
pub struct Stream {
    destination: Destination,
    writer: Writer,
    bytes: Zeroizing<Vec<u8>>,
    behind: Behind,
    /// Whether something could not be written: nothing after it may be.
    is_lost: bool,
}

impl Stream {
    /// Whether a person watches the records come.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        matches!(self.destination, Destination::Stdout) && stdout().is_terminal()
    }

    /// Takes a record, which is handed over at the end of the page.
    pub fn record(&mut self, record: &dyn Record) {
        self.writer.record(record, &mut self.bytes);
    }

    /// Hands over what was taken.
    ///
    /// # Errors
    /// Undelivered, if it cannot be written.
    pub fn end_page(&mut self) -> Result<()> {
        self.writer.end_page(&mut self.bytes);
        self.flush()
    }

    /// Hands records over.
    ///
    /// # Errors
    /// As [`Stream::end_page`].
    pub fn page<T: Record>(&mut self, records: &[T]) -> Result<()> {
        for record in records {
            self.record(record);
        }
        self.end_page()
    }

    /// Hands over what comes after the last record.
    ///
    /// # Errors
    /// As [`Stream::end_page`].
    pub fn finish(mut self) -> Result<()> {
        self.writer.end(&mut self.bytes);
        self.flush()?;
        self.destination.complete(&self.behind)
    }

    /// Gives up in the middle: what was written stays.
    pub fn keep(mut self) {
        if !self.is_lost {
            self.writer.end(&mut self.bytes);
            let _ = self.flush();
        }
        self.destination.keep();
    }

    /// Gives up; see [`Destination::abandon`].
    #[must_use]
    pub fn abandon(self, error: Error) -> Error {
        self.destination.abandon(error)
    }

    fn flush(&mut self) -> Result<()> {
        let written = self.destination.write(&self.bytes);
        // The next page goes over it; the last is wiped in the end.
        self.bytes.clear();
        written.map_err(|error| {
            self.is_lost = true;
            self.destination.undelivered(error, &self.behind)
        })
    }
}

fn undelivered(name: &dyn fmt::Display, error: io::Error, behind: &Behind) -> Error {
    let words = format!("the result cannot be written to {name}: {error}");
    match behind {
        Behind::Nothing => Error::new(Kind::Undelivered, words).hint("nothing was changed: run it again"),
        Behind::Change(again) => Error::undelivered(words).hint(again.clone()),
    }
    .caused_by(error)
}

impl NewFile {
    /// Writes all of it, or leaves the file as it was: half a key is none.
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
        let path = self.path.clone();
        self.take_name()?;
        match File::open(directory_of(&path)).and_then(|directory| directory.sync_all()) {
            // Whoever may not read the directory cannot make it durable.
            Err(error) if error.kind() != ErrorKind::PermissionDenied => Err(error),
            _ => Ok(()),
        }
    }

    fn take_name(self) -> io::Result<()> {
        if self.in_place {
            self.meanwhile.keep()?;
        } else {
            self.meanwhile.persist_noclobber(&self.path)?;
        }
        Ok(())
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
