//! Reading lines and secrets from files and standard input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, stdin};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The maximum length of a name or secret in bytes, so that an endless input
/// does not fill the memory.
pub const LONGEST: u64 = 4096;

/// The capacity for a secret, with room for what is read after it.
const CAPACITY: usize = 2 * 4096;

/// What some programs write at the beginning of a UTF-8 file.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Passes each line of a file, or of standard input for `-`, to `on_line` with
/// its number and without its end. Skips blank lines and a byte order mark.
///
/// # Errors
/// Rejected if the input cannot be read or a line is too long; any error of
/// `on_line`. No message repeats the content.
pub fn lines(source: &Path, on_line: &mut dyn FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
    let name = name_of(source);
    let unreadable = |error| unreadable(source, error);
    let mut input: Box<dyn BufRead> = if source == Path::new("-") {
        Box::new(stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(source).map_err(unreadable)?))
    };
    for number in 1.. {
        let mut line = Zeroizing::new(Vec::with_capacity(64));
        let length = (&mut input).take(LONGEST + 2).read_until(b'\n', &mut line).map_err(unreadable)?;
        if length == 0 {
            break;
        }
        strip_line_end(&mut line);
        if line.len() as u64 > LONGEST {
            return Err(Error::rejected(format!("line {number} of {name} is longer than {LONGEST} bytes")));
        }
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| number == 1).unwrap_or(&line);
        if !line.trim_ascii().is_empty() {
            on_line(number, line)?;
        }
    }
    Ok(())
}

/// Reads the only line of a file, or of standard input for `-`.
///
/// # Errors
/// Rejected if the input cannot be read, is too long, is not UTF-8 or has more
/// than one line. No message repeats the content.
pub fn secret_line(source: &Path) -> Result<Zeroizing<String>> {
    let bytes = secret_bytes(source)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::rejected(format!("{} is not UTF-8", name_of(source))))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Reads the only line like [`secret_line`], in any encoding.
///
/// # Errors
/// Same as [`secret_line`].
pub fn secret_bytes(source: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let name = name_of(source);
    let unreadable = |error| unreadable(source, error);
    // It does not grow: growing would leave a copy.
    let mut bytes = Zeroizing::new(Vec::with_capacity(CAPACITY));
    let input: Box<dyn Read> = if source == Path::new("-") {
        Box::new(stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(source).map_err(unreadable)?))
    };
    // One more than the longest secret and its line end.
    input.take(LONGEST + 3).read_to_end(&mut bytes).map_err(unreadable)?;
    strip_line_end(&mut bytes);
    if bytes.len() as u64 > LONGEST {
        return Err(Error::rejected(format!("{name} is longer than {LONGEST} bytes")));
    }
    if bytes.contains(&b'\n') {
        return Err(Error::rejected(format!("{name} has more than one line")));
    }
    Ok(bytes)
}

/// Returns why a file with secrets cannot be read. The name of a file that does
/// not exist is not repeated: it could be the secret itself.
fn unreadable(source: &Path, error: io::Error) -> Error {
    let is_standard_input = source == Path::new("-");
    if is_standard_input || source.symlink_metadata().is_ok() {
        return Error::rejected(format!("{} cannot be read: {error}", name_of(source))).caused_by(error);
    }
    Error::rejected(format!("the file cannot be read (name hidden because it could be a secret): {error}"))
        .caused_by(error)
        .hint("give the path of a file, or - for standard input")
}

/// Returns the name of an input for messages.
#[must_use]
pub fn name_of(source: &Path) -> String {
    if source == Path::new("-") { "standard input".to_owned() } else { source.display().to_string() }
}

/// Removes one line end: a line feed, or a carriage return and a line feed.
pub(super) fn strip_line_end(line: &mut Vec<u8>) {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
}

/// Returns a line as the shell would pass it as an argument.
#[cfg(unix)]
#[must_use]
pub fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

/// Returns a line as the shell would pass it as an argument.
#[cfg(not(unix))]
#[must_use]
pub fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_and_a_line_may_be_as_long_as_the_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let limit = usize::try_from(LONGEST).unwrap();
        for (length, end, is_accepted) in [
            (limit, "", true),
            (limit, "\n", true),
            (limit, "\r\n", true),
            (limit + 1, "", false),
            (limit + 1, "\r\n", false),
            (2 * limit, "\n", false),
        ] {
            std::fs::write(file.path(), "x".repeat(length) + end).unwrap();
            let secret = secret_bytes(file.path()).map(|secret| secret.len());
            assert_eq!(secret.ok(), is_accepted.then_some(length), "{length} {end:?}");
            let mut read = None;
            let result = lines(file.path(), &mut |number, line| {
                read = Some((number, line.len()));
                Ok(())
            });
            assert_eq!((result.is_ok(), read), (is_accepted, is_accepted.then_some((1, length))), "{length} {end:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_skipped_only_at_the_beginning() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "\u{feff}alice\r\n\n \n\u{feff}bob\r").unwrap();
        let mut read = Vec::new();
        let result = lines(file.path(), &mut |number, line| {
            read.push((number, os_string(line).into_string().unwrap()));
            Ok(())
        });
        assert!(result.is_ok());
        assert_eq!(read, [(1, "alice".to_owned()), (4, "\u{feff}bob\r".to_owned())]);
    }

    #[test]
    fn a_file_with_a_secret_is_named_only_if_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| secret_bytes(&folder.path().join(name)).unwrap_err().to_string();
        assert!(of("s3cret").starts_with("the file cannot be read (name hidden because it could be a secret): "));
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        assert!(of("keys").starts_with(&format!("{} cannot be read: ", folder.path().join("keys").display())));
        assert_eq!(name_of(Path::new("-")), "standard input");
        assert_eq!(name_of(Path::new("./-")), "./-");
    }
}
