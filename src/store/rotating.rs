//! Tokens for many users: other keys for those that hold one, or new tokens
//! for those that do not.

use std::time::SystemTime;

use jiff::civil::DateTime;

use super::Store;
use super::bulk::{Pace, Summary, Work};
use super::listing::{Rows, is_active};
use super::packed::PackedKey;
use super::renewal::{done, not_ours};
use super::tokens::{IssuedToken, Keys, Outcome, Place};
use crate::django::token_key::TokenKey;
use crate::error::{Error, Result};
use crate::schema::catalog::ColumnKind;
use crate::schema::layout::Layout;
use crate::spool::{Spool, Spooled};
use crate::sql::filter::TokenFilter;
use crate::sql::listing::Selected;
use crate::sql::{self, Many, Value};

/// For whom tokens are wanted.
pub struct BulkOrder {
    /// Which users; of them, those that hold a token, or those that hold none.
    pub filter: TokenFilter,
    /// Whether tokens get another key; else users without one get one.
    pub reset: bool,
    /// In how many transactions.
    pub pace: Pace,
    /// How many they were when a person said yes: if they are more by now, it
    /// is a conflict.
    pub most: Option<u64>,
    /// The wall clock.
    pub now: SystemTime,
}

/// The work of an order.
struct Rotation<'a> {
    filter: TokenFilter,
    outcome: Outcome,
    left: Option<u64>,
    stored: DateTime,
    keys: &'a mut Keys<'a>,
    on_batch: &'a mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
}

impl Store {
    /// Gives tokens to all users of the order. What is done is handed over
    /// once it is durable.
    ///
    /// # Errors
    /// Busy or unusable, with nothing changed but what was handed over;
    /// unknown, if the database could not be asked whether a commit went
    /// through; else what `on_batch` says.
    pub fn issue_in_bulk<'a>(
        &mut self,
        order: BulkOrder,
        keys: &'a mut Keys<'a>,
        on_batch: &'a mut dyn FnMut(Vec<IssuedToken>) -> Result<()>,
    ) -> Result<Summary> {
        let mut rotation = Rotation {
            filter: TokenFilter { holds_token: Some(order.reset), ..order.filter },
            outcome: if order.reset { Outcome::Reset } else { Outcome::Created },
            left: order.most,
            stored: self.time.stored(order.now)?,
            keys,
            on_batch,
        };
        self.in_bulk(&mut rotation, order.pace, "look what is there: drfctl list")
    }

    /// Writes rows with a statement for many.
    fn write_many(&mut self, place: Place<'_>, outcome: Outcome, rows: &Rows) -> Result<()> {
        let dialect = self.connection.dialect();
        let created = Value::DateTime(place.stored);
        let build = if outcome == Outcome::Reset { sql::tokens::rotate_many } else { sql::tokens::insert_many };
        for some in rows.chunks(dialect.many.rows()) {
            let pair = |row: &Vec<Value>| {
                let [user, _, key, _] = done(row.clone())?;
                Ok((key, user))
            };
            let pairs = some.iter().map(pair).collect::<Result<Vec<_>>>()?;
            let written = self.connection.execute(&build(place.layout, dialect, &pairs, &created))?;
            if usize::try_from(written).ok() != Some(some.len()) {
                return Err(self.unwritten(place.layout, some)?);
            }
        }
        Ok(())
    }

    /// The error for the first of the rows that is not as it was written.
    fn unwritten(&mut self, layout: &Layout, rows: &[Vec<Value>]) -> Result<Error> {
        for row in rows {
            let [user, login, key, _] = done(row.clone())?;
            let holder = self.holder_of(layout, key)?;
            if holder.is_none_or(|holder| holder.identity() != user.identity()) {
                return Ok(super::issuing::changed_by_trigger(&login));
            }
        }
        Ok(not_ours())
    }
}

