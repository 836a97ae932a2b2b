//! Names for a person who is typing one: how it could go on, and what could have
//! been meant. Never writes.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::admin::listing::{ListRequest, Listing};
use crate::admin::session::Session;
use crate::django::token_key;
use crate::django::username::Username;
use crate::error::Result;
use crate::query::filter::{Filter, Subject};
use crate::query::listed::{CellSet, Listed};
use crate::query::listing::{Direction, Sort};
use crate::query::pattern::Pattern;

/// What a slip of the finger puts into a name, or leaves out of it.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789@.+-_";

/// The longest name that is tried in all ways: each takes a look into an index.
const LONGEST: usize = 64;

impl Session {
    /// The first so many usernames that begin with a text.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn names_beginning_with(&mut self, text: &str, limit: u64) -> Result<Vec<String>> {
        let patterns = if text.is_empty() { Vec::new() } else { vec![Pattern::beginning_with(text)] };
        self.names(Filter { patterns, ..Filter::default() }, limit)
    }

    /// The usernames that are one slip away from a name, or differ from it in
    /// case; so many at most.
    ///
    /// # Errors
    /// As [`Session::names_beginning_with`].
    pub fn names_like(&mut self, name: &str, limit: u64) -> Result<Vec<String>> {
        // What looks like a key is not repeated, and so nothing like it is.
        if name.chars().count() > LONGEST || token_key::as_name(name) != name {
            return Ok(Vec::new());
        }
        let names = slips(name).iter().filter_map(|slip| Username::parse(OsStr::new(slip)).ok()).collect();
        self.names(Filter { names, ..Filter::default() }, limit)
    }

    fn names(&mut self, filter: Filter, limit: u64) -> Result<Vec<String>> {
        let (sort, direction) = (Sort::Username, Direction::Ascending);
        let cells = CellSet::of(&[Listed::Username]);
        let request = ListRequest { filter, sort, direction, limit: Some(limit), cells };
        let mut names = Vec::new();
        self.list(Subject::Users, &request, &mut |event, _, _| {
            if let Listing::Row(row) = event {
                names.extend(row.get(Listed::Username)?.as_str().map(str::to_owned));
            }
            Ok(())
        })?;
        Ok(names)
    }
}

/// What a name becomes by one letter more, less, other or in the wrong place; by
/// another case; and without what makes an address of it.
fn slips(name: &str) -> BTreeSet<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut slips = BTreeSet::from([name.to_lowercase(), name.to_uppercase()]);
    slips.extend(name.split_once('@').map(|(local, _)| local.to_owned()));
    for at in 0..=letters.len() {
        let (before, after) = letters.split_at(at);
        let mut put = |middle: &[char], after: &[char]| {
            slips.insert(before.iter().chain(middle).chain(after).collect());
        };
        for letter in LETTERS.chars() {
            put(&[letter], after);
            put(&[letter], after.get(1..).unwrap_or_default());
        }
        if let [first, rest @ ..] = after {
            put(&[], rest);
            put(&[first.to_ascii_uppercase()], rest);
            if let [second, rest @ ..] = rest {
                put(&[*second, *first], rest);
            }
        }
    }
    slips.remove(name);
    slips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_letter_or_the_case_of_all() {
        let slips = slips("alice");
        for slip in ["alic", "lice", "alicee", "xalice", "alixe", "laice", "Alice", "ALICE", "al.ice"] {
            assert!(slips.contains(slip), "{slip}");
        }
        for other in ["alice", "ali", "bob", "alicexx"] {
            assert!(!slips.contains(other), "{other}");
        }
    }
}
