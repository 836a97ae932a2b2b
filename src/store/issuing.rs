//! Issuing tokens row by row, inside the transaction that [`super::tokens`]
//! opens and ends.

use std::collections::hash_map::Entry;

use super::Store;
use super::suggesting::no_such_user;
use super::tokens::{Issued, IssuedToken, Keys, Outcome, Place, Work};
use crate::django::token_key::TokenKey;
use crate::django::username::{Shape, Username};
use crate::error::{Error, Kind, Result};
use crate::schema::layout::{Layout, UserTable};
use crate::sql::{self, Statement, Value};

/// How many times a key that is taken is replaced by another.
const RETRIES: usize = 3;

/// A user as found, with the token held.
pub(super) struct Holder {
    user: Value,
    is_active: bool,
    token: Option<(Value, Value)>,
}

impl Store {
    /// A token for every name.
    pub(super) fn issue_all(
        &mut self,
        work: &Work<'_>,
        usernames: &[Username],
        issued: &mut Issued,
        keys: &mut Keys<'_>,
    ) -> Result<Vec<IssuedToken>> {
        let mut tokens = Vec::with_capacity(usernames.len());
        for username in usernames {
            let holder = self.holder(work.place.layout, username)?;
            let token = match issued.entry(holder.user.identity()) {
                Entry::Occupied(before) => {
                    IssuedToken { username: Value::text(username.as_str()), ..before.get().clone() }
                }
                Entry::Vacant(first) => first.insert(self.issue(work, username, &holder, keys)?).clone(),
            };
            tokens.push(token);
        }
        Ok(tokens)
    }

    fn issue(
        &mut self,
        work: &Work<'_>,
        username: &Username,
        holder: &Holder,
        keys: &mut Keys<'_>,
    ) -> Result<IssuedToken> {
        let order = work.order;
        if let (Some((key, created)), false) = (&holder.token, order.reset) {
            let key = standing_key(username, key)?;
            if order.preset.as_ref().is_some_and(|preset| *preset != key) {
                return Err(Error::new(Kind::Conflict, format!("user {username} has another token already"))
                    .hint("-r replaces it by the given key"));
            }
            let created = self.moment(created);
            return Ok(IssuedToken {
                user: holder.user.clone(),
                username: Value::text(username.as_str()),
                key,
                created,
                outcome: Outcome::Existing,
                is_active: holder.is_active,
            });
        }
        let outcome = if holder.token.is_some() { Outcome::Reset } else { Outcome::Created };
        let key = match &order.preset {
            Some(preset) => {
                let written = self.write_preset(work.place, outcome, preset, &holder.user)?;
                written.ok_or_else(|| taken(username))?
            }
            None => self.write_random(work.place, outcome, &holder.user, keys)?,
        };
        Ok(IssuedToken {
            user: holder.user.clone(),
            username: Value::text(username.as_str()),
            key,
            created: self.moment(&Value::DateTime(work.place.stored)),
            outcome,
            is_active: holder.is_active,
        })
    }

    /// Writes a new key.
    pub(super) fn write_random(
        &mut self,
        place: Place<'_>,
        outcome: Outcome,
        user: &Value,
        keys: &mut Keys<'_>,
    ) -> Result<TokenKey> {
        for _ in 0..=RETRIES {
            if let Some(key) = self.write(place, outcome, keys()?, user)? {
                return Ok(key);
            }
        }
        Err(Error::internal("every new key is taken: the operating system's random numbers are not random"))
    }

    /// Writes a key that was given; none, if another token has it, which cannot
    /// be asked in a transaction that an error has ended.
    fn write_preset(
        &mut self,
        place: Place<'_>,
        outcome: Outcome,
        key: &TokenKey,
        user: &Value,
    ) -> Result<Option<TokenKey>> {
        self.connection.execute(&Statement::savepoint())?;
        let written = self.write(place, outcome, key.clone(), user);
        if let Err(error) = &written
            && error.kind() == Kind::Conflict
        {
            self.connection.execute(&Statement::go_back())?;
            if self.is_taken(place.layout, key)? {
                return Ok(None);
            }
        }
        written
    }

