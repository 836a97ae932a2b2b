//! Putting a whole token table anew: where every key changes, that is faster
//! than changing each.

use std::thread;

use zeroize::{Zeroize, Zeroizing};

use super::Store;
use super::packed::PackedKey;
use super::tokens::Place;
use crate::django::token_key::{KEY_BYTES, TokenKey};
use crate::error::{Error, Result};
use crate::spool::Spooled;
use crate::sql::{self, Value};

/// How many new rows are put in order of their keys before they are inserted:
/// an index takes them faster so, and memory has an end.
const SORTED: usize = 1 << 20;

/// And how many where users do not have a number for a key.
const SORTED_OTHERS: usize = 1 << 19;

impl Store {
    /// Gives each row its new key.
    pub(super) fn replace_each(&mut self, place: Place<'_>, spooled: &mut Spooled) -> Result<()> {
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
    pub(super) fn replace_all<K: RowKey + Send>(&mut self, place: Place<'_>, spooled: &mut Spooled) -> Result<()> {
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
pub(super) trait RowKey: Sized {
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

/// The error for a row that another one was to be.
pub(super) fn not_ours() -> Error {
    Error::internal("a row is not where it was found")
}

/// The four values of a row.
pub(super) fn done(row: Vec<Value>) -> Result<[Value; 4]> {
    <[Value; 4]>::try_from(row).map_err(|_| Error::internal("a row has another width than was asked for"))
}
