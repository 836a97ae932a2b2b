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
