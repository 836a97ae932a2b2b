//! Facts about the user model that creating a user needs.

use std::ffi::OsStr;

use crate::admin::snapshot::Snapshot;
use crate::admin::users::data::UserData;
use crate::admin::users::others::OtherUsers;
use crate::django::email::EmailAddress;
use crate::django::new_username::{Characters, NewUsername};
use crate::django::password::{
    Algorithm, Comparison, Hasher, SiteHashers, StoredPassword, Verdict, unknown_format, unlisted,
};
use crate::django::username::Shape;
use crate::engine::Column;
use crate::error::{Error, Kind, Result};
use crate::query;
use crate::query::newest::{Newest, NewestRow};
use crate::schema::layout::{ColumnRef, UserTable, UsernameColumn};
use crate::schema::tables::STOCK_USER_TABLE;

/// The number of password hashes to read: enough to include one from after the
/// last upgrade of the application.
pub(super) const LOOKED_AT: u32 = 1_000;

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
    /// The primary keys of these tables.
    keys: Vec<String>,
    /// Whether users have an e-mail address that is not their username.
    pub has_email: bool,
    /// Whether it is `auth.User`.
    pub is_stock: bool,
    /// The `PASSWORD_HASHERS` of the settings.
    hashers: SiteHashers,
    /// The passwords of the newest users, newest first.
    in_use: Vec<PasswordInUse>,
    /// What the newest users have in the application's own columns.
    pub others: OtherUsers,
}

/// How the password of a user is stored.
#[derive(Clone, Debug)]
struct PasswordInUse {
    stored: StoredPassword,
    /// Whether the application has accepted it.
    has_logged_in: bool,
}

impl Snapshot<'_> {
    /// Returns the facts about the user model that creating a user needs.
    ///
    /// # Errors
    /// Unusable or busy if the database cannot be read.
    pub fn user_model(&mut self) -> Result<UserModelFacts> {
        self.facts(OtherUsers::default())
    }

    /// Returns the same, with what the newest users have in the application's own
    /// columns, if the account of the database may read these.
    ///
    /// # Errors
    /// Same as [`Snapshot::user_model`].
    pub fn user_model_with_others(&mut self) -> Result<UserModelFacts> {
        match self.facts(OtherUsers::to_collect(&self.layout().users)) {
            Err(error) if error.kind() == Kind::Unusable => self.user_model(),
            facts => facts,
        }
    }

    fn facts(&mut self, others: OtherUsers) -> Result<UserModelFacts> {
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
            keys: users.chain.iter().map(|table| table.key.clone()).collect(),
            has_email: email.is_some_and(|email| email != *users.display_column()),
            is_stock: users.name() == STOCK_USER_TABLE,
            hashers: self.given().password_hashers.clone().map_or(SiteHashers::Unknown, SiteHashers::Listed),
            in_use: Vec::new(),
            others,
        };
        let Some(password) = users.find_column("password") else { return Ok(facts) };
        let by = newest_by(users);
        let last_login = users.find_column("last_login");
        let newest = Newest { password: &password, last_login: last_login.as_ref(), by: &by, limit: LOOKED_AT };
        let own: Vec<&ColumnRef> = facts.others.columns().collect();
        let statement = query::newest::rows(users, self.dialect(), &newest, &own);
        self.each(&statement, &mut |row| {
            let row = NewestRow(row);
            let stored = StoredPassword::of(row.encoded()?.as_str().unwrap_or_default());
            facts.in_use.push(PasswordInUse { stored, has_logged_in: row.has_logged_in()? });
            facts.others.add(|n| row.column(n))
        })?;
        Ok(facts)
    }
}

/// Returns the column that the newest users have the greatest values in.
pub(super) fn newest_by(users: &UserTable) -> ColumnRef {
    let key = ColumnRef { table: 0, name: users.key().to_owned() };
    // Only an integer primary key grows with time.
    if users.key_kind().is_integer() { key } else { users.find_column("date_joined").unwrap_or(key) }
}

fn length(users: &UserTable, column_ref: Option<&ColumnRef>) -> Option<usize> {
    let column = column_ref.and_then(|column_ref| users.column(column_ref));
    column.and_then(Column::max_length).and_then(|length| usize::try_from(length).ok())
}

