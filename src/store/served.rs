//! Who was served already, where a user could come twice.

use std::collections::HashSet;

use super::listing::Rows;
use crate::sql::filter::TokenFilter;

/// The users that were served, where a user could come twice: named by two
/// spellings in two parts of a long list.
pub(super) struct Served(Option<HashSet<Vec<u8>>>);

impl Served {
    /// Nobody yet, of a filter that is cut into parts of so many names.
    pub(super) fn of(filter: &TokenFilter, part: usize) -> Self {
        let are_many = filter.names.len().max(filter.keys.len()) > part;
        Self(are_many.then(HashSet::new))
    }

    /// Leaves out the rows of users who were served.
    pub(super) fn leave_out(&mut self, rows: &mut Rows) {
        if let Some(served) = &mut self.0 {
            rows.retain(|row| row.get(1).is_none_or(|user| served.insert(user.identity())));
        }
    }
}
