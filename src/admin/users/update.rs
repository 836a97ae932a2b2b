//! Updating the rows of users.

use crate::admin::transaction::{Found, Transaction};
use crate::admin::users::columns::{Presence, check_columns};
use crate::admin::users::data::UserData;
use crate::admin::users::find::FoundUser;
use crate::admin::users::values::{certainly_differs, given};
use crate::django::password::StoredPassword;
use crate::engine::{ColumnKind, Value};
use crate::error::Result;
use crate::query;
use crate::schema::layout::{Link, Place, UserTable};

impl UserData {
    /// Returns the columns that it gives values for, besides the username.
    pub(super) fn places(&self, users: &UserTable) -> Vec<Place> {
        let password = self.password.as_ref().and_then(|_| users.place("password"));
        let mut places: Vec<Place> = password.into_iter().collect();
        for (name, _) in &self.columns {
            places.extend(users.place(name).filter(|place| !places.contains(place)));
        }
        places
    }
}

/// Checks that the stored password may be replaced by the one that is given.
///
/// # Errors
/// See [`StoredPassword::check_replacement`].
pub(super) fn check_replacement(
    user: &UserData,
    existing: &FoundUser,
    read: &[Place],
    users: &UserTable,
) -> Result<()> {
    let Some(StoredPassword::Hash(new)) = user.password.as_ref().map(|given| StoredPassword::of(given.reveal())) else {
        return Ok(());
    };
    let password = users.place("password");
    let at = read.iter().position(|place| Some(place) == password.as_ref());
    let stored = at.and_then(|at| existing.columns.get(at)).and_then(Value::as_str);
    StoredPassword::of(stored.unwrap_or_default()).check_replacement(&new)
}

impl Transaction<'_> {
    /// Updates the columns that were given and keeps the others.
    /// `read` are the columns of `existing`.
    pub(super) fn update_user(&mut self, user: &UserData, existing: &FoundUser, read: &[Place]) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::Existing)?;
        for (at, link) in users.chain.iter().enumerate() {
            let mut values = Vec::new();
            for column in link.shape.columns.iter().filter(|column| column.name != link.key) {
                let place = Place { link: at, column: column.name.clone() };
                if place != *users.shown_by() {
                    let value = given(user, users, &place, column, self.time())?;
                    values.extend(value.map(|value| (column.name.as_str(), value)));
                }
            }
            if values.is_empty() {
                continue;
            }
            self.find_witness(existing, read, link, at, &values);
            let (dialect, key) = (self.dialect(), vec![existing.id.to_value()]);
            let update = query::rows::update(dialect, &link.shape, &values, &link.key, key);
            self.write(&update, 1, &link.shape.name)?;
        }
        Ok(())
    }

    /// Adds a witness if the row is certain to change and none exists yet.
    fn find_witness(&mut self, existing: &FoundUser, read: &[Place], link: &Link, at: usize, values: &[(&str, Value)]) {
        if !self.wants_witness() {
            return;
        }
        let differs = |(name, value): &(&str, Value)| {
            let place = read.iter().position(|place| place.link == at && place.column == *name);
            place.and_then(|at| existing.columns.get(at)).is_some_and(|stored| certainly_differs(stored, value))
        };
        // Some types have no equality operator.
        let is_comparable = |(name, value): &&(&str, Value)| {
            let column = link.shape.column(name);
            let is_plain = column.is_some_and(|column| !matches!(column.kind, ColumnKind::Other(_)));
            is_plain && !matches!(value, Value::Null)
        };
        let values: Vec<(&str, Value)> = values.iter().filter(is_comparable).cloned().collect();
        if values.iter().any(differs) {
            let key = (link.key.as_str(), existing.id.to_value());
            self.witness(query::rows::has(self.dialect(), &link.shape, &key, &values), Found::Row);
        }
    }
}
