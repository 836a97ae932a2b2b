//! Work on many tokens: in batches between which the application can write, or
//! in one transaction.

use std::ops::ControlFlow;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::admin::batch::{ONE_TRANSACTION, Pace, Seen, leave_to_others, next_limit, part};
use crate::admin::listing::{PAGE_BYTES, next_page};
use crate::admin::model::Summary;
use crate::admin::open_transaction::Change;
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::admin::transaction::{Committed, Transaction, Witness};
use crate::engine::{Lock, Purpose};
use crate::error::{Error, Kind, Result};
use crate::hint::{Hint, Program};
use crate::os::{Spool, SpoolReader};
use crate::query;
use crate::query::filter::{Filter, Source, Subject};
use crate::query::listed::{CellSet, Cursor, ListedRow};
use crate::query::listing::{Direction, Page, Part, Sort};
use crate::schema::layout::UserTable;

/// The number of rows of one transaction that are read or delivered together.
pub(super) const PAGE: usize = 1_000;

/// Creates an empty spool of rows.
pub type NewSpool<'a, T> = dyn FnMut() -> Result<Spool<T>> + 'a;

/// Work on many rows.
pub(super) trait Work {
    /// A row to work on.
    type Target;

    /// A processed row, kept until it is delivered.
    type Done: Serialize + DeserializeOwned;

    fn filter(&self) -> &Filter;

    /// Returns whether the rows are users or tokens.
    fn subject(&self) -> Subject;

    /// Returns the cells of a row to read.
    fn cells() -> CellSet;

    /// Returns how many more rows may be processed, if there is a limit.
    fn remaining(&mut self) -> &mut Option<u64>;

