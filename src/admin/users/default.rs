//! What a new user gets in a column that is not given.

use jiff::civil::DateTime;

use crate::admin::users::data::{RandomBytes, UserData};
use crate::django::field::UUID_BYTES;
use crate::engine::{Column, ColumnKind, Value};
use crate::error::Result;
use crate::schema::layout::{ColumnRef, UserTable};

/// The columns of `AbstractUser`, whose defaults are known.
const KNOWN: [&str; 9] = [
    "password",
    "last_login",
    "is_superuser",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
];

/// What a new user gets in a column that is not given.
///
/// Mirrors `Field._get_default`, except for a boolean, a time and a unique UUID,
/// which have no default unless the application gives one: it is then nearly
/// always false, the current time and a random one.
#[derive(Debug)]
pub(super) enum Omitted {
    /// The database's default, or NULL.
    Nothing,
    /// Text of no length.
    EmptyText,
    /// A boolean.
    Flag(Value),
    /// The time of the creation.
    Now,
    /// A random UUID.
    RandomUuid,
    /// The value has to be given.
    Required,
}

impl Omitted {
    /// Returns what a column of the user model gets.
    pub(super) fn of(users: &UserTable, column_ref: &ColumnRef, column: &Column) -> Self {
        let table = &users.chain[column_ref.table];
        let is_parent = column_ref.table + 1 < users.chain.len();
        if column.name == table.key {
            return match &column.kind {
                // A child's key is that of its parent.
                _ if is_parent || column.has_default => Self::Nothing,
                ColumnKind::Uuid => Self::RandomUuid,
                _ if column.not_null => Self::Required,
                _ => Self::Nothing,
            };
        }
        let is_unique = table.shape.is_unique(&column.name);
        match column.name.as_str() {
            "is_active" => return Self::Flag(Value::Integer(1)),
            "is_superuser" | "is_staff" => return Self::Flag(Value::Integer(0)),
            "date_joined" if column.kind == ColumnKind::DateTime => return Self::Now,
            "first_name" | "last_name" | "email" if column.kind == ColumnKind::Text && !is_unique => {
                return Self::EmptyText;
            }
            "last_login" if column.is_required() => return Self::Required,
            _ => {}
        }
        if !column.is_required() {
            return Self::Nothing;
        }
        let is_reference = table.shape.references(&column.name).next().is_some();
        match &column.kind {
            _ if is_reference => Self::Required,
            ColumnKind::Uuid if is_unique => Self::RandomUuid,
            _ if is_unique => Self::Required,
            ColumnKind::Text => Self::EmptyText,
            ColumnKind::Boolean => Self::Flag(Value::Integer(0)),
            ColumnKind::DateTime => Self::Now,
            _ => Self::Required,
        }
    }

    /// Returns the value, if there is one to write.
    pub(super) fn value(self, now: DateTime, random: &mut RandomBytes<'_>) -> Result<Option<Value>> {
        Ok(match self {
            Self::Nothing | Self::Required => None,
            Self::EmptyText => Some(Value::text("")),
            Self::Flag(value) => Some(value),
            Self::Now => Some(Value::DateTime(now)),
            Self::RandomUuid => Some(random_uuid(random)?),
        })
    }
}

/// Returns the columns of a new user that are not given, except the username and
/// the password.
pub(super) fn omitted<'a>(users: &'a UserTable, user: &UserData) -> impl Iterator<Item = (ColumnRef, &'a Column)> {
    let mut given: Vec<ColumnRef> = vec![users.display_column().clone()];
    given.extend(users.find_column("password"));
    given.extend(user.columns.iter().filter_map(|(name, _)| users.find_column(name)));
    users.columns().filter(move |(column_ref, _)| !given.contains(column_ref))
}

/// Returns whether a column is one of the application's own, and not a column of
/// `AbstractUser`.
pub(super) fn is_own(name: &str) -> bool {
    !KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Returns a random UUID.
///
/// Mirrors `uuid.uuid4`, as a database without a UUID type stores it.
pub(super) fn random_uuid(random: &mut RandomBytes<'_>) -> Result<Value> {
    let mut bytes = [0_u8; UUID_BYTES];
    random(&mut bytes)?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    Ok(Value::text(&hex::encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_uuid_has_version_4_and_the_variant_of_rfc_9562() {
        for (byte, expected) in [
            (0x00, "00000000000040008000000000000000"),
            (0xff, "ffffffffffff4fffbfffffffffffffff"),
            (0x5a, "5a5a5a5a5a5a4a5a9a5a5a5a5a5a5a5a"),
        ] {
            let mut random = |bytes: &mut [u8]| {
                bytes.fill(byte);
                Ok(())
            };
            assert_eq!(random_uuid(&mut random).unwrap().as_str(), Some(expected));
        }
    }
}