impl UserModelFacts {
    /// Returns the columns that may have a value of one's own: without primary keys.
    pub fn settable_columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().filter(|name| !self.keys.contains(name)).map(String::as_str)
    }

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

    /// Returns how a password is hashed so that the application accepts it: with the
    /// wanted algorithm; else the preferred one of the settings; else that of the
    /// hash that it replaces, if Django's default hashers have it; else the one that
    /// all users have; else that of the newest hash of a user who has logged in;
    /// else Django's default. Its work factor is the one in use for the algorithm.
    ///
    /// # Errors
    /// Rejected if the application does not have the wanted algorithm. Without one,
    /// rejected if the hash that it replaces, or the one to follow, has an unknown
    /// format, or if the new one would be weaker.
    pub fn hasher(&self, wanted: Option<Algorithm>, replaced: Option<&str>) -> Result<Hasher> {
        if let Some(wanted) = wanted {
            let hasher = self.with_work_in_use(wanted);
            if self.site_hashers().verdict(&StoredPassword::Hash(hasher), Comparison::Same) == Verdict::Rejected {
                return Err(unlisted(wanted));
            }
            return Ok(hasher);
        }
        let stored = StoredPassword::of(replaced.unwrap_or_default());
        stored.check_format()?;
        let replaced = match stored {
            StoredPassword::Hash(hasher) => Some(hasher),
            _ => None,
        };
        let algorithm = match &self.hashers {
            SiteHashers::Listed(classes) => {
                // A user model may override `set_password`.
                if let Some(own @ StoredPassword::Foreign(_)) = self.evidence() {
                    return Err(own_format(own));
                }
                preferred(classes)?
            }
            SiteHashers::Unknown | SiteHashers::Using(_) => self.algorithm_in_use(replaced.as_ref())?,
        };
        let hasher = self.with_work_in_use(algorithm);
        if let Some(replaced) = replaced.filter(|replaced| hasher.takes_less_work_than(replaced)) {
            return Ok(replaced);
        }
        stored.check_replacement(&hasher)?;
        Ok(hasher)
    }

    /// Returns the algorithm that the database shows to be the application's.
    fn algorithm_in_use(&self, replaced: Option<&Hasher>) -> Result<Algorithm> {
        if let Some(own) = replaced.map(Hasher::algorithm).filter(|algorithm| algorithm.is_in_djangos_default()) {
            return Ok(own);
        }
        if let Some(shared) = self.shared_algorithm() {
            return Ok(shared);
        }
        match self.evidence() {
            Some(StoredPassword::Hash(hasher)) => Ok(hasher.algorithm()),
            Some(StoredPassword::Unreadable(algorithm)) => Ok(*algorithm),
            Some(other) => Err(own_format(other)),
            None => Ok(Algorithm::Pbkdf2Sha256),
        }
    }

    /// Returns the password that shows which hashes the application accepts, if one does.
    fn evidence(&self) -> Option<&StoredPassword> {
        let newest = self.hashes().find(|used| used.has_logged_in);
        // Token clients do not log in: where no hash is Django's, none would be accepted.
        let all_unknown =
            || self.hashes().next().filter(|_| self.hashes().all(|used| used.stored.is_of_unknown_format()));
        newest.or_else(all_unknown).map(|used| &used.stored)
    }

    /// Returns what is known about the hashers of the application.
    #[must_use]
    pub fn site_hashers(&self) -> SiteHashers {
        match (&self.hashers, self.shared_algorithm()) {
            (SiteHashers::Unknown, Some(shared)) => SiteHashers::Using(shared),
            (hashers, _) => hashers.clone(),
        }
    }

    /// Returns the algorithm of every password.
    fn shared_algorithm(&self) -> Option<Algorithm> {
        let mut shared = None;
        let mut count = 0;
        for used in self.hashes() {
            let StoredPassword::Hash(hasher) = used.stored else { return None };
            if *shared.get_or_insert(hasher.algorithm()) != hasher.algorithm() {
                return None;
            }
            count += 1;
        }
        // One user with a hasher that Django's defaults lack may be a mistake.
        shared.filter(|algorithm: &Algorithm| count > 1 || algorithm.is_in_djangos_default())
    }

    /// Returns the hashes among the passwords.
    fn hashes(&self) -> impl Iterator<Item = &PasswordInUse> {
        self.in_use.iter().filter(|used| !matches!(used.stored, StoredPassword::Empty | StoredPassword::Unusable))
    }

    fn with_work_in_use(&self, algorithm: Algorithm) -> Hasher {
        let in_use = self.hashers_in_use().find(|hasher| hasher.algorithm() == algorithm);
        in_use.unwrap_or_else(|| Hasher::newest(algorithm))
    }

    fn hashers_in_use(&self) -> impl Iterator<Item = Hasher> {
        self.in_use.iter().filter_map(|used| match used.stored {
            StoredPassword::Hash(hasher) => Some(hasher),
            _ => None,
        })
    }

    /// Returns whether the hasher deserves a warning. A database with MD5 only
    /// is one for tests, which use it on purpose.
    #[must_use]
    pub fn is_weak(&self, hasher: &Hasher) -> bool {
        let is_for_tests = self.hashers_in_use().all(|known| known.algorithm() == Algorithm::Md5);
        hasher.is_weak() && !(is_for_tests && hasher.algorithm() == Algorithm::Md5)
    }
}

fn own_format(stored: &StoredPassword) -> Error {
    unknown_format(format!("existing passwords use an unknown hash format ({stored})"))
}

/// Returns the algorithm of the first hasher of the settings.
fn preferred(classes: &[String]) -> Result<Algorithm> {
    let Some(first) = classes.first() else { return Ok(Algorithm::Pbkdf2Sha256) };
    Algorithm::from_class(first).ok_or_else(|| {
        unknown_format(format!("the preferred password hasher of the settings is not supported: {first}"))
    })
}
