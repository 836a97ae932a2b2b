//! Values of parameters and cells.

use std::borrow::Cow;
use std::fmt;

use jiff::civil::DateTime;
use zeroize::Zeroizing;

use crate::engine::moment;

/// A value of a parameter, or of a cell whose type drfctl does not know.
#[derive(Clone)]
pub enum Value {
    /// SQL's NULL.
    Null,
    /// An integer of any size; also a boolean where the engine has none.
    Integer(i64),
    /// Text. From a database it need not be UTF-8.
    Text(Zeroizing<Vec<u8>>),
    /// A time as Django stores it: UTC, or local time without `USE_TZ`.
    DateTime(DateTime),
    /// Bytes, or a value of a type that Django would not have stored.
    Other(Vec<u8>),
}

impl Value {
    /// Returns a text value.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::bytes(text.as_bytes())
    }

    /// Returns a text value of bytes that need not be UTF-8.
    #[must_use]
    pub fn bytes(text: &[u8]) -> Self {
        Self::Text(Zeroizing::new(text.to_vec()))
    }

    /// Returns the text, if it is text in UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Returns the integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// Returns the value as a borrowed cell.
    #[must_use]
    pub fn as_cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(integer) => Cell::Integer(*integer),
            Self::Text(text) => Cell::Text(Cow::Borrowed(text)),
            Self::DateTime(stored) => Cell::DateTime(*stored),
            Self::Other(bytes) => Cell::Bytes(bytes),
        }
    }
}

impl fmt::Debug for Value {
    /// Writes the kind only: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Integer(_) => "Integer",
            Self::Text(_) => "Text",
            Self::DateTime(_) => "DateTime",
            Self::Other(_) => "Other",
        })
    }
}

/// A value of a row, borrowed from the engine while the row is read. It may be
/// a secret, so it has no `Debug`.
#[derive(Clone)]
pub enum Cell<'a> {
    /// SQL's NULL.
    Null,
    /// An integer; also a boolean.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text; it need not be UTF-8.
    Text(Cow<'a, [u8]>),
    /// A time as Django stores it.
    DateTime(DateTime),
    /// A UUID, if the engine has a type for it.
    Uuid([u8; 16]),
    /// Bytes, or a value of a type that Django would not have stored.
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    /// Returns the text, if it is text in UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    /// Returns the integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// Returns whether the integer is not 0; `None` for other types.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.as_integer().map(|integer| integer != 0)
    }

    /// Returns the time as Django stores it, if it is one.
    #[must_use]
    pub fn as_datetime(&self) -> Option<DateTime> {
        match self {
            Self::DateTime(stored) => Some(*stored),
            other => other.as_str().and_then(moment::from_text),
        }
    }

    /// Returns whether it is NULL.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns the value for display, with `\xff` for each byte that is not
    /// UTF-8.
    #[must_use]
    pub fn readable(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Integer(integer) => integer.to_string().into(),
            Self::Real(real) => real.to_string().into(),
            Self::Text(text) => readable(text),
            Self::DateTime(stored) => stored.to_string().into(),
            Self::Uuid(bytes) => hex::encode(bytes).into(),
            Self::Bytes(bytes) => readable(bytes),
        }
    }

    /// Copies the value. Writes a UUID as Django does where there is no type
    /// for it, and a floating-point number so that a comparison finds it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Real(real) => Value::text(&real.to_string()),
            Self::Text(text) => Value::bytes(text),
            Self::DateTime(stored) => Value::DateTime(*stored),
            Self::Uuid(bytes) => Value::text(&hex::encode(bytes)),
            Self::Bytes(bytes) => Value::Other(bytes.to_vec()),
        }
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text.as_bytes()))
    }
}

