//! A list, page by page, with no statement open between the pages.
//!
//! Where an index has the rows in order, a page begins after the last row of
//! the one before. Where none has, the database would have to sort all rows for
//! every page: so it is asked once what they are sorted by, and then for the
//! rows themselves, some at a time.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::admin::model::UserId;
use crate::admin::session::Session;
use crate::admin::snapshot::Snapshot;
use crate::django::timestamp::{TimeKeeping, order_of};
use crate::engine::{Cell, Cells, Row, Value};
use crate::error::{Error, Result};
use crate::query::filter::{Filter, RowKey, Source, Subject};
use crate::query::listed::{CellSet, Cursor, Listed, ListedRow, SortedRow};
use crate::query::listing::{self, Direction, Page, Part, Sort};
use crate::schema::layout::UserTable;

/// How many rows are read at once.
const PAGE: u64 = 1_000;

/// So many names or keys a statement takes.
pub const ONE_STATEMENT: usize = 20_000;

/// How many cells a row of a list has.
const CELLS: usize = Listed::Password as usize + 1;

/// Which rows are wanted, and how many.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Which.
    pub filter: Filter,
    /// By what they are sorted.
    pub sort: Sort,
    /// In which direction.
    pub direction: Direction,
    /// How many at most.
    pub limit: Option<u64>,
    /// What is read of them.
    pub cells: CellSet,
}

/// What comes of a list.
#[derive(Clone, Copy, Debug)]
pub enum Listing<R> {
    /// A row, which may not be kept.
    Row(R),
    /// A page has ended: nothing of the database is held before the next row.
    EndOfPage,
}

/// Looks at what comes of a list.
type OnEvent<'a> = dyn FnMut(Listing<ListedRow<'_>>, &UserTable, &TimeKeeping) -> Result<()> + 'a;

/// Where in the list the next page begins.
enum State {
    /// After a row, in a part of the order.
    After(Option<Cursor>, Part),
    /// There is none.
    Done,
}

/// A row's key, with what the list is sorted by.
struct Entry {
    /// In microseconds.
    moment: Option<i64>,
    key: UserId,
}

impl Entry {
    /// Those without a moment come last, in either direction.
    fn order(&self, other: &Self, direction: Direction) -> Ordering {
        let natural = self.moment.cmp(&other.moment).then_with(|| self.key.order(&other.key));
        let wanted = if direction == Direction::Descending { natural.reverse() } else { natural };
        self.moment.is_none().cmp(&other.moment.is_none()).then(wanted)
    }
}

/// A row that was copied, to be read in another order.
struct OwnedRow(Vec<Value>);

impl Cells for OwnedRow {
    fn cell(&self, at: usize) -> Result<Cell<'_>> {
        self.0.get(at).map(Value::as_cell).ok_or_else(|| Error::internal("a row has too few cells"))
    }
}

impl Session {
    /// Reads page after page.
    pub(super) fn list(&mut self, subject: Subject, request: &ListRequest, on_event: &mut OnEvent<'_>) -> Result<()> {
        let mut snapshot = self.snapshot()?;
        for filter in request.filter.chunks(ONE_STATEMENT) {
            let part = ListRequest { filter, ..*request };
            if request.sort.has_index() {
                snapshot.list_in_order(subject, &part, on_event)?;
            } else {
                snapshot.list_sorted(subject, &part, on_event)?;
            }
        }
        Ok(())
    }

