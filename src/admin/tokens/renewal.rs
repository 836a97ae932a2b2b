//! Replaces a whole token table. Where every key changes, deleting all rows and
//! inserting them again is faster than updating each.

use std::sync::{Mutex, PoisonError};
use std::thread;

use jiff::civil::DateTime;
use zeroize::{Zeroize, Zeroizing};

use crate::admin::model::UserId;
use crate::admin::tokens::data::RotatedKey;
use crate::admin::transaction::Transaction;
use crate::django::token_key::{KEY_BYTES, TokenKey};
use crate::engine::Value;
use crate::error::{Error, Result};
use crate::os::SpoolReader;
use crate::query;
use crate::query::tokens::NewKey;

/// The number of new rows that are sorted by key before they are inserted. An
/// index is faster to build from sorted keys; the limit bounds the memory.
const SORTED: usize = 1 << 20;

/// The same number where users' primary keys are not integers.
const SORTED_OTHERS: usize = 1 << 19;

/// Gives each row its new key.
pub(super) fn replace(
    transaction: &mut Transaction<'_>,
    stored: DateTime,
    spooled: &mut SpoolReader<RotatedKey>,
) -> Result<()> {
    let (layout, dialect) = (transaction.layout(), transaction.dialect());
    let tokens = layout.tokens()?;
    // A token without a user is not among the rows and would be lost.
    let all = transaction.snapshot().count(&query::rows::count(dialect, tokens.name()))?;
    match (all == spooled.rows(), layout.users.key_kind().is_integer()) {
        (true, true) => replace_all::<i64>(transaction, stored, spooled),
        (true, false) => replace_all::<UserId>(transaction, stored, spooled),
        (false, _) => replace_each(transaction, stored, spooled),
    }
}

/// Updates the rows one by one.
fn replace_each(
    transaction: &mut Transaction<'_>,
    stored: DateTime,
    spooled: &mut SpoolReader<RotatedKey>,
) -> Result<()> {
    let (layout, created) = (transaction.layout(), Value::DateTime(stored));
    spooled.rewind()?;
    while let Some(row) = spooled.take()? {
        let new = NewKey { key: Value::text(&row.key), user: row.user.to_value() };
        let dialect = transaction.dialect();
        let reset = query::tokens::reset(layout, layout.tokens()?, dialect, vec![new], &created);
        if transaction.execute(&reset)? != 1 {
            return Err(moved());
        }
    }
    Ok(())
}

/// Deletes all rows and inserts them again, in the order of their new keys.
fn replace_all<K: PackedUser>(
    transaction: &mut Transaction<'_>,
    stored: DateTime,
    spooled: &mut SpoolReader<RotatedKey>,
) -> Result<()> {
    let (tokens, dialect) = (transaction.layout().tokens()?, transaction.dialect());
    let delete = query::tokens::delete_all(tokens, dialect);
    let created = Value::DateTime(stored);
    let none = NewKey { key: Value::Null, user: Value::Null };
    let insert = query::tokens::insert(tokens, dialect, vec![none], &created).text;
    spooled.rewind()?;
    // The old rows are deleted while another thread sorts the new ones.
    let shared = Mutex::new(&mut *spooled);
    let take = || NewRows::<K>::take(&mut shared.lock().unwrap_or_else(PoisonError::into_inner));
    let mut rows = thread::scope(|scope| {
        let sorting = thread::Builder::new().spawn_scoped(scope, take);
        let deleted = transaction.execute(&delete);
        let rows = match sorting {
            Ok(sorting) => sorting.join().unwrap_or_else(|_| Err(moved())),
            // The system starts no more threads.
            Err(_) => take(),
        };
        deleted.and(rows)
    })?;
    while !rows.0.is_empty() {
        transaction.execute_many(&insert, &mut rows.in_order(&created))?;
        drop(rows);
        rows = NewRows::take(spooled)?;
    }
    Ok(())
}

/// New keys with the users that get them. Wiped when dropped.
struct NewRows<K>(Vec<([u8; KEY_BYTES], K)>);

impl<K> Drop for NewRows<K> {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(key, _)| key.zeroize());
    }
}

/// A user's primary key in a [`NewRows`].
trait PackedUser: Send + Sized {
    /// How many rows are sorted together.
    const MOST: usize;

    fn pack(user: UserId) -> Result<Self>;

    fn to_value(&self) -> Value;
}

impl PackedUser for i64 {
    const MOST: usize = SORTED;

    fn pack(user: UserId) -> Result<Self> {
        user.as_integer()
            .ok_or_else(|| Error::unusable("the id of a user is not a number, but its column has a number type"))
    }

    fn to_value(&self) -> Value {
        Value::Integer(*self)
    }
}

impl PackedUser for UserId {
    const MOST: usize = SORTED_OTHERS;

    fn pack(user: UserId) -> Result<Self> {
        Ok(user)
    }

    fn to_value(&self) -> Value {
        UserId::to_value(self)
    }
}

impl<K: PackedUser> NewRows<K> {
    /// Reads the next rows, as many as are sorted together, and sorts them.
    fn take(spooled: &mut SpoolReader<RotatedKey>) -> Result<Self> {
        let expected = usize::try_from(spooled.rows()).unwrap_or(usize::MAX).min(K::MOST);
        let mut rows = Self(Vec::with_capacity(expected));
        while rows.0.len() < K::MOST
            && let Some(row) = spooled.take()?
        {
            let key = TokenKey::bytes(&row.key).ok_or_else(moved)?;
            rows.0.push((key, K::pack(row.user)?));
        }
        rows.0.sort_unstable_by_key(|(key, _)| *key);
        Ok(rows)
    }

    fn in_order(&self, created: &Value) -> impl Iterator<Item = Result<Vec<Value>>> {
        self.0.iter().map(|(key, user)| {
            let mut written = Zeroizing::new(vec![0; 2 * KEY_BYTES]);
            hex::encode_to_slice(key, &mut written).map_err(|_| moved())?;
            Ok(vec![Value::Text(written), created.clone(), user.to_value()])
        })
    }
}

/// Returns the error for a row that is not the one that was read.
fn moved() -> Error {
    Error::internal("a row to replace is not the one that was read")
}
