//! Work on many tokens: in batches that leave the application time to write
//! between them, or all in one transaction.

use std::time::{Duration, Instant};

use super::Store;
use super::listing::{Rows, Tables};
use super::served::Served;
use super::transaction::{Change, Made};
use crate::error::{Error, Kind, Result};
use crate::process;
use crate::schema::layout::Layout;
use crate::spool::{Spool, Spooled};
use crate::sql::Value;
use crate::sql::filter::TokenFilter;
use crate::sql::listing::{Cursor, Page, Selected, Sort};

/// The most users of a command that is one transaction unless told.
pub const ONE_TRANSACTION: u64 = 2_000;

/// How long a batch should hold the lock.
const HELD: Duration = Duration::from_millis(120);

/// How long the lock is left to others between batches: whoever waits looks
/// for it every 100 ms at the latest.
const GAP: Duration = Duration::from_millis(130);

/// How many rows of one transaction are read or handed over together.
const PAGE: u64 = 1_000;

/// In how many transactions the work is done.
pub enum Pace {
    /// As many as spare the application; each user's is whole.
    Batches,
    /// One. What was done waits here for the commit.
    Single(Box<Spool>),
}

/// What became of work on many tokens.
#[derive(Debug, Default)]
pub struct Summary {
    /// What is unusual in the database but does no harm.
    pub notices: Vec<String>,
    /// What a person should see to.
    pub warnings: Vec<String>,
}

/// What is done with many rows.
pub(super) trait Work {
    /// Which rows.
    fn filter(&self) -> &TokenFilter;

    /// Whether users without a token are none of them.
    fn only_holders(&self) -> bool;

    /// What is to be known of each.
    fn selected(&self) -> &'static [Selected];

    /// How many more rows it may come to.
    fn left(&mut self) -> &mut Option<u64>;

    /// Does it; answers the rows of what was done.
    fn work(&mut self, store: &mut Store, layout: &Layout, rows: Rows) -> Result<Rows>;

    /// Does all of it in the transaction that is open.
    fn work_at_once(&mut self, store: &mut Store, layout: &Layout, spool: Spool) -> Result<Spooled>
    where
        Self: Sized,
    {
        let mut spool = spool;
        store.each_page(layout, self, &mut |work, store, rows| {
            work.work(store, layout, rows)?.iter().try_for_each(|row| spool.push(row))
        })?;
        let mut spooled = spool.spooled()?;
        store.check_all(layout, self, &mut spooled)?;
        Ok(spooled)
    }

    /// Why a foreign key or a trigger of the application's is in the way.
    const IN_THE_WAY: &'static str;

    /// Whether it is done in the database.
    fn is_made(&mut self, store: &mut Store, layout: &Layout, row: &[Value]) -> Result<bool>;

    /// The error for a row that is not as it was left.
    fn undone(&self, row: &[Value]) -> Error;

    /// Tells what was done; it is durable.
    fn hand_over(&mut self, store: &Store, layout: &Layout, rows: Rows) -> Result<()>;
}

/// One batch.
struct Batch<'a, W> {
    served: &'a mut Served,
    work: &'a mut W,
    filter: &'a TokenFilter,
    after: Option<&'a Cursor>,
    limit: u64,
}

/// What a batch has done, where it ended, and how many rows it found.
struct BatchDone {
    rows: Rows,
    cursor: Option<Cursor>,
    found: u64,
    since: Instant,
}

/// All of it.
struct AtOnce<'a, W> {
    work: &'a mut W,
    spool: Option<Spool>,
}

impl Store {
    /// Does the work, and hands over what was done as soon as it is durable.
    pub(super) fn in_bulk<W: Work>(&mut self, work: &mut W, pace: Pace, hint: &str) -> Result<Summary> {
        match pace {
            Pace::Batches => self.in_batches(work, hint),
            Pace::Single(spool) => {
                let made = self.transaction(&mut AtOnce { work, spool: Some(*spool) }, hint)?;
                self.hand_over(work, made).map_err(|error| error.after_commit(hint))
            }
        }
    }

    fn in_batches<W: Work>(&mut self, work: &mut W, hint: &str) -> Result<Summary> {
        let mut summary = Summary::default();
        let mut limit = self.connection.dialect().many.at_first(ONE_TRANSACTION);
        let everything = work.filter().clone();
        let mut is_first = true;
        let mut served = Served::of(&everything, part());
        for filter in everything.chunks(part()) {
            let mut after: Option<Cursor> = None;
            loop {
                if !std::mem::take(&mut is_first) {
                    process::heed_signals()?;
                    leave_to_others();
                }
                let mut batch = Batch { served: &mut served, work, filter: &filter, after: after.as_ref(), limit };
                let made = self.transaction(&mut batch, hint)?;
                let held = made.done.since.elapsed();
                work.hand_over(self, &made.layout, made.done.rows)?;
                summary.notices = made.layout.notices;
                summary.warnings.extend(made.doubt);
                after = made.done.cursor;
                if made.done.found < limit || after.is_none() {
                    break;
                }
                limit = next_limit(limit, held);
            }
        }
        Ok(summary)
    }

    fn hand_over<W: Work>(&mut self, work: &mut W, made: Made<Spooled>) -> Result<Summary> {
        let Made { layout, done: mut spooled, doubt } = made;
        spooled.rewind()?;
        loop {
            let rows = spooled.take_some(usize::try_from(PAGE).unwrap_or(usize::MAX))?;
            if rows.is_empty() {
                break;
            }
            work.hand_over(self, &layout, rows)?;
        }
        Ok(Summary { notices: layout.notices, warnings: doubt.into_iter().collect() })
    }

