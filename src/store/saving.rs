//! Saving one user: rows in the tables of the model, groups, and a token;
//! inside the transaction that [`super::users`] opens and ends.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::Store;
use super::judging;
use super::tokens::{self, Issued, IssuedToken, Keys, Order, Work};
use super::users::{Existing, Random, Saving, UserData, UserOutcome};
use crate::django::timestamp::{self, TimeKeeping};
use crate::django::username::Username;
use crate::django::validators;
use crate::error::{Error, Kind, Result};
use crate::schema::catalog::{Column, ColumnKind};
use crate::schema::layout::{Link, Place, UserTable};
use crate::sql::{self, Statement, Value};

/// The bytes of a random `UUIDField`.
const UUID_BYTES: usize = 16;

impl Store {
    pub(super) fn save(
        &mut self,
        saving: &Saving<'_>,
        user: &UserData,
        random: &mut Random<'_>,
    ) -> Result<UserOutcome> {
        let order = saving.order;
        let outcome = match (self.key_of(saving.users, &user.username)?, order.existing) {
            (Some(_), Existing::Refused) => {
                return Err(exists_already(&user.username));
            }
            (Some(_), Existing::Kept) => return Ok(UserOutcome::Existing),
            (Some(key), Existing::Updated) => {
                self.change(saving, user, &key)?;
                UserOutcome::Updated
            }
            (None, _) if !order.create => return Err(super::issuing::not_found(saving.users, &user.username)),
            (None, _) => {
                self.create(saving, user, random)?;
                UserOutcome::Created
            }
        };
        self.join_groups(saving.users, user)?;
        Ok(outcome)
    }

    /// A new user: a row in each table of the model, the parents' first.
    fn create(&mut self, saving: &Saving<'_>, user: &UserData, random: &mut Random<'_>) -> Result<()> {
        let users = saving.users;
        judging::check_columns(users, user, false)?;
        judging::check_complete(&judging::missing(users, user))?;
        if user.password.is_none() {
            return Err(Error::rejected(format!("user {} has no password", user.username)));
        }
        let mut parent_key = None;
        for (at, link) in users.chain.iter().enumerate().rev() {
            let mut values = Vec::new();
            let mut own_key = None;
            for column in &link.columns {
                let place = Place { link: at, column: column.name.clone() };
                let value = if column.name == link.key {
                    match (&parent_key, given(user, users, &place, column, &self.time)?) {
                        (Some(key), _) => Some(Value::clone(key)),
                        (None, Some(value)) => Some(value),
                        (None, None) if column.kind == ColumnKind::Uuid => Some(uuid(random)?),
                        (None, None) => None,
                    }
                } else {
                    given(user, users, &place, column, &self.time)?
                        .or_else(|| default(&column.name, column, saving.stored))
                };
                if column.name == link.key {
                    own_key.clone_from(&value);
                }
                values.extend(value.map(|value| (column.name.as_str(), value)));
            }
            let insert = Statement::insert(self.connection.dialect(), &link.table, values);
            self.write_one(&insert, &link.table)?;
            if at > 0 {
                parent_key = Some(own_key.map_or_else(|| self.connection.last_key(), Ok)?);
            }
        }
        Ok(())
    }

    fn change(&mut self, saving: &Saving<'_>, user: &UserData, key: &Value) -> Result<()> {
        let users = saving.users;
        judging::check_columns(users, user, true)?;
        for (at, link) in users.chain.iter().enumerate() {
            let mut values = Vec::new();
            for column in link.columns.iter().filter(|column| column.name != link.key) {
                let place = Place { link: at, column: column.name.clone() };
                if place != users.login {
                    values.extend(
                        given(user, users, &place, column, &self.time)?.map(|value| (column.name.as_str(), value)),
                    );
                }
            }
            if !values.is_empty() {
                self.find_witness(saving, link, &values, key)?;
                let update =
                    Statement::update(self.connection.dialect(), &link.table, values, (&link.key, key.clone()));
                self.write_one(&update, &link.table)?;
            }
        }
        Ok(())
    }

    /// Has this row tell of a commit that failed midway, if it is the first that will be another.
    fn find_witness(&mut self, saving: &Saving<'_>, link: &Link, values: &[(&str, Value)], key: &Value) -> Result<()> {
        if saving.witness.borrow().is_some() {
            return Ok(());
        }
        // Not every type of a server knows what is equal.
        let is_plain = |name: &str| {
            link.columns.iter().any(|column| column.name == name && !matches!(column.kind, ColumnKind::Other(_)))
        };
        let is_comparable = |(name, value): &&(&str, Value)| is_plain(name) && !matches!(value, Value::Null);
        let values: Vec<_> = values.iter().filter(is_comparable).cloned().collect();
        let has = sql::users::has(self.connection.dialect(), &link.table, &values, (&link.key, key.clone()));
        if self.rows(&has)?.is_empty() {
            saving.witness.replace(Some(has));
        }
        Ok(())
    }

