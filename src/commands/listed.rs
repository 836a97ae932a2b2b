//! The records of `list`: a token and a user as they are shown.

use jiff::Timestamp;

use crate::django::token_key::{KeyKind, shortened};
use crate::output::{Field, Record};
use crate::sql::Value;
use crate::store::{Stored, TokenRow, UserRow};

/// The columns of tokens: those that are shown unless told, and the others.
pub(super) const TOKEN_COLUMNS: (&[&str], &[&str]) =
    (&["username", "key", "created", "age", "active", "staff", "superuser", "last_login"], &["user_id", "key_kind"]);

/// The columns of users.
pub(super) const USER_COLUMNS: (&[&str], &[&str]) =
    (&["username", "email", "active", "staff", "superuser", "date_joined", "last_login", "has_token", "password"], &[]);

/// A token.
pub(super) struct ListedToken<'a> {
    row: &'a TokenRow,
    /// The wall clock, to tell the age by.
    now: Timestamp,
    /// Whether the key is shown whole.
    show_keys: bool,
    kind: KeyKind,
}

impl<'a> ListedToken<'a> {
    pub(super) fn new(row: &'a TokenRow, now: Timestamp, show_keys: bool) -> Self {
        let kind = row.key.as_str().map_or(KeyKind::Unsendable, KeyKind::of);
        Self { row, now, show_keys, kind }
    }

    /// Whether DRF did not make the key.
    pub(super) fn is_strange(&self) -> bool {
        self.kind != KeyKind::Drf
    }
}

impl Record for ListedToken<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let row = self.row;
        let key = if self.show_keys { Field::stored(&row.key) } else { Field::text(key_shortened(&row.key)) };
        let made = row.created.as_ref().and_then(|created| created.at);
        let age = made.map(|made| self.now.as_second() - made.as_second());
        vec![
            ("username", Field::stored(&row.username)),
            ("key", key),
            ("created", moment(row.created.as_ref())),
            ("age", age.map_or(Field::Absent, Field::Age)),
            ("active", Field::Flag(row.is_active)),
            ("staff", Field::known(row.is_staff)),
            ("superuser", Field::known(row.is_superuser)),
            ("last_login", moment(row.last_login.as_ref())),
            ("user_id", Field::stored(&row.user)),
            ("key_kind", Field::text(self.kind.as_str())),
        ]
    }

    fn key(&self) -> Option<&str> {
        self.row.key.as_str()
    }

    fn is_faint(&self) -> bool {
        !self.row.is_active
    }
}

/// A user.
pub(super) struct ListedUser<'a>(pub(super) &'a UserRow);

impl Record for ListedUser<'_> {
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let row = self.0;
        vec![
            ("username", Field::stored(&row.username)),
            ("email", Field::stored(&row.email)),
            ("active", Field::Flag(row.is_active)),
            ("staff", Field::known(row.is_staff)),
            ("superuser", Field::known(row.is_superuser)),
            ("date_joined", moment(row.date_joined.as_ref())),
            ("last_login", moment(row.last_login.as_ref())),
            ("has_token", Field::known(row.has_token)),
            ("password", Field::optional(row.password.as_deref())),
        ]
    }

    fn is_faint(&self) -> bool {
        !self.0.is_active
    }
}

/// The beginning of a key, whatever a database holds there.
pub(super) fn key_shortened(key: &Value) -> String {
    shortened(key.as_str().unwrap_or_default())
}

fn moment(stored: Option<&Stored>) -> Field<'_> {
    stored.map_or(Field::Absent, |stored| match stored.at {
        Some(_) => Field::Moment(stored.text.as_str().into()),
        None => Field::text(stored.text.as_str()),
    })
}