    /// Hands the rows that the work is about to a function, page by page, inside the
    /// transaction that is open.
    pub(super) fn each_page<W: Work>(
        &mut self,
        layout: &Layout,
        work: &mut W,
        on_page: &mut dyn FnMut(&mut W, &mut Self, Rows) -> Result<()>,
    ) -> Result<()> {
        let everything = work.filter().clone();
        let mut served = Served::of(&everything, part());
        for filter in everything.chunks(part()) {
            let mut after: Option<Cursor> = None;
            loop {
                let (mut rows, cursor) = self.batch_page(layout, work, &filter, after.as_ref(), PAGE)?;
                let is_last = u64::try_from(rows.len()).unwrap_or(u64::MAX) < PAGE;
                served.leave_out(&mut rows);
                on_page(work, self, rows)?;
                if is_last {
                    break;
                }
                after = cursor;
            }
        }
        Ok(())
    }

    /// Looks at what is about to be committed, where a trigger may have acted on
    /// any row, on one that was done before, too.
    pub(super) fn check_rows<W: Work>(&mut self, layout: &Layout, work: &mut W, rows: &Rows) -> Result<()> {
        if self.connection.is_self_contained(&layout.tokens.name)? {
            return Ok(());
        }
        for row in rows {
            if !work.is_made(self, layout, row)? {
                return Err(work.undone(row));
            }
        }
        Ok(())
    }

    /// The same, of all rows of a transaction.
    pub(super) fn check_all<W: Work>(&mut self, layout: &Layout, work: &mut W, rows: &mut Spooled) -> Result<()> {
        if self.connection.is_self_contained(&layout.tokens.name)? {
            return Ok(());
        }
        rows.rewind()?;
        while let Some(row) = rows.take()? {
            if !work.is_made(self, layout, &row)? {
                return Err(work.undone(&row));
            }
        }
        Ok(())
    }

    fn batch_page<W: Work>(
        &mut self,
        layout: &Layout,
        work: &mut W,
        filter: &TokenFilter,
        after: Option<&Cursor>,
        limit: u64,
    ) -> Result<(Rows, Option<Cursor>)> {
        let tables = Tables { users: layout.users.clone(), tokens: Some(layout.tokens.clone()) };
        let page = Page { filter, sort: Sort::Id, reverse: false, are_null: false, after, limit, for_update: true };
        let (rows, cursor) = self.page(&tables, work.only_holders(), work.selected(), &page)?;
        if let Some(left) = work.left() {
            let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            *left = left.checked_sub(found).ok_or_else(|| {
                Error::new(Kind::Conflict, "there are more of them by now than were asked about").hint("look again")
            })?;
        }
        Ok((rows, cursor))
    }
}

impl<W: Work> Change for Batch<'_, W> {
    type Done = BatchDone;

    fn make(&mut self, store: &mut Store, layout: &Layout) -> Result<BatchDone> {
        let since = Instant::now();
        let (mut rows, cursor) = store.batch_page(layout, self.work, self.filter, self.after, self.limit)?;
        let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        self.served.leave_out(&mut rows);
        let rows = self.work.work(store, layout, rows)?;
        store.check_rows(layout, self.work, &rows)?;
        Ok(BatchDone { rows, cursor, found, since })
    }

    fn broken(&mut self, _: &mut Store, _: &Layout, error: Error) -> Error {
        error.hint(W::IN_THE_WAY)
    }

    fn is_made(&mut self, store: &mut Store, layout: &Layout, done: &mut BatchDone) -> Result<Option<bool>> {
        let made = done.rows.iter().map(|row| self.work.is_made(store, layout, row)).collect::<Result<Vec<_>>>()?;
        Ok(super::all_or_none(&made))
    }
}

impl<W: Work> Change for AtOnce<'_, W> {
    type Done = Spooled;

    fn begin(&self, store: &mut Store) -> Result<()> {
        let tokens = store.layout()?.tokens.name;
        store.connection.begin_renewal(&tokens)
    }

    fn make(&mut self, store: &mut Store, layout: &Layout) -> Result<Spooled> {
        let spool = self.spool.take().ok_or_else(|| Error::internal("a transaction was made twice"))?;
        self.work.work_at_once(store, layout, spool)
    }

    fn broken(&mut self, _: &mut Store, _: &Layout, error: Error) -> Error {
        error.hint(W::IN_THE_WAY)
    }

    fn is_made(&mut self, store: &mut Store, layout: &Layout, done: &mut Spooled) -> Result<Option<bool>> {
        // All of it is one transaction: what became of one row, became of all.
        done.rewind()?;
        done.take()?.map(|row| self.work.is_made(store, layout, &row)).transpose()
    }
}

/// So many names or keys of a filter are looked for at a time.
fn part() -> usize {
    usize::try_from(ONE_TRANSACTION).unwrap_or(usize::MAX)
}

/// Lets whoever waits for the lock have it.
pub(super) fn leave_to_others() {
    std::thread::sleep(GAP);
}

/// How many rows the next batch has, so that it holds the lock as long as it
/// should.
fn next_limit(limit: u64, held: Duration) -> u64 {
    let held = held.max(Duration::from_millis(1));
    let fitting = u128::from(limit) * HELD.as_millis() / held.as_millis().max(1);
    u64::try_from(fitting).unwrap_or(u64::MAX).clamp(limit / 4, limit + limit / 4).clamp(50, 20_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_held_the_lock_too_long_is_followed_by_a_smaller_one() {
        let next = |limit, millis| next_limit(limit, Duration::from_millis(millis));
        assert_eq!((next(2_000, 240), next(2_000, 5_000), next(2_000, 120)), (1_000, 500, 2_000));
        assert_eq!((next(2_000, 0), next(20_000, 0), next(50, 9_000)), (2_500, 20_000, 50));
    }
}
