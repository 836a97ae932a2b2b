//! Tokens for many users: other keys for those that hold one, or new tokens
//! for those that do not.

use std::thread;
use std::time::SystemTime;

use jiff::civil::DateTime;
use zeroize::{Zeroize, Zeroizing};

use super::Store;
use super::bulk::{Pace, Summary, Work};
use super::listing::{Rows, is_active};
use super::packed::PackedKey;
use super::tokens::{IssuedToken, Keys, Outcome, Place};
use crate::django::token_key::{KEY_BYTES, TokenKey};
use crate::error::{Error, Result};
use crate::schema::catalog::ColumnKind;
use crate::schema::layout::Layout;
use crate::spool::{Spool, Spooled};
use crate::sql::filter::TokenFilter;
use crate::sql::listing::Selected;
use crate::sql::{self, Value};

/// How many new rows are put in order of their keys before they are inserted:
/// an index takes them faster so, and memory has an end.
const SORTED: usize = 1 << 20;

/// And how many where users do not have a number for a key.
const SORTED_OTHERS: usize = 1 << 19;

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

    /// Gives each row its new key.
    fn replace_each(&mut self, place: Place<'_>, spooled: &mut Spooled) -> Result<()> {
        let dialect = self.connection.dialect();
        while let Some(row) = spooled.take()? {
            let [user, _, key, _] = done(row)?;
            let rotate = sql::tokens::rotate(place.layout, dialect, key, Value::DateTime(place.stored), user);
            if self.connection.execute(&rotate)? != 1 {
                return Err(not_ours());
            }
        }
        Ok(())
    }

    /// Puts all rows of the token table anew, in order of their new keys.
    fn replace_all<K: RowKey + Send>(&mut self, place: Place<'_>, spooled: &mut Spooled) -> Result<()> {
        let (layout, dialect) = (place.layout, self.connection.dialect());
        let delete = sql::tokens::delete_all(layout, dialect);
        let insert = sql::tokens::insert(layout, dialect, Value::Null, Value::Null, Value::Null).text;
        let created = Value::DateTime(place.stored);
        // The old rows go while the new ones are put in order.
        let mut rows = thread::scope(|scope| {
            let rows = scope.spawn(|| NewRows::<K>::take(spooled));
            let deleted = self.connection.execute(&delete);
            let rows = rows.join().unwrap_or_else(|_| Err(not_ours()));
            deleted.and(rows)
        })?;
        while !rows.0.is_empty() {
            self.connection.execute_many(&insert, &mut rows.in_order(&created))?;
            drop(rows);
            rows = NewRows::take(spooled)?;
        }
        Ok(())
    }
}

/// New keys with the users that are to have them. Wiped when dropped.
struct NewRows<K>(Vec<([u8; KEY_BYTES], K)>);

impl<K> Drop for NewRows<K> {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(key, _)| key.zeroize());
    }
}

/// A user's key in a [`NewRows`].
trait RowKey: Sized {
    /// How many rows are put in order together.
    const MOST: usize;

    fn pack(user: Value) -> Result<Self>;

    fn unpack(&self) -> Value;
}

impl RowKey for i64 {
    const MOST: usize = SORTED;

    fn pack(user: Value) -> Result<Self> {
        user.as_integer().ok_or_else(|| Error::unusable("the key of a user is no number, as its column says it is"))
    }

    fn unpack(&self) -> Value {
        Value::Integer(*self)
    }
}

impl RowKey for PackedKey {
    const MOST: usize = SORTED_OTHERS;

    fn pack(user: Value) -> Result<Self> {
        Ok(user.into())
    }

    fn unpack(&self) -> Value {
        self.value()
    }
}

impl<K: RowKey> NewRows<K> {
    /// As many of the next rows as are put in order together, in order.
    fn take(spooled: &mut Spooled) -> Result<Self> {
        let expected = usize::try_from(spooled.rows()).unwrap_or(usize::MAX).min(K::MOST);
        let mut rows = Self(Vec::with_capacity(expected));
        while rows.0.len() < K::MOST
            && let Some(row) = spooled.take()?
        {
            let [user, _, key, _] = done(row)?;
            let key = key.as_str().and_then(TokenKey::bytes).ok_or_else(not_ours)?;
            rows.0.push((key, K::pack(user)?));
        }
        rows.0.sort_unstable_by_key(|(key, _)| *key);
        Ok(rows)
    }

    fn in_order(&self, created: &Value) -> impl Iterator<Item = Result<Vec<Value>>> {
        self.0.iter().map(|(key, user)| {
            let mut written = Zeroizing::new(vec![0; 2 * KEY_BYTES]);
            hex::encode_to_slice(key, &mut written).map_err(|_| not_ours())?;
            Ok(vec![Value::Text(written), created.clone(), user.unpack()])
        })
    }
}

impl Rotation<'_> {
    /// Writes a new key for each row.
    fn write(&mut self, store: &mut Store, layout: &Layout, rows: Rows) -> Result<Rows> {
        let place = Place { layout, stored: self.stored };
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

fn not_ours() -> Error {
    Error::internal("a row is not where it was found")
}

/// The four values of a row.
fn done(row: Vec<Value>) -> Result<[Value; 4]> {
    <[Value; 4]>::try_from(row).map_err(|_| Error::internal("a row has another width than was asked for"))
}
