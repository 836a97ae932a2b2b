//! The user model: its tables, its login column and its groups.

use super::required;
use crate::error::{Error, Result, shell_word};
use crate::schema::catalog::{Catalog, ColumnKind, Table};
use crate::schema::layout::{GROUP_TABLE, Link, Membership, Overrides, Place, UserTable};

/// The names that login columns have, where there is no `username`.
const USUAL_LOGINS: [&str; 12] = [
    "email",
    "email_address",
    "e_mail",
    "login",
    "user_name",
    "handle",
    "nickname",
    "phone",
    "phone_number",
    "mobile",
    "identifier",
    "uid",
];

/// The user model, from the table and the key that refer to it on.
///
/// # Errors
/// Unusable, if the login column cannot be told; rejected, if an override does
/// not fit.
pub(super) fn user_table(catalog: &Catalog, first: &Table, key: &str, overrides: &Overrides) -> Result<UserTable> {
    let mut tables = vec![(first, required(first, key)?)];
    while let Some((parent, key)) = parent_of(tables[tables.len() - 1].0)
        .and_then(|name| catalog.table(name))
        .and_then(|parent| Some((parent, parent.primary_key()?)))
    {
        if tables.iter().any(|(table, _)| table.name == parent.name) {
            break;
        }
        tables.push((parent, key));
    }
    let place = |name: &str| {
        tables
            .iter()
            .enumerate()
            .find_map(|(link, (table, _))| table.column(name).map(|column| Place { link, column: column.name.clone() }))
    };
    let models: Vec<&Table> = tables.iter().map(|(table, _)| *table).collect();
    let login = login_column(&models, overrides, place)?;
    let other_logins = text_logins(&models).filter(|name| **name != login.column).cloned().collect();
    Ok(UserTable {
        key_kind: tables[0].1.kind.clone(),
        chain: tables
            .iter()
            .map(|(table, key)| Link {
                table: table.name.clone(),
                key: key.name.clone(),
                columns: table.columns.clone(),
            })
            .collect(),
        membership: models.iter().find_map(|table| membership(catalog, table)),
        is_active: place("is_active"),
        login,
        other_logins,
    })
}

fn login_column(tables: &[&Table], overrides: &Overrides, place: impl Fn(&str) -> Option<Place>) -> Result<Place> {
    let user_table = &tables[0].name;
    if let Some(name) = &overrides.username_field {
        return place(name).ok_or_else(|| {
            Error::rejected(format!("the user table {user_table} has no column {name}, which --username-field names"))
                .hint(candidates(tables))
        });
    }
    let is_usual = |name: &&String| USUAL_LOGINS.iter().any(|usual| name.eq_ignore_ascii_case(usual));
    if let Some(found) = place("username") {
        // A key that is shared with another table need not make it a parent:
        // a login of the table's own stands against it.
        if found.link == 0 || !text_logins(&tables[..1]).any(|name| is_usual(&name)) {
            return Ok(found);
        }
    }
    let usual: Vec<&String> = text_logins(tables).filter(|name| is_usual(name) || *name == "username").collect();
    match usual.as_slice() {
        [name] => place(name).ok_or_else(|| Error::internal("a column that was seen is gone")),
        found => Err(Error::unusable(format!(
            "the user table {user_table} has {} login column",
            if found.is_empty() { "no evident" } else { "more than one possible" }
        ))
        .hint(candidates(tables))),
    }
}

fn candidates(tables: &[&Table]) -> String {
    let names: Vec<String> = text_logins(tables).map(|name| shell_word(name)).collect();
    if names.is_empty() {
        "name the user model's USERNAME_FIELD: --username-field COLUMN".to_owned()
    } else {
        format!("name the user model's USERNAME_FIELD: --username-field {}", names.join(" or --username-field "))
    }
}

/// The unique text columns of the user model that every user has.
fn text_logins<'a>(tables: &'a [&'a Table]) -> impl Iterator<Item = &'a String> {
    tables.iter().flat_map(|table| {
        table
            .columns
            .iter()
            .filter(|c| c.not_null && c.kind == ColumnKind::Text && table.is_unique(&c.name))
            .map(|c| &c.name)
    })
}

/// The parent of a multi-table model: where its primary key refers to.
pub(super) fn parent_of(table: &Table) -> Option<&str> {
    let key = table.primary_key()?;
    table.references(&key.name).next().map(|reference| reference.table.as_str())
}

/// The name that Django gives the table between a user table and the groups.
///
/// Mirrors `ManyToManyField._get_m2m_db_table`.
pub(super) fn membership_table(users: &str) -> String {
    format!("{users}_groups")
}

fn membership(catalog: &Catalog, users: &Table) -> Option<Membership> {
    let table = catalog.table(&membership_table(&users.name))?;
    let column_to = |name: &str| table.foreign_keys.iter().find(|key| key.table.eq_ignore_ascii_case(name));
    Some(Membership {
        table: table.name.clone(),
        user: column_to(&users.name)?.column.clone(),
        group: column_to(GROUP_TABLE)?.column.clone(),
    })
}
