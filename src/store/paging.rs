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
use super::listing::{ListOrder, Rows, Tables};
use super::packed::PackedKey;
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
    /// After a row, with so many still wanted; among those who have nothing to be
    /// sorted by, or before them.
    After { after: Option<Cursor>, left: u64, are_null: bool },
    /// Before the first of these users.
    Before(std::vec::IntoIter<Entry>),
    /// There is none.
    Done,
}

impl State {
    fn first(left: u64) -> Self {
        Self::After { after: None, left, are_null: false }
    }
}

/// A user's key, with what the list is sorted by.
struct Entry {
    /// In microseconds.
    moment: Option<i64>,
    user: PackedKey,
}

impl Entry {
    fn order(&self, other: &Self, reverse: bool) -> Ordering {
        let natural = self.moment.cmp(&other.moment).then_with(|| self.user.order(&other.user));
        let wanted = if reverse { natural.reverse() } else { natural };
        self.moment.is_none().cmp(&other.moment.is_none()).then(wanted)
    }
}

impl Store {
    /// Reads page after page, while another thread looks at the page before.
    pub(super) fn pages(&mut self, reading: &Reading<'_>, on_page: &mut OnPage<'_>) -> Result<()> {
        let order = reading.order;
        let all = order.limit.unwrap_or(u64::MAX);
        let mut state = if order.sort.has_index() { State::first(all) } else { State::Before(self.sorted(reading)?) };
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
            State::Done | State::After { left: 0, .. } => Ok(None),
            State::After { after, left, are_null } => {
                let (filter, sort, reverse, are_null) = (&order.filter, order.sort, order.reverse, *are_null);
                let (after, limit) = (after.as_ref(), PAGE.min(*left));
                let page = Page { filter, sort, reverse, are_null, after, limit, for_update: false };
                let (rows, after) = self.page(reading.tables, reading.only_holders, reading.selected, &page)?;
                let found = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                let left = left.saturating_sub(found);
                let time = self.time.clone();
                let source = reading.tables.source(reading.only_holders, &time);
                *state = if found == page.limit {
                    State::After { after, left, are_null }
                } else if !are_null && sort.has_nulls(&source) {
                    State::After { after: None, left, are_null: true }
                } else {
                    State::Done
                };
                if found == 0 && !matches!(state, State::Done) {
                    return self.next_page(reading, state);
                }
                Ok((found > 0).then_some(rows))
            }
            State::Before(users) => {
                let page = users.take(usize::try_from(PAGE).unwrap_or(usize::MAX));
                let users: Vec<Value> = page.map(|entry| entry.user.value()).collect();
                if users.is_empty() { Ok(None) } else { self.rows_of(reading, users).map(Some) }
            }
        }
    }

    /// The users of the list, in its order: those without a moment come last,
    /// in either direction.
    fn sorted(&mut self, reading: &Reading<'_>) -> Result<std::vec::IntoIter<Entry>> {
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
        let most = usize::try_from(order.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let sort = |entries: &mut Vec<Entry>| {
            entries.sort_unstable_by(|one, other| one.order(other, order.reverse));
            entries.truncate(most);
        };
        let (mut entries, mut state) = (Vec::new(), State::first(u64::MAX));
        while let Some(rows) = self.next_page(&unsorted, &mut state)? {
            entries.extend(rows.into_iter().filter_map(|row| {
                let [_, user, stored] = <[Value; 3]>::try_from(row).ok()?;
                Some(Entry { moment: stored.as_datetime().and_then(timestamp::order_of), user: user.into() })
            }));
            if entries.len() / 2 > most {
                sort(&mut entries);
            }
        }
        sort(&mut entries);
        Ok(entries.into_iter())
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
