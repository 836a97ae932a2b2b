//! JSON of RFC 8259, with control characters and invisible ones escaped in
//! strings.

use std::io::{self, Write};

use serde::ser::Serialize;
use serde_json::ser::{CharEscape, Formatter};

use crate::django::timestamp::write_rfc3339;
use crate::output::escape::Escaping;
use crate::output::record::{Field, MORE};

/// Escapes characters that the standard allows and that control a terminal.
struct EscapingFormatter(Escaping);

/// Appends an object. `serde_json` writes only strings that need an escape: a
/// list has millions of strings, and this is faster.
pub(super) fn object<'a>(
    fields: impl Iterator<Item = (&'static str, Field<'a>)>,
    escaping: Escaping,
    bytes: &mut Vec<u8>,
) {
    bytes.push(b'{');
    for (at, (name, field)) in fields.enumerate() {
        bytes.extend_from_slice(if at == 0 { b"\"" } else { b",\"" });
        // The names of fields need no escape.
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b"\":");
        value(&field, escaping, bytes);
    }
    bytes.push(b'}');
}

fn value(field: &Field<'_>, escaping: Escaping, bytes: &mut Vec<u8>) {
    match field {
        Field::Absent => bytes.extend_from_slice(b"null"),
        // Writing into memory does not fail.
        Field::Number(number) | Field::Age(number) => drop(write!(bytes, "{number}")),
        Field::Flag(flag) => bytes.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Field::Text(text) => string(text, escaping, bytes),
        Field::Shortened(text) if escaping == Escaping::Hidden && needs_no_escape(text) => {
            bytes.push(b'"');
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(MORE.as_bytes());
            bytes.push(b'"');
        }
        Field::Shortened(_) => string(&field.plain(), escaping, bytes),
        Field::List(texts) => {
            bytes.push(b'[');
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    bytes.push(b',');
                }
                string(text, escaping, bytes);
            }
            bytes.push(b']');
        }
        // An object, so that programs can tell bytes from text.
        Field::Bytes(stored) => {
            bytes.extend_from_slice(b"{\"hex\":\"");
            bytes.extend_from_slice(hex::encode(stored).as_bytes());
            bytes.extend_from_slice(b"\"}");
        }
        Field::Moment(moment) => {
            bytes.push(b'"');
            write_rfc3339(*moment, bytes);
            bytes.push(b'"');
        }
    }
}

fn string(text: &str, escaping: Escaping, bytes: &mut Vec<u8>) {
    if needs_no_escape(text) {
        bytes.push(b'"');
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'"');
        return;
    }
    let mut serializer = serde_json::Serializer::with_formatter(bytes, EscapingFormatter(escaping));
    let _ = text.serialize(&mut serializer);
}

/// Returns whether a string is printable ASCII that JSON does not escape.
fn needs_no_escape(text: &str) -> bool {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    // A fold without early exit is vectorized: a list has millions of strings.
    text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

impl Formatter for EscapingFormatter {
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

    use super::*;
    use crate::output::escape::is_hidden;

    fn written(text: &str, escaping: Escaping) -> String {
        let mut bytes = Vec::new();
        object([("text", Field::text(text))].into_iter(), escaping, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_list_has_a_comma_between_its_texts() {
        let mut bytes = Vec::new();
        let groups = ["a", "b", "c"].map(String::from);
        object([("groups", Field::List(&groups))].into_iter(), Escaping::Hidden, &mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"groups":["a","b","c"]}"#);
    }

    proptest! {
        #[test]
        fn every_string_is_read_back_and_has_no_hidden_character(text in any::<String>()) {
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
