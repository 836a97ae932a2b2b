//! Statements on tokens and on the users who hold them.

use zeroize::Zeroizing;

use crate::django::username::Username;
use crate::schema::layout::Layout;
use crate::sql::filter::Query;
use crate::sql::users::{column, from};
use crate::sql::{Dialect, Many, Statement, Value};

/// At most two users of a name, each with the token held, about to be changed:
/// user key, `is_active` (or NULL), token key, created.
///
/// Mirrors `BaseUserManager.get_by_natural_key` with `Token` joined to it.
#[must_use]
pub fn holder(layout: &Layout, dialect: &Dialect, name: &Username) -> Statement {
    let tokens = &layout.tokens;
    let users = &layout.users;
    let active = users.is_active.as_ref().map_or_else(|| "NULL".to_owned(), |place| column(dialect, place));
    let text = format!(
        "SELECT u0.{user}, {active}, t.{key}, t.{created} FROM {from} LEFT JOIN {table} AS t \
         ON t.{token_user} = u0.{user} WHERE {login} = {name} LIMIT 2{for_update}",
        for_update = dialect.for_update,
        user = dialect.name(users.key()),
        key = dialect.name(&tokens.key),
        created = dialect.name(&tokens.created),
        from = from(users, dialect),
        table = dialect.name(&tokens.name),
        token_user = dialect.name(&tokens.user),
        login = column(dialect, &users.login),
        name = dialect.parameter(1),
    );
    Statement { text, parameters: vec![Value::text(name.as_str())] }
}

/// The key of the user who holds a token key, once nobody is changing that.
#[must_use]
pub fn user_of_key(layout: &Layout, dialect: &Dialect, key: Value) -> Statement {
    let tokens = &layout.tokens;
    let text = format!(
        "SELECT {} FROM {} WHERE {} = {}{}",
        dialect.name(&tokens.user),
        dialect.name(&tokens.name),
        dialect.name(&tokens.key),
        dialect.parameter(1),
        dialect.for_update,
    );
    Statement { text, parameters: vec![key] }
}

/// The token of a key with its user: key, login name, `is_active` (or NULL),
/// created.
///
/// Mirrors the look-up of `TokenAuthentication.authenticate_credentials`.
#[must_use]
pub fn holder_of_key(layout: &Layout, dialect: &Dialect, key: &str) -> Statement {
    let tokens = &layout.tokens;
    let users = &layout.users;
    let active = users.is_active.as_ref().map_or_else(|| "NULL".to_owned(), |place| column(dialect, place));
    let text = format!(
        "SELECT t.{key}, {login}, {active}, t.{created} FROM {from} JOIN {table} AS t ON t.{token_user} = u0.{user} \
         WHERE t.{key} = {parameter}",
        key = dialect.name(&tokens.key),
        login = column(dialect, &users.login),
        created = dialect.name(&tokens.created),
        from = from(users, dialect),
        table = dialect.name(&tokens.name),
        token_user = dialect.name(&tokens.user),
        user = dialect.name(users.key()),
        parameter = dialect.parameter(1),
    );
    Statement { text, parameters: vec![Value::text(key)] }
}

/// A new token for a user who has none. Never an upsert: on a clash of keys
/// that would overwrite a stranger's row.
#[must_use]
pub fn insert(layout: &Layout, dialect: &Dialect, key: Value, created: Value, user: Value) -> Statement {
    let tokens = &layout.tokens;
    let values = [(&*tokens.key, key), (&*tokens.created, created), (&*tokens.user, user)];
    Statement::insert(dialect, &tokens.name, values)
}

/// Another key for a user who has a token: the row stays, so that there is no
/// instant without one.
#[must_use]
pub fn rotate(layout: &Layout, dialect: &Dialect, key: Value, created: Value, user: Value) -> Statement {
    let tokens = &layout.tokens;
    let values = [(&*tokens.key, key), (&*tokens.created, created)];
    Statement::update(dialect, &tokens.name, values, (&tokens.user, user))
}

