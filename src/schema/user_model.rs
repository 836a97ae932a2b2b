//! Which model is the user model: where a token table that is still to be made
//! will refer to. Follows keys, or stops and says which option to give.

use crate::error::{Error, Result, shell_word};
use crate::migrations::{Migration, UserModel};
use crate::schema::catalog::{Catalog, ColumnKind, ForeignKey, Table};
use crate::schema::history::History;
use crate::schema::layout::{ADMIN_LOG_TABLE, HISTORY_TABLE, Overrides, STOCK_USER_TABLE, TOKEN_TABLE};

/// Django's own user model, as `AUTH_USER_MODEL` names it.
const STOCK_USER_MODEL: &str = "auth.User";

/// The type of `BigAutoField`, which `startproject` and Django 6 choose.
const AUTO_FIELD: &str = "bigint";

/// The migration that makes the stock user table, where it is to be made.
const USERS: Migration = Migration { app: "auth", name: "0001_initial" };

/// The tables that have to be described before [`find`] is asked; asked again,
/// until all of them are.
#[must_use]
pub fn wanted(catalog: &Catalog) -> Vec<String> {
    let keys = [TOKEN_TABLE, ADMIN_LOG_TABLE, HISTORY_TABLE].into_iter().filter_map(|name| catalog.spelling(name));
    let unseen: Vec<String> = keys.filter(|name| !catalog.tables.contains_key(*name)).map(str::to_owned).collect();
    let is_stock = referred(catalog, TOKEN_TABLE).is_some_and(|key| is_stock(&key.table));
    if unseen.is_empty() && !is_stock { catalog.names.clone() } else { unseen }
}

/// The user model of this database.
///
/// # Errors
/// Unusable, if its table is missing or cannot be told; rejected, if an
/// override stands against what is there.
pub fn find(catalog: &Catalog, history: &History, overrides: &Overrides) -> Result<UserModel> {
    let table = if let Some(key) = referred(catalog, TOKEN_TABLE) {
        check_overrides(&key.table, catalog, overrides)?;
        key.table.clone()
    } else if let Some(table) = &overrides.user_table {
        table.clone()
    } else if let Some(model) = &overrides.user_model {
        table_of(model, catalog)?
    } else if let Some(key) = referred(catalog, ADMIN_LOG_TABLE) {
        key.table.clone()
    } else {
        guessed(catalog, history)?
    };
    let users = if is_stock(&table) { stock() } else { custom(catalog, &table)? };
    Ok(UserModel { auto_field: auto_field(catalog, overrides), ..users })
}

/// The type of keys that nobody chose: that of the history's, where there is
/// one.
fn auto_field(catalog: &Catalog, overrides: &Overrides) -> String {
    let kind = |history: &Table| history.column("id").map(|id| id.kind.clone());
    let chosen = overrides.auto_field.as_deref().map(|field| match field.rsplit('.').next() {
        Some("BigAutoField") => AUTO_FIELD,
        Some("SmallAutoField") => "smallint",
        _ => "integer",
    });
    match catalog.table(HISTORY_TABLE).and_then(kind) {
        Some(ColumnKind::BigInteger) => "bigint",
        Some(ColumnKind::Integer) => "integer",
        _ => chosen.unwrap_or(AUTO_FIELD),
    }
    .to_owned()
}

/// Refuses what stands against the token table's foreign key.
fn check_overrides(table: &str, catalog: &Catalog, overrides: &Overrides) -> Result<()> {
    let given = overrides.user_table.as_deref().filter(|given| !given.eq_ignore_ascii_case(table));
    if let Some(given) = given {
        return Err(Error::rejected(format!(
            "tokens belong to the table {table}, not to {given}, which --user-table names"
        ))
        .hint("leave --user-table out: the token table's foreign key decides"));
    }
    let Some(model) = &overrides.user_model else { return Ok(()) };
    match table_of(model, catalog) {
        Ok(other) if !other.eq_ignore_ascii_case(table) => Err(Error::rejected(format!(
            "tokens belong to the table {table}, not to {other} of the user model {model}, which the settings name"
        ))
        .hint("these are not the settings of this database, or the user model was changed half-way")),
        // Its Meta.db_table may be another.
        _ => Ok(()),
    }
}

fn is_stock(table: &str) -> bool {
    table.eq_ignore_ascii_case(STOCK_USER_TABLE)
}

/// Django's own user model.
#[must_use]
pub fn stock() -> UserModel {
    UserModel {
        stock: true,
        table: STOCK_USER_TABLE.into(),
        key: "id".into(),
        key_type: "integer".into(),
        auto_field: AUTO_FIELD.into(),
    }
}

