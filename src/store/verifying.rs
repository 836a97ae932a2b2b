//! Whether the application would accept a token or a password. Never writes.

use std::ffi::OsStr;

use zeroize::Zeroizing;

use super::Store;
use super::users::UserData;
use crate::django::email::EmailAddress;
use crate::django::new_username::{Characters, NewUsername};
use crate::django::password::{Algorithm, Hasher};
use crate::django::username::Shape;
use crate::error::{Error, Result};
use crate::schema::catalog::{Column, ColumnKind};
use crate::schema::layout::{Place, STOCK_USER_TABLE};
use crate::sql::{self, Value};

/// What a password is compared with.
///
/// Mirrors `UserAttributeSimilarityValidator.DEFAULT_USER_ATTRIBUTES`.
const ATTRIBUTES: [&str; 4] = ["username", "first_name", "last_name", "email"];

/// A token that the application accepts.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Whose it is.
    pub username: String,
    /// Since when it is there, as a person reads it.
    pub created: String,
}

/// What is to be known of the user model before a user is made.
#[derive(Clone, Debug)]
pub struct UserModelFacts {
    /// The login column.
    pub login: String,
    /// The most characters of a login name.
    login_length: Option<usize>,
    /// The most characters of an e-mail address.
    email_length: Option<usize>,
    /// The columns of all its tables.
    pub columns: Vec<String>,
    /// Whether users have an e-mail address that is not their login name.
    pub has_email: bool,
    /// Whether it is `auth.User`.
    pub is_stock: bool,
    /// The first of the settings' `PASSWORD_HASHERS`.
    preferred: Option<Algorithm>,
    /// The hashers of the newest users, newest first.
    in_use: Vec<Hasher>,
}

/// A user, as a password is checked against.
pub struct Login {
    /// The encoded password.
    pub password: Zeroizing<String>,
    /// Whether the user may log in.
    pub is_active: bool,
    /// What a password is not to be like, by column.
    pub attributes: Vec<(String, String)>,
}

impl Store {
    /// Whose token a key is.
    ///
    /// Mirrors `TokenAuthentication.authenticate_credentials`.
    ///
    /// # Errors
    /// Rejected, in the words of the application.
    pub fn verify_token(&mut self, key: &str) -> Result<Accepted> {
        let layout = self.layout()?;
        let statement = sql::tokens::holder_of_key(&layout, self.connection.dialect(), key);
        let found = self.rows(&statement)?.pop().and_then(|row| <[Value; 4]>::try_from(row).ok());
        // A collation may take another key for this one, and so does the application.
        let Some([_, username, is_active, created]) = found else { return Err(Error::rejected("Invalid token.")) };
        if layout.users.is_active.is_some() && is_active.as_integer().is_none_or(|active| active == 0) {
            return Err(Error::rejected("User inactive or deleted."));
        }
        let username = username.as_str().map_or_else(|| "\u{fffd}".to_owned(), str::to_owned);
        Ok(Accepted { username, created: self.moment(&created) })
    }

    /// The user of a login name.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read; rejected, if several
    /// users have the name.
    pub fn login(&mut self, username: &str) -> Result<Option<Login>> {
        let (users, _, _) = self.users(false)?;
        let Some(password) = users.place("password") else {
            return Err(Error::unusable(format!("the user model {} has no passwords", users.name())));
        };
        let attributes: Vec<Place> = ATTRIBUTES.iter().filter_map(|name| users.place(name)).collect();
        let active = users.is_active.clone();
        let places: Vec<&Place> = std::iter::once(&password).chain(&attributes).chain(&active).collect();
        let mut rows = self.rows(&sql::users::named(&users, self.connection.dialect(), username, &places))?;
        let Some(row) = rows.pop() else { return Ok(None) };
        if !rows.is_empty() {
            return Err(super::issuing::more_than_one(username));
        }
        let text = |at: usize| row.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_active = row.get(2 + attributes.len());
        Ok(Some(Login {
            password: Zeroizing::new(text(1)),
            is_active: is_active.is_none_or(|active| active.as_integer().is_some_and(|active| active != 0)),
            attributes: attributes.iter().enumerate().map(|(n, place)| (place.column.clone(), text(n + 2))).collect(),
        }))
    }

    /// Which of the names users have.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read; rejected, if several
    /// users have a name.
    pub fn existing(&mut self, names: &[&str]) -> Result<Vec<bool>> {
        let (users, _, _) = self.users(false)?;
        names.iter().map(|name| Ok(self.key_of(&users, name)?.is_some())).collect()
    }

    /// What is to be known of the user model before a user is made.
    ///
    /// # Errors
    /// Unusable or busy, if the database cannot be read.
    pub fn user_model(&mut self) -> Result<UserModelFacts> {
        /// Enough to meet one that was hashed after the last upgrade.
        const LOOKED_AT: u32 = 1_000;
        let (users, _, _) = self.users(false)?;
        let length = |place: Option<&Place>| {
            let column = place.and_then(|place| users.column(place));
            column.and_then(Column::max_length).and_then(|length| usize::try_from(length).ok())
        };
        let email = users.place("email");
        let mut facts = UserModelFacts {
            login: users.login.column.clone(),
            login_length: length(Some(&users.login)),
            email_length: length(email.as_ref()),
            columns: users.chain.iter().flat_map(|link| &link.columns).map(|column| column.name.clone()).collect(),
            has_email: email.is_some_and(|email| email != users.login),
            is_stock: users.chain.first().is_some_and(|link| link.table == STOCK_USER_TABLE),
            preferred: self.overrides.password_hasher.as_deref().and_then(Algorithm::from_class),
            in_use: Vec::new(),
        };
        if let Some(password) = users.place("password") {
            // A key that does not grow with time tells nothing of it.
            let key = Place { link: 0, column: users.key().to_owned() };
            let grows = matches!(users.key_kind, ColumnKind::Integer | ColumnKind::BigInteger);
            let by = Some(key.clone()).filter(|_| grows).or_else(|| users.place("date_joined")).unwrap_or(key);
            let statement = sql::users::newest_passwords(&users, self.connection.dialect(), &password, &by, LOOKED_AT);
            let rows = self.rows(&statement)?;
            let encoded = rows.iter().filter_map(|row| row.first().and_then(Value::as_str));
            facts.in_use = encoded.filter_map(Hasher::of_encoded).collect();
        }
        Ok(facts)
    }
}

impl UserModelFacts {
    /// Whether users have this column.
    #[must_use]
    pub fn has_column(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.eq_ignore_ascii_case(name))
    }

    /// A login name for a new user. An e-mail address that users log in with
    /// is checked as one, too.
    ///
    /// # Errors
    /// Rejected, in Django's words.
    pub fn name(&self, typed: &OsStr) -> Result<NewUsername> {
        let limit = self.login_length;
        if self.login == "username" {
            return NewUsername::parse(typed, Characters::Validated, limit);
        }
        let name = NewUsername::parse(typed, Characters::Any, limit)?;
        if Shape::of_column(&self.login) != Shape::Email {
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
        NewUsername::offered(account, self.login_length).map(|name| name.username().to_string())
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
        let login = (self.login.clone(), given.username.clone());
        stored.iter().chain(&given.columns).cloned().chain([login]).collect()
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
