//! Who was served already, where a user could come twice.

use std::collections::HashSet;

use super::bulk::{ONE_TRANSACTION, Rows};
use crate::sql::filter::TokenFilter;

/// The users that were served, where a user could come twice: named by two
/// spellings in two parts of a long list.
pub(super) struct Served(Option<HashSet<Vec<u8>>>);

impl Served {
    /// Nobody yet.
    pub(super) fn of(filter: &TokenFilter) -> Self {
        let are_many =
            u64::try_from(filter.names.len().max(filter.keys.len())).is_ok_and(|names| names > ONE_TRANSACTION);
        Self(are_many.then(HashSet::new))
    }

    /// Leaves out the rows of users who were served.
    pub(super) fn leave_out(&mut self, rows: &mut Rows) {
        if let Some(served) = &mut self.0 {
            rows.retain(|row| row.get(1).is_none_or(|user| served.insert(user.identity())));
        }
    }
}
