//! Suggests usernames: completions of a beginning, and corrections of a typing
//! error. Never writes.

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

/// The characters that a typing error inserts or omits.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789@.+-_";

/// The longest name to correct: each candidate is a lookup in an index.
const LONGEST: usize = 64;

impl Session {
    /// Returns at most `limit` usernames that begin with a text.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn names_beginning_with(&mut self, text: &str, limit: u64) -> Result<Vec<String>> {
        let patterns = if text.is_empty() { Vec::new() } else { vec![Pattern::beginning_with(text)] };
        self.names(Filter { patterns, ..Filter::default() }, limit)
    }

    /// Returns at most `limit` usernames that differ from a name by one typing
    /// error or in case.
    ///
    /// # Errors
    /// Same as [`Session::names_beginning_with`].
    pub fn names_like(&mut self, name: &str, limit: u64) -> Result<Vec<String>> {
        // Neither a name that looks like a key nor similar names are repeated.
        if name.chars().count() > LONGEST || token_key::as_name(name) != name {
            return Ok(Vec::new());
        }
        let names = slips(name).iter().filter_map(|slip| Username::parse(OsStr::new(slip)).ok()).collect();
        self.names(Filter { names, ..Filter::default() }, limit)
    }

    fn names(&mut self, filter: Filter, limit: u64) -> Result<Vec<String>> {
        let (sort, direction) = (Some(Sort::Username), Direction::Ascending);
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

/// Returns the typing errors of a name: one letter inserted, omitted, replaced
/// or swapped, another case, or an e-mail address without its domain.
fn slips(name: &str) -> BTreeSet<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut slips = BTreeSet::from([name.to_lowercase(), name.to_uppercase()]);
    if let [first, rest @ ..] = letters.as_slice() {
        slips.insert(first.to_uppercase().chain(rest.iter().flat_map(|letter| letter.to_lowercase())).collect());
    }
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
    fn slips_differ_by_one_letter_or_in_case() {
        assert!(slips("ALICE").contains("Alice"));
        let slips = slips("alice");
        for slip in ["alic", "lice", "alicee", "xalice", "alixe", "laice", "Alice", "ALICE", "al.ice"] {
            assert!(slips.contains(slip), "{slip}");
        }
        for other in ["alice", "ali", "bob", "alicexx"] {
            assert!(!slips.contains(other), "{other}");
        }
    }
}
