//! From the catalog to the layout: follows keys, or stops and says which
//! option to give. It never guesses.

use crate::error::{Error, Result};
use crate::schema::catalog::{Catalog, Column, ColumnKind, Table};
use crate::schema::history::History;
use crate::schema::layout::{HISTORY_TABLE, Layout, Overrides, STOCK_USER_TABLE, TOKEN_TABLE, TokenTable, UserTable};
use crate::schema::user_model;

/// The next table that detection has to see described, if any.
///
/// An engine is asked for one table after the other, as the keys lead on.
#[must_use]
pub fn next_table(catalog: &Catalog, overrides: &Overrides) -> Option<String> {
    let mut wanted: Vec<&str> = vec![TOKEN_TABLE, HISTORY_TABLE];
    wanted.extend(overrides.user_table.as_deref());
    match catalog.table(TOKEN_TABLE) {
        Some(tokens) => wanted.extend(tokens.references("user_id").map(|key| key.table.as_str())),
        None => wanted.push(STOCK_USER_TABLE),
    }
    let mut at = 2;
    while at < wanted.len() {
        if let Some(parent) = catalog.table(wanted[at]).and_then(users::parent_of)
            && !wanted.contains(&parent)
        {
            wanted.push(parent);
        }
        at += 1;
    }
    wanted
        .iter()
        .filter_map(|name| catalog.spelling(name))
        .find(|name| !catalog.tables.contains_key(*name))
        .map(str::to_owned)
}

/// Where tokens and users are.
///
/// # Errors
/// Unusable, if tables or columns are missing, or of another shape than
/// Django's; rejected, if an override does not fit, or has to be given.
pub fn detect(catalog: &Catalog, overrides: &Overrides) -> Result<Layout> {
    let Some(table) = catalog.table(TOKEN_TABLE) else {
        return Err(no_token_table(catalog));
    };
    let (tokens, notices) = token_table(table)?;
    let (first, key) = referred_user(catalog, table, overrides)?;
    let users = users::user_table(catalog, first, &key, overrides)?;
    let user_id = required(table, &tokens.user)?;
    if !user_id.kind.joins(&users.key_kind) {
        return Err(changed(table, &tokens.user, &format!("does not have the type of {}", users.key())));
    }
    Ok(Layout { tokens, users, notices })
}

/// Where users are, in a database that may be without tokens.
///
/// # Errors
/// Unusable, if there is no user table, or which it is cannot be told;
/// rejected, if an override does not fit, or has to be given.
pub fn detect_users(catalog: &Catalog, history: &History, overrides: &Overrides) -> Result<UserTable> {
    let model = user_model::find(catalog, history, overrides)?;
    let Some(table) = catalog.table(&model.table) else {
        return Err(Error::unusable(format!("there are no users here: the table {} is missing", model.table))
            .hint("python manage.py migrate, or without Python: drfctl migrate"));
    };
    users::user_table(catalog, table, &model.key, overrides)
}

/// The tables that [`detect_users`] has to see described beside those of
/// [`next_table`]; asked again, until all of them are.
#[must_use]
pub fn wanted_for_users(catalog: &Catalog) -> Vec<String> {
    let mut wanted = user_model::wanted(catalog);
    wanted.extend(catalog.tables.keys().map(|table| users::membership_table(table)));
    wanted
}

fn no_token_table(catalog: &Catalog) -> Error {
    if catalog.spelling(STOCK_USER_TABLE).is_none() && catalog.spelling(HISTORY_TABLE).is_none() {
        return Error::unusable(format!(
            "there are no Django tables: {STOCK_USER_TABLE}, {TOKEN_TABLE} and {HISTORY_TABLE} are missing"
        ))
        .hint("python manage.py migrate, or without Python: drfctl migrate")
        .hint("or name the application's database with --database, or its settings with --settings");
    }
    Error::unusable(format!("the token table {TOKEN_TABLE} is missing"))
        .hint("add 'rest_framework.authtoken' to INSTALLED_APPS, then: python manage.py migrate authtoken")
}

