//! JSON: RFC 8259, with hidden characters escaped in strings.

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use super::escape::Escaping;
use super::record::Field;

struct Object<'a>(&'a [(&'static str, Field<'a>)]);

struct Value<'a>(&'a Field<'a>);

/// Bytes that are no text, told from text by a name.
struct Tagged<'a>(&'a [u8]);

/// Escapes in strings what the standard would let through to a terminal.
struct Careful(Escaping);

/// Writes one object.
pub(super) fn object(fields: &[(&'static str, Field<'_>)], escaping: Escaping, bytes: &mut Vec<u8>) {
    let mut serializer = serde_json::Serializer::with_formatter(bytes, Careful(escaping));
    // Strings and numbers into memory: there is nothing that could fail.
    let _ = Object(fields).serialize(&mut serializer);
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in self.0 {
            map.serialize_entry(name, &Value(field))?;
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Field::Absent => serializer.serialize_none(),
            Field::Number(number) | Field::Age(number) => serializer.serialize_i64(*number),
            Field::Flag(flag) => serializer.serialize_bool(*flag),
            Field::Text(text) => serializer.serialize_str(text),
            Field::List(texts) => texts.serialize(serializer),
            Field::Bytes(bytes) => Tagged(bytes).serialize(serializer),
            Field::Moment(moment) => serializer.serialize_str(moment),
        }
    }
}

impl Serialize for Tagged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("hex", &hex::encode(self.0))?;
        map.end()
    }
}

impl Formatter for Careful {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if Escaping::is_plain(fragment) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut from = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| self.0.concerns(*c)) {
            writer.write_all(&fragment.as_bytes()[from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            from = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[from..])
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(b"\\\""),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\u0008"),
            CharEscape::FormFeed => writer.write_all(b"\\u000c"),
            CharEscape::LineFeed => writer.write_all(b"\\u000a"),
            CharEscape::CarriageReturn => writer.write_all(b"\\u000d"),
            CharEscape::Tab => writer.write_all(b"\\u0009"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04x}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::super::escape::is_hidden;
    use super::*;

    fn written(text: &str, escaping: Escaping) -> String {
        let mut bytes = Vec::new();
        object(&[("text", Field::text(text))], escaping, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn every_string_comes_back_and_nothing_hidden_is_written(text in any::<String>()) {
            for escaping in [Escaping::Hidden, Escaping::NonAscii] {
                let written = written(&text, escaping);
                let read: serde_json::Value = serde_json::from_str(&written).unwrap();
                prop_assert_eq!(read["text"].as_str(), Some(text.as_str()));
                prop_assert!(!written.chars().any(is_hidden));
            }
            prop_assert!(written(&text, Escaping::NonAscii).is_ascii());
        }
    }
}