/// Returns the values as the text of an array, for servers with arrays.
pub fn array<'a>(values: impl Iterator<Item = &'a Value> + Clone) -> Value {
    // A buffer that grows would leave copies of secrets behind.
    let mut text = Zeroizing::new(Vec::with_capacity(2 + values.clone().map(longest_element).sum::<usize>()));
    text.push(b'{');
    for (at, value) in values.enumerate() {
        if at > 0 {
            text.push(b',');
        }
        match value {
            Value::Null => text.extend_from_slice(b"NULL"),
            Value::Integer(number) => text.extend_from_slice(number.to_string().as_bytes()),
            Value::Text(bytes) => quote_element(bytes, &mut text),
            Value::Other(bytes) => quote_element(bytes, &mut text),
            Value::DateTime(stored) => quote_element(moment::to_text(*stored).as_bytes(), &mut text),
        }
    }
    text.push(b'}');
    Value::Text(text)
}

/// Returns how many bytes an element of an array takes at most, its comma
/// included.
fn longest_element(value: &Value) -> usize {
    const LONGEST_PLAIN: usize = 64;
    match value {
        Value::Text(bytes) => 3 + 2 * bytes.len(),
        Value::Other(bytes) => 3 + 2 * bytes.len(),
        Value::Null | Value::Integer(_) | Value::DateTime(_) => LONGEST_PLAIN,
    }
}

fn quote_element(bytes: &[u8], text: &mut Vec<u8>) {
    text.push(b'"');
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
}

/// Returns the text, with `\xff` for each byte that is not UTF-8.
#[must_use]
pub fn readable(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str("\\x");
            text.push_str(&hex::encode([*byte]));
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Value::text("s3cret")), "Text");
    }

    #[test]
    fn an_array_does_not_outgrow_its_buffer() {
        let values = [Value::Null, Value::Integer(i64::MIN), Value::text("\"\\"), Value::DateTime(DateTime::MIN)];
        let Value::Text(text) = array(values.iter()) else { panic!("an array is text") };
        let longest = 2 + values.iter().map(longest_element).sum::<usize>();
        assert!(text.starts_with(b"{NULL,-9223372036854775808,\"\\\"\\\\\",") && text.len() <= longest);
    }

    #[test]
    fn bytes_that_are_not_text_are_escaped() {
        assert_eq!(readable(b"a\xffb"), r"a\xffb");
        assert_eq!(Cell::Bytes("é".as_bytes()).readable(), "é");
    }

    #[test]
    fn the_longest_element_fills_the_buffer_of_an_array() {
        for quotes in [0, 1, 40] {
            for value in [Value::bytes(&vec![b'"'; quotes]), Value::Other(vec![b'"'; quotes])] {
                let Value::Text(text) = array([&value].into_iter()) else { panic!("an array is text") };
                // The first element has no comma.
                assert_eq!(text.len(), 2 + longest_element(&value) - 1, "{value:?} of {quotes} quotes");
            }
        }
    }

    #[test]
    fn a_cell_is_copied_and_shown_by_its_type() {
        let at: DateTime = "2026-01-31T09:00:00".parse().unwrap();
        for (cell, copied, shown, integer, is_true) in [
            (Cell::Null, "Null", "", None, None),
            (Cell::Integer(2), "Integer", "2", Some(2), Some(true)),
            (Cell::Integer(0), "Integer", "0", Some(0), Some(false)),
            (Cell::Real(1.5), "Text", "1.5", None, None),
            (Cell::from("1"), "Text", "1", None, None),
            (Cell::DateTime(at), "DateTime", "2026-01-31T09:00:00", None, None),
            (Cell::Uuid([0xab; 16]), "Text", "abababababababababababababababab", None, None),
            (Cell::Bytes(b"x\xff"), "Other", r"x\xff", None, None),
        ] {
            let value = cell.to_value();
            assert_eq!((format!("{value:?}").as_str(), cell.readable().as_ref()), (copied, shown));
            assert_eq!(value.as_cell().readable(), shown);
            assert_eq!((cell.as_integer(), cell.as_bool(), cell.is_null()), (integer, is_true, copied == "Null"));
            assert_eq!((value.as_integer(), value.as_str().is_some()), (integer, copied == "Text"));
        }
        assert_eq!(Cell::from("2026-01-31 09:00:00").as_datetime(), Some(at));
        assert_eq!((Cell::DateTime(at).as_datetime(), Cell::Integer(1).as_datetime()), (Some(at), None));
    }
}
