//! Which table holds the users: the one that tokens reference, else the one
//! that the application names, else the only one with the shape of a user
//! model.

use crate::admin::identity::evidence::{Evidence, ModelOptions, STOCK_USER_MODEL, parent_of};
use crate::engine::{ColumnKind, ForeignKey, Table};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Program, Setting};
use crate::migrations::{Migration, UserModel};
use crate::schema::Catalog;
use crate::schema::problem::elsewhere;
use crate::schema::tables::{ADMIN_LOG_TABLE, HISTORY_TABLE, STOCK_USER_TABLE, TOKEN_TABLE};

/// The migration that creates the stock user table.
const USERS: Migration = Migration { app: "auth", name: "0001_initial" };

/// The user table, and the column that tokens reference.
pub(super) struct Choice {
    pub(super) table: String,
    /// None means its primary key.
    pub(super) key: Option<String>,
    /// What a person should know before trusting the choice.
    pub(super) warning: Option<String>,
}

/// Chooses the user table.
///
/// # Errors
/// Unusable if there is none, or several remain; rejected if an option or the
/// settings conflict with the database.
pub(super) fn choose(evidence: &Evidence<'_>) -> Result<Choice> {
    let (catalog, given) = (evidence.catalog, evidence.given);
    let named = given.user_table.as_deref().map(|name| named_table(catalog, name)).transpose()?;
    let mut references: Vec<&ForeignKey> = references(catalog, TOKEN_TABLE).collect();
    references.dedup_by(|one, other| one.table == other.table && one.to == other.to);
    match references.as_slice() {
        [] => Ok(Choice { table: undirected(evidence, named)?, key: None, warning: None }),
        [key] => {
            if let Some(schema) = &key.schema {
                return Err(elsewhere("user table", &key.table, schema));
            }
            check_conflicts(&key.table, evidence)?;
            let table = catalog.spelling(&key.table).unwrap_or(&key.table).to_owned();
            let warning = other_users(&table, evidence);
            Ok(Choice { table, key: key.to.clone(), warning })
        }
        several => {
            let of_settings = given.user_model.as_deref().map(|model| settings_table(model, evidence)).transpose()?;
            let named = named.or(of_settings.as_deref());
            let named = named.and_then(|table| several.iter().find(|key| key.table.eq_ignore_ascii_case(table)));
            let key = named.ok_or_else(|| {
                let options = several.iter().map(|key| Action::option(Setting::UserTable, &*key.table));
                Error::unusable(format!("the column user_id of {TOKEN_TABLE} references several tables"))
                    .hint(any_of(options).lead("name it"))
            })?;
            Ok(Choice { table: key.table.clone(), key: key.to.clone(), warning: None })
        }
    }
}

/// Returns the table that `--user-table` names.
fn named_table<'a>(catalog: &'a Catalog, name: &'a str) -> Result<&'a str> {
    if is_stock(name) {
        // Migrations may be about to create it.
        return Ok(catalog.spelling(name).unwrap_or(name));
    }
    catalog.spelling(name).ok_or_else(|| {
        if let Some(schema) = catalog.elsewhere(name).next() {
            return elsewhere("user table", name, schema);
        }
        Error::rejected(format!("the table {name} does not exist"))
            .hint(Hint::run(Program::Inspect).lead("show what was detected"))
    })
}

/// Returns the user table if the token table has no foreign key to it.
fn undirected(evidence: &Evidence<'_>, named: Option<&str>) -> Result<String> {
    if let Some(table) = named {
        return Ok(table.to_owned());
    }
    if let Some(model) = &evidence.given.user_model {
        return settings_table(model, evidence);
    }
    if let Some(key) = references(evidence.catalog, ADMIN_LOG_TABLE).next() {
        return Ok(key.table.clone());
    }
    by_shape(evidence)
}

/// Returns the name that Django gives the table of a model.
///
/// Mirrors `Options.contribute_to_class`.
pub(super) fn table_of_model(model: &str) -> String {
    if model == STOCK_USER_MODEL { STOCK_USER_TABLE.to_owned() } else { model.replace('.', "_").to_lowercase() }
}

