//! Rows that wait for their turn outside of memory: what is printed after a
//! commit, or saved after all of it is hashed, however many they are.
//!
//! They may hold secrets. So they stand in a file without a name, encrypted
//! with a key that only this process has; a few of them do not leave memory.

use std::io::{ErrorKind, Read, Seek, Write};

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use tempfile::SpooledTempFile;
use zeroize::Zeroizing;

use crate::django::timestamp;
use crate::error::{Error, Result};
use crate::sql::Value;

/// The random bytes that a spool is encrypted with: a key, and a nonce, which
/// is as good as any for a key that is used once.
pub const SECRET_BYTES: usize = KEY_BYTES + NONCE_BYTES;

/// The bytes of a row's length.
const LENGTH: usize = 4;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// How many bytes stay in memory before there is a file.
const IN_MEMORY: usize = 1 << 20;

/// How many bytes are encrypted together: row by row would take far longer.
const BLOCK: usize = 1 << 16;

/// Rows that come in.
pub struct Spool {
    file: SpooledTempFile,
    cipher: ChaCha20,
    /// What is not encrypted yet.
    block: Zeroizing<Vec<u8>>,
    rows: u64,
}

/// The rows, in the order in which they came, as often as one likes.
pub struct Spooled {
    file: SpooledTempFile,
    cipher: ChaCha20,
    /// What is decrypted and not taken yet, from `taken` on.
    block: Zeroizing<Vec<u8>>,
    taken: usize,
    rows: u64,
    left: u64,
}

impl Spool {
    /// An empty spool.
    #[must_use]
    pub fn new(secret: &[u8; SECRET_BYTES]) -> Self {
        let (mut key, mut nonce) = (Zeroizing::new([0; KEY_BYTES]), [0; NONCE_BYTES]);
        key.copy_from_slice(&secret[..KEY_BYTES]);
        nonce.copy_from_slice(&secret[KEY_BYTES..]);
        let cipher = ChaCha20::new((&*key).into(), (&nonce).into());
        let block = Zeroizing::new(Vec::with_capacity(2 * BLOCK));
        Self { file: SpooledTempFile::new(IN_MEMORY), cipher, block, rows: 0 }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Unusable, if there is no room for it.
    pub fn push(&mut self, row: &[Value]) -> Result<()> {
        let start = self.block.len();
        self.block.extend_from_slice(&length(0));
        for value in row {
            put(value, &mut self.block);
        }
        let length = length(self.block.len() - start - LENGTH);
        self.block[start..start + LENGTH].copy_from_slice(&length);
        self.rows += 1;
        if self.block.len() < BLOCK { Ok(()) } else { self.write() }
    }

    /// Sees to it that what was pushed has its room: nothing can fail for want
    /// of it afterwards.
    ///
    /// # Errors
    /// As [`Spool::push`].
    pub fn settle(&mut self) -> Result<()> {
        self.write()
    }

    /// All rows are there.
    ///
    /// # Errors
    /// As [`Spool::push`].
    pub fn spooled(mut self) -> Result<Spooled> {
        self.write()?;
        let Self { file, cipher, block, rows } = self;
        let mut spooled = Spooled { file, cipher, block, taken: 0, rows, left: 0 };
        spooled.rewind()?;
        Ok(spooled)
    }

    fn write(&mut self) -> Result<()> {
        self.cipher.apply_keystream(&mut self.block);
        self.file.write_all(&self.block).map_err(unusable)?;
        self.block.clear();
        Ok(())
    }
}

impl Spooled {
    /// How many rows there are.
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

    /// The next row, if there is one.
    ///
    /// # Errors
    /// As [`Spooled::rewind`].
    pub fn take(&mut self) -> Result<Option<Vec<Value>>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.hold(LENGTH)?;
        let length = self.block[self.taken..].first_chunk().map(|length| u32::from_be_bytes(*length));
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(broken)?;
        self.hold(LENGTH + length)?;
        let start = self.taken + LENGTH;
        self.taken = start + length;
        let mut rest = &self.block[start..self.taken];
        let mut row = Vec::with_capacity(8);
        while !rest.is_empty() {
            row.push(get(&mut rest).ok_or_else(broken)?);
        }
        Ok(Some(row))
    }

    /// As many of the next rows as there are, up to a number.
    ///
    /// # Errors
    /// As [`Spooled::rewind`].
    pub fn take_some(&mut self, most: usize) -> Result<Vec<Vec<Value>>> {
        let mut rows = Vec::new();
        while rows.len() < most
            && let Some(row) = self.take()?
        {
            rows.push(row);
        }
        Ok(rows)
    }

