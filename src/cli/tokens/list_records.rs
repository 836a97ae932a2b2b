//! The records of `list`: tokens and users.

use std::borrow::Cow;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::admin::model::Moment;
use crate::admin::tokens::TokenRow;
use crate::admin::users::UserRow;
use crate::cli::future_times::age;
use crate::django::token_key::{KeyKind, beginning};
use crate::engine::Cell;
use crate::error::Result;
use crate::output::{Field, Record};
use crate::query::listed::{CellSet, Listed};

/// All columns of tokens, the default ones first.
const ALL_TOKEN_COLUMNS: &[&str] =
    &["username", "key", "created", "age", "active", "staff", "superuser", "last_login", "user_id", "key_kind"];

/// The default columns of tokens, and the others.
pub(super) const TOKEN_COLUMNS: (&[&str], &[&str]) = ALL_TOKEN_COLUMNS.split_at(8);

/// The columns of users.
pub(super) const USER_COLUMNS: &[&str] =
    &["username", "email", "active", "staff", "superuser", "date_joined", "last_login", "has_token", "password"];

/// The columns of tokens that a narrow table omits, the least important one
/// first: users of an API rarely log in, so few have a last login.
const OPTIONAL_TOKEN_COLUMNS: &[&str] = &["key_kind", "user_id", "last_login", "staff", "superuser", "age", "active"];

/// The columns of users that a narrow table omits, the least important one
/// first.
const OPTIONAL_USER_COLUMNS: &[&str] =
    &["password", "date_joined", "last_login", "staff", "superuser", "has_token", "email", "active"];

/// Returns the cells to read for those columns. Every record needs the key and
/// whether the user is active.
pub(super) fn cells(columns: &[&str]) -> CellSet {
    let mut cells = vec![Listed::Key, Listed::IsActive];
    for column in columns {
        cells.extend(match *column {
            "username" => Some(Listed::Username),
            "created" | "age" => Some(Listed::Created),
            "staff" => Some(Listed::IsStaff),
            "superuser" => Some(Listed::IsSuperuser),
            "last_login" => Some(Listed::LastLogin),
            "email" => Some(Listed::Email),
            "date_joined" => Some(Listed::DateJoined),
            "has_token" => Some(Listed::HasToken),
            "password" => Some(Listed::Password),
            _ => None,
        });
    }
    CellSet::of(&cells)
}

/// How keys are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// In full.
    Whole,
    /// By their first characters.
    Shortened,
}

/// A token.
pub(super) struct ListedToken<'a> {
    user: Cell<'a>,
    username: Cell<'a>,
    key: Cell<'a>,
    created: Option<Moment<'a>>,
    is_active: bool,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    last_login: Option<Moment<'a>>,
    /// The current time, from which the age is computed.
    now: Timestamp,
    keys: Keys,
}

impl<'a> ListedToken<'a> {
    pub(super) fn new(row: TokenRow<'a>, now: Timestamp, keys: Keys) -> Result<Self> {
        Ok(Self {
            user: row.user.id()?,
            username: row.user.username()?,
            key: row.key()?,
            created: row.created()?,
            is_active: row.user.is_active()?,
            is_staff: row.user.is_staff()?,
            is_superuser: row.user.is_superuser()?,
            last_login: row.user.last_login()?,
            now,
            keys,
        })
    }

    /// Returns the times of the row.
    pub(super) fn times(&self) -> [Option<&Moment<'a>>; 2] {
        [self.created.as_ref(), self.last_login.as_ref()]
    }

    /// Returns what kind of key it is.
    pub(super) fn key_kind(&self) -> KeyKind {
        self.key.as_str().map_or(KeyKind::Unsendable, KeyKind::of)
    }

    fn shown_key(&self) -> Field<'_> {
        match self.keys {
            Keys::Whole => Field::stored(&self.key),
            Keys::Shortened => Field::Shortened(beginning(self.key.as_str().unwrap_or_default())),
        }
    }
}

impl Record for ListedToken<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(ALL_TOKEN_COLUMNS)
    }

    fn optional_columns(&self) -> &'static [&'static str] {
        OPTIONAL_TOKEN_COLUMNS
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::stored(&self.username),
            1 => self.shown_key(),
            2 => Field::moment(self.created.as_ref()),
            3 => {
                let created = self.created.as_ref().and_then(Moment::at);
                created.and_then(|created| age(created, self.now)).map_or(Field::Absent, Field::Age)
            }
            4 => Field::Flag(self.is_active),
            5 => Field::known(self.is_staff),
            6 => Field::known(self.is_superuser),
            7 => Field::moment(self.last_login.as_ref()),
            8 => Field::stored(&self.user),
            _ => Field::text(self.key_kind().as_str()),
        }
    }

    fn key(&self) -> Option<&str> {
        self.key.as_str()
    }

    fn is_faint(&self) -> bool {
        !self.is_active
    }
}

/// A user.
pub(super) struct ListedUser<'a> {
    username: Cell<'a>,
    email: Cell<'a>,
    is_active: bool,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    date_joined: Option<Moment<'a>>,
    last_login: Option<Moment<'a>>,
    has_token: Option<bool>,
    password: Option<String>,
}

impl<'a> ListedUser<'a> {
    pub(super) fn new(row: UserRow<'a>) -> Result<Self> {
        Ok(Self {
            username: row.user.username()?,
            email: row.email()?,
            is_active: row.user.is_active()?,
            is_staff: row.user.is_staff()?,
            is_superuser: row.user.is_superuser()?,
            date_joined: row.date_joined()?,
            last_login: row.user.last_login()?,
            has_token: row.has_token()?,
            password: row.password()?,
        })
    }

    /// Returns the times of the row.
    pub(super) fn times(&self) -> [Option<&Moment<'a>>; 2] {
        [self.date_joined.as_ref(), self.last_login.as_ref()]
    }
}

impl Record for ListedUser<'_> {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(USER_COLUMNS)
    }

    fn optional_columns(&self) -> &'static [&'static str] {
        OPTIONAL_USER_COLUMNS
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::stored(&self.username),
            1 => Field::stored(&self.email),
            2 => Field::Flag(self.is_active),
            3 => Field::known(self.is_staff),
            4 => Field::known(self.is_superuser),
            5 => Field::moment(self.date_joined.as_ref()),
            6 => Field::moment(self.last_login.as_ref()),
            7 => Field::known(self.has_token),
            _ => Field::optional(self.password.as_deref()),
        }
    }

    fn is_faint(&self) -> bool {
        !self.is_active
    }
}

/// The number of rows.
pub(super) struct Count(pub(super) u64);

impl Record for Count {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&["count"])
    }

    fn field(&self, _: usize) -> Field<'_> {
        Field::Number(i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    fn sentences(&self) -> Vec<Zeroizing<String>> {
        vec![Zeroizing::new(self.0.to_string())]
    }
}
