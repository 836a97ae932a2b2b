//! Facts about the user model that creating a user needs.

use std::ffi::OsStr;

use crate::admin::snapshot::Snapshot;
use crate::admin::users::data::UserData;
use crate::django::email::EmailAddress;
use crate::django::new_username::{Characters, NewUsername};
use crate::django::password::{Algorithm, Hasher};
use crate::django::username::Shape;
use crate::engine::Column;
use crate::error::Result;
use crate::query;
use crate::query::users::PasswordRow;
use crate::schema::layout::{ColumnRef, UserTable, UsernameColumn};
use crate::schema::tables::STOCK_USER_TABLE;

/// The number of password hashes to read: enough to include one from after the
/// last upgrade of the application.
const LOOKED_AT: u32 = 1_000;

/// Facts about the user model that creating a user needs.
#[derive(Clone, Debug)]
pub struct UserModelFacts {
    /// The username column.
    pub username: String,
    /// Whether another column may be the username column instead.
    is_ambiguous: bool,
    /// The maximum length of a username, in characters.
    username_length: Option<usize>,
    /// The maximum length of an e-mail address, in characters.
    email_length: Option<usize>,
    /// The columns of all its tables.
    pub columns: Vec<String>,
    /// Whether users have an e-mail address that is not their username.
    pub has_email: bool,
    /// Whether it is `auth.User`.
    pub is_stock: bool,
    /// The algorithm of the settings' `PASSWORD_HASHERS[0]`.
    preferred: Option<Algorithm>,
    /// The hashers of the newest users, newest first.
    in_use: Vec<Hasher>,
}

impl Snapshot<'_> {
    /// Returns the facts about the user model that creating a user needs.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn user_model(&mut self) -> Result<UserModelFacts> {
        let users = &self.layout().users;
        let email = users.find_column("email");
        let mut facts = UserModelFacts {
            username: users.display_column().name.clone(),
            is_ambiguous: matches!(users.username, UsernameColumn::OneOf(_)),
            username_length: length(users, Some(users.display_column())),
            email_length: length(users, email.as_ref()),
            columns: users
                .chain
                .iter()
                .flat_map(|table| &table.shape.columns)
                .map(|column| column.name.clone())
                .collect(),
            has_email: email.is_some_and(|email| email != *users.display_column()),
            is_stock: users.name() == STOCK_USER_TABLE,
            preferred: self.given().password_hasher.as_deref().and_then(Algorithm::from_class),
            in_use: Vec::new(),
        };
        let Some(password) = users.find_column("password") else { return Ok(facts) };
        // Only an integer primary key grows with time.
        let key = ColumnRef { table: 0, name: users.key().to_owned() };
        let by = if users.key_kind().is_integer() { Some(key.clone()) } else { users.find_column("date_joined") };
        let by = by.unwrap_or(key);
        let statement = query::users::newest_passwords(users, self.dialect(), &password, &by, LOOKED_AT);
        self.each(&statement, &mut |row| {
            facts.in_use.extend(PasswordRow(row).encoded()?.as_str().and_then(Hasher::of_encoded));
            Ok(())
        })?;
        Ok(facts)
    }
}

fn length(users: &UserTable, column_ref: Option<&ColumnRef>) -> Option<usize> {
    let column = column_ref.and_then(|column_ref| users.column(column_ref));
    column.and_then(Column::max_length).and_then(|length| usize::try_from(length).ok())
}

impl UserModelFacts {
    /// Returns whether the model has this column.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }

    /// Parses the name of a new user. Where users log in with an e-mail
    /// address, validates the name as one, too.
    ///
    /// # Errors
    /// Rejected with Django's message.
    pub fn name(&self, typed: &OsStr) -> Result<NewUsername> {
        let limit = self.username_length;
        let is_address = self.is_ambiguous && typed.to_str().is_some_and(|name| Shape::of_value(name) != Shape::Name);
        if self.username == "username" && !is_address {
            return NewUsername::parse(typed, Characters::Validated, limit);
        }
        let name = NewUsername::parse(typed, Characters::Any, limit)?;
        if Shape::of_column(&self.username) != Shape::Email {
            return Ok(name);
        }
        let address = EmailAddress::parse(name.username().as_str(), limit)?;
        NewUsername::parse(address.as_str().as_ref(), Characters::Any, limit)
    }

    /// Returns a name that may be suggested to a person.
    ///
    /// Mirrors `get_default_username`.
    #[must_use]
    pub fn offered_name(&self, account: &str) -> Option<String> {
        NewUsername::offered(account, self.username_length).map(|name| name.username().to_string())
    }

    /// Parses an e-mail address, which may be empty.
    ///
    /// # Errors
    /// Rejected with Django's message.
    pub fn email(&self, typed: &str) -> Result<String> {
        if typed.is_empty() {
            return Ok(String::new());
        }
        Ok(EmailAddress::parse(typed, self.email_length)?.as_str().to_owned())
    }

    /// Returns the attributes that a new password must not resemble: the stored
    /// ones and the given ones.
    #[must_use]
    pub fn attributes(&self, stored: &[(String, String)], given: &UserData) -> Vec<(String, String)> {
        let mut attributes = stored.to_vec();
        attributes.extend(given.columns.iter().cloned());
        attributes.push((self.username.clone(), given.username.to_string()));
        attributes
    }

    /// Returns the hasher for a new password, so that the application does not
    /// need to hash it again: the wanted algorithm, else that of the settings,
    /// else that of the newest user; with the work factor in use for it.
    #[must_use]
    pub fn hasher(&self, wanted: Option<Algorithm>) -> Hasher {
        let newest = self.in_use.first().map(Hasher::algorithm);
        let algorithm = wanted.or(self.preferred).or(newest).unwrap_or(Algorithm::Pbkdf2Sha256);
        let in_use = self.in_use.iter().find(|hasher| hasher.algorithm() == algorithm);
        in_use.copied().unwrap_or_else(|| Hasher::newest(algorithm))
    }

    /// Returns whether the hasher deserves a warning. A database with MD5 only
    /// is one for tests, which use it on purpose.
    #[must_use]
    pub fn is_weak(&self, hasher: &Hasher) -> bool {
        let is_for_tests = self.in_use.iter().all(|known| known.algorithm() == Algorithm::Md5);
        hasher.is_weak() && !(is_for_tests && hasher.algorithm() == Algorithm::Md5)
    }
}
