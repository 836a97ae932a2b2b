//! Checks of a user's columns. They do not depend on the password, so a command
//! runs them before it asks for one; the transaction repeats them.

use crate::admin::identity::FieldFacts;
use crate::admin::snapshot::Snapshot;
use crate::admin::users::data::{OnMissingGroup, UserData, WithToken};
use crate::admin::users::default::{Omitted, is_own, omitted};
use crate::admin::users::groups::{Groups, check_missing};
use crate::admin::users::others::{
    OtherUsers, RequiredColumn, boundless, certain, check_complete, defaults, left_null, required,
};
use crate::admin::users::values::given;
use crate::django::timestamp::TimeKeeping;
use crate::django::username::Shape;
use crate::error::{Error, Result};
use crate::hint::{Action, Hint, Program, Setting};
use crate::schema::layout::{ColumnRef, UserTable, UsernameColumn};

/// Whether a user exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// The user exists.
    Existing,
    /// The user does not exist yet.
    New,
}

impl Snapshot<'_> {
    /// Checks that a new user is given the right columns, whatever their values. The
    /// other users show what the application needs.
    ///
    /// # Errors
    /// Rejected if a column is unknown or missing.
    pub fn check_new_user(&self, user: &UserData, others: &OtherUsers) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::New)?;
        check_new_name(users, user)?;
        check_complete(users, &required(users, user, others))
    }

    /// Checks that the values of a user fit their columns.
    ///
    /// # Errors
    /// Rejected if one does not.
    pub fn check_values(&self, user: &UserData) -> Result<()> {
        check_values(&self.layout().users, user)
    }

    /// Checks the columns of an existing user to update.
    ///
    /// # Errors
    /// Rejected if a column is unknown or does not fit.
    pub fn check_update(&self, user: &UserData) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::Existing)?;
        check_values(users, user)
    }

    /// Checks that the user could join the groups and get a token, if one is
    /// requested.
    ///
    /// # Errors
    /// Rejected if a group does not exist; unusable or busy if the database cannot
    /// be read, or has no token table where a token is requested.
    pub fn check_groups_and_token(
        &mut self,
        user: &UserData,
        on_missing_group: OnMissingGroup,
        with_token: WithToken,
    ) -> Result<()> {
        if with_token == WithToken::Yes {
            self.layout().single_tokens()?;
        }
        let missing = Groups::default().find(self, &[user])?;
        check_missing(&self.layout().users, &missing, on_missing_group)
    }

    /// Checks that the columns of a new user exist and that the values fit.
    ///
    /// # Errors
    /// Same as [`Snapshot::check_new_user`].
    pub fn check_columns(&self, user: &UserData) -> Result<()> {
        let users = &self.layout().users;
        check_columns(users, user, Presence::New)?;
        check_values(users, user)
    }

    /// Returns the columns that a new user still needs, besides the password.
    #[must_use]
    pub fn required_columns(&self, user: &UserData, others: &OtherUsers) -> Vec<RequiredColumn> {
        required(&self.layout().users, user, others)
    }

    /// Returns the columns of `REQUIRED_FIELDS` that are not given, except the
    /// e-mail address.
    #[must_use]
    pub fn required_fields(&self, user: &UserData, fields: &[FieldFacts]) -> Vec<String> {
        let omitted = omitted(&self.layout().users, user).map(|(_, column)| column.name.as_str());
        let is_required = |name: &str| fields.iter().any(|field| field.is_required && field.column == name);
        omitted.filter(|name| *name != "email" && is_required(name)).map(str::to_owned).collect()
    }

    /// Returns the application's own columns of a new user that are not given and
    /// have a default in its code, with the default.
    #[must_use]
    pub fn default_columns(&self, user: &UserData, fields: &[FieldFacts]) -> Vec<(String, String)> {
        defaults(&self.layout().users, user, fields)
    }

    /// Returns the decimal columns that are given and of which the database does not
    /// keep the number of digits. The application cannot read longer numbers.
    #[must_use]
    pub fn boundless_columns(&self, user: &UserData) -> Vec<String> {
        boundless(&self.layout().users, user)
    }

    /// Returns the columns of a new user to look up where values may be set
    /// elsewhere: the application's own that are not given, and may not be NULL.
    #[must_use]
    pub fn settable_columns(&self, user: &UserData) -> Vec<String> {
        let users = &self.layout().users;
        let mut names = Vec::new();
        for (column_ref, column) in omitted(users, user) {
            let is_required = matches!(Omitted::of(users, &column_ref, column), Omitted::Required);
            if is_required
                || (is_own(&column.name) && column.is_required() && users.chain[column_ref.table].key != column.name)
            {
                names.push(column.name.clone());
            }
        }
        names
    }

    /// Returns the columns of a new user whose value is certain, with the value:
    /// references to the content type that every other user has.
    #[must_use]
    pub fn certain_columns(&self, user: &UserData, others: &OtherUsers) -> Vec<(String, String)> {
        certain(&self.layout().users, user, others)
    }

    /// Returns the columns in which only the new user would have NULL.
    #[must_use]
    pub fn columns_left_null(&self, user: &UserData, others: &OtherUsers) -> Vec<RequiredColumn> {
        left_null(&self.layout().users, user, others)
    }
}

/// Rejects a new name if its username column is ambiguous.
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

/// Rejects columns that the model does not have, the username column, and the
/// primary key of an existing user.
pub(super) fn check_columns(users: &UserTable, user: &UserData, presence: Presence) -> Result<()> {
    for (name, _) in &user.columns {
        let Some(column_ref) = users.find_column(name) else {
            return Err(Error::rejected(format!("the user model {} has no column {name}", users.name()))
                .hint(Hint::run(Program::Inspect).lead("show what was detected")));
        };
        if column_ref == *users.display_column() {
            return Err(Error::rejected(format!(
                "column {name} is the username field; give its value as the argument USERNAME"
            )));
        }
        if presence == Presence::Existing && users.chain[column_ref.table].key == column_ref.name {
            return Err(Error::rejected(format!("the column {name} is the primary key, which cannot be changed")));
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
