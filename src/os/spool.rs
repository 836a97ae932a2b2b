//! Rows that are kept outside of memory until they are printed after a commit,
//! or saved after all passwords are hashed.
//!
//! Rows may contain secrets, so they are kept in an unnamed file, encrypted
//! with a key that only this process has. A small number of rows stays in
//! memory.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, Write};
use std::marker::PhantomData;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::SpooledTempFile;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The random bytes that a spool is encrypted with: a key and a nonce. The key
/// is used once, so any nonce will do.
pub const SECRET_BYTES: usize = KEY_BYTES + NONCE_BYTES;

/// The size of a row's length, in bytes.
const LENGTH: usize = 4;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// How many bytes stay in memory before a file is created.
const IN_MEMORY: usize = 1 << 20;

/// How many bytes are encrypted together, because encrypting each row takes far
/// longer.
const BLOCK: usize = 1 << 16;

/// Rows that are being written.
pub struct Spool<T> {
    file: SpooledTempFile,
    cipher: ChaCha20,
    /// Bytes that are not encrypted yet.
    block: Zeroizing<Vec<u8>>,
    rows: u64,
    row: PhantomData<fn(T)>,
}

/// Reads the rows in the order in which they were written; it can be rewound.
pub struct SpoolReader<T> {
    file: SpooledTempFile,
    cipher: ChaCha20,
    /// Decrypted bytes. Those before `taken` were read.
    block: Zeroizing<Vec<u8>>,
    taken: usize,
    /// The size of the row that was read last, in bytes.
    last: usize,
    rows: u64,
    left: u64,
    row: PhantomData<fn() -> T>,
}

impl<T: Serialize> Spool<T> {
    /// Returns an empty spool.
    #[must_use]
    pub fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        let (mut key, mut nonce) = (Zeroizing::new([0; KEY_BYTES]), [0; NONCE_BYTES]);
        key.copy_from_slice(&secret[..KEY_BYTES]);
        nonce.copy_from_slice(&secret[KEY_BYTES..]);
        let cipher = ChaCha20::new((&*key).into(), (&nonce).into());
        let block = Zeroizing::new(Vec::with_capacity(2 * BLOCK));
        Self { file: SpooledTempFile::new(IN_MEMORY), cipher, block, rows: 0, row: PhantomData }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Unusable, if there is no space for it.
    pub fn push(&mut self, row: &T) -> Result<()> {
        let start = self.block.len();
        self.block.extend_from_slice(&[0; LENGTH]);
        postcard::serialize_with_flavor(row, Append(&mut self.block)).map_err(broken)?;
        let length = u32::try_from(self.block.len() - start - LENGTH).map_err(broken)?;
        self.block[start..start + LENGTH].copy_from_slice(&length.to_be_bytes());
        self.rows += 1;
        if self.block.len() < BLOCK { Ok(()) } else { self.write() }
    }

    /// Reserves space for all rows pushed so far, so that later steps do not
    /// fail for lack of space.
    ///
    /// # Errors
    /// Same as [`Spool::push`].
    pub fn settle(&mut self) -> Result<()> {
        self.write()
    }

    /// Ends writing and returns a reader at the first row.
    ///
    /// # Errors
    /// Same as [`Spool::push`].
    pub fn read(mut self) -> Result<SpoolReader<T>> {
        self.write()?;
        let Self { file, cipher, block, rows, .. } = self;
        let mut reader = SpoolReader { file, cipher, block, taken: 0, last: 0, rows, left: 0, row: PhantomData };
        reader.rewind()?;
        Ok(reader)
    }

    fn write(&mut self) -> Result<()> {
        self.cipher.apply_keystream(&mut self.block);
        self.file.write_all(&self.block).map_err(unusable)?;
        self.block.clear();
        Ok(())
    }
}

impl<T> SpoolReader<T> {
    /// Returns how many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Goes back to the first row.
    ///
    /// # Errors
    /// Unusable, if it cannot be read.
    pub fn rewind(&mut self) -> Result<()> {
        self.file.rewind().map_err(unusable)?;
        self.cipher.seek(0_u64);
        self.block.clear();
        self.taken = 0;
        self.left = self.rows;
        Ok(())
    }

    /// Reads until `wanted` decrypted bytes are available.
    fn hold(&mut self, wanted: usize) -> Result<()> {
        while self.block.len() - self.taken < wanted {
            self.block.drain(..self.taken);
            self.taken = 0;
            let before = self.block.len();
            let more = u64::try_from(BLOCK.max(wanted - before)).map_err(broken)?;
            let read = (&mut self.file).take(more).read_to_end(&mut self.block).map_err(unusable)?;
            if read == 0 {
                return Err(broken("it ends too early"));
            }
            self.cipher.apply_keystream(&mut self.block[before..]);
        }
        Ok(())
    }
}

