//! Makes text from outside harmless for a terminal.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use zeroize::Zeroizing;

/// Whether a character acts on a terminal, or is there without being seen.
pub(super) fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned)
}

/// Writes each hidden character as `\u{…}`, so that a record stays one line
/// and shows what it holds.
pub(super) fn escape(text: &str) -> Zeroizing<String> {
    let mut escaped = Zeroizing::new(String::with_capacity(text.len() + 16));
    for c in text.chars() {
        if is_hidden(c) {
            escaped.extend(c.escape_unicode());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_written_out() {
        assert_eq!(*escape("a\u{1b}[2J\u{202e}\n\u{9b}é"), r"a\u{1b}[2J\u{202e}\u{a}\u{9b}é");
    }

    proptest! {
        #[test]
        fn no_control_or_format_character_survives(text in any::<String>()) {
            prop_assert!(!escape(&text).chars().any(is_hidden));
        }
    }
}
