//! Statements on tokens.

use crate::engine::{Cell, Dialect, Lock, Many, Row, Statement, Value, array};
use crate::error::Result;
use crate::query::builder::{Builder, Operand, locked, same};
use crate::query::row_check::{cell, check, is_as_indexed, stored};
use crate::query::rows;
use crate::query::users;
use crate::schema::layout::{Layout, TokenTable, UserTable};
use crate::schema::tables::TOKEN_ALIAS;

/// Returns a column of the token table.
pub(super) fn column(tokens: &TokenTable, dialect: &Dialect, name: &str) -> Operand {
    Operand::column(dialect, TOKEN_ALIAS, name, tokens.column(name))
}

/// Returns a column of the token table, in a statement on only that table.
fn bare(tokens: &TokenTable, dialect: &Dialect, name: &str) -> Operand {
    Operand::bare(dialect, name, tokens.column(name))
}

/// Returns the condition that joins users and their tokens.
pub(super) fn joined(users: &UserTable, tokens: &TokenTable, dialect: &Dialect) -> String {
    same(dialect, &column(tokens, dialect, &tokens.user), &users::key(users, dialect))
}

/// Returns the condition that a stored token belongs to the joined user.
pub(super) fn joined_as_stored(users: &UserTable, tokens: &TokenTable, dialect: &Dialect) -> String {
    let own = users::key(users, dialect);
    let mut joined = stored(dialect, TOKEN_ALIAS, &tokens.shape, |alias| {
        let user = Operand::column(dialect, alias, &tokens.user, tokens.column(&tokens.user));
        same(dialect, &user, &own)
    });
    if let Some(is_own) = is_as_indexed(dialect, users::FIRST, &users.chain[0].shape, users.key()) {
        joined.extend([" AND ", &is_own]);
    }
    joined
}

/// Selects the tokens of some users; see [`HeldRow`]. Locks the rows if they
/// are about to change.
#[must_use]
pub fn held(tokens: &TokenTable, dialect: &Dialect, users: Vec<Value>, lock: Option<Lock>) -> Statement {
    held_by(&tokens.user, tokens, dialect, users, lock)
}

/// Selects the tokens with these keys; see [`HeldRow`].
#[must_use]
pub fn holders(tokens: &TokenTable, dialect: &Dialect, keys: Vec<Value>, lock: Option<Lock>) -> Statement {
    held_by(&tokens.key, tokens, dialect, keys, lock)
}

/// Selects the tokens with these keys that the application accepts; see
/// [`HeldRow`]. It accepts no token without a user.
#[must_use]
pub fn accepted(layout: &Layout, tokens: &TokenTable, dialect: &Dialect, keys: Vec<Value>) -> Statement {
    let mut builder = Builder::new(dialect);
    let wanted = [&tokens.user, &tokens.key, &tokens.created].map(|name| column(tokens, dialect, name).sql);
    let is_it = has_value(&mut builder, tokens, &tokens.key, keys.clone());
    let is_checked = cell(&[is_it, joined_as_stored(&layout.users, tokens, dialect)]);
    let these = builder.one_of(&column(tokens, dialect, &tokens.key), keys);
    let from = users::from(&layout.users, dialect);
    let (table, joined) = (dialect.name(tokens.name()), joined(&layout.users, tokens, dialect));
    builder.statement(format!(
        "SELECT {}, {is_checked} FROM {from} JOIN {table} AS {TOKEN_ALIAS} ON {joined} WHERE {these}",
        wanted.join(", ")
    ))
}

fn held_by(name: &str, tokens: &TokenTable, dialect: &Dialect, values: Vec<Value>, lock: Option<Lock>) -> Statement {
    let mut builder = Builder::new(dialect);
    let wanted = [&tokens.user, &tokens.key, &tokens.created].map(|name| column(tokens, dialect, name).sql);
    let is_checked = cell(&[has_value(&mut builder, tokens, name, values.clone())]);
    let these = builder.one_of(&column(tokens, dialect, name), values);
    let table = dialect.name(tokens.name());
    let lock = locked(dialect, lock, TOKEN_ALIAS);
    builder.statement(format!(
        "SELECT {}, {is_checked} FROM {table} AS {TOKEN_ALIAS} WHERE {these}{lock}",
        wanted.join(", ")
    ))
}

