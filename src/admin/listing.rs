//! Lists, read page by page, with no statement open between the pages.
//!
//! Where an index provides the order, a page begins after the last row of the
//! page before. Where none does, the database would sort all rows for every
//! page, so drfctl reads all sort values once, sorts them, and looks up the
//! rows in batches.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::admin::model::RowId;
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::django::timestamp::{TimeKeeping, order_of};
use crate::engine::{Cell, Cells, Row, Value};
use crate::error::{Error, Result};
use crate::query::filter::{Filter, Source, Subject};
use crate::query::listed::{CellSet, Cursor, Listed, ListedRow, SortedRow};
use crate::query::listing::{self, Direction, Page, Part, Sort};
use crate::schema::layout::UserTable;

/// The number of rows of a page.
const PAGE: u64 = 1_000;

/// The size of the text in the rows of a page, in bytes, since a cell may have
/// any length: a page ends with the row that exceeds it.
pub(super) const PAGE_BYTES: usize = 1 << 20;

/// The number of names or keys in one statement.
pub const ONE_STATEMENT: usize = 20_000;

/// Which rows to list, and how many. With more names or keys than
/// [`ONE_STATEMENT`], neither an order nor a limit is supported.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// The rows to include.
    pub filter: Filter,
    /// The sort order, if it matters.
    pub sort: Option<Sort>,
    /// The direction of the order.
    pub direction: Direction,
    /// The maximum number of rows.
    pub limit: Option<u64>,
    /// The cells to read.
    pub cells: CellSet,
}

/// An event of a list.
#[derive(Clone, Copy, Debug)]
pub enum Listing<R> {
    /// A row, which is valid during the call only.
    Row(R),
    /// The end of a page. No statement is open and no lock held until the next
    /// row.
    EndOfPage,
}

/// Receives the events of a list.
type OnEvent<'a> = dyn FnMut(Listing<ListedRow<'_>>, &UserTable, &TimeKeeping) -> Result<()> + 'a;

/// Where the next page begins.
enum State {
    /// After this row, in this part of the order.
    After(Option<Cursor>, Part),
    /// Nowhere: the list is complete.
    Done,
}

/// A row, with its sort value.
struct Entry {
    /// The sort value, in microseconds.
    moment: Option<i64>,
    id: RowId,
}

impl Entry {
    /// Compares two rows. Rows without a sort value come last in both
    /// directions.
    fn order(&self, other: &Self, direction: Direction) -> Ordering {
        let natural = self.moment.cmp(&other.moment).then_with(|| self.id.order(&other.id));
        let wanted = if direction == Direction::Descending { natural.reverse() } else { natural };
        self.moment.is_none().cmp(&other.moment.is_none()).then(wanted)
    }
}

/// A copied row, kept until its turn in the order.
struct OwnedRow(Vec<Value>);

impl Cells for OwnedRow {
    fn cell(&self, at: usize) -> Result<Cell<'_>> {
        self.0.get(at).map(Value::as_cell).ok_or_else(|| Error::internal("a row has too few cells"))
    }
}

impl Session {
    /// Reads the list page by page.
    pub(super) fn list(&mut self, subject: Subject, request: &ListRequest, on_event: &mut OnEvent<'_>) -> Result<()> {
        let mut snapshot = self.snapshot()?;
        if request.filter.is_split_by(ONE_STATEMENT) {
            return snapshot.list_in_chunks(subject, request, on_event);
        }
        match request.sort.unwrap_or_default() {
            sort if sort.has_index() => snapshot.list_in_order(subject, request, sort, on_event),
            sort => snapshot.list_sorted(subject, request, sort, on_event),
        }
    }

