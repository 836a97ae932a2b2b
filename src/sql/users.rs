//! Statements on users and their groups.

use crate::schema::layout::{GROUP_TABLE, Membership, Place, UserTable};
use crate::sql::{Dialect, Statement, Value};

/// At most two users of a name: the key, then the columns at these places.
///
/// Mirrors `BaseUserManager.get_by_natural_key`.
#[must_use]
pub fn named(users: &UserTable, dialect: &Dialect, name: &str, places: &[&Place]) -> Statement {
    let mut wanted = vec![format!("u0.{}", dialect.name(users.key()))];
    wanted.extend(places.iter().map(|place| column(dialect, place)));
    let text = format!(
        "SELECT {} FROM {} WHERE {} = {} LIMIT 2",
        wanted.join(", "),
        from(users, dialect),
        column(dialect, &users.login),
        dialect.parameter(1),
    );
    Statement { text, parameters: vec![Value::text(name)] }
}

/// Whether there are users of a name, once nobody is changing that: rows, if so.
#[must_use]
pub fn is_there(users: &UserTable, dialect: &Dialect, name: &str) -> Statement {
    let Statement { text, parameters } = named(users, dialect, name, &[]);
    Statement { text: format!("{text}{}", dialect.for_update), parameters }
}

/// Whether the row of a key has these values, none of them null, once nobody is
/// changing that: a row, if so.
#[must_use]
pub fn has(dialect: &Dialect, table: &str, values: &[(&str, Value)], (key, of): (&str, Value)) -> Statement {
    let columns = std::iter::once(key).chain(values.iter().map(|(column, _)| *column));
    let equal = |(n, column): (usize, &str)| format!("{} = {}", dialect.name(column), dialect.parameter(n + 1));
    let all = columns.enumerate().map(equal).collect::<Vec<_>>().join(" AND ");
    Statement {
        text: format!("SELECT 1 FROM {} WHERE {all}{}", dialect.name(table), dialect.for_update),
        parameters: std::iter::once(of).chain(values.iter().map(|(_, value)| value.clone())).collect(),
    }
}

/// The names of all users.
#[must_use]
pub fn names(users: &UserTable, dialect: &Dialect) -> Statement {
    let text = format!("SELECT {} FROM {}", column(dialect, &users.login), from(users, dialect));
    Statement { text, parameters: Vec::new() }
}

/// The password hashes of the newest users, newest first, by a column that
/// grows.
#[must_use]
pub fn newest_passwords(users: &UserTable, dialect: &Dialect, password: &Place, by: &Place, limit: u32) -> Statement {
    let text = format!(
        "SELECT {} FROM {} ORDER BY {} DESC LIMIT {limit}",
        column(dialect, password),
        from(users, dialect),
        column(dialect, by),
    );
    Statement { text, parameters: Vec::new() }
}

/// The key of a group.
#[must_use]
pub fn group(dialect: &Dialect, name: &str) -> Statement {
    let [id, table, column] = ["id", GROUP_TABLE, "name"].map(|name| dialect.name(name));
    Statement {
        text: format!("SELECT {id} FROM {table} WHERE {column} = {}", dialect.parameter(1)),
        parameters: vec![Value::text(name)],
    }
}

/// Whether a user is in a group: a row, if so.
#[must_use]
pub fn is_member(dialect: &Dialect, membership: &Membership, user: Value, group: Value) -> Statement {
    let [table, user_column, group_column] =
        [&membership.table, &membership.user, &membership.group].map(|name| dialect.name(name));
    let [first, second] = [1, 2].map(|n| dialect.parameter(n));
    Statement {
        text: format!("SELECT 1 FROM {table} WHERE {user_column} = {first} AND {group_column} = {second}"),
        parameters: vec![user, group],
    }
}

/// Puts a user into a group.
#[must_use]
pub fn join(dialect: &Dialect, membership: &Membership, user: Value, group: Value) -> Statement {
    Statement::insert(dialect, &membership.table, [(&*membership.user, user), (&*membership.group, group)])
}

/// The user table, joined to the parents of a multi-table model.
pub(super) fn from(users: &UserTable, dialect: &Dialect) -> String {
    let joins = users.chain.windows(2).enumerate().map(|(n, pair)| {
        let [child, parent] = [&pair[0], &pair[1]];
        let [table, key, child_key] = [&parent.table, &parent.key, &child.key].map(|name| dialect.name(name));
        format!(" JOIN {table} AS u{} ON u{}.{key} = u{n}.{child_key}", n + 1, n + 1)
    });
    format!("{} AS u0{}", dialect.name(users.name()), joins.collect::<String>())
}

pub(super) fn column(dialect: &Dialect, place: &Place) -> String {
    format!("u{}.{}", place.link, dialect.name(&place.column))
}