fn token_table(table: &Table) -> Result<(TokenTable, Vec<String>)> {
    let key = required(table, "key")?;
    let created = required(table, "created")?;
    let user = required(table, "user_id")?;
    if !key.kind.joins(&ColumnKind::Text) {
        return Err(changed(table, "key", "is not text"));
    }
    if !table.is_unique(&key.name) {
        return Err(changed(table, "key", "is not unique"));
    }
    if created.kind != ColumnKind::DateTime {
        return Err(changed(table, "created", "is not a date with a time"));
    }
    if !table.is_unique(&user.name) {
        return Err(changed(table, "user_id", "is not unique: a user could have two tokens"));
    }
    let ours = [&key.name, &created.name, &user.name];
    let mut notices = Vec::new();
    for column in table.columns.iter().filter(|column| !ours.contains(&&column.name)) {
        if column.is_required() {
            return Err(changed(table, &column.name, "is required, and drfctl does not know its value"));
        }
        notices.push(format!("{} has a column that is not DRF's: {}", table.name, column.name));
    }
    let names = TokenTable {
        name: table.name.clone(),
        key: key.name.clone(),
        created: created.name.clone(),
        user: user.name.clone(),
        is_plain: notices.is_empty(),
    };
    Ok((names, notices))
}

/// The table that the token's user column refers to, and the column there.
fn referred_user<'a>(catalog: &'a Catalog, tokens: &Table, overrides: &Overrides) -> Result<(&'a Table, String)> {
    let mut keys: Vec<_> = tokens.references("user_id").collect();
    keys.dedup_by(|one, other| one.table == other.table && one.to == other.to);
    let given = match &overrides.user_table {
        Some(name) => Some(catalog.table(name).ok_or_else(|| {
            Error::rejected(format!("there is no table {name}, which --user-table names"))
                .hint("drfctl inspect shows what was found")
        })?),
        None => None,
    };
    let fitting = |table: &Table| {
        keys.iter().find(|key| table.name.eq_ignore_ascii_case(&key.table)).and_then(|key| key.to.clone())
    };
    match (given, keys.as_slice()) {
        (Some(table), []) => Ok((table, primary_key(table)?)),
        (Some(table), _) if keys.iter().any(|key| table.name.eq_ignore_ascii_case(&key.table)) => {
            let key = fitting(table).map_or_else(|| primary_key(table), Ok)?;
            Ok((table, key))
        }
        (Some(table), [key, ..]) => Err(Error::rejected(format!(
            "tokens belong to the table {}, not to {}, which --user-table names",
            key.table, table.name
        ))
        .hint("leave --user-table out: the token table's foreign key decides")),
        (None, [key]) => {
            let table = catalog.table(&key.table).ok_or_else(|| {
                Error::unusable(format!("the user table {} is missing", key.table)).hint("python manage.py migrate")
            })?;
            let key = key.to.clone().map_or_else(|| primary_key(table), Ok)?;
            Ok((table, key))
        }
        (None, _) => Err(Error::unusable(format!(
            "the column user_id of {} does not tell which table holds the users",
            tokens.name
        ))
        .hint("name it: --user-table TABLE")),
    }
}

fn primary_key(table: &Table) -> Result<String> {
    let key = table.primary_key().ok_or_else(|| changed(table, "the primary key", "is not one column"))?;
    Ok(key.name.clone())
}

fn required<'a>(table: &'a Table, column: &str) -> Result<&'a Column> {
    table.column(column).ok_or_else(|| changed(table, column, "is missing"))
}

fn changed(table: &Table, column: &str, how: &str) -> Error {
    Error::unusable(format!("the table {} is not as Django makes it: {column} {how}", table.name))
        .hint("python manage.py makemigrations --check; python manage.py migrate --check")
}

mod users;

#[cfg(test)]
mod tests;
