//! Updating the rows of users.

use crate::admin::transaction::{Found, Transaction, Witness};
use crate::admin::users::columns::{Presence, check_columns};
use crate::admin::users::data::UserData;
use crate::admin::users::find::FoundUser;
use crate::admin::users::values::{certainly_differs, given};
use crate::django::password::StoredPassword;
use crate::engine::{ColumnKind, Value};
use crate::error::Result;
use crate::query;
use crate::schema::layout::{ColumnRef, ModelTable, UserTable};

impl UserData {
    /// Returns the columns that it gives values for, besides the username.
    pub(super) fn given_columns(&self, users: &UserTable) -> Vec<ColumnRef> {
        let password = self.password.as_ref().and_then(|_| users.find_column("password"));
        let mut columns: Vec<ColumnRef> = password.into_iter().collect();
        for (name, _) in &self.columns {
            columns.extend(users.find_column(name).filter(|column_ref| !columns.contains(column_ref)));
        }
        columns
    }
}

/// Checks that the stored password may be replaced by the one that is given.
///
/// # Errors
/// See [`StoredPassword::check_replacement`].
pub(super) fn check_replacement(user: &UserData, existing: &FoundUser, users: &UserTable) -> Result<()> {
    let Some(StoredPassword::Hash(new)) = user.password.as_ref().map(|given| StoredPassword::of(given.reveal())) else {
        return Ok(());
    };
    let stored = users.find_column("password").and_then(|column| existing.value(&column)?.as_str());
    StoredPassword::of(stored.unwrap_or_default()).check_replacement(&new)
}

/// Returns the stored values of these columns of a table; `None` if one of them is
/// unknown or NULL.
fn stored_values<'v>(existing: &FoundUser, at: usize, values: &[(&'v str, Value)]) -> Option<Vec<(&'v str, Value)>> {
    let mut stored = Vec::with_capacity(values.len());
    for (name, _) in values {
        let value = existing.value(&ColumnRef { table: at, name: (*name).to_owned() })?;
        if matches!(value, Value::Null) {
            return None;
        }
        stored.push((*name, value.clone()));
    }
    Some(stored)
}

impl Transaction<'_> {
    /// Updates the columns that were given and keeps the others.
    pub(super) fn update_user(&mut self, user: &UserData, existing: &FoundUser) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::Existing)?;
        for (at, table) in users.chain.iter().enumerate() {
            let mut values = Vec::new();
            for column in table.shape.columns.iter().filter(|column| column.name != table.key) {
                let column_ref = ColumnRef { table: at, name: column.name.clone() };
                if column_ref != *users.display_column() {
                    let value = given(user, users, &column_ref, column, self.time())?;
                    values.extend(value.map(|value| (column.name.as_str(), value)));
                }
            }
            if values.is_empty() {
                continue;
            }
            self.find_witness(existing, table, at, &values);
            let (dialect, key) = (self.dialect(), vec![existing.id.to_value()]);
            let update = query::rows::update(dialect, &table.shape, &values, &table.key, key);
            self.write(&update, 1, &table.shape.name)?;
        }
        Ok(())
    }

    /// Adds a witness if the row is certain to change and none exists yet.
    fn find_witness(&mut self, existing: &FoundUser, table: &ModelTable, at: usize, values: &[(&str, Value)]) {
        if !self.wants_witness() {
            return;
        }
        let differs = |(name, value): &(&str, Value)| {
            let column_ref = ColumnRef { table: at, name: (*name).to_owned() };
            existing.value(&column_ref).is_some_and(|stored| certainly_differs(stored, value))
        };
        // Some types have no equality operator, and MySQL's FLOAT equals no literal.
        let is_comparable = |(name, value): &&(&str, Value)| {
            let column = table.shape.column(name);
            let is_plain = column.is_some_and(|column| {
                !matches!(
                    column.kind,
                    ColumnKind::Json | ColumnKind::Float | ColumnKind::Other(_) | ColumnKind::Unknown(_)
                )
            });
            is_plain && !matches!(value, Value::Null)
        };
        let values: Vec<(&str, Value)> = values.iter().filter(is_comparable).cloned().collect();
        if values.iter().any(differs) {
            let key = (table.key.as_str(), existing.id.to_value());
            let statement = query::rows::has(self.dialect(), &table.shape, &key, &values);
            let former = stored_values(existing, at, &values);
            let former = former.map(|former| query::rows::has(self.dialect(), &table.shape, &key, &former));
            self.witness(Witness::new(statement, Found::Row).with_former(former));
        }
    }
}