    fn join_groups(&mut self, users: &UserTable, user: &UserData) -> Result<()> {
        if user.groups.is_empty() {
            return Ok(());
        }
        let groups = self.groups_of(users, user)?;
        let Some(membership) = &users.membership else { return Ok(()) };
        let dialect = self.connection.dialect();
        let key =
            self.key_of(users, &user.username)?.ok_or_else(|| Error::internal("a user that was saved is gone"))?;
        for group in groups {
            let is_member = sql::users::is_member(dialect, membership, key.clone(), group.clone());
            if self.rows(&is_member)?.is_empty() {
                let join = sql::users::join(dialect, membership, key.clone(), group);
                self.write_one(&join, &membership.table)?;
            }
        }
        Ok(())
    }

    pub(super) fn token_of(
        &mut self,
        saving: &Saving<'_>,
        user: &UserData,
        keys: &mut Keys<'_>,
    ) -> Result<IssuedToken> {
        let layout = saving.layout.ok_or_else(|| Error::internal("tokens were not looked for"))?;
        let username = Username::parse(user.username.as_ref())?;
        let order = Order { usernames: Vec::new(), reset: false, preset: None, at_once: true, now: saving.order.now };
        let work = Work { place: tokens::Place { layout, stored: saving.stored }, order: &order };
        let issued = self.issue_all(&work, &[username], &mut Issued::new(), keys)?;
        self.check_written(layout, &issued)?;
        issued.into_iter().next().ok_or_else(|| Error::internal("no token came back"))
    }
}

/// The error for a user who is not to be there.
#[must_use]
pub fn exists_already(username: &str) -> Error {
    Error::new(Kind::Conflict, format!("user {username} exists already"))
        .hint("--if-not-exists leaves the user as it is, --update changes it")
}

/// What was given for a column, as a value of its kind.
pub(super) fn given(
    user: &UserData,
    users: &UserTable,
    place: &Place,
    column: &Column,
    time: &TimeKeeping,
) -> Result<Option<Value>> {
    if *place == users.login {
        return Ok(Some(Value::text(&user.username)));
    }
    if users.place("password").as_ref() == Some(place) {
        return Ok(user.password.as_ref().map(|password| Value::text(password)));
    }
    let typed = user.columns.iter().rev().find(|(name, _)| users.place(name).as_ref() == Some(place));
    typed.map(|(_, typed)| value_of(typed, column, time)).transpose()
}

/// A typed value as the column's kind has it.
fn value_of(typed: &str, column: &Column, time: &TimeKeeping) -> Result<Value> {
    let wrong = |what: &str| Error::rejected(format!("the column {} takes {what}, not {typed}", column.name));
    if typed.is_empty() && !column.not_null && column.kind != ColumnKind::Text {
        return Ok(Value::Null);
    }
    Ok(match column.kind {
        ColumnKind::Integer | ColumnKind::BigInteger => {
            Value::Integer(typed.parse().map_err(|_| wrong("a whole number"))?)
        }
        ColumnKind::Boolean => Value::Integer(match typed.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => 1,
            "false" | "0" | "no" => 0,
            _ => return Err(wrong("true or false")),
        }),
        ColumnKind::Uuid => {
            let digits = typed.replace('-', "").to_ascii_lowercase();
            match hex::decode(&digits) {
                Ok(bytes) if bytes.len() == UUID_BYTES => Value::text(&digits),
                _ => return Err(wrong("a UUID")),
            }
        }
        ColumnKind::DateTime => Value::DateTime(match typed.parse::<Timestamp>() {
            Ok(moment) => time.stored_at(moment),
            Err(_) => timestamp::from_text(typed).ok_or_else(|| wrong("a date with a time: 2026-01-31 09:00:00"))?,
        }),
        ColumnKind::Text | ColumnKind::Other(_) => {
            let limit = column.max_length().and_then(|length| usize::try_from(length).ok());
            let complaint = validators::max_length(typed, limit).filter(|_| column.kind == ColumnKind::Text);
            match complaint {
                Some(complaint) => return Err(Error::rejected(complaint).at(&column.name)),
                None => Value::text(typed),
            }
        }
    })
}

/// Django's default for a column of `AbstractUser`.
pub(super) fn default(name: &str, column: &Column, now: DateTime) -> Option<Value> {
    match name {
        "is_active" => Some(Value::Integer(1)),
        "is_superuser" | "is_staff" => Some(Value::Integer(0)),
        "date_joined" => Some(Value::DateTime(now)),
        "first_name" | "last_name" | "email" if column.kind == ColumnKind::Text => Some(Value::text("")),
        _ => None,
    }
}

/// A random key.
///
/// Mirrors `uuid.uuid4`, as a database without a type for it keeps it.
fn uuid(random: &mut Random<'_>) -> Result<Value> {
    let mut bytes = [0_u8; UUID_BYTES];
    random(&mut bytes)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Ok(Value::text(&hex::encode(bytes)))
}