    /// How many rows there are.
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
    /// Where the rows of a list come from.
    fn source(&self, subject: Subject) -> Result<Source<'s>> {
        let layout = self.layout();
        Ok(Source { users: &layout.users, tokens: layout.tokens_if_any()?, subject, time: self.time() })
    }

    fn list_in_order(&mut self, subject: Subject, request: &ListRequest, on_event: &mut OnEvent<'_>) -> Result<()> {
        let mut left = request.limit.unwrap_or(u64::MAX);
        let mut state = State::After(None, Part::Sorted);
        while let State::After(after, part) = state {
            let limit = PAGE.min(left);
            let (filter, sort, direction) = (&request.filter, request.sort, request.direction);
            let cells = request.cells;
            let page = Page { filter, sort, direction, part, after: after.as_ref(), limit, lock: None, cells };
            let (found, cursor) = self.page(subject, &page, on_event)?;
            left -= found;
            state = if left == 0 {
                State::Done
            } else if found == limit {
                State::After(cursor, part)
            } else if part == Part::Sorted && sort.has_nulls(&self.source(subject)?) {
                State::After(None, Part::Null)
            } else {
                State::Done
            };
        }
        Ok(())
    }

    /// Reads one page; returns how many rows it has, and where it ends if it is
    /// full.
    fn page(&mut self, subject: Subject, page: &Page<'_>, on_event: &mut OnEvent<'_>) -> Result<(u64, Option<Cursor>)> {
        let source = self.source(subject)?;
        let statement = listing::page(&source, self.dialect(), page)?;
        let (mut found, mut cursor) = (0, None);
        self.each(&statement, &mut |row| {
            let row = ListedRow(row);
            found += 1;
            if found == page.limit {
                cursor = Some(row.cursor()?);
            }
            on_event(Listing::Row(row), source.users, source.time)
        })?;
        if found > 0 {
            on_event(Listing::EndOfPage, source.users, source.time)?;
        }
        Ok((found, cursor))
    }

    fn list_sorted(&mut self, subject: Subject, request: &ListRequest, on_event: &mut OnEvent<'_>) -> Result<()> {
        let source = self.source(subject)?;
        let entries = self.sorted(&source, request)?;
        for some in entries.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            let keys = some.iter().map(|entry| entry.key.to_value()).collect();
            let statement = listing::of_keys(&source, self.dialect(), &request.filter, keys, request.cells)?;
            let mut rows: HashMap<UserId, OwnedRow> = HashMap::with_capacity(some.len());
            let cell = if source.row_key() == RowKey::Token { Listed::Token } else { Listed::User };
            self.each(&statement, &mut |row| {
                let row = ListedRow(row);
                let mut cells = Vec::with_capacity(CELLS);
                for at in 0..CELLS {
                    cells.push(row.0.get(at)?.to_value());
                }
                if let Some(key) = UserId::of_cell(&row.get(cell)?) {
                    rows.insert(key, OwnedRow(cells));
                }
                Ok(())
            })?;
            for row in some.iter().filter_map(|entry| rows.get(&entry.key)) {
                on_event(Listing::Row(ListedRow(Row::new(row))), source.users, source.time)?;
            }
            on_event(Listing::EndOfPage, source.users, source.time)?;
        }
        Ok(())
    }

    /// The keys of the rows of the list, in its order.
    fn sorted(&mut self, source: &Source<'_>, request: &ListRequest) -> Result<Vec<Entry>> {
        let most = usize::try_from(request.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let by_token = source.row_key() == RowKey::Token;
        let mut entries: Vec<Entry> = Vec::new();
        let mut after: Option<Cursor> = None;
        loop {
            let (filter, limit, cells) = (&request.filter, PAGE, request.cells);
            let (sort, direction, part) = (Sort::Id, Direction::Ascending, Part::Sorted);
            let page = Page { filter, sort, direction, part, after: after.as_ref(), limit, lock: None, cells };
            let statement = listing::sort_keys(source, self.dialect(), request.sort, &page)?;
            let (mut found, mut cursor) = (0, None);
            self.each(&statement, &mut |row| {
                let row = SortedRow(row);
                found += 1;
                let (user, token) = (row.user()?, row.token()?);
                let moment = row.sort()?.as_datetime().and_then(order_of);
                if let Some(key) = UserId::of_cell(if by_token { &token } else { &user }) {
                    entries.push(Entry { moment, key });
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

fn put_in_order(entries: &mut Vec<Entry>, direction: Direction, most: usize) {
    entries.sort_unstable_by(|one, other| one.order(other, direction));
    entries.truncate(most);
}
