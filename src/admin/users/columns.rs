//! Checks of a user's columns. They do not depend on the password, so a command
//! runs them before it asks for one; the transaction repeats them.

use jiff::civil::DateTime;

use crate::admin::snapshot::Snapshot;
use crate::admin::users::data::{UserData, WithToken};
use crate::admin::users::groups::Groups;
use crate::admin::users::values::{default, given};
use crate::django::timestamp::TimeKeeping;
use crate::django::username::Shape;
use crate::engine::ColumnKind;
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Program, Setting};
use crate::schema::layout::{ColumnRef, UserTable, UsernameColumn};

/// Whether a user exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The user exists.
    Existing,
    /// The user does not exist yet.
    New,
}

impl Snapshot<'_> {
    /// Checks that a user could be saved.
    ///
    /// # Errors
    /// Rejected if a column is unknown, does not fit or is missing, or a group
    /// does not exist; unusable or busy if the database cannot be read, or has
    /// no token table where a token is requested.
    pub fn check_user(&mut self, user: &UserData, presence: Presence, with_token: WithToken) -> Result<()> {
        let layout = self.layout();
        if with_token == WithToken::Yes {
            layout.single_tokens()?;
        }
        check_columns(&layout.users, user, presence)?;
        if presence == Presence::New {
            check_new_name(&layout.users, user)?;
            check_complete(&missing(&layout.users, user))?;
        }
        check_values(&layout.users, user)?;
        Groups::default().find(self, &[user])
    }

    /// Checks that the columns of a new user exist and that the values fit.
    ///
    /// # Errors
    /// Same as [`Snapshot::check_user`].
    pub fn check_columns(&self, user: &UserData) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::New)?;
        check_values(users, user)
    }

    /// Returns the columns that a new user still needs, besides the password.
    #[must_use]
    pub fn missing_columns(&self, user: &UserData) -> Vec<String> {
        missing(&self.layout().users, user)
    }
}

/// Rejects a new name where nothing decides which username column it is for.
pub(super) fn check_new_name(users: &UserTable, user: &UserData) -> Result<()> {
    let UsernameColumn::OneOf(columns) = &users.username else { return Ok(()) };
    let shape = Shape::of_value(user.username.as_str());
    let other = columns.iter().skip(1).find(|column_ref| Shape::of_column(&column_ref.name) == shape);
    let Some(other) = other.filter(|_| Shape::of_column(&users.display_column().name) != shape) else { return Ok(()) };
    let option = |column: &str| Action::option(Setting::UsernameField, column);
    Err(Error::rejected(format!(
        "{} could be a new user's {} or {}: both columns are unique",
        user.username,
        users.display_column().name,
        other.name
    ))
    .hint(
        Hint::action(option(&other.name))
            .or(option(&users.display_column().name))
            .lead("name the user model's USERNAME_FIELD"),
    ))
}

/// Rejects a new user who lacks columns.
pub(super) fn check_complete(missing: &[String]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let mut hint = Hint::advice("");
    for name in missing {
        hint = hint.and(Action::option(Setting::Column(name.clone()), "VALUE"));
    }
    Err(Error::rejected(format!("the user model requires columns that were not given: {}", missing.join(", ")))
        .hint(hint))
}

/// Returns the columns that a new user still needs, besides the password.
pub(super) fn missing(users: &UserTable, user: &UserData) -> Vec<String> {
    let mut missing = Vec::new();
    for (at, table) in users.chain.iter().enumerate() {
        let is_parent = at + 1 < users.chain.len();
        for column in table.shape.columns.iter().filter(|column| column.is_required()) {
            let column_ref = ColumnRef { table: at, name: column.name.clone() };
            let is_given = column_ref == *users.display_column()
                || user.columns.iter().any(|(name, _)| users.find_column(name).as_ref() == Some(&column_ref))
                || users.find_column("password").as_ref() == Some(&column_ref);
            let is_generated = column.name == table.key && (is_parent || column.kind == ColumnKind::Uuid);
            if !is_given && !is_generated && default(&column.name, column, DateTime::default()).is_none() {
                missing.push(column.name.clone());
            }
        }
    }
    missing
}

/// Rejects columns that the model does not have, the username column, and the
/// primary key of an existing user.
pub(super) fn check_columns(users: &UserTable, user: &UserData, presence: Presence) -> Result<()> {
    for (name, _) in &user.columns {
        let Some(column_ref) = users.find_column(name) else {
            return Err(Error::rejected(format!("the user model {} has no column {name}", users.name()))
                .hint(Hint::run(Program::Inspect).trail("shows what was found")));
        };
        if column_ref == *users.display_column() {
            return Err(Error::rejected(format!("the column {name} is the login name, which is given by itself")));
        }
        if presence == Presence::Existing && users.chain[column_ref.table].key == column_ref.name {
            return Err(Error::rejected(format!("the column {name} is the key of a user who exists: it stays")));
        }
    }
    Ok(())
}

/// Rejects values that do not fit their columns.
fn check_values(users: &UserTable, user: &UserData) -> Result<()> {
    for (at, table) in users.chain.iter().enumerate() {
        for column in &table.shape.columns {
            given(user, users, &ColumnRef { table: at, name: column.name.clone() }, column, &TimeKeeping::utc())?;
        }
    }
    Ok(())
}
