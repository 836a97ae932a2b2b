//! What the other users have in the application's own columns: evidence of what
//! a new user needs.

use crate::admin::identity::FieldFacts;
use crate::admin::users::data::UserData;
use crate::admin::users::default::{Omitted, is_own, omitted};
use crate::django::field::{has_precision, precision, unexpected};
use crate::django::secret::may_hold_secret;
use crate::engine::{Cell, Column, ColumnKind};
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Manage, Program, Setting};
use crate::schema::layout::{ColumnRef, UserTable};
use crate::schema::tables::{CONTENT_TYPE_TABLE, STOCK_USER_TABLE};

/// How many users with the same value are evidence that a new user needs it.
const SEVERAL: u64 = 2;

/// The longest value that a hint offers, in characters.
const OFFERED: usize = 60;

/// What the newest users have in the application's own columns.
#[derive(Clone, Debug, Default)]
pub struct OtherUsers {
    /// The number of users.
    count: u64,
    columns: Vec<Seen>,
}

/// What the users have in one column.
#[derive(Clone, Debug)]
struct Seen {
    column: ColumnRef,
    has_null: bool,
    values: Values,
}

/// The values of a column that are not NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Values {
    /// There is none, or they are not compared.
    None,
    /// All are this one.
    Same(String),
    /// They differ.
    Different,
}

impl OtherUsers {
    /// Returns evidence to collect, of the columns that a new user may omit and
    /// that are not unique.
    pub(super) fn to_collect(users: &UserTable) -> Self {
        let mut columns = Vec::new();
        for (column, shape) in users.columns() {
            let is_username = users.username.columns().contains(&column);
            let is_key = users.chain[column.table].key == column.name;
            if is_own(&shape.name) && !shape.is_generated && !is_username && !is_key && !users.is_unique(&column) {
                columns.push(Seen { column, has_null: false, values: Values::None });
            }
        }
        Self { count: 0, columns }
    }

    /// Returns the columns.
    pub(super) fn columns(&self) -> impl Iterator<Item = &ColumnRef> {
        self.columns.iter().map(|seen| &seen.column)
    }

    /// Adds a user, whose cells are in the order of the columns.
    pub(super) fn add<'a>(&mut self, cell: impl Fn(usize) -> Result<Cell<'a>>) -> Result<()> {
        self.count += 1;
        for (at, seen) in self.columns.iter_mut().enumerate() {
            let cell = cell(at)?;
            if cell.is_null() {
                seen.has_null = true;
            } else if !may_hold_secret(&seen.column.name) && !matches!(cell, Cell::Bytes(_)) {
                let is_same = matches!(&seen.values, Values::Same(value) if *value == cell.readable());
                match seen.values {
                    Values::None => seen.values = Values::Same(cell.readable().into_owned()),
                    _ if is_same => {}
                    _ => seen.values = Values::Different,
                }
            }
        }
        Ok(())
    }

    fn seen(&self, column: &ColumnRef) -> Option<&Seen> {
        self.columns.iter().find(|seen| seen.column == *column)
    }

    /// Returns the value that every user has.
    fn shared(&self, column: &ColumnRef) -> Option<&str> {
        match self.seen(column) {
            Some(Seen { has_null: false, values: Values::Same(value), .. }) => Some(value),
            _ => None,
        }
    }

    /// Returns the nullable columns in which no user has NULL.
    pub(super) fn always_filled<'a>(&'a self, users: &'a UserTable) -> impl Iterator<Item = &'a str> {
        let columns = users.columns().filter(|(_, column)| !column.not_null);
        columns
            .filter(|(column_ref, _)| self.count >= SEVERAL && self.always_fill(column_ref))
            .map(|(_, column)| column.name.as_str())
    }

    /// Returns whether there are users and none has NULL in the column.
    fn always_fill(&self, column: &ColumnRef) -> bool {
        self.count > 0 && self.seen(column).is_some_and(|seen| !seen.has_null)
    }
}

/// A column that a new user has to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredColumn {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: RequiredFor,
    /// The value that every other user has.
    pub shared: Option<String>,
}

impl RequiredColumn {
    /// Returns the hint to give these columns, with the values that others have.
    #[must_use]
    pub fn hint(columns: &[Self]) -> Hint {
        let mut hint = Hint::advice("");
        for column in columns {
            let value = column.shared.as_deref().unwrap_or("VALUE");
            hint = hint.and(Action::option(Setting::Column(column.name.clone()), value));
        }
        hint
    }
}

/// Why a new user has to be given a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredFor {
    /// The database requires a value.
    Database,
    /// Every other user has one value there, which is not the default.
    Others,
    /// It references a content type: the model of the row. Without it, the
    /// application may fail to read any user.
    ContentType,
}

/// Returns the columns that a new user has to be given.
pub(super) fn required(users: &UserTable, user: &UserData, others: &OtherUsers) -> Vec<RequiredColumn> {
    let mut required = Vec::new();
    for (column_ref, column) in omitted(users, user) {
        let shared = others.shared(&column_ref);
        let differs = |default: &str| others.count >= SEVERAL && shared.is_some_and(|shared| shared != default);
        let is_own = is_own(&column.name);
        let reason = match Omitted::of(users, &column_ref, column) {
            Omitted::Required => RequiredFor::Database,
            Omitted::EmptyText if is_own && differs("") => RequiredFor::Others,
            Omitted::Flag(_) if is_own && differs("0") => RequiredFor::Others,
            Omitted::Nothing if is_model_of_row(users, &column_ref, column) => {
                if shared.is_some() || (others.count > 0 && !others.always_fill(&column_ref)) {
                    continue;
                }
                RequiredFor::ContentType
            }
            _ => continue,
        };
        let shared =
            shared.filter(|value| others.count >= SEVERAL && is_short(value)).map(|value| typed(column, value));
        required.push(RequiredColumn { name: column.name.clone(), reason, shared });
    }
    required
}