/// The table that Django gives a model.
///
/// Mirrors `Options.contribute_to_class`.
fn table_of(model: &str, catalog: &Catalog) -> Result<String> {
    if model == STOCK_USER_MODEL {
        return Ok(STOCK_USER_TABLE.to_owned());
    }
    let table = model.replace('.', "_").to_lowercase();
    if let Some(table) = catalog.spelling(&table) {
        return Ok(table.to_owned());
    }
    let app = model.split('.').next().unwrap_or_default();
    let others: Vec<_> = candidates(catalog).into_iter().map(shell_word).collect();
    let other = if others.is_empty() { "TABLE".to_owned() } else { others.join(" or ") };
    Err(missing(&format!("the table {table} of the user model {model}"))
        .hint(format!("python manage.py migrate {}; then: drfctl migrate", shell_word(app)))
        .hint(format!("where the model's Meta.db_table is another: --user-table {other}")))
}

fn missing(what: &str) -> Error {
    Error::unusable(format!("{what} is missing, and only the application can make it"))
}

/// No key and nobody tells: what the shape of the tables leaves.
fn guessed(catalog: &Catalog, history: &History) -> Result<String> {
    let found = candidates(catalog);
    let applied = history.record(USERS).is_some();
    match found.as_slice() {
        [] if applied => Err(Error::unusable(format!(
            "half migrated: {HISTORY_TABLE} records {USERS}, but there is neither the table {STOCK_USER_TABLE} nor that \
             of a custom user model"
        ))
        .hint("restore a backup; or name the user model's table: --user-table TABLE")),
        [] => Ok(STOCK_USER_TABLE.to_owned()),
        [table] if applied || is_stock(table) => Ok((*table).to_owned()),
        tables => {
            let mut options: Vec<_> = tables.iter().map(|table| format!("--user-table {}", shell_word(table))).collect();
            if !applied && !tables.iter().any(|table| is_stock(table)) {
                options.push(format!("--user-table {STOCK_USER_TABLE} for Django's own"));
            }
            Err(Error::unusable("which table is the user model's cannot be told")
                .hint(format!("name it: {}", options.join(", or ")))
                .hint("or name the settings, whose AUTH_USER_MODEL tells: --settings MODULE"))
        }
    }
}

/// The tables with the columns of `AbstractBaseUser`, and the children of such
/// a table in multi-table inheritance.
fn candidates(catalog: &Catalog) -> Vec<&str> {
    let is_base = |table: &Table| {
        table.column("password").is_some_and(|column| column.kind == ColumnKind::Text)
            && table.column("last_login").is_some_and(|column| column.kind == ColumnKind::DateTime)
    };
    let is_child = |table: &Table| {
        let parents = table.primary_key().into_iter().flat_map(|key| table.references(&key.name));
        parents.filter_map(|key| catalog.table(&key.table)).any(is_base)
    };
    catalog.tables.values().filter(|table| is_base(table) || is_child(table)).map(|table| &*table.name).collect()
}

fn custom(catalog: &Catalog, name: &str) -> Result<UserModel> {
    let Some(table) = catalog.table(name) else {
        return Err(missing(&format!("the user table {name}")).hint("python manage.py migrate"));
    };
    let Some(key) = table.primary_key() else {
        return Err(Error::unusable(format!("the user table {name} has no primary key of one column")));
    };
    // An engine may hide in the key what a column that refers to it shows.
    let seen = catalog.tables.values().find_map(|other| {
        let reference = other.foreign_keys.iter().find(|reference| {
            let to_key = reference.to.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&key.name));
            to_key && reference.table.eq_ignore_ascii_case(&table.name) && other.name != table.name
        })?;
        other.column(&reference.column)
    });
    let key_type = seen.unwrap_or(key).declared.to_ascii_lowercase();
    if key_type.is_empty() || !key_type.chars().all(|c| c.is_ascii_alphanumeric() || " (),_".contains(c)) {
        return Err(Error::unusable(format!("the key {} of the user table {name} has no usable type", key.name)));
    }
    let (table, key) = (table.name.clone(), key.name.clone());
    Ok(UserModel { stock: false, table, key, key_type, auto_field: AUTO_FIELD.into() })
}

/// The foreign key by which a table refers to users.
fn referred<'a>(catalog: &'a Catalog, table: &str) -> Option<&'a ForeignKey> {
    catalog.table(table)?.references("user_id").next()
}