/// Returns the table of the user model that the settings name.
fn settings_table(model: &str, evidence: &Evidence<'_>) -> Result<String> {
    let table = evidence.models.map_or_else(|| table_of_model(model), |models| models.table.clone());
    if let Some(table) = evidence.catalog.spelling(&table) {
        return Ok(table.to_owned());
    }
    if model == STOCK_USER_MODEL {
        return Ok(table);
    }
    let app = model.split('.').next().unwrap_or_default();
    let error = missing(&format!("the table {table} of the user model {model}")).hint(
        Hint::manage(Manage::MigrateApp(app.to_owned()))
            .then(Action::Run(Program::Migrate))
            .lead("apply the migrations"),
    );
    if evidence.models.is_some() {
        return Err(error);
    }
    let options = candidates(evidence).into_iter().map(|table| Action::option(Setting::UserTable, table));
    Err(error.hint(any_of(options).lead("name the table if the model sets Meta.db_table")))
}

/// Returns the options as alternatives; without any, the option with its
/// placeholder.
fn any_of(options: impl Iterator<Item = Action>) -> Hint {
    let mut hint = Hint::advice("");
    for option in options {
        hint = hint.or(option);
    }
    if hint.actions.is_empty() { Hint::option(Setting::UserTable) } else { hint }
}

fn missing(what: &str) -> Error {
    Error::unusable(format!("{what} is missing, and only the application can create it"))
}

/// Rejects options and settings that conflict with the foreign key of the token
/// table.
fn check_conflicts(table: &str, evidence: &Evidence<'_>) -> Result<()> {
    let ModelOptions { user_table, user_model, .. } = evidence.given;
    if let Some(named) = user_table.as_deref().filter(|named| !named.eq_ignore_ascii_case(table)) {
        return Err(Error::rejected(format!("tokens reference the table {table}, not {named}"))
            .hint("omit the option, because the foreign key of the token table decides"));
    }
    let Some(model) = user_model else { return Ok(()) };
    let other = match settings_table(model, evidence) {
        Ok(other) => other,
        // The model may have another name for it: Meta.db_table.
        Err(_) if evidence.models.is_none() => return Ok(()),
        Err(error) => return Err(error),
    };
    if other.eq_ignore_ascii_case(table) {
        return Ok(());
    }
    Err(Error::rejected(format!(
        "tokens reference the table {table}, but the settings name the user model {model} of the table {other}"
    ))
    .hint("check that these settings belong to this database")
    .hint(
        Hint::manage(Manage::Unapply("authtoken".into()))
            .then(Action::Manage(Manage::MigrateApp("authtoken".into())))
            .lead("if AUTH_USER_MODEL was changed, create the token table again, without its tokens"),
    ))
}

/// Returns a warning if another table could be the user model's: the
/// application may have changed its user model while tokens still reference the
/// old one.
fn other_users(table: &str, evidence: &Evidence<'_>) -> Option<String> {
    if evidence.given.user_table.is_some() || evidence.given.user_model.is_some() {
        return None;
    }
    let catalog = evidence.catalog;
    let mut family = vec![table];
    while let Some(parent) = catalog.table(family[family.len() - 1]).and_then(parent_of)
        && !family.contains(&parent)
    {
        family.push(parent);
    }
    let is_related = |other: &Table| {
        family.contains(&other.name.as_str()) || parent_of(other).is_some_and(|parent| family.contains(&parent))
    };
    let other = catalog.tables.values().find(|other| evidence.is_user_shaped(other) && !is_related(other))?;
    Some(format!(
        "tokens reference users of {table}, but {} also looks like a user model; name the settings to check which one is in use",
        other.name
    ))
}

/// Returns the only table with the shape of a user model, where neither a
/// foreign key nor the settings decide.
fn by_shape(evidence: &Evidence<'_>) -> Result<String> {
    let found = candidates(evidence);
    let is_applied = evidence.history.record(USERS).is_some();
    match found.as_slice() {
        [] if is_applied => Err(Error::unusable(format!(
            "half migrated: {HISTORY_TABLE} records {USERS}, but there is neither the table {STOCK_USER_TABLE} nor that \
             of a custom user model"
        ))
        .hint(Hint::option(Setting::UserTable).lead("restore a backup, or name the user model's table"))),
        [] => Ok(STOCK_USER_TABLE.to_owned()),
        [table] if is_applied || is_stock(table) => Ok((*table).to_owned()),
        tables => {
            let mut hint = any_of(tables.iter().map(|table| Action::option(Setting::UserTable, *table)));
            if !is_applied && !tables.iter().any(|table| is_stock(table)) {
                hint = hint.or(Action::option(Setting::UserTable, STOCK_USER_TABLE)).trail("for Django's own");
            }
            Err(Error::unusable("cannot detect the table of the user model").hint(hint.lead("name it")).hint(
                Hint::option(Setting::Settings).lead("or name the settings, whose AUTH_USER_MODEL decides"),
            ))
        }
    }
}