impl Rotation<'_> {
    /// Writes a new key for each row.
    fn write(&mut self, store: &mut Store, layout: &Layout, rows: Rows) -> Result<Rows> {
        let place = Place { layout, stored: self.stored };
        if store.connection.dialect().many != Many::One {
            let rows = self.planned(rows)?;
            store.write_many(place, self.outcome, &rows)?;
            return Ok(rows);
        }
        rows.into_iter()
            .map(|row| {
                let [_, user, login, active] = done(row)?;
                let key = store.write_random(place, self.outcome, &user, self.keys)?;
                Ok(vec![user, login, Value::text(key.reveal()), active])
            })
            .collect()
    }

    /// The rows with the keys that they are to have.
    fn planned(&mut self, rows: Rows) -> Result<Rows> {
        rows.into_iter()
            .map(|row| {
                let [_, user, login, active] = done(row)?;
                Ok(vec![user, login, Value::text((self.keys)()?.reveal()), active])
            })
            .collect()
    }

    /// Whether every token there is gets another key, and nothing in the
    /// database sees how.
    fn is_free(&self, store: &mut Store, layout: &Layout) -> Result<bool> {
        let everything = TokenFilter { holds_token: None, ..self.filter.clone() };
        Ok(self.outcome == Outcome::Reset
            && store.connection.dialect().many == Many::One
            && everything.is_empty()
            && layout.tokens.is_plain
            && store.connection.is_self_contained(&layout.tokens.name)?)
    }
}

impl Work for Rotation<'_> {
    fn filter(&self) -> &TokenFilter {
        &self.filter
    }

    fn only_holders(&self) -> bool {
        self.outcome == Outcome::Reset
    }

    fn selected(&self) -> &'static [Selected] {
        &[Selected::Login, Selected::User("is_active")]
    }

    fn left(&mut self) -> &mut Option<u64> {
        &mut self.left
    }

    fn work(&mut self, store: &mut Store, layout: &Layout, rows: Rows) -> Result<Rows> {
        self.write(store, layout, rows)
    }

    /// Where all rows of the table change, it is faster to put them anew.
    fn work_at_once(&mut self, store: &mut Store, layout: &Layout, spool: Spool) -> Result<Spooled> {
        let place = Place { layout, stored: self.stored };
        let mut spool = spool;
        let is_free = self.is_free(store, layout)?;
        store.each_page(layout, self, &mut |work, store, rows| {
            let rows = if is_free { work.planned(rows)? } else { work.write(store, layout, rows)? };
            rows.iter().try_for_each(|row| spool.push(row))
        })?;
        let mut spooled = spool.spooled()?;
        if is_free {
            // A token of no user would be lost.
            let is_all = u64::try_from(store.count(&layout.tokens.name)?) == Ok(spooled.rows());
            let is_number = matches!(layout.users.key_kind, ColumnKind::Integer | ColumnKind::BigInteger);
            match (is_all, is_number) {
                (true, true) => store.replace_all::<i64>(place, &mut spooled)?,
                (true, false) => store.replace_all::<PackedKey>(place, &mut spooled)?,
                _ => store.replace_each(place, &mut spooled)?,
            }
        }
        store.check_all(layout, self, &mut spooled)?;
        Ok(spooled)
    }

    const IN_THE_WAY: &'static str = super::tokens::REFERRED;

    fn undone(&self, row: &[Value]) -> Error {
        super::issuing::changed_by_trigger(row.get(1).unwrap_or(&Value::Null))
    }

    fn is_made(&mut self, store: &mut Store, layout: &Layout, row: &[Value]) -> Result<bool> {
        let [user, _, key, _] = done(row.to_vec())?;
        let key = TokenKey::stored(key.as_str().unwrap_or_default());
        Ok(store.user_of_key(layout, &key)?.is_some_and(|holder| holder.identity() == user.identity()))
    }

    fn hand_over(&mut self, store: &Store, layout: &Layout, rows: Rows) -> Result<()> {
        let created = store.moment(&Value::DateTime(self.stored));
        let issued = rows.into_iter().map(|row| {
            let [user, username, key, active] = done(row)?;
            Ok(IssuedToken {
                user,
                username,
                key: TokenKey::stored(key.as_str().unwrap_or_default()),
                created: created.clone(),
                outcome: self.outcome,
                is_active: is_active(&layout.users, &active),
            })
        });
        (self.on_batch)(issued.collect::<Result<_>>()?)
    }
}
