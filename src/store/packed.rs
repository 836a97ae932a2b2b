//! A user's key, as small as can be: of very many users it is all that stays in
//! memory.

use std::cmp::Ordering;

use crate::sql::Value;

/// The bytes of a UUID.
const UUID: usize = 16;

/// A key, packed.
pub(super) enum PackedKey {
    Number(i64),
    /// A UUID as Django writes it into a column of characters.
    Uuid([u8; UUID]),
    Other(Box<Value>),
}

impl From<Value> for PackedKey {
    fn from(key: Value) -> Self {
        if let Value::Integer(number) = key {
            return Self::Number(number);
        }
        let mut bytes = [0; UUID];
        let is_lower = |text: &str| !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match key.as_str() {
            Some(text) if is_lower(text) && hex::decode_to_slice(text, &mut bytes).is_ok() => Self::Uuid(bytes),
            _ => Self::Other(Box::new(key)),
        }
    }
}

impl PackedKey {
    /// The key as it was.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Number(number) => Value::Integer(*number),
            Self::Uuid(bytes) => Value::text(&hex::encode(bytes)),
            Self::Other(value) => Value::clone(value),
        }
    }

    /// As the database has keys in order.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.cmp(other),
            (Self::Uuid(one), Self::Uuid(other)) => one.cmp(other),
            _ => self.value().identity().cmp(&other.value().identity()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_as_it_was_and_in_its_order() {
        let uuid = "0123456789abcdef0123456789abcdef";
        for key in [
            Value::Integer(-7),
            Value::text(uuid),
            Value::text(&uuid.to_uppercase()),
            Value::text("alice"),
            Value::text(""),
            Value::Null,
        ] {
            assert_eq!(PackedKey::from(key.clone()).value().identity(), key.identity());
        }
        let order = |one: Value, other: Value| PackedKey::from(one).order(&PackedKey::from(other));
        assert_eq!(order(Value::Integer(-7), Value::Integer(3)), Ordering::Less);
        assert_eq!(order(Value::text(uuid), Value::text("alice")), Ordering::Less);
        assert_eq!(order(Value::text(uuid), Value::text("0023456789abcdef0123456789abcdef")), Ordering::Greater);
        assert_eq!(size_of::<PackedKey>(), 24);
    }
}