    fn read(&self, users: &UserTable, row: ListedRow<'_>) -> Result<Self::Target>;

    /// Applies the change and returns the affected rows.
    fn apply(&mut self, transaction: &mut Transaction<'_>, targets: Vec<Self::Target>) -> Result<Vec<Self::Done>>;

    /// Applies the change to all rows of one transaction.
    fn apply_all(
        &mut self,
        transaction: &mut Transaction<'_>,
        spool: Spool<Self::Done>,
    ) -> Result<SpoolReader<Self::Done>>
    where
        Self: Sized,
    {
        let mut spool = spool;
        each_page(transaction, self, &mut |work, transaction, targets| {
            for row in work.apply(transaction, targets)? {
                spool.push(&row)?;
            }
            Ok(())
        })?;
        let mut spooled = spool.read()?;
        check_all(&mut transaction.snapshot(), self, &mut spooled)?;
        Ok(spooled)
    }

    /// Checks that processed rows are still as they were written: a trigger may
    /// have changed any of them.
    fn check(&mut self, snapshot: &mut Snapshot<'_>, rows: &[Self::Done]) -> Result<()>;

    /// Returns the witness of a row: it shows on another connection whether the row
    /// was committed.
    fn witness(&self, transaction: &Transaction<'_>, row: &Self::Done) -> Result<Witness>;

    /// Delivers processed rows, which are committed.
    fn deliver(&mut self, rows: Vec<Self::Done>) -> Result<()>;

    /// What to do if a foreign key of the application prevents the change.
    const PREVENTED: &'static str;
}

/// Returns how to see the outcome if it is unknown.
fn again() -> Hint {
    Hint::run(Program::List).lead("check the tokens")
}

/// A page of rows to process.
struct Targets<T> {
    rows: Vec<T>,
    /// The last row, if more may follow.
    cursor: Option<Cursor>,
    /// The number of rows found, including those already processed.
    found: u64,
}

impl Session {
    /// Processes rows and delivers them as soon as they are committed.
    pub(super) fn work<W: Work>(
        &mut self,
        work: &mut W,
        pace: Pace,
        new_spool: &mut NewSpool<'_, W::Done>,
    ) -> Result<Summary> {
        match pace {
            Pace::Batches => self.work_in_batches(work),
            Pace::Single => self.work_at_once(work, new_spool),
        }
    }

    fn work_in_batches<W: Work>(&mut self, work: &mut W) -> Result<Summary> {
        let change = Change { purpose: Purpose::Writing, prevented: Some(W::PREVENTED), again: again() };
        let everything = work.filter().clone();
        let mut limit = self.snapshot()?.dialect().many.at_first(ONE_TRANSACTION);
        let mut warnings = Vec::new();
        let mut is_first = true;
        let mut seen = Seen::of(&everything);
        for filter in everything.chunks(part()) {
            let mut after: Option<Cursor> = None;
            loop {
                if !std::mem::take(&mut is_first) {
                    self.config.options.interrupt.check()?;
                    leave_to_others();
                }
                let remaining = *work.remaining();
                let committed = self.transaction(&change, &mut |transaction| {
                    *work.remaining() = remaining;
                    seen.begin();
                    let since = Instant::now();
                    let page = targets(&mut transaction.snapshot(), work, &filter, after.as_ref(), limit, &mut seen)?;
                    let done = work.apply(transaction, page.rows)?;
                    check(&mut transaction.snapshot(), work, &done)?;
                    if let Some(row) = done.first().filter(|_| transaction.wants_witness()) {
                        let witness = work.witness(transaction, row)?;
                        transaction.witness(witness);
                    }
                    Ok((done, page.cursor, page.found, since))
                })?;
                let Committed { value: (done, cursor, found, since), warning } = committed;
                let held = since.elapsed();
                seen.commit();
                work.deliver(done)?;
                warnings.extend(warning);
                after = cursor;
                if after.is_none() {
                    break;
                }
                limit = next_limit(found, held);
            }
        }
        self.summary(warnings)
    }

    fn work_at_once<W: Work>(&mut self, work: &mut W, new_spool: &mut NewSpool<'_, W::Done>) -> Result<Summary> {
        let purpose = Purpose::Renewal(self.layout()?.tokens()?.shape.clone());
        let change = Change { purpose, prevented: Some(W::PREVENTED), again: again() };
        let remaining = *work.remaining();
        let committed = self.transaction(&change, &mut |transaction| {
            *work.remaining() = remaining;
            if Purpose::Renewal(transaction.layout().tokens()?.shape.clone()) != change.purpose {
                return Err(Error::busy("another session is changing the token table").hint("run the command again"));
            }
            let mut spooled = work.apply_all(transaction, new_spool()?)?;
            spooled.rewind()?;
            if let Some(row) = spooled.take()?.filter(|_| transaction.wants_witness()) {
                let witness = work.witness(transaction, &row)?;
                transaction.witness(witness);
            }
            Ok(spooled)
        })?;
        deliver_all(work, committed.value).map_err(|error| error.after_commit(again()))?;
        self.summary(committed.warning.into_iter().collect())
    }

    /// Returns the notices and warnings of the layout, the connection and the
    /// commits.
    pub(super) fn summary(&mut self, warnings: Vec<String>) -> Result<Summary> {
        let layout = self.layout()?;
        let mut summary =
            Summary { notices: layout.notices.clone(), warnings: layout.warnings.clone(), left: Vec::new() };
        summary.warnings.extend(warnings);
        summary.warnings.extend(self.remarks());
        Ok(summary)
    }
}

fn deliver_all<W: Work>(work: &mut W, mut spooled: SpoolReader<W::Done>) -> Result<()> {
    spooled.rewind()?;
    loop {
        let rows = spooled.take_some(PAGE)?;
        if rows.is_empty() {
            return Ok(());
        }
        work.deliver(rows)?;
    }
}

/// Receives a page of rows to process.
type OnPage<'a, W> = dyn FnMut(&mut W, &mut Transaction<'_>, Vec<<W as Work>::Target>) -> Result<()> + 'a;

/// Calls a function with the rows to process, page by page.
pub(super) fn each_page<W: Work>(
    transaction: &mut Transaction<'_>,
    work: &mut W,
    on_page: &mut OnPage<'_, W>,
) -> Result<()> {
    let everything = work.filter().clone();
    let mut seen = Seen::of(&everything);
    for filter in everything.chunks(part()) {
        let mut after: Option<Cursor> = None;
        let mut limit = u64::try_from(PAGE).unwrap_or(u64::MAX);
        loop {
            let page = targets(&mut transaction.snapshot(), work, &filter, after.as_ref(), limit, &mut seen)?;
            on_page(work, transaction, page.rows)?;
            after = page.cursor;
            if after.is_none() {
                break;
            }
            limit = next_page(page.found, limit);
        }
    }
    Ok(())
}

/// Returns the next rows to process, locked.
fn targets<W: Work>(
    snapshot: &mut Snapshot<'_>,
    work: &mut W,
    filter: &Filter,
    after: Option<&Cursor>,
    limit: u64,
    seen: &mut Seen,
) -> Result<Targets<W::Target>> {
    let layout = snapshot.layout();
    let subject = work.subject();
    let lock = Some(if subject == Subject::Tokens { Lock::Delete } else { Lock::Update });
    let tokens = layout.tokens()?;
    let source = Source { users: &layout.users, tokens: Some(tokens), subject, time: snapshot.time() };
    let (sort, direction, part) = (Sort::Id, Direction::Ascending, Part::Sorted);
    let page = Page { filter, sort, direction, part, after, limit, lock, cells: W::cells() };
    let statement = query::listing::page(&source, snapshot.dialect(), &page)?;
    let mut targets = Targets { rows: Vec::new(), cursor: None, found: 0 };
    let mut size = 0;
    snapshot.each_until(&statement, &mut |row| {
        let row = ListedRow::new(row)?;
        targets.found += 1;
        size += row.size()?;
        if targets.found == limit || size >= PAGE_BYTES {
            targets.cursor = Some(row.cursor()?);
        }
        if seen.is_new(row, source.row_key())? {
            targets.rows.push(work.read(source.users, row)?);
        }
        Ok(if targets.cursor.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    // After the rows are locked: another user may have been given one of the
    // names since they were looked up.
    if !filter.names.is_empty() && layout.users.username.columns().len() > 1 {
        snapshot.unknown(&filter.names)?;
    }
    if let Some(remaining) = work.remaining() {
        *remaining = remaining.checked_sub(targets.found).ok_or_else(|| {
            Error::new(Kind::Conflict, "more rows match now than when you confirmed").hint("look again")
        })?;
    }
    Ok(targets)
}

fn check<W: Work>(snapshot: &mut Snapshot<'_>, work: &mut W, rows: &[W::Done]) -> Result<()> {
    if snapshot.layout().tokens()?.shape.has_dependents { work.check(snapshot, rows) } else { Ok(()) }
}

/// Checks all rows of a snapshot.
pub(super) fn check_all<W: Work>(
    snapshot: &mut Snapshot<'_>,
    work: &mut W,
    rows: &mut SpoolReader<W::Done>,
) -> Result<()> {
    if !snapshot.layout().tokens()?.shape.has_dependents {
        return Ok(());
    }
    rows.rewind()?;
    loop {
        let some = rows.take_some(PAGE)?;
        if some.is_empty() {
            return Ok(());
        }
        work.check(snapshot, &some)?;
    }
}