/// Returns the condition that a stored token has one of these values.
fn has_value(builder: &mut Builder<'_>, tokens: &TokenTable, name: &str, values: Vec<Value>) -> String {
    stored(builder.dialect, TOKEN_ALIAS, &tokens.shape, |alias| {
        let operand = Operand::column(builder.dialect, alias, name, tokens.column(name));
        builder.one_of(&operand, values)
    })
}

/// Selects the keys of the tokens of the first and the last users; see
/// [`KeyRow`]. If there are few, it selects some twice.
#[must_use]
pub fn outermost_keys(tokens: &TokenTable, dialect: &Dialect, limit: u64) -> Statement {
    let [key, user] = [&tokens.key, &tokens.user].map(|name| column(tokens, dialect, name).sql);
    let table = dialect.name(tokens.name());
    let end = |alias: &str, direction: &str| {
        format!(
            "SELECT {alias}.k FROM (SELECT {key} AS k FROM {table} AS {TOKEN_ALIAS} \
             ORDER BY {user}{direction} LIMIT {limit}) AS {alias}"
        )
    };
    Statement::plain(format!("{} UNION ALL {}", end("first", ""), end("last", " DESC")))
}

/// A row of [`outermost_keys`].
#[derive(Clone, Copy)]
pub struct KeyRow<'a>(pub Row<'a>);

impl<'a> KeyRow<'a> {
    /// Returns the token's key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn key(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }
}

/// A row of [`held`] or [`holders`].
#[derive(Clone, Copy)]
pub struct HeldRow<'a>(Row<'a>);

impl<'a> HeldRow<'a> {
    /// Returns the row.
    ///
    /// # Errors
    /// Unusable if a damaged index led to it.
    pub fn new(row: Row<'a>) -> Result<Self> {
        check(row, 3).map(|()| Self(row))
    }

    /// Returns the user's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn user(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns the token's key.
    ///
    /// # Errors
    /// Same as [`HeldRow::user`].
    pub fn key(&self) -> Result<Cell<'a>> {
        self.0.get(1)
    }

    /// Returns when the token was created.
    ///
    /// # Errors
    /// Same as [`HeldRow::user`].
    pub fn created(&self) -> Result<Cell<'a>> {
        self.0.get(2)
    }
}

/// Selects the token of a key with its user; see [`PresentedRow`].
///
/// Mirrors the look-up of `TokenAuthentication.authenticate_credentials`.
///
/// # Errors
/// Unusable if tokens cannot be used.
pub fn presented(layout: &Layout, dialect: &Dialect, key: &str) -> Result<Statement> {
    let (users, tokens) = (&layout.users, layout.tokens()?);
    let mut builder = Builder::new(dialect);
    let key_column = column(tokens, dialect, &tokens.key);
    let is_it = has_value(&mut builder, tokens, &tokens.key, vec![Value::text(key)]);
    let wanted = [
        users::column(users, dialect, users.display_column()).sql,
        users::is_active(users, dialect),
        column(tokens, dialect, &tokens.created).sql,
        cell(&[is_it, joined_as_stored(users, tokens, dialect)]),
    ];
    let condition = builder.equal(&key_column, Value::text(key));
    Ok(builder.statement(format!(
        "SELECT {} FROM {} JOIN {} AS {TOKEN_ALIAS} ON {} WHERE {condition}",
        wanted.join(", "),
        users::from(users, dialect),
        dialect.name(tokens.name()),
        joined(users, tokens, dialect),
    )))
}

/// A row of [`presented`].
#[derive(Clone, Copy)]
pub struct PresentedRow<'a>(Row<'a>);

impl<'a> PresentedRow<'a> {
    /// Returns the row.
    ///
    /// # Errors
    /// Unusable if a damaged index led to it.
    pub fn new(row: Row<'a>) -> Result<Self> {
        check(row, 3).map(|()| Self(row))
    }

    /// Returns the username.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn username(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }

    /// Returns whether the user may log in.
    ///
    /// # Errors
    /// Same as [`PresentedRow::username`].
    pub fn is_active(&self, users: &UserTable) -> Result<bool> {
        Ok(users::may_log_in(users, &self.0.get(1)?))
    }

    /// Returns when the token was created.
    ///
    /// # Errors
    /// Same as [`PresentedRow::username`].
    pub fn created(&self) -> Result<Cell<'a>> {
        self.0.get(2)
    }
}

/// A key to write for a user.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The token's key.
    pub key: Value,
    /// The user's primary key.
    pub user: Value,
}

