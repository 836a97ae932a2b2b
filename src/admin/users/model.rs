//! What is to be known of the user model before a user is created.

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
use crate::schema::layout::{Place, UserTable, UsernameColumn};
use crate::schema::tables::STOCK_USER_TABLE;

/// Enough to meet a password that was hashed after the last upgrade.
const LOOKED_AT: u32 = 1_000;

/// What is to be known of the user model before a user is created.
#[derive(Clone, Debug)]
pub struct UserModelFacts {
    /// The column that a user is created with.
    pub username: String,
    /// Whether nothing tells if users are found by this column.
    is_ambiguous: bool,
    /// The most characters of a username.
    username_length: Option<usize>,
    /// The most characters of an e-mail address.
    email_length: Option<usize>,
    /// The columns of all its tables.
    pub columns: Vec<String>,
    /// Whether users have an e-mail address that is not their username.
    pub has_email: bool,
    /// Whether it is `auth.User`.
    pub is_stock: bool,
    /// The first of the settings' `PASSWORD_HASHERS`.
    preferred: Option<Algorithm>,
    /// The hashers of the newest users, newest first.
    in_use: Vec<Hasher>,
}

impl Snapshot<'_> {
    /// What is to be known of the user model before a user is created.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn user_model(&mut self) -> Result<UserModelFacts> {
        let users = &self.layout().users;
        let email = users.place("email");
        let mut facts = UserModelFacts {
            username: users.shown_by().column.clone(),
            is_ambiguous: matches!(users.username, UsernameColumn::OneOf(_)),
            username_length: length(users, Some(users.shown_by())),
            email_length: length(users, email.as_ref()),
            columns: users
                .chain
                .iter()
                .flat_map(|link| &link.shape.columns)
                .map(|column| column.name.clone())
                .collect(),
            has_email: email.is_some_and(|email| email != *users.shown_by()),
            is_stock: users.name() == STOCK_USER_TABLE,
            preferred: self.given().password_hasher.as_deref().and_then(Algorithm::from_class),
            in_use: Vec::new(),
        };
        let Some(password) = users.place("password") else { return Ok(facts) };
        // A key that does not grow with time tells nothing of it.
        let key = Place { link: 0, column: users.key().to_owned() };
        let by = if users.key_kind().is_integer() { Some(key.clone()) } else { users.place("date_joined") };
        let by = by.unwrap_or(key);
        let statement = query::users::newest_passwords(users, self.dialect(), &password, &by, LOOKED_AT);
        self.each(&statement, &mut |row| {
            facts.in_use.extend(row.get(0)?.as_str().and_then(Hasher::of_encoded));
            Ok(())
        })?;
        Ok(facts)
    }
}

fn length(users: &UserTable, place: Option<&Place>) -> Option<usize> {
    let column = place.and_then(|place| users.column(place));
    column.and_then(Column::max_length).and_then(|length| usize::try_from(length).ok())
}

impl UserModelFacts {
    /// Whether users have this column.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }

    /// A name for a new user. An e-mail address that users log in with is
    /// checked as one, too.
    ///
    /// # Errors
    /// Rejected, in Django's words.
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

    /// A name that may be offered to a person.
    ///
    /// Mirrors `get_default_username`.
    #[must_use]
    pub fn offered_name(&self, account: &str) -> Option<String> {
        NewUsername::offered(account, self.username_length).map(|name| name.username().to_string())
    }

    /// An e-mail address, or none.
    ///
    /// # Errors
    /// Rejected, in Django's words.
    pub fn email(&self, typed: &str) -> Result<String> {
        if typed.is_empty() {
            return Ok(String::new());
        }
        Ok(EmailAddress::parse(typed, self.email_length)?.as_str().to_owned())
    }

    /// What a new password is compared with: what is stored, under what is
    /// given.
    #[must_use]
    pub fn attributes(&self, stored: &[(String, String)], given: &UserData) -> Vec<(String, String)> {
        let mut attributes = stored.to_vec();
        attributes.extend(given.columns.iter().cloned());
        attributes.push((self.username.clone(), given.username.to_string()));
        attributes
    }

    /// How a password is hashed so that the application leaves the hash as it
    /// is: with the wanted algorithm, else that of the settings, else that of
    /// the newest user; and with the work factor that is in use for it.
    #[must_use]
    pub fn hasher(&self, wanted: Option<Algorithm>) -> Hasher {
        let newest = self.in_use.first().map(Hasher::algorithm);
        let algorithm = wanted.or(self.preferred).or(newest).unwrap_or(Algorithm::Pbkdf2Sha256);
        let in_use = self.in_use.iter().find(|hasher| hasher.algorithm() == algorithm);
        in_use.copied().unwrap_or_else(|| Hasher::newest(algorithm))
    }

    /// Whether the hasher is weak in a way that a person should hear of. MD5
    /// alone is what a database of tests has, on purpose.
    #[must_use]
    pub fn is_weak(&self, hasher: &Hasher) -> bool {
        let is_for_tests = self.in_use.iter().all(|known| known.algorithm() == Algorithm::Md5);
        hasher.is_weak() && !(is_for_tests && hasher.algorithm() == Algorithm::Md5)
    }
}