impl<T: DeserializeOwned> SpoolReader<T> {
    /// Returns the next row, if there is one.
    ///
    /// # Errors
    /// Same as [`SpoolReader::rewind`].
    pub fn take(&mut self) -> Result<Option<T>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.hold(LENGTH)?;
        let length = self.block[self.taken..].first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        let length = usize::try_from(length).map_err(broken)?;
        self.hold(LENGTH + length)?;
        let start = self.taken + LENGTH;
        self.taken = start + length;
        self.last = length;
        postcard::from_bytes(&self.block[start..self.taken]).map(Some).map_err(broken)
    }

    /// Returns the next rows, at most `most`, and fewer if they are large.
    ///
    /// # Errors
    /// Same as [`SpoolReader::rewind`].
    pub fn take_some(&mut self, most: usize) -> Result<Vec<T>> {
        let (mut rows, mut size) = (Vec::new(), 0);
        while rows.len() < most
            && size < IN_MEMORY
            && let Some(row) = self.take()?
        {
            rows.push(row);
            size += self.last;
        }
        Ok(rows)
    }

    /// Returns all further rows.
    ///
    /// # Errors
    /// Same as [`SpoolReader::rewind`].
    pub fn take_all(&mut self) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        while let Some(row) = self.take()? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Serializes to the end of a block.
struct Append<'a>(&'a mut Vec<u8>);

impl Flavor for Append<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Creates a file without a name.
///
/// # Errors
/// Unusable if the folder of temporary files cannot be written.
pub fn temporary_file() -> Result<File> {
    tempfile::tempfile().map_err(unusable)
}

fn unusable(error: std::io::Error) -> Error {
    let wanted = if error.kind() == ErrorKind::StorageFull { "there is no room for" } else { "cannot create" };
    Error::unusable(format!("{wanted} a temporary file: {error}"))
        .caused_by(error)
        .hint("name another directory in the variable TMPDIR")
}

#[allow(clippy::needless_pass_by_value, reason = "handed over by map_err")]
fn broken(why: impl ToString) -> Error {
    Error::internal("a temporary file differs from what was written to it")
        .caused_by(anyhow::Error::msg(why.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    const SECRET: &[u8; SECRET_BYTES] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";

    type Row = (i64, Option<String>, Vec<u8>);

    fn spooled(rows: &[Row]) -> SpoolReader<Row> {
        let mut spool = Spool::new(SECRET);
        for row in rows {
            spool.push(row).unwrap();
        }
        spool.read().unwrap()
    }

    #[test]
    fn rows_are_read_in_order_and_again_after_a_rewind() {
        let rows = [(-1, None, vec![]), (0, Some(String::new()), vec![0, 255]), (i64::MAX, Some("é".into()), vec![7])];
        let mut spooled = spooled(&rows);
        assert_eq!(spooled.take_some(2).unwrap(), rows[..2]);
        for _ in 0..2 {
            spooled.rewind().unwrap();
            assert_eq!(spooled.take_some(9).unwrap(), rows);
            assert!(spooled.take().unwrap().is_none());
        }
    }

    #[test]
    fn only_a_mebibyte_of_rows_is_taken_at_once() {
        let rows: Vec<Row> = (0..20).map(|at| (0, None, vec![at; (1 << 16) - 5])).collect();
        let mut spooled = spooled(&rows);
        assert!(spooled.take_some(99).unwrap() == rows[..16] && spooled.take_some(99).unwrap() == rows[16..]);
        assert_eq!(spooled.rows(), 20);
    }

    #[test]
    fn settled_rows_have_their_space() {
        let mut spool = Spool::new(SECRET);
        spool.push(&(7, None::<String>, Vec::<u8>::new())).unwrap();
        assert_eq!(spool.file.stream_position().unwrap(), 0);
        let length = spool.block.len();
        spool.settle().unwrap();
        assert_eq!(spool.file.stream_position().unwrap(), length as u64);
    }

    #[test]
    fn a_spool_file_is_encrypted() {
        let rows = vec![(7, Some("c0ffeec0ffee".to_owned()), vec![]); 200_000];
        let mut file = spooled(&rows).file;
        assert!(file.is_rolled());
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert!(bytes.len() > IN_MEMORY && !bytes.windows(6).any(|window| window == b"c0ffee"));
    }

    #[test]
    fn a_full_disk_is_named_as_the_reason() {
        for (kind, words) in [(ErrorKind::StorageFull, "there is no room for"), (ErrorKind::NotFound, "cannot create")]
        {
            assert!(unusable(kind.into()).to_string().starts_with(&format!("{words} a temporary file: ")));
        }
    }

    proptest! {
        #[test]
        fn any_row_survives_a_round_trip(rows in any::<Vec<Row>>()) {
            prop_assert_eq!(spooled(&rows).take_all().unwrap(), rows);
        }
    }
}
