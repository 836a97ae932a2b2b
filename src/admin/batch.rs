//! How long work on many tokens holds its locks, and which of its rows it has
//! seen.

use std::collections::HashSet;
use std::time::Duration;

use crate::admin::model::UserId;
use crate::error::{Error, Kind, Result};
use crate::query::filter::Filter;
use crate::query::listed::{Listed, ListedRow};
use crate::schema::layout::PerUser;

/// The most users of a command that is one transaction by default.
pub const ONE_TRANSACTION: u64 = 2_000;

/// How long a batch should hold its locks.
const HELD: Duration = Duration::from_millis(120);

/// How long the locks are left to others between batches: one that waits looks
/// for them every 100 ms at the latest.
const GAP: Duration = Duration::from_millis(130);

/// In how many transactions work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As many as spare the application; each user's is whole.
    Batches,
    /// One: all or nothing.
    Single,
}

/// The rows that were worked on already, where a row could come twice: named by
/// two spellings in two parts of a long list.
pub(super) struct Seen {
    is_needed: bool,
    committed: HashSet<UserId>,
    /// Those of the transaction that is open, which may be run again.
    pending: HashSet<UserId>,
}

impl Seen {
    /// Nothing yet, of a filter that is cut into parts.
    pub(super) fn of(filter: &Filter) -> Self {
        let is_needed = filter.names.len().max(filter.keys.len()) > part();
        Self { is_needed, committed: HashSet::new(), pending: HashSet::new() }
    }

    /// Whether the row comes for the first time. Of users who have one token each,
    /// the user tells: the token may have another key by now.
    pub(super) fn is_new(&mut self, row: ListedRow<'_>, per_user: PerUser) -> Result<bool> {
        if !self.is_needed {
            return Ok(true);
        }
        let cell = if per_user == PerUser::One { Listed::User } else { Listed::Token };
        let Some(key) = UserId::of_cell(&row.get(cell)?) else { return Ok(true) };
        Ok(!self.committed.contains(&key) && self.pending.insert(key))
    }

    /// The transaction begins, for the first time or again.
    pub(super) fn begin(&mut self) {
        self.pending.clear();
    }

    /// The transaction is committed.
    pub(super) fn commit(&mut self) {
        self.committed.extend(self.pending.drain());
    }
}

/// How often a conflict with a row that appeared meanwhile is met by running the
/// transaction again.
#[derive(Debug)]
pub(super) struct Conflicts(u32);

impl Conflicts {
    pub(super) fn new() -> Self {
        Self(3)
    }

    /// Allows the transaction to be run again, if it was a conflict, and not the
    /// last of several.
    pub(super) fn retried(&mut self, error: Error) -> Error {
        if error.kind() != Kind::Conflict || self.0 == 0 {
            return error;
        }
        self.0 -= 1;
        error.retry_soon()
    }
}

/// So many names or keys of a filter are looked for at a time.
pub(super) fn part() -> usize {
    usize::try_from(ONE_TRANSACTION).unwrap_or(usize::MAX)
}

/// Lets those who wait for a lock have it.
pub(super) fn leave_to_others() {
    std::thread::sleep(GAP);
}

/// How many rows the next batch has, so that it holds its locks as long as it
/// should.
pub(super) fn next_limit(limit: u64, held: Duration) -> u64 {
    let held = held.max(Duration::from_millis(1));
    let fitting = u128::from(limit) * HELD.as_millis() / held.as_millis().max(1);
    u64::try_from(fitting).unwrap_or(u64::MAX).clamp(limit / 4, limit + limit / 4).clamp(50, 20_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_held_its_locks_too_long_is_followed_by_a_smaller_one() {
        let next = |limit, millis| next_limit(limit, Duration::from_millis(millis));
        assert_eq!((next(2_000, 240), next(2_000, 5_000), next(2_000, 120)), (1_000, 500, 2_000));
        assert_eq!((next(2_000, 0), next(20_000, 0), next(50, 9_000)), (2_500, 20_000, 50));
    }
}
