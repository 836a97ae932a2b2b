//! Names for somebody who is typing one: how it could go on, and what could have
//! been meant. Changes nothing.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use super::Store;
use super::listing::ListOrder;
use super::paging::Reading;
use crate::django::token_key;
use crate::django::username::Username;
use crate::error::{Error, Kind, Result};
use crate::sql::Value;
use crate::sql::filter::TokenFilter;
use crate::sql::listing::{Selected, Sort};
use crate::sql::pattern::Pattern;

/// What a slip of the finger puts into a name, or leaves out of it.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz0123456789@.+-_";

/// The longest name that is tried in all ways: each takes a look into an index.
const LONGEST: usize = 64;

impl Store {
    /// The first so many login names that begin with a text.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn names_beginning_with(&mut self, text: &str, limit: u64) -> Result<Vec<String>> {
        let patterns = if text.is_empty() { Vec::new() } else { vec![Pattern::beginning_with(text)] };
        self.names(TokenFilter { patterns, ..TokenFilter::default() }, limit)
    }

    /// The login names that are one slip away from a name, or differ from it in
    /// case; so many at most.
    ///
    /// # Errors
    /// As [`Store::names_beginning_with`].
    pub fn names_like(&mut self, name: &str, limit: u64) -> Result<Vec<String>> {
        // What looks like a key is not repeated, and so nothing like it is.
        if name.chars().count() > LONGEST || token_key::as_name(name) != name {
            return Ok(Vec::new());
        }
        let names = slips(name).iter().filter_map(|slip| Username::parse(OsStr::new(slip)).ok()).collect();
        self.names(TokenFilter { names, ..TokenFilter::default() }, limit)
    }

    fn names(&mut self, filter: TokenFilter, limit: u64) -> Result<Vec<String>> {
        let order = ListOrder { filter, sort: Sort::Username, reverse: false, limit: Some(limit) };
        let tables = self.tables()?;
        let reading = Reading { tables: &tables, only_holders: false, order: &order, selected: &[Selected::Login] };
        let mut names = Vec::new();
        self.pages(&reading, &mut |rows| {
            names.extend(rows.iter().filter_map(|row| row.get(2).and_then(Value::as_str).map(str::to_owned)));
            Ok(())
        })?;
        Ok(names)
    }
}

/// What is said of a name that no user has. A key that was typed in its place is
/// not repeated.
#[must_use]
pub fn no_such_user(name: &str) -> Error {
    Error::new(Kind::NoSuchUser, format!("user {} does not exist", token_key::as_name(name))).about(name)
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
