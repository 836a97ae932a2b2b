//! Ending tokens.

use super::Store;
use super::bulk::{Pace, Summary, Work};
use super::listing::{Rows, Stored};
use crate::django::token_key::shortened;
use crate::error::{Error, Kind, Result};
use crate::schema::layout::Layout;
use crate::sql::filter::TokenFilter;
use crate::sql::listing::Selected;
use crate::sql::{self, Value};

/// Which tokens are to end.
pub struct Revocation {
    /// Those that pass this.
    pub filter: TokenFilter,
    /// In how many transactions.
    pub pace: Pace,
    /// How many they were when a person said yes: if they are more by now, it
    /// is a conflict.
    pub most: Option<u64>,
}

/// A token that is no more.
#[derive(Clone, Debug)]
pub struct RevokedToken {
    /// Whose it was; need not be text.
    pub username: Value,
    /// The beginning of its key.
    pub key: String,
    /// When it was made.
    pub created: Option<Stored>,
}

struct Revoking<'a> {
    filter: TokenFilter,
    left: Option<u64>,
    on_batch: &'a mut dyn FnMut(Vec<RevokedToken>) -> Result<()>,
}

impl Store {
    /// Ends tokens. What is done is handed over once it is durable.
    ///
    /// # Errors
    /// As [`Store::issue_in_bulk`]; rejected, if a trigger or a foreign key of
    /// the application's holds a token.
    pub fn revoke_tokens(
        &mut self,
        order: Revocation,
        on_batch: &mut dyn FnMut(Vec<RevokedToken>) -> Result<()>,
    ) -> Result<Summary> {
        let mut revoking = Revoking { filter: order.filter, left: order.most, on_batch };
        self.in_bulk(&mut revoking, order.pace, "look what is there: drfctl list")
    }

    /// The keys that are nobody's, by their place in the list.
    ///
    /// # Errors
    /// Busy or unusable, if the database cannot be read.
    pub fn unknown_keys(&mut self, filter: &TokenFilter) -> Result<Vec<usize>> {
        let layout = self.layout()?;
        let mut unknown = Vec::new();
        for (at, key) in filter.keys.iter().enumerate() {
            let holder = sql::tokens::holder_of_key(&layout, self.connection.dialect(), key.reveal());
            if self.rows(&holder)?.is_empty() {
                unknown.push(at);
            }
        }
        Ok(unknown)
    }
}

impl Work for Revoking<'_> {
    fn filter(&self) -> &TokenFilter {
        &self.filter
    }

    fn only_holders(&self) -> bool {
        true
    }

    fn selected(&self) -> &'static [Selected] {
        &[Selected::Login, Selected::TokenKey, Selected::TokenCreated]
    }

    fn left(&mut self) -> &mut Option<u64> {
        &mut self.left
    }

    fn work(&mut self, store: &mut Store, layout: &Layout, rows: Rows) -> Result<Rows> {
        let dialect = store.connection.dialect();
        let told = |error: Error| if error.kind() == Kind::Conflict { error.hint(Self::IN_THE_WAY) } else { error };
        for some in rows.chunks(dialect.many.rows()) {
            let statement = if let [row] = some {
                let [_, user, _, key, _] = of(row)?;
                sql::tokens::delete(layout, dialect, key.clone(), user.clone())
            } else {
                sql::tokens::delete_many(layout, dialect, some.iter().filter_map(|row| row.get(3)).cloned())
            };
            let deleted = store.connection.execute(&statement).map_err(told)?;
            if usize::try_from(deleted).ok() != Some(some.len()) {
                return Err(self.first_kept(store, layout, some)?);
            }
        }
        Ok(rows)
    }

    const IN_THE_WAY: &'static str = "another table refers to the token: see to it in the application";

    fn undone(&self, row: &[Value]) -> Error {
        let name = row.get(2).map(Value::readable).unwrap_or_default();
        Error::rejected(format!("a trigger of the database keeps the token of user {name}"))
    }

    fn is_made(&mut self, store: &mut Store, layout: &Layout, row: &[Value]) -> Result<bool> {
        let [_, _, _, key, _] = of(row)?;
        Ok(store.holder_of(layout, key.clone())?.is_none())
    }

    fn hand_over(&mut self, store: &Store, _: &Layout, rows: Rows) -> Result<()> {
        let revoked = rows.iter().map(|row| {
            let [_, _, username, key, created] = of(row)?;
            let (username, key) = (username.clone(), shortened(key.as_str().unwrap_or_default()));
            Ok(RevokedToken { username, key, created: store.stored(created) })
        });
        (self.on_batch)(revoked.collect::<Result<_>>()?)
    }
}

impl Revoking<'_> {
    /// The error for the first of the rows that is still there.
    fn first_kept(&mut self, store: &mut Store, layout: &Layout, rows: &[Vec<Value>]) -> Result<Error> {
        for row in rows {
            if !self.is_made(store, layout, row)? {
                return Ok(self.undone(row));
            }
        }
        Ok(rows.first().map_or_else(|| Error::internal("nothing was to be revoked"), |row| self.undone(row)))
    }
}

fn of(row: &[Value]) -> Result<&[Value; 5]> {
    row.try_into().map_err(|_| Error::internal("a row has another width than was asked for"))
}
