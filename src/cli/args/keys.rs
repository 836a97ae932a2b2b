//! Files of keys, one per line, as a scanner for secrets reports them.

use std::path::Path;

use crate::admin::Session;
use crate::cli::args::names::OnUnknown;
use crate::cli::context::Context;
use crate::django::authorization::{self, PresentedKey};
use crate::error::{Error, Result};
use crate::prompt;

/// The maximum number of lines that a message names.
const NAMED: usize = 20;

/// The keys of a file. Messages name a key by its line and never repeat it.
#[derive(Default)]
pub(in crate::cli) struct ListedKeys {
    keys: Vec<PresentedKey>,
    lines: Vec<usize>,
}

impl ListedKeys {
    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// Rejected if it cannot be read, or if a line is not a key.
    pub(in crate::cli) fn read(source: &Path) -> Result<Self> {
        let mut listed = Self::default();
        prompt::lines(source, &mut |number, line| {
            let key = authorization::key_in(line).map_err(|error| error.at(format!("line {number}")))?;
            if key.reveal().contains('\0') {
                return Err(Error::rejected("the key has a NUL character").at(format!("line {number}")));
            }
            listed.keys.push(key);
            listed.lines.push(number);
            Ok(())
        })?;
        Ok(listed)
    }

    /// Returns the keys without duplicates: a leak may be reported twice.
    pub(in crate::cli) fn distinct(&self) -> Vec<PresentedKey> {
        let mut keys = self.keys.clone();
        keys.sort_unstable_by(|one, other| one.reveal().cmp(other.reveal()));
        keys.dedup_by(|one, other| one.reveal() == other.reveal());
        keys
    }

    /// Checks that every key belongs to a token, or notes those that do not.
    ///
    /// # Errors
    /// Rejected if keys are unknown and that is an error.
    pub(in crate::cli) fn check(&self, session: &mut Session, on_unknown: OnUnknown, context: &Context) -> Result<()> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let unknown = session.snapshot()?.unknown_keys(&self.keys)?;
        if unknown.is_empty() {
            return Ok(());
        }
        let lines: Vec<usize> = unknown.iter().map(|at| self.lines[*at]).collect();
        let message = match lines.as_slice() {
            [line] => format!("no token has the key in line {line}"),
            lines => {
                let (some, all) = (lines.len(), self.keys.len());
                format!("{some} of {all} keys have no token: lines {}", joined(lines))
            }
        };
        if on_unknown == OnUnknown::Note {
            context.notes().note(&message);
            return Ok(());
        }
        Err(Error::rejected(message).hint("--missing-ok skips unknown keys"))
    }
}

/// Returns line numbers for a message.
fn joined(lines: &[usize]) -> String {
    let mut named: Vec<String> = lines.iter().take(NAMED).map(usize::to_string).collect();
    if lines.len() > NAMED {
        named.push(format!("and {} more", lines.len() - NAMED));
    }
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_at_most_20_lines() {
        for (count, wanted) in [
            (1, "1"),
            (20, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20"),
            (23, "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, and 3 more"),
        ] {
            assert_eq!(joined(&(1..=count).collect::<Vec<_>>()), wanted);
        }
    }

    #[test]
    fn keys_are_counted_once_and_named_by_their_lines() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "b0b\n\na11ce\r\nb0b\n").unwrap();
        let listed = ListedKeys::read(file.path()).unwrap();
        assert_eq!(listed.lines, [1, 3, 4]);
        let distinct = listed.distinct();
        assert_eq!(distinct.iter().map(PresentedKey::reveal).collect::<Vec<_>>(), ["a11ce", "b0b"]);
        for (text, error) in [("b0b\na\0b\n", "line 2: the key has a NUL character"), ("b0b\na b\n", "line 2: ")] {
            std::fs::write(file.path(), text).unwrap();
            let read = ListedKeys::read(file.path()).map(|_| ()).unwrap_err().to_string();
            assert!(read.starts_with(error), "{read}");
        }
    }
}