/// Inserts tokens for users who have none. An upsert would overwrite another
/// user's row on a duplicate key.
#[must_use]
pub fn insert(tokens: &TokenTable, dialect: &Dialect, keys: Vec<NewKey>, created: &Value) -> Statement {
    let columns = [tokens.key.as_str(), &tokens.created, &tokens.user];
    let tuples = keys.into_iter().map(|new| vec![new.key, created.clone(), new.user]).collect();
    rows::insert_many(dialect, tokens.name(), &columns, tuples)
}

/// Updates the keys of users who have a token. The rows stay, so that no user
/// is without a token at any moment.
#[must_use]
pub fn reset(layout: &Layout, tokens: &TokenTable, dialect: &Dialect, keys: Vec<NewKey>, created: &Value) -> Statement {
    let mut builder = Builder::new(dialect);
    let [table, key, moment] = [tokens.name(), &tokens.key, &tokens.created].map(|name| dialect.name(name));
    if let [NewKey { key: new, user }] = keys.as_slice() {
        let (new, created) = (builder.bind(new.clone()), builder.bind(created.clone()));
        let condition = builder.equal(&bare(tokens, dialect, &tokens.user), user.clone());
        return builder.statement(format!("UPDATE {table} SET {key} = {new}, {moment} = {created} WHERE {condition}"));
    }
    if let Many::Arrays(_) = dialect.many {
        let key_type = layout.users.key_column().map_or("text", |column| column.declared.as_str());
        let created = builder.bind(created.clone());
        let new = builder.bind(array(keys.iter().map(|new| &new.key)));
        let holders = builder.bind(array(keys.iter().map(|new| &new.user)));
        let user = column(tokens, dialect, &tokens.user);
        let unnest = dialect.function("unnest");
        let equal = dialect.operator("=", tokens.column(&tokens.user).and_then(|user| user.type_schema.as_deref()));
        return builder.statement(format!(
            "UPDATE {table} AS {TOKEN_ALIAS} SET {key} = v.k, {moment} = {created} \
             FROM ROWS FROM ({unnest}({new}::pg_catalog.text[]), {unnest}({holders}::{key_type}[])) AS v (k, u) \
             WHERE {} {equal} v.u",
            user.sql
        ));
    }
    let user = bare(tokens, dialect, &tokens.user);
    let mut cases = String::new();
    for NewKey { key: new, user } in &keys {
        let (user, new) = (builder.bind(user.clone()), builder.bind(new.clone()));
        cases.extend([" WHEN ", &user, " THEN ", &new]);
    }
    let created = builder.bind(created.clone());
    let these = builder.one_of(&user, keys.into_iter().map(|new| new.user).collect());
    let user = user.sql;
    builder.statement(format!("UPDATE {table} SET {key} = CASE {user}{cases} END, {moment} = {created} WHERE {these}"))
}

/// Deletes tokens by their primary keys.
#[must_use]
pub fn delete(tokens: &TokenTable, dialect: &Dialect, pks: Vec<Value>) -> Statement {
    let mut builder = Builder::new(dialect);
    let pk = bare(tokens, dialect, &tokens.pk);
    let these = match <[Value; 1]>::try_from(pks) {
        Ok([one]) => builder.equal(&pk, one),
        Err(several) => builder.one_of(&pk, several),
    };
    builder.statement(format!("DELETE FROM {} WHERE {these}", dialect.name(tokens.name())))
}

/// Selects those of these primary keys that exist; see [`TokenRow`].
#[must_use]
pub fn existing(tokens: &TokenTable, dialect: &Dialect, pks: Vec<Value>, lock: Option<Lock>) -> Statement {
    let mut builder = Builder::new(dialect);
    let pk = column(tokens, dialect, &tokens.pk);
    let these = builder.one_of(&pk, pks);
    let table = dialect.name(tokens.name());
    let lock = locked(dialect, lock, TOKEN_ALIAS);
    builder.statement(format!("SELECT {} FROM {table} AS {TOKEN_ALIAS} WHERE {these}{lock}", pk.sql))
}

/// A row of [`existing`].
#[derive(Clone, Copy)]
pub struct TokenRow<'a>(pub Row<'a>);

impl<'a> TokenRow<'a> {
    /// Returns the token's primary key.
    ///
    /// # Errors
    /// Internal if the cell cannot be decoded.
    pub fn id(&self) -> Result<Cell<'a>> {
        self.0.get(0)
    }
}

/// Deletes all tokens.
#[must_use]
pub fn delete_all(tokens: &TokenTable, dialect: &Dialect) -> Statement {
    Statement::plain(format!("DELETE FROM {}", dialect.name(tokens.name())))
}