/// New tokens, as [`insert`]: key and user of each.
#[must_use]
pub fn insert_many(layout: &Layout, dialect: &Dialect, rows: &[(Value, Value)], created: &Value) -> Statement {
    let tokens = &layout.tokens;
    let [table, key, user, moment] =
        [&tokens.name, &tokens.key, &tokens.user, &tokens.created].map(|name| dialect.name(name));
    let mut query = Query::new(dialect);
    let row = |(key, user): &(Value, Value)| {
        let [key, created, user] = [key, created, user].map(|value| query.bind(value.clone()));
        format!("({key}, {created}, {user})")
    };
    let rows = rows.iter().map(row).collect::<Vec<_>>().join(", ");
    Statement {
        text: format!("INSERT INTO {table} ({key}, {moment}, {user}) VALUES {rows}"),
        parameters: query.parameters,
    }
}

/// Other keys, as [`rotate`]: key and user of each.
#[must_use]
pub fn rotate_many(layout: &Layout, dialect: &Dialect, rows: &[(Value, Value)], created: &Value) -> Statement {
    let tokens = &layout.tokens;
    let [table, key, user, moment] =
        [&tokens.name, &tokens.key, &tokens.user, &tokens.created].map(|name| dialect.name(name));
    let mut query = Query::new(dialect);
    let text = if let Many::Arrays(_) = dialect.many {
        let key_type = layout.users.key_type();
        let created = query.bind(created.clone());
        let keys = query.bind(array(rows.iter().map(|(key, _)| key)));
        let users = query.bind(array(rows.iter().map(|(_, user)| user)));
        format!(
            "UPDATE {table} AS t SET {key} = v.k, {moment} = {created} \
             FROM unnest({keys}::text[], {users}::{key_type}[]) AS v (k, u) WHERE t.{user} = v.u"
        )
    } else {
        let case = |(key, user): &(Value, Value)| {
            let [user, key] = [user, key].map(|value| query.bind(value.clone()));
            format!(" WHEN {user} THEN {key}")
        };
        let cases: String = rows.iter().map(case).collect();
        let created = query.bind(created.clone());
        let these = query.one_of(&user, rows.iter().map(|(_, user)| user.clone()));
        format!("UPDATE {table} SET {key} = CASE {user}{cases} END, {moment} = {created} WHERE {these}")
    };
    Statement { text, parameters: query.parameters }
}

/// Values as an array's text.
fn array<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut text = Zeroizing::new(b"{".to_vec());
    for (at, value) in values.enumerate() {
        if at > 0 {
            text.push(b',');
        }
        match value {
            Value::Integer(number) => text.extend_from_slice(number.to_string().as_bytes()),
            other => {
                text.push(b'"');
                for character in other.as_str().unwrap_or_default().bytes() {
                    if matches!(character, b'"' | b'\\') {
                        text.push(b'\\');
                    }
                    text.push(character);
                }
                text.push(b'"');
            }
        }
    }
    text.push(b'}');
    Value::Text(text)
}

/// The end of tokens by their keys.
#[must_use]
pub fn delete_many(layout: &Layout, dialect: &Dialect, keys: impl Iterator<Item = Value>) -> Statement {
    let tokens = &layout.tokens;
    let mut query = Query::new(dialect);
    let these = query.one_of(&dialect.name(&tokens.key), keys);
    Statement {
        text: format!("DELETE FROM {} WHERE {these}", dialect.name(&tokens.name)),
        parameters: query.parameters,
    }
}

/// The end of a token, if it is still that user's.
#[must_use]
pub fn delete(layout: &Layout, dialect: &Dialect, key: Value, user: Value) -> Statement {
    let tokens = &layout.tokens;
    let [table, key_column, user_column] = [&tokens.name, &tokens.key, &tokens.user].map(|name| dialect.name(name));
    let [first, second] = [1, 2].map(|n| dialect.parameter(n));
    Statement {
        text: format!("DELETE FROM {table} WHERE {key_column} = {first} AND {user_column} = {second}"),
        parameters: vec![key, user],
    }
}

/// The end of all tokens.
#[must_use]
pub fn delete_all(layout: &Layout, dialect: &Dialect) -> Statement {
    Statement { text: format!("DELETE FROM {}", dialect.name(&layout.tokens.name)), parameters: Vec::new() }
}

/// How many rows a table has.
#[must_use]
pub fn count(dialect: &Dialect, table: &str) -> Statement {
    Statement { text: format!("SELECT COUNT(*) FROM {}", dialect.name(table)), parameters: Vec::new() }
}