pub(super) fn is_stock(table: &str) -> bool {
    table.eq_ignore_ascii_case(STOCK_USER_TABLE)
}

/// Returns the tables with the shape of a user model, and their children in
/// multi-table inheritance.
fn candidates<'a>(evidence: &Evidence<'a>) -> Vec<&'a str> {
    let tables = &evidence.catalog.tables;
    let is_child = |table: &Table| {
        let parent = parent_of(table).and_then(|parent| evidence.catalog.table(parent));
        parent.is_some_and(|parent| evidence.is_user_shaped(parent))
    };
    tables
        .values()
        .filter(|table| evidence.is_user_shaped(table) || is_child(table))
        .map(|table| &*table.name)
        .collect()
}

/// Returns the foreign keys by which a table references users.
fn references<'a>(catalog: &'a Catalog, table: &str) -> impl Iterator<Item = &'a ForeignKey> {
    catalog.table(table).into_iter().flat_map(|table| table.references("user_id"))
}

/// Returns the user model for the migrations: what a new token table will
/// reference.
///
/// # Errors
/// Same as [`choose`].
pub(in crate::admin) fn user_model(evidence: &Evidence<'_>) -> Result<UserModel> {
    if let Some(named) = &evidence.given.user_table
        && !is_stock(named)
        && evidence.catalog.spelling(named).is_none()
        && evidence.catalog.elsewhere(named).next().is_none()
    {
        return Err(missing(&format!("the user table {named}"))
            .hint(Hint::manage(Manage::Migrate).lead("apply the migrations")));
    }
    let table = choose(evidence)?.table;
    if is_stock(&table) && !evidence.given.has_custom_model() {
        let auto_field = auto_field(evidence.catalog, evidence.given);
        return Ok(UserModel { auto_field, ..UserModel::stock() });
    }
    custom_user_model(evidence, &table)
}

/// Returns the type of automatic primary keys: that of the history's, if the
/// history exists, else that of the settings.
fn auto_field(catalog: &Catalog, given: &ModelOptions) -> String {
    let history = catalog.table(HISTORY_TABLE).and_then(|history| history.column("id"));
    let chosen = given.auto_field.as_deref().map(|field| match field.rsplit('.').next() {
        Some("BigAutoField") => UserModel::AUTO_FIELD,
        Some("SmallAutoField") => "smallint",
        _ => "integer",
    });
    match history.map(|id| &id.kind) {
        Some(ColumnKind::BigInteger) => "bigint",
        Some(ColumnKind::Integer) => "integer",
        _ => chosen.unwrap_or(UserModel::AUTO_FIELD),
    }
    .to_owned()
}

/// Returns the user model with this table.
///
/// # Errors
/// Unusable if the table is missing, or has no primary key that tokens could
/// reference.
pub(in crate::admin) fn custom_user_model(evidence: &Evidence<'_>, name: &str) -> Result<UserModel> {
    let catalog = evidence.catalog;
    let Some(table) = catalog.table(name) else {
        return Err(
            missing(&format!("the user table {name}")).hint(Hint::manage(Manage::Migrate).lead("apply the migrations"))
        );
    };
    let Some(key) = table.primary_key() else {
        return Err(Error::unusable(format!("the user table {name} has no single-column primary key")));
    };
    // Some engines show the type only in a column that references the key.
    let seen = catalog.tables.values().find_map(|other| {
        let reference = other.foreign_keys.iter().find(|reference| {
            let to_key = reference.to.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&key.name));
            to_key && reference.table.eq_ignore_ascii_case(&table.name) && other.name != table.name
        })?;
        other.column(&reference.column)
    });
    let key_type = seen.unwrap_or(key).declared.to_ascii_lowercase();
    if key_type.is_empty() || !key_type.chars().all(|c| c.is_ascii_alphanumeric() || " (),_".contains(c)) {
        return Err(Error::unusable(format!(
            "the primary key {} of the user table {name} has an unsupported type",
            key.name
        )));
    }
    let (table, key) = (table.name.clone(), key.name.clone());
    Ok(UserModel { stock: false, table, key, key_type, auto_field: auto_field(catalog, evidence.given) })
}