    /// Writes a key; none, if another token has it.
    fn write(&mut self, place: Place<'_>, outcome: Outcome, key: TokenKey, user: &Value) -> Result<Option<TokenKey>> {
        let dialect = self.connection.dialect();
        let build = if outcome == Outcome::Reset { sql::tokens::rotate } else { sql::tokens::insert };
        let statement =
            build(place.layout, dialect, Value::text(key.reveal()), Value::DateTime(place.stored), user.clone());
        match self.connection.execute(&statement) {
            Ok(_) => Ok(Some(key)),
            // Any unique value of the application's may be in the way.
            Err(error) if error.kind() == Kind::Conflict && self.is_taken(place.layout, &key).unwrap_or(false) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Looks at what is about to be committed: a trigger may have changed it,
    /// and no key is printed that would not authenticate.
    pub(super) fn check_written(&mut self, layout: &Layout, tokens: &[IssuedToken]) -> Result<()> {
        for token in tokens.iter().filter(|token| token.outcome != Outcome::Existing) {
            if !self.holds(layout, token)? {
                return Err(changed_by_trigger(&token.username));
            }
        }
        Ok(())
    }

    /// Whether the user's token in the database is this one.
    pub(super) fn holds(&mut self, layout: &Layout, token: &IssuedToken) -> Result<bool> {
        let holder = self.user_of_key(layout, &token.key)?;
        Ok(holder.is_some_and(|holder| holder.identity() == token.user.identity()))
    }

    /// The user who holds a key, if anybody does.
    pub(super) fn user_of_key(&mut self, layout: &Layout, key: &TokenKey) -> Result<Option<Value>> {
        self.holder_of(layout, Value::text(key.reveal()))
    }

    /// The same, of whatever a database holds as a key.
    pub(super) fn holder_of(&mut self, layout: &Layout, key: Value) -> Result<Option<Value>> {
        let statement = sql::tokens::user_of_key(layout, self.connection.dialect(), key);
        Ok(self.rows(&statement)?.pop().and_then(|mut row| row.pop()))
    }

    /// Whether anybody holds a key.
    fn is_taken(&mut self, layout: &Layout, key: &TokenKey) -> Result<bool> {
        Ok(self.user_of_key(layout, key)?.is_some())
    }

    /// The one user of a name.
    pub(super) fn holder(&mut self, layout: &Layout, username: &Username) -> Result<Holder> {
        let statement = sql::tokens::holder(layout, self.connection.dialect(), username);
        let mut rows = self.rows(&statement)?;
        let row = rows.pop();
        if !rows.is_empty() {
            return Err(more_than_one(username.as_str()));
        }
        let Some(Ok([user, is_active, key, created])) = row.map(<[Value; 4]>::try_from) else {
            return Err(not_found(&layout.users, username.as_str()));
        };
        let token = (!matches!(key, Value::Null)).then_some((key, created));
        let is_active = layout.users.is_active.is_none() || is_active.as_integer().is_some_and(|active| active != 0);
        Ok(Holder { user, is_active, token })
    }
}

/// The key of a token that is there, if it is of any use.
fn standing_key(username: &Username, key: &Value) -> Result<TokenKey> {
    let key = key.as_str().map(TokenKey::stored).filter(TokenKey::is_sendable);
    key.ok_or_else(|| {
        Error::new(Kind::Conflict, format!("the token of user {username} has a key that no client can send"))
            .hint("-r gives it another key")
    })
}

/// The error for a token that is not what was written.
pub(super) fn changed_by_trigger(username: &Value) -> Error {
    let name = username.readable();
    Error::rejected(format!("a trigger of the database changed or removed the new token of user {name}"))
}

fn taken(username: &Username) -> Error {
    Error::new(Kind::Conflict, format!("the key given for user {username} is another user's token"))
}

pub(super) fn more_than_one(username: &str) -> Error {
    Error::rejected(format!("more than one user is named {username}"))
        .hint("name a column that tells them apart: --username-field COLUMN")
}

pub(super) fn not_found(users: &UserTable, username: &str) -> Error {
    let shape = Shape::of_value(username);
    let error = no_such_user(username);
    let meant = users.other_logins.iter().find(|column| Shape::of_column(column) == shape);
    match meant {
        Some(column) if Shape::of_column(&users.login.column) != shape => error.hint(format!(
            "users were looked up by {}; to look by {column}: --username-field {column}",
            users.login.column
        )),
        _ => error,
    }
}
