//! JSON: RFC 8259, with hidden characters escaped in strings.

use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use super::escape::is_hidden;
use super::record::{Field, Record};

struct Object<'a>(&'a dyn Record);

struct Value(Field);

/// Escapes in strings what the standard would let through to a terminal.
struct Careful;

pub(super) fn array(records: &[&dyn Record], bytes: &mut Vec<u8>) {
    bytes.push(b'[');
    for (n, record) in records.iter().enumerate() {
        bytes.extend_from_slice(if n == 0 { b"\n  " } else { b",\n  " });
        object(*record, bytes);
    }
    bytes.extend_from_slice(if records.is_empty() { b"]\n" } else { b"\n]\n" });
}

pub(super) fn lines(records: &[&dyn Record], bytes: &mut Vec<u8>) {
    for record in records {
        object(*record, bytes);
        bytes.push(b'\n');
    }
}

fn object(record: &dyn Record, bytes: &mut Vec<u8>) {
    let mut serializer = serde_json::Serializer::with_formatter(bytes, Careful);
    // Strings and numbers into memory: there is nothing that could fail.
    let _ = Object(record).serialize(&mut serializer);
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.0.fields();
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (name, field) in fields {
            map.serialize_entry(name, &Value(field))?;
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Field::Absent => serializer.serialize_none(),
            Field::Number(number) => serializer.serialize_i64(*number),
            Field::Flag(flag) => serializer.serialize_bool(*flag),
            Field::Text(text) => serializer.serialize_str(text),
            Field::List(texts) => texts.serialize(serializer),
        }
    }
}

impl Formatter for Careful {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut from = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_hidden(*c)) {
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

    use super::*;

    struct One(String);

    impl Record for One {
        fn fields(&self) -> Vec<(&'static str, Field)> {
            vec![("text", Field::text(self.0.clone()))]
        }
    }

    proptest! {
        #[test]
        fn every_string_comes_back_and_nothing_hidden_is_written(text in any::<String>()) {
            let mut bytes = Vec::new();
            array(&[&One(text.clone())], &mut bytes);
            let written = String::from_utf8(bytes).unwrap();
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read[0]["text"].as_str(), Some(text.as_str()));
            prop_assert!(!written.chars().any(|c| c != '\n' && is_hidden(c)));
        }
    }
}
