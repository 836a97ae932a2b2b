//! Which column of the user model is the username.

use crate::admin::identity::evidence::Evidence;
use crate::admin::identity::user_table::is_stock;
use crate::engine::{Column, Table};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Setting};
use crate::schema::layout::{ColumnRef, UsernameColumn, unique_columns};

/// The name of the column in `AbstractUser`.
const USERNAME: &str = "username";

/// The names of the column in other models.
const USUAL: [&str; 12] = [
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

/// Returns the username column of a model, which may be in a parent's table.
///
/// A username is unique. Where several columns with usual names are unique and
/// one of them is `username`, a name may be in any of them.
///
/// # Errors
/// Unusable if no column is evident, or the models name one that does not
/// exist; rejected if the option does.
pub(super) fn username_column(tables: &[&Table], evidence: &Evidence<'_>) -> Result<UsernameColumn> {
    let user_table = &tables[0].name;
    if let Some(name) = &evidence.given.username_field {
        return find_column(tables, name).map(UsernameColumn::Known).ok_or_else(|| {
            Error::rejected(format!("the user table {user_table} has no column {name}")).hint(candidates(tables))
        });
    }
    if let Some(models) = evidence.models.filter(|models| models.table.eq_ignore_ascii_case(user_table)) {
        return find_column(tables, &models.username).map(UsernameColumn::Known).ok_or_else(|| {
            Error::unusable(format!(
                "the user table {user_table} has no column {}, the USERNAME_FIELD of the application's user model",
                models.username
            ))
        });
    }
    // A custom model that keeps the stock table may use another column.
    let is_stock = is_stock(user_table) && !evidence.given.has_custom_model();
    let required = usual(tables, |column| column.not_null);
    let found = if required.is_empty() { usual(tables, |column| !column.not_null) } else { required };
    let username = found.iter().position(|column_ref| column_ref.name.eq_ignore_ascii_case(USERNAME));
    match (found.as_slice(), username) {
        ([only], _) => Ok(UsernameColumn::Known(only.clone())),
        (_, Some(at)) if is_stock => Ok(UsernameColumn::Known(found[at].clone())),
        // A shared primary key does not prove multi-table inheritance:
        // `username` must be in the table itself, unless all candidates are in
        // parents.
        (_, Some(at)) if found[at].table == 0 || found.iter().all(|column_ref| column_ref.table > 0) => {
            let mut columns = found;
            let first = columns.remove(at);
            columns.insert(0, first);
            Ok(UsernameColumn::OneOf(columns))
        }
        ([], _) if all_unique(tables).next().is_none() && find_column(tables, USERNAME).is_some() => {
            find_column(tables, USERNAME)
                .map(UsernameColumn::Known)
                .ok_or_else(|| none(user_table, "no obvious", tables))
        }
        ([], _) => Err(none(user_table, "no obvious", tables)),
        _ => Err(none(user_table, "more than one possible", tables)),
    }
}

fn none(user_table: &str, how_many: &str, tables: &[&Table]) -> Error {
    Error::unusable(format!("the user table {user_table} has {how_many} username column")).hint(candidates(tables))
}

/// Returns the unique columns with a usual name.
fn usual(tables: &[&Table], is_wanted: fn(&Column) -> bool) -> Vec<ColumnRef> {
    let is_usual =
        |name: &str| name.eq_ignore_ascii_case(USERNAME) || USUAL.iter().any(|usual| name.eq_ignore_ascii_case(usual));
    let mut columns = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        for column in unique_columns(table).filter(|column| is_usual(&column.name) && is_wanted(column)) {
            columns.push(ColumnRef { table: at, name: column.name.clone() });
        }
    }
    columns
}

fn all_unique<'a>(tables: &'a [&'a Table]) -> impl Iterator<Item = &'a Column> {
    tables.iter().flat_map(|table| unique_columns(table))
}

fn candidates(tables: &[&Table]) -> Hint {
    let mut hint = Hint::advice("name the user model's USERNAME_FIELD");
    for column in all_unique(tables) {
        hint = hint.or(Action::option(Setting::UsernameField, &*column.name));
    }
    if hint.actions.is_empty() { hint.or(Action::Option(Setting::UsernameField, None)) } else { hint }
}

fn find_column(tables: &[&Table], name: &str) -> Option<ColumnRef> {
    tables.iter().enumerate().find_map(|(at, table)| {
        let column = table.column(name)?;
        Some(ColumnRef { table: at, name: column.name.clone() })
    })
}