    /// Returns whether a row was created at this time or later.
    ///
    /// # Errors
    /// Rejected if the user model lacks the column; busy or unusable if the
    /// database cannot be read.
    pub fn has_rows_since(&mut self, subject: Subject, since: Timestamp) -> Result<bool> {
        let filter = Filter { newer_than: Some(since), ..Filter::default() };
        let mut snapshot = self.snapshot()?;
        let source = snapshot.source(subject)?;
        let (sort, direction, part) = (Sort::Id, Direction::Ascending, Part::Sorted);
        let cells = CellSet::of(&[]);
        let page = Page { filter: &filter, sort, direction, part, after: None, limit: 1, lock: None, cells };
        let statement = listing::page(&source, snapshot.dialect(), &page)?;
        snapshot.has_row(&statement)
    }

    /// Returns the number of rows.
    pub(super) fn count_rows(&mut self, subject: Subject, filter: &Filter) -> Result<u64> {
        let mut snapshot = self.snapshot()?;
        let mut all = 0;
        for filter in filter.chunks(ONE_STATEMENT) {
            let source = snapshot.source(subject)?;
            let statement = listing::count(&source, snapshot.dialect(), &filter)?;
            all += snapshot.count(&statement)?;
        }
        Ok(all)
    }
}

impl<'s> Snapshot<'s> {
    /// Returns the tables that a list reads.
    fn source(&self, subject: Subject) -> Result<Source<'s>> {
        let layout = self.layout();
        Ok(Source { users: &layout.users, tokens: layout.tokens_if_any()?, subject, time: self.time() })
    }

    /// Lists the rows of a filter that no single statement can take, in any
    /// order.
    fn list_in_chunks(&mut self, subject: Subject, request: &ListRequest, on_event: &mut OnEvent<'_>) -> Result<()> {
        if request.sort.is_some() || request.limit.is_some() {
            return Err(Error::usage(format!(
                "a list of more than {ONE_STATEMENT} names or keys can be neither sorted nor limited"
            )));
        }
        let row_key = self.source(subject)?.row_key();
        // Two spellings of a name or of a key may be in two chunks.
        let mut seen = HashSet::new();
        for filter in request.filter.chunks(ONE_STATEMENT) {
            let part = ListRequest { filter, ..*request };
            self.list_in_order(subject, &part, Sort::default(), &mut |event, users, time| {
                if let Listing::Row(row) = event {
                    let id = RowId::new(row_key, &row.get(Listed::User)?, &row.get(Listed::Token)?);
                    if id.is_some_and(|id| !seen.insert(id)) {
                        return Ok(());
                    }
                }
                on_event(event, users, time)
            })?;
        }
        Ok(())
    }

    fn list_in_order(
        &mut self,
        subject: Subject,
        request: &ListRequest,
        sort: Sort,
        on_event: &mut OnEvent<'_>,
    ) -> Result<()> {
        let mut left = request.limit.unwrap_or(u64::MAX);
        let mut state = State::After(None, Part::Sorted);
        let mut rows = PAGE;
        while let State::After(after, part) = state {
            let limit = rows.min(left);
            let (filter, direction, cells) = (&request.filter, request.direction, request.cells);
            let page = Page { filter, sort, direction, part, after: after.as_ref(), limit, lock: None, cells };
            let (found, cursor) = self.page(subject, &page, on_event)?;
            left -= found;
            if cursor.is_some() {
                rows = next_page(found, limit);
            }
            state = if left == 0 {
                State::Done
            } else if cursor.is_some() {
                State::After(cursor, part)
            } else if part == Part::Sorted && sort.has_nulls(&self.source(subject)?) {
                State::After(None, Part::Null)
            } else {
                State::Done
            };
        }
        Ok(())
    }

    /// Reads one page. Returns the number of its rows and, if more may follow,
    /// the cursor of the last one.
    fn page(&mut self, subject: Subject, page: &Page<'_>, on_event: &mut OnEvent<'_>) -> Result<(u64, Option<Cursor>)> {
        let source = self.source(subject)?;
        let statement = listing::page(&source, self.dialect(), page)?;
        let (mut found, mut size, mut cursor) = (0, 0, None);
        self.each_until(&statement, &mut |row| {
            let row = ListedRow::new(row)?;
            found += 1;
            size += row.size()?;
            if found == page.limit || size >= PAGE_BYTES {
                cursor = Some(row.cursor()?);
            }
            on_event(Listing::Row(row), source.users, source.time)?;
            Ok(if cursor.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if found > 0 {
            on_event(Listing::EndOfPage, source.users, source.time)?;
        }
        Ok((found, cursor))
    }

    fn list_sorted(
        &mut self,
        subject: Subject,
        request: &ListRequest,
        sort: Sort,
        on_event: &mut OnEvent<'_>,
    ) -> Result<()> {
        let source = self.source(subject)?;
        let entries = self.sorted(&source, request, sort)?;
        let mut left = entries.as_slice();
        let mut limit = PAGE;
        while !left.is_empty() {
            let (some, rest) = left.split_at(left.len().min(usize::try_from(limit).unwrap_or(usize::MAX)));
            let keys = some.iter().map(|entry| entry.id.to_value()).collect();
            let statement = listing::of_keys(&source, self.dialect(), &request.filter, keys, request.cells)?;
            let mut rows: HashMap<RowId, OwnedRow> = HashMap::with_capacity(some.len());
            let (mut size, mut is_too_large) = (0, false);
            self.each_until(&statement, &mut |row| {
                let row = ListedRow::new(row)?;
                size += row.size()?;
                is_too_large = size >= PAGE_BYTES && !rows.is_empty();
                if is_too_large {
                    return Ok(ControlFlow::Break(()));
                }
                let id = RowId::new(source.row_key(), &row.get(Listed::User)?, &row.get(Listed::Token)?);
                if let Some(id) = id {
                    rows.insert(id, OwnedRow(row.to_values()?));
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if is_too_large {
                limit = rows.len() as u64;
                continue;
            }
            (left, limit) = (rest, next_page(limit, limit));
            for row in some.iter().filter_map(|entry| rows.get(&entry.id)) {
                on_event(Listing::Row(ListedRow::new(Row::new(row))?), source.users, source.time)?;
            }
            on_event(Listing::EndOfPage, source.users, source.time)?;
        }
        Ok(())
    }

    /// Returns the rows in the order of the list.
    fn sorted(&mut self, source: &Source<'_>, request: &ListRequest, by: Sort) -> Result<Vec<Entry>> {
        let most = usize::try_from(request.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let mut entries: Vec<Entry> = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let (filter, limit, cells) = (&request.filter, PAGE, request.cells);
            let (sort, direction, part) = (Sort::Id, Direction::Ascending, Part::Sorted);
            let page = Page { filter, sort, direction, part, after: after.as_ref(), limit, lock: None, cells };
            let statement = listing::sort_keys(source, self.dialect(), by, &page)?;
            let (mut found, mut cursor) = (0, None);
            self.each(&statement, &mut |row| {
                let row = SortedRow(row);
                found += 1;
                let (user, token) = (row.user()?, row.token()?);
                let moment = row.sort()?.as_datetime().and_then(order_of);
                if let Some(id) = RowId::new(source.row_key(), &user, &token) {
                    entries.push(Entry { moment, id });
                }
                if found == PAGE {
                    let user = user.to_value();
                    cursor = Some(Cursor { sort: user.clone(), user, token: token.to_value() });
                }
                Ok(())
            })?;
            if entries.len() / 2 > most {
                put_in_order(&mut entries, request.direction, most);
            }
            match cursor {
                Some(cursor) => after = Some(cursor),
                None => break,
            }
        }
        put_in_order(&mut entries, request.direction, most);
        Ok(entries)
    }
}

/// Returns the number of rows to ask for after a page that had `found` of
/// `limit` rows: what was not taken of a page was read in vain.
pub(super) fn next_page(found: u64, limit: u64) -> u64 {
    if found < limit { found.max(1) } else { (2 * limit).min(PAGE) }
}

fn put_in_order(entries: &mut Vec<Entry>, direction: Direction, most: usize) {
    entries.sort_unstable_by(|one, other| one.order(other, direction));
    entries.truncate(most);
}

#[cfg(test)]
mod tests;