    /// Sees to it that so many bytes are decrypted and not taken.
    fn hold(&mut self, wanted: usize) -> Result<()> {
        while self.block.len() - self.taken < wanted {
            self.block.drain(..self.taken);
            self.taken = 0;
            let before = self.block.len();
            let more = BLOCK.max(wanted - before);
            let more = u64::try_from(more).map_err(|_| broken())?;
            let read = (&mut self.file).take(more).read_to_end(&mut self.block).map_err(unusable)?;
            if read == 0 {
                return Err(broken());
            }
            self.cipher.apply_keystream(&mut self.block[before..]);
        }
        Ok(())
    }
}

/// Writes a value: a letter for its kind, then what it is.
fn put(value: &Value, bytes: &mut Vec<u8>) {
    let mut of = |kind: u8, content: &[u8]| {
        bytes.push(kind);
        bytes.extend_from_slice(&length(content.len()));
        bytes.extend_from_slice(content);
    };
    match value {
        Value::Null => of(b'n', &[]),
        Value::Integer(integer) => of(b'i', &integer.to_be_bytes()),
        Value::Text(text) => of(b't', text),
        Value::DateTime(stored) => of(b'd', timestamp::to_text(*stored).as_bytes()),
        Value::Other(other) => of(b'o', other),
    }
}

fn get(bytes: &mut &[u8]) -> Option<Value> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (content, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some(match kind {
        b'n' => Value::Null,
        b'i' => Value::Integer(i64::from_be_bytes(content.try_into().ok()?)),
        b't' => Value::Text(Zeroizing::new(content.to_vec())),
        b'd' => Value::DateTime(timestamp::from_text(std::str::from_utf8(content).ok()?)?),
        _ => Value::Other(content.to_vec()),
    })
}

/// A length as it is written. What is longer does not come from a database.
fn length(of: usize) -> [u8; LENGTH] {
    u32::try_from(of).unwrap_or(u32::MAX).to_be_bytes()
}

fn unusable(error: std::io::Error) -> Error {
    let wanted = if error.kind() == ErrorKind::StorageFull { "there is no room for" } else { "there cannot be" };
    Error::unusable(format!("{wanted} a temporary file: {error}"))
        .caused_by(error)
        .hint("the variable TMPDIR names another directory")
}

fn broken() -> Error {
    Error::internal("a temporary file does not hold what was written to it")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::*;

    const SECRET: &[u8; SECRET_BYTES] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";

    fn identities(rows: &[Vec<Value>]) -> Vec<Vec<Vec<u8>>> {
        rows.iter().map(|row| row.iter().map(Value::identity).collect()).collect()
    }

    fn spooled(rows: &[Vec<Value>]) -> Spooled {
        let mut spool = Spool::new(SECRET);
        for row in rows {
            spool.push(row).unwrap();
        }
        spool.spooled().unwrap()
    }

    #[test]
    fn what_goes_in_comes_out_as_often_as_one_likes() {
        let stored = timestamp::from_text("2026-01-31 09:00:00.000042").unwrap();
        let rows = [
            vec![],
            vec![Value::Null, Value::Integer(-1), Value::DateTime(stored)],
            vec![Value::text(""), Value::Other(vec![0, 255])],
        ];
        let mut spooled = spooled(&rows);
        assert_eq!(identities(&spooled.take_some(2).unwrap()), identities(&rows[..2]));
        for _ in 0..2 {
            spooled.rewind().unwrap();
            assert_eq!(identities(&spooled.take_some(9).unwrap()), identities(&rows));
            assert!(spooled.take().unwrap().is_none());
        }
    }

    #[test]
    fn a_file_holds_nothing_that_can_be_read() {
        let rows = vec![vec![Value::text("c0ffeec0ffee")]; 200_000];
        let spooled = spooled(&rows);
        let mut file = spooled.file;
        assert!(file.is_rolled());
        let mut bytes = Vec::new();
        file.rewind().unwrap();
        file.read_to_end(&mut bytes).unwrap();
        assert!(bytes.len() > IN_MEMORY && !bytes.windows(6).any(|window| window == b"c0ffee"));
    }

    proptest! {
        #[test]
        fn any_text_comes_back(texts in any::<Vec<String>>()) {
            let row: Vec<Value> = texts.iter().map(|text| Value::text(text)).collect();
            let taken = spooled(std::slice::from_ref(&row)).take().unwrap().unwrap();
            prop_assert_eq!(identities(&[taken]), identities(&[row]));
        }
    }
}
