//! How long work on many tokens holds its locks, and which rows it has already
//! processed.

use std::collections::HashSet;
use std::time::Duration;

use crate::admin::model::RowId;
use crate::error::{Error, Kind, Result};
use crate::query::filter::{Filter, RowKey};
use crate::query::listed::{Listed, ListedRow};

/// The number of users up to which a command uses one transaction by default.
pub const ONE_TRANSACTION: u64 = 2_000;

/// How long a batch should hold its locks.
const HELD: Duration = Duration::from_millis(120);

/// How long other sessions can take the locks between two batches. A waiting
/// drfctl retries every 100 ms or more often.
const GAP: Duration = Duration::from_millis(130);

/// How many transactions a command uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Several, so that the application can write in between. No user's change
    /// is split.
    Batches,
    /// One: all rows or none.
    Single,
}

/// The rows already processed, where a row can appear twice: under two
/// spellings in two chunks of a long list.
pub(super) struct Seen {
    is_needed: bool,
    committed: HashSet<RowId>,
    /// The rows of the open transaction, which may run again.
    pending: HashSet<RowId>,
}

impl Seen {
    /// Returns an empty set, which records rows only if the filter is split
    /// into chunks.
    pub(super) fn of(filter: &Filter) -> Self {
        let is_needed = filter.is_split_by(part());
        Self { is_needed, committed: HashSet::new(), pending: HashSet::new() }
    }

    /// Returns whether the row appears for the first time. Where each user has
    /// one token, the user identifies the row: the token's key may have
    /// changed.
    pub(super) fn is_new(&mut self, row: ListedRow<'_>, row_key: RowKey) -> Result<bool> {
        if !self.is_needed {
            return Ok(true);
        }
        let id = RowId::new(row_key, &row.get(Listed::User)?, &row.get(Listed::Token)?);
        let Some(id) = id else { return Ok(true) };
        Ok(!self.committed.contains(&id) && self.pending.insert(id))
    }

    /// Forgets the rows of a transaction that begins, for the first time or
    /// again.
    pub(super) fn begin(&mut self) {
        self.pending.clear();
    }

    /// Keeps the rows of the committed transaction.
    pub(super) fn commit(&mut self) {
        self.committed.extend(self.pending.drain());
    }
}

/// How often a transaction runs again after a conflict with a row that another
/// session inserted.
#[derive(Debug)]
pub(super) struct Conflicts(u32);

impl Conflicts {
    pub(super) fn new() -> Self {
        Self(3)
    }

    /// Marks a conflict as retryable, unless too many have occurred.
    pub(super) fn retried(&mut self, error: Error) -> Error {
        if error.kind() != Kind::Conflict || self.0 == 0 {
            return error;
        }
        self.0 -= 1;
        error.retry_soon()
    }
}

/// Returns how many names or keys of a filter are processed at a time.
pub(super) fn part() -> usize {
    usize::try_from(ONE_TRANSACTION).unwrap_or(usize::MAX)
}

/// Waits, so that other sessions can take the locks.
pub(super) fn leave_to_others() {
    std::thread::sleep(GAP);
}

/// Returns how many rows the next batch has, so that it holds its locks for
/// about `HELD`.
pub(super) fn next_limit(limit: u64, held: Duration) -> u64 {
    let held = held.max(Duration::from_millis(1));
    let fitting = u128::from(limit) * HELD.as_millis() / held.as_millis().max(1);
    u64::try_from(fitting).unwrap_or(u64::MAX).clamp(limit / 4, limit + limit / 4).clamp(50, 20_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::django::authorization::PresentedKey;
    use crate::engine::{Cell, Cells, Row};
    use crate::error::Retry;

    /// A row whose user has this primary key.
    struct OfUser(i64);

    impl Cells for OfUser {
        fn cell(&self, at: usize) -> Result<Cell<'_>> {
            Ok(Cell::Integer(if at == Listed::User as usize { self.0 } else { 1 }))
        }
    }

    #[test]
    fn a_row_of_several_chunks_is_new_once() {
        let key = |n: usize| PresentedKey::new(&n.to_string());
        for (keys, is_new_again) in [(part() + 1, false), (part(), true)] {
            let filter = Filter { keys: (0..keys).map(key).collect(), ..Filter::default() };
            let mut seen = Seen::of(&filter);
            let is_new = |seen: &mut Seen, user: i64| {
                let cells = OfUser(user);
                seen.is_new(ListedRow::new(Row::new(&cells)).unwrap(), RowKey::User).unwrap()
            };
            seen.begin();
            assert!(is_new(&mut seen, 1) && is_new(&mut seen, 2));
            assert_eq!(is_new(&mut seen, 1), is_new_again);
            // The transaction was rolled back and runs again.
            seen.begin();
            assert!(is_new(&mut seen, 1));
            seen.commit();
            seen.begin();
            assert_eq!(is_new(&mut seen, 1), is_new_again);
            assert!(is_new(&mut seen, 2));
        }
    }

    #[test]
    fn a_transaction_runs_again_after_three_conflicts_and_no_more() {
        let mut conflicts = Conflicts::new();
        let mut retry = |kind| conflicts.retried(Error::new(kind, "")).retry();
        assert_eq!(retry(Kind::Rejected), Retry::Never);
        let retries: Vec<Retry> = (0..4).map(|_| retry(Kind::Conflict)).collect();
        assert_eq!(retries, [Retry::Soon, Retry::Soon, Retry::Soon, Retry::Never]);
    }

    #[test]
    fn a_slow_batch_is_followed_by_a_smaller_one() {
        let next = |limit, millis| next_limit(limit, Duration::from_millis(millis));
        assert_eq!((next(2_000, 240), next(2_000, 5_000), next(2_000, 120)), (1_000, 500, 2_000));
        assert_eq!((next(2_000, 0), next(20_000, 0), next(50, 9_000)), (2_500, 20_000, 50));
    }
}
