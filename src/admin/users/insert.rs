//! Inserts the rows of new users.

use jiff::civil::DateTime;

use crate::admin::transaction::{Found, Transaction, Witness};
use crate::admin::users::columns::{Presence, check_columns, check_new_name};
use crate::admin::users::data::{RandomBytes, UserData};
use crate::admin::users::default::Omitted;
use crate::admin::users::others::{OtherUsers, RequiredFor, check_complete, required};
use crate::admin::users::values::given;
use crate::django::timestamp::TimeKeeping;
use crate::engine::Value;
use crate::error::{Error, Result};
use crate::query;
use crate::schema::layout::{ColumnRef, ModelTable, UserTable};

/// The maximum number of values of a statement.
const PARAMETERS: usize = 20_000;

/// The values of a row, by column.
type Row<'a> = Vec<(&'a str, Value)>;

/// What new rows need besides the user's data.
pub(super) struct NewRows<'a> {
    pub(super) users: &'a UserTable,
    pub(super) time: &'a TimeKeeping,
    /// The creation time, as it is stored.
    pub(super) stored: DateTime,
}

impl<'a> NewRows<'a> {
    /// Returns the row of a user in one table of the model. `key` is the
    /// primary key of the parent's row.
    fn row(&self, user: &UserData, at: usize, key: Option<Value>, random: &mut RandomBytes<'_>) -> Result<Row<'a>> {
        let ModelTable { shape, key: key_column } = &self.users.chain[at];
        let mut key = key;
        let mut row = Row::with_capacity(shape.columns.len());
        for column in &shape.columns {
            let column_ref = ColumnRef { table: at, name: column.name.clone() };
            let given = given(user, self.users, &column_ref, column, self.time)?;
            let inherited = if column.name == *key_column { key.take() } else { None };
            let value = match inherited.or(given) {
                Some(value) => Some(value),
                None => Omitted::of(self.users, &column_ref, column).value(self.stored, random)?,
            };
            row.extend(value.map(|value| (column.name.as_str(), value)));
        }
        Ok(row)
    }

    /// Rejects users who cannot be created.
    fn check(&self, new: &[&UserData]) -> Result<()> {
        for user in new {
            check_columns(self.users, user, Presence::New)?;
            check_new_name(self.users, user)?;
            // The values of other users were compared before. A reference may
            // be NULL on purpose.
            let mut required = required(self.users, user, &OtherUsers::default());
            required.retain(|column| column.reason == RequiredFor::Database);
            check_complete(self.users, &required)?;
            if user.password.is_none() {
                return Err(Error::rejected(format!("user {} has no password", user.username)));
            }
        }
        Ok(())
    }
}

impl Transaction<'_> {
    /// Creates users: a row in each table of the model, in parents first.
    pub(super) fn create_users(
        &mut self,
        new: &[&UserData],
        rows: &NewRows<'_>,
        random: &mut RandomBytes<'_>,
    ) -> Result<()> {
        rows.check(new)?;
        if let ([only], [user], true) = (rows.users.chain.as_slice(), new, self.wants_witness()) {
            let (columns, values) = rows.row(user, 0, None, random)?.into_iter().unzip::<_, _, Vec<_>, _>();
            let insert = query::rows::insert(self.dialect(), &only.shape.name, &columns, values);
            let witness = self.snapshot().find_statement(user.username.as_str());
            return self.write_witnessed(&insert, &only.shape.name, witness);
        }
        if let [only] = rows.users.chain.as_slice() {
            let mut all = Vec::with_capacity(new.len());
            for user in new {
                all.push(rows.row(user, 0, None, random)?);
            }
            self.insert_rows(only, all)?;
        } else {
            for user in new {
                self.create_inherited(user, rows, random)?;
            }
        }
        if let Some(first) = new.first().filter(|_| self.wants_witness()) {
            let statement = self.snapshot().find_statement(first.username.as_str());
            self.witness(Witness::new(statement, Found::Row));
        }
        Ok(())
    }

    /// Creates a user of a model with parents. The rows share one primary key.
    fn create_inherited(&mut self, user: &UserData, rows: &NewRows<'_>, random: &mut RandomBytes<'_>) -> Result<()> {
        let mut key = None;
        for (at, table) in rows.users.chain.iter().enumerate().rev() {
            let row = rows.row(user, at, key, random)?;
            key = row.iter().find(|(column, _)| *column == table.key).map(|(_, value)| value.clone());
            self.insert_rows(table, vec![row])?;
            if at > 0 && key.is_none() {
                key = Some(self.last_key()?);
            }
        }
        Ok(())
    }

    /// Inserts rows, consecutive ones with the same columns in one statement.
    fn insert_rows(&mut self, table: &ModelTable, rows: Vec<Row<'_>>) -> Result<()> {
        let name = &table.shape.name;
        let mut rows = rows.into_iter().peekable();
        while let Some(first) = rows.next() {
            let (columns, values): (Vec<&str>, Vec<Value>) = first.into_iter().unzip();
            let has_columns = |row: &Row<'_>| row.iter().map(|(column, _)| *column).eq(columns.iter().copied());
            let mut tuples = vec![values];
            while tuples.len() < PARAMETERS / columns.len().max(1)
                && let Some(row) = rows.next_if(has_columns)
            {
                tuples.push(row.into_iter().map(|(_, value)| value).collect());
            }
            let written = tuples.len();
            let insert = query::rows::insert_many(self.dialect(), name, &columns, tuples);
            self.write(&insert, written, name)?;
        }
        Ok(())
    }
}
