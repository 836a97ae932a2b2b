//! A list, page by page, with no statement open between the pages.
//!
//! Where an index has the rows in order, a page begins after the last row of
//! the one before. Where none has, the database would have to sort all rows for
//! every page: so it is asked once what they are sorted by, and then for the
//! rows themselves, some at a time.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::mpsc::sync_channel;
use std::thread;

use super::Store;
use super::bulk::Rows;
use super::listing::{ListOrder, Tables};
use crate::django::timestamp;
use crate::error::{Error, Result};
use crate::sql::listing::{Cursor, Page, Selected, Sort};
use crate::sql::{self, Value};

/// How many rows are read at once.
const PAGE: u64 = 1_000;

/// Looks at a page.
pub(super) type OnPage<'a> = dyn FnMut(Rows) -> Result<()> + Send + 'a;

/// What is read.
pub(super) struct Reading<'a> {
    pub(super) tables: &'a Tables,
    /// Whether the rows are tokens.
    pub(super) only_holders: bool,
    pub(super) order: &'a ListOrder,
    pub(super) selected: &'a [Selected],
}

/// Where in the list the next page begins.
enum State {
    /// After a row, with so many still wanted.
    After(Option<Cursor>, u64),
    /// Before the first of these users.
    Before(std::vec::IntoIter<Value>),
    /// There is none.
    Done,
}

/// A user's key, with what the list is sorted by.
struct Entry {
    /// In microseconds.
    moment: Option<i64>,
    user: Value,
}

impl Store {
    /// Reads page after page, while another thread looks at the page before.
    pub(super) fn pages(&mut self, reading: &Reading<'_>, on_page: &mut OnPage<'_>) -> Result<()> {
        let order = reading.order;
        let all = order.limit.unwrap_or(u64::MAX);
        let mut state =
            if order.sort.has_index() { State::After(None, all) } else { State::Before(self.sorted(reading)?) };
        let Some(first) = self.next_page(reading, &mut state)? else { return Ok(()) };
        if matches!(state, State::Done) {
            return on_page(first);
        }
        thread::scope(|scope| {
            let (pages, read) = sync_channel(1);
            let looking = scope.spawn(move || {
                on_page(first)?;
                read.into_iter().try_for_each(on_page)
            });
            let outcome = loop {
                match self.next_page(reading, &mut state) {
                    Err(error) => break Err(error),
                    Ok(None) => break Ok(()),
                    Ok(Some(rows)) => {
                        if pages.send(rows).is_err() {
                            // Nobody looks any more; the other thread says why.
                            break Ok(());
                        }
                    }
                }
            };
            drop(pages);
            looking.join().unwrap_or_else(|_| Err(Error::internal("a page could not be looked at"))).and(outcome)
        })
    }

    fn next_page(&mut self, reading: &Reading<'_>, state: &mut State) -> Result<Option<Rows>> {
        let order = reading.order;
        match state {
            State::Done | State::After(_, 0) => Ok(None),
            State::After(after, left) => {
                let (filter, sort, reverse) = (&order.filter, order.sort, order.reverse);
                let page = Page { filter, sort, reverse, after: after.as_ref(), limit: PAGE.min(*left) };
                let (rows, cursor) = self.page(reading.tables, reading.only_holders, reading.selected, &page)?;
                let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                let left = left.saturating_sub(found);
                *state = if found < page.limit || left == 0 { State::Done } else { State::After(cursor, left) };
                Ok((found > 0).then_some(rows))
            }
            State::Before(users) => {
                let users: Vec<Value> = users.take(usize::try_from(PAGE).unwrap_or(usize::MAX)).collect();
                if users.is_empty() { Ok(None) } else { self.rows_of(reading, users).map(Some) }
            }
        }
    }

    /// The users of the list, in its order: those without a moment come last,
    /// in either direction.
    fn sorted(&mut self, reading: &Reading<'_>) -> Result<std::vec::IntoIter<Value>> {
        let order = reading.order;
        let time = self.time.clone();
        let source = reading.tables.source(reading.only_holders, &time);
        sql::listing::sort_column(&source, self.connection.dialect(), order.sort)?;
        let by = match (order.sort, reading.only_holders) {
            (Sort::LastLogin, _) => Selected::User("last_login"),
            (_, true) => Selected::TokenCreated,
            (_, false) => Selected::User("date_joined"),
        };
        let all = ListOrder { filter: order.filter.clone(), ..ListOrder::default() };
        let unsorted = Reading { order: &all, selected: &[by], ..*reading };
        let (mut entries, mut state) = (Vec::new(), State::After(None, u64::MAX));
        while let Some(rows) = self.next_page(&unsorted, &mut state)? {
            entries.extend(rows.into_iter().filter_map(|row| {
                let [_, user, stored] = <[Value; 3]>::try_from(row).ok()?;
                Some(Entry { moment: stored.as_datetime().and_then(timestamp::order_of), user })
            }));
        }
        entries.sort_unstable_by(|one, other| {
            let natural = one.moment.cmp(&other.moment).then_with(|| by_key(&one.user, &other.user));
            let wanted = if order.reverse { natural.reverse() } else { natural };
            one.moment.is_none().cmp(&other.moment.is_none()).then(wanted)
        });
        entries.truncate(usize::try_from(order.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX));
        Ok(entries.into_iter().map(|entry| entry.user).collect::<Vec<_>>().into_iter())
    }

    /// The rows of these users, in their order.
    fn rows_of(&mut self, reading: &Reading<'_>, users: Vec<Value>) -> Result<Rows> {
        let place: HashMap<Vec<u8>, usize> = users.iter().enumerate().map(|(at, user)| (user.identity(), at)).collect();
        let time = self.time.clone();
        let source = reading.tables.source(reading.only_holders, &time);
        let (dialect, filter) = (self.connection.dialect(), &reading.order.filter);
        let statement = sql::listing::of_users(&source, dialect, reading.selected, filter, users)?;
        let mut rows = self.rows(&statement)?;
        rows.sort_by_key(|row| row.get(1).and_then(|user| place.get(&user.identity())).copied());
        Ok(rows)
    }
}

/// As the database has keys in order.
fn by_key(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Integer(one), Value::Integer(other)) => one.cmp(other),
        _ => one.identity().cmp(&other.identity()),
    }
}