/// Returns the columns whose value is certain, with the value: references to the
/// content type that every other user has.
pub(super) fn certain(users: &UserTable, user: &UserData, others: &OtherUsers) -> Vec<(String, String)> {
    let mut certain = Vec::new();
    for (column_ref, column) in omitted(users, user) {
        if let Omitted::Nothing = Omitted::of(users, &column_ref, column)
            && let Some(shared) = others.shared(&column_ref)
            && is_model_of_row(users, &column_ref, column)
        {
            certain.push((column.name.clone(), shared.to_owned()));
        }
    }
    certain
}

/// Returns the application's own columns that are not given and have a default in
/// its code, with the default.
pub(super) fn defaults(users: &UserTable, user: &UserData, fields: &[FieldFacts]) -> Vec<(String, String)> {
    let mut defaults = Vec::new();
    for (column_ref, column) in omitted(users, user) {
        let is_kept = matches!(Omitted::of(users, &column_ref, column), Omitted::Now | Omitted::RandomUuid);
        let field = fields.iter().find(|field| field.column == column.name);
        if let Some(default) = field.and_then(|field| field.default.as_ref())
            && is_own(&column.name)
            && !is_kept
        {
            defaults.push((column.name.clone(), default.clone()));
        }
    }
    defaults
}

/// Checks that the values of a user are among the choices of their fields, and have
/// no more digits than these.
///
/// # Errors
/// Rejected if one is not.
pub fn check_fields(user: &UserData, fields: &[FieldFacts]) -> Result<()> {
    for (name, value) in user.columns.iter().filter(|(_, value)| !value.is_empty()) {
        let Some(field) = fields.iter().find(|field| field.column.eq_ignore_ascii_case(name)) else { continue };
        if !field.choices.is_empty() && !field.choices.contains(value) {
            return Err(unexpected(name, &format!("a choice ({})", field.choices.join(", "))));
        }
        if let Some((digits, places)) = field.precision
            && !has_precision(value, (digits, places))
        {
            let expected = format!("a number of at most {digits} digits, {places} of them after the point");
            return Err(unexpected(name, &expected));
        }
    }
    Ok(())
}

/// Returns the decimal columns that are given and of which the database does not
/// keep the number of digits. The application cannot read longer numbers.
pub(super) fn boundless(users: &UserTable, user: &UserData) -> Vec<String> {
    let mut names = Vec::new();
    for (name, _) in &user.columns {
        let column = users.find_column(name).and_then(|column_ref| users.column(&column_ref));
        if column.is_some_and(|column| column.kind == ColumnKind::Decimal && precision(column).is_none()) {
            names.push(name.clone());
        }
    }
    names
}

/// Returns the columns in which only the new user would have NULL.
pub(super) fn left_null(users: &UserTable, user: &UserData, others: &OtherUsers) -> Vec<RequiredColumn> {
    let mut left = Vec::new();
    for (column_ref, column) in omitted(users, user) {
        let is_null = matches!(Omitted::of(users, &column_ref, column), Omitted::Nothing) && !column.has_default;
        if is_null && others.count >= SEVERAL && others.always_fill(&column_ref) {
            let shared = others.shared(&column_ref).filter(|value| is_short(value)).map(|value| typed(column, value));
            left.push(RequiredColumn { name: column.name.clone(), reason: RequiredFor::Others, shared });
        }
    }
    left
}

/// Returns whether a column is nullable and references a content type.
fn is_model_of_row(users: &UserTable, column_ref: &ColumnRef, column: &Column) -> bool {
    let mut keys = users.chain[column_ref.table].shape.references(&column.name);
    !column.not_null && keys.any(|key| key.table == CONTENT_TYPE_TABLE)
}

/// Returns whether a value can be offered on one line.
fn is_short(value: &str) -> bool {
    value.chars().count() <= OFFERED && !value.contains(char::is_control)
}

/// Returns a stored value as a person types it.
fn typed(column: &Column, stored: &str) -> String {
    match (&column.kind, stored) {
        (ColumnKind::Boolean, "1") => "true".to_owned(),
        (ColumnKind::Boolean, "0") => "false".to_owned(),
        _ => stored.to_owned(),
    }
}

/// Rejects a new user who lacks columns.
pub(super) fn check_complete(users: &UserTable, required: &[RequiredColumn]) -> Result<()> {
    if required.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = required.iter().map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    if required.iter().any(|column| column.name == "last_login") {
        let manage = Hint::manage(Manage::Migrate);
        let migrate = if users.name() == STOCK_USER_TABLE { Hint::run(Program::Migrate) } else { manage };
        return Err(Error::rejected("the column last_login is NOT NULL, as before Django 1.8")
            .hint(migrate.lead("apply the migrations")));
    }
    let are_all = |reason: RequiredFor| required.iter().all(|column| column.reason == reason);
    let message = if are_all(RequiredFor::ContentType) {
        format!("missing column {names}, the user's content type: without it the application may fail to read users")
    } else if are_all(RequiredFor::Others) {
        format!("missing columns in which all users have the same value: {names}")
    } else {
        format!("missing columns that the user model requires: {names}")
    };
    Err(Error::rejected(message).hint(RequiredColumn::hint(required)))
}
