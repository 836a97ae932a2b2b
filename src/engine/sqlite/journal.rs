//! The rollback journal, as a crash leaves it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

/// The start of a rollback journal that was synced.
const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// The largest page, and the checksum after each page, in bytes.
const LARGEST_PAGE: u32 = 65_536;
const CHECKSUM: u32 = 4;

/// Returns whether the journal restores a first page that begins with `start`,
/// or an empty file. Then the database may begin with anything: a power cut
/// can lose each sector that was being written.
///
/// # Errors
/// Any error of reading the journal.
pub(super) fn restores_first_page(journal: &Path, start: &[u8]) -> io::Result<bool> {
    // It could also be a FIFO or a link.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut journal = OpenOptions::new().read(true).custom_flags(flags.bits()).open(journal)?;
    let outcome = find_first_page(&mut journal, start);
    // A short journal ends after its last page.
    outcome.or_else(|error| if error.kind() == ErrorKind::UnexpectedEof { Ok(false) } else { Err(error) })
}

/// Reads the journal: segments of a header, in a sector of its own, and pages.
/// Each page follows its number, and precedes a checksum.
fn find_first_page(journal: &mut File, start: &[u8]) -> io::Result<bool> {
    loop {
        let mut magic = [0; 8];
        journal.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Ok(false);
        }
        let pages = read_number(journal)?;
        let _nonce = read_number(journal)?;
        let pages_before = read_number(journal)?;
        let sector = read_number(journal)?;
        let page = read_number(journal)?;
        if pages_before == 0 {
            return Ok(true);
        }
        if sector == 0 || page > LARGEST_PAGE {
            return Ok(false);
        }
        to_next_sector(journal, sector)?;
        for _ in 0..pages {
            let number = read_number(journal)?;
            if number == 1 {
                let mut found = vec![0; (page + CHECKSUM) as usize];
                journal.read_exact(&mut found)?;
                return Ok(found.starts_with(start));
            }
            journal.seek_relative(i64::from(page + CHECKSUM))?;
        }
        to_next_sector(journal, sector)?;
    }
}

fn read_number(journal: &mut File) -> io::Result<u32> {
    let mut bytes = [0; 4];
    journal.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn to_next_sector(journal: &mut File, sector: u32) -> io::Result<()> {
    let offset = journal.stream_position()?.next_multiple_of(sector.into());
    journal.seek(SeekFrom::Start(offset)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTOR: usize = 512;

    /// Returns a segment with these pages of 512 bytes, each filled with a byte.
    fn segment(magic: [u8; 8], pages_before: u32, pages: &[(u32, u8)]) -> Vec<u8> {
        let count = u32::try_from(pages.len()).unwrap();
        let mut bytes = magic.to_vec();
        for number in [count, 7, pages_before, 512, 512] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.resize(SECTOR, 0);
        for (number, byte) in pages {
            bytes.extend(number.to_be_bytes());
            bytes.extend([*byte; 512]);
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn only_a_journal_that_restores_the_first_page_is_recognized() {
        let mut two = segment(MAGIC, 5, &[(3, b'a'), (2, b'b')]);
        two.resize(two.len().next_multiple_of(SECTOR), 0);
        two.extend(segment(MAGIC, 5, &[(4, b'c'), (1, b'S')]));
        let restores = segment(MAGIC, 5, &[(2, b'S'), (1, b'S')]);
        let mut large_sectors = restores.clone();
        large_sectors[20..24].copy_from_slice(&4096_u32.to_be_bytes());
        for (case, bytes, expected) in [
            ("the first page, after another", restores.clone(), true),
            ("the first page in a second segment", two, true),
            ("a database that was empty", segment(MAGIC, 0, &[]), true),
            ("another first page, as of an encrypted database", segment(MAGIC, 5, &[(1, b'x')]), false),
            ("only other pages", segment(MAGIC, 5, &[(2, b'S'), (3, b'S')]), false),
            ("a header that was not synced", segment([0; 8], 5, &[(1, b'S')]), false),
            ("a journal that ends too early", restores[..SECTOR + 530].to_vec(), false),
            ("sectors that are longer than the journal", large_sectors, false),
            ("no sector size", [&MAGIC[..], &[1; 12], &[0; 8]].concat(), false),
            ("an empty file", Vec::new(), false),
            ("text", b"a list of what I did today\n".to_vec(), false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let journal = folder.path().join("journal");
            std::fs::write(&journal, bytes).unwrap();
            assert_eq!(restores_first_page(&journal, b"SS").unwrap(), expected, "{case}");
        }
    }
}
