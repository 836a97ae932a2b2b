//! What stands against a user, whatever the password: said before anybody is
//! asked for one, and again inside the transaction.

use jiff::civil::DateTime;

use super::Store;
use super::saving::{default, given};
use super::users::UserData;
use crate::django::timestamp::TimeKeeping;
use crate::error::{Error, Result, shell_word};
use crate::schema::catalog::ColumnKind;
use crate::schema::layout::{Place, UserTable};
use crate::sql::{self, Value};

impl Store {
    /// Refuses a user who could not be saved: as a change of one who is there,
    /// or as a new one.
    ///
    /// # Errors
    /// Rejected, if a column is not there, does not fit or is missing, or a
    /// group is not there; unusable or busy, if the database cannot be read, or
    /// has no tokens where one is wanted.
    pub fn judge_user(&mut self, user: &UserData, is_there: bool, with_token: bool) -> Result<()> {
        let (users, _, _) = self.users(with_token)?;
        check_columns(&users, user, is_there)?;
        if !is_there {
            check_complete(&missing(&users, user))?;
        }
        check_values(&users, user)?;
        self.groups_of(&users, user).map(drop)
    }

    /// Refuses columns that are not there or that a value does not fit.
    ///
    /// # Errors
    /// As [`Store::judge_user`].
    pub fn judge_columns(&mut self, user: &UserData) -> Result<()> {
        let (users, _, _) = self.users(false)?;
        check_columns(&users, user, false)?;
        check_values(&users, user)
    }

    /// The columns that a new user has yet to be given, beside the password.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn missing_columns(&mut self, user: &UserData) -> Result<Vec<String>> {
        let (users, _, _) = self.users(false)?;
        Ok(missing(&users, user))
    }

    /// The keys of the groups to join.
    pub(super) fn groups_of(&mut self, users: &UserTable, user: &UserData) -> Result<Vec<Value>> {
        if !user.groups.is_empty() && users.membership.is_none() {
            return Err(Error::rejected(format!("the users of {} have no groups", users.name())));
        }
        let mut keys = Vec::with_capacity(user.groups.len());
        for name in &user.groups {
            let group = sql::users::group(self.connection.dialect(), name);
            let key = self.rows(&group)?.pop().and_then(|mut row| row.pop());
            keys.push(key.ok_or_else(|| {
                Error::rejected(format!("group {name} does not exist")).hint("groups are made in the application")
            })?);
        }
        Ok(keys)
    }
}

/// Refuses a new user who lacks columns.
pub(super) fn check_complete(missing: &[String]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let options: Vec<_> = missing.iter().map(|name| format!("--set {}=VALUE", shell_word(name))).collect();
    Err(Error::rejected(format!("the user model requires columns that were not given: {}", missing.join(", ")))
        .hint(options.join(" ")))
}

/// The columns that a new user has yet to be given, beside the password.
pub(super) fn missing(users: &UserTable, user: &UserData) -> Vec<String> {
    let mut missing = Vec::new();
    for (at, link) in users.chain.iter().enumerate() {
        let is_parent = at + 1 < users.chain.len();
        for column in link.columns.iter().filter(|column| column.is_required()) {
            let place = Place { link: at, column: column.name.clone() };
            let is_given = place == users.login
                || user.columns.iter().any(|(name, _)| users.place(name).as_ref() == Some(&place))
                || users.place("password").as_ref() == Some(&place);
            let is_made = column.name == link.key && (is_parent || column.kind == ColumnKind::Uuid);
            if !is_given && !is_made && default(&column.name, column, DateTime::default()).is_none() {
                missing.push(column.name.clone());
            }
        }
    }
    missing
}

/// Refuses columns that the model does not have, and those with a way of their
/// own.
pub(super) fn check_columns(users: &UserTable, user: &UserData, is_there: bool) -> Result<()> {
    for (name, _) in &user.columns {
        match users.place(name) {
            None => {
                return Err(Error::rejected(format!("the user model {} has no column {name}", users.name()))
                    .hint("drfctl inspect shows what was found"));
            }
            Some(place) if place == users.login => {
                return Err(Error::rejected(format!("the column {name} is the login name, which is given by itself")));
            }
            Some(place) if is_there && users.chain[place.link].key == place.column => {
                return Err(Error::rejected(format!("the column {name} is the key of a user who exists: it stays")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Refuses values that do not fit their columns.
fn check_values(users: &UserTable, user: &UserData) -> Result<()> {
    for (at, link) in users.chain.iter().enumerate() {
        for column in &link.columns {
            given(user, users, &Place { link: at, column: column.name.clone() }, column, &TimeKeeping::utc())?;
        }
    }
    Ok(())
}
