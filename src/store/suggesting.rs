//! Names for somebody who is typing one: how it could go on, and what could have
//! been meant. Never writes.

use super::Store;
use super::listing::ListOrder;
use super::paging::Reading;
use crate::django::username::Username;
use crate::error::Result;
use crate::sql::Value;
use crate::sql::filter::TokenFilter;
use crate::sql::listing::{Selected, Sort};
use crate::sql::pattern::Pattern;

/// So many names are compared with one that nobody has. In a larger table those
/// with the same first letter are, and as many others.
const COMPARED: u64 = 5_000;

/// From here on, of 1, two names are alike.
const ALIKE: f64 = 0.85;

impl Store {
    /// The first so many login names that begin with a text.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn names_beginning_with(&mut self, text: &str, limit: u64) -> Result<Vec<String>> {
        let patterns = if text.is_empty() { Vec::new() } else { vec![Pattern::beginning_with(text)] };
        let filter = TokenFilter { patterns, ..TokenFilter::default() };
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

    /// The first of these that no user has, and the login name that it looks most
    /// like, if there is one.
    ///
    /// # Errors
    /// As [`Store::names_beginning_with`].
    pub fn alike(&mut self, names: &[Username]) -> Result<Option<String>> {
        let Some(unknown) = self.unknown(names)?.first().map(|name| name.as_str().to_lowercase()) else {
            return Ok(None);
        };
        let first: String = unknown.chars().take(1).collect();
        let mut known = self.names_beginning_with(&first, COMPARED)?;
        known.extend(self.names_beginning_with("", COMPARED)?);
        let likeness = |name: &String| strsim::jaro_winkler(&unknown, &name.to_lowercase());
        let compared = known.into_iter().map(|name| (likeness(&name), name)).filter(|(likeness, _)| *likeness >= ALIKE);
        Ok(compared.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name))
    }
}
