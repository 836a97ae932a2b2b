//! Makes text from outside harmless for a terminal.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Whether a character acts on a terminal, or is there without being seen.
pub(super) fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned)
}

/// Which characters of a text are written out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escaping {
    /// Those that are hidden.
    Hidden,
    /// Those, and all that ASCII does not have.
    NonAscii,
}

impl Escaping {
    pub(super) fn concerns(self, c: char) -> bool {
        is_hidden(c) || (self == Self::NonAscii && !c.is_ascii())
    }

    /// Whether the text can stay as it is, as far as a look at its bytes tells.
    pub(super) fn is_plain(text: &str) -> bool {
        text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    }

    /// Writes each such character as `\u{…}`, so that a record stays one line
    /// and shows what it holds.
    pub(super) fn escape(self, text: &str) -> Cow<'_, str> {
        if Self::is_plain(text) {
            return Cow::Borrowed(text);
        }
        let mut escaped = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if self.concerns(c) {
                escaped.extend(c.escape_unicode());
            } else {
                escaped.push(c);
            }
        }
        Cow::Owned(escaped)
    }
}

/// Writes out what is hidden.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    Escaping::Hidden.escape(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_written_out() {
        assert_eq!(escape("a\u{1b}[2J\u{202e}\n\u{9b}é"), r"a\u{1b}[2J\u{202e}\u{a}\u{9b}é");
    }

    #[test]
    fn a_letter_that_only_looks_like_another_is_told_by_its_number() {
        assert_eq!(Escaping::NonAscii.escape("\u{430}dmin"), r"\u{430}dmin");
    }

    proptest! {
        #[test]
        fn no_control_or_format_character_survives(text in any::<String>()) {
            prop_assert!(!escape(&text).chars().any(is_hidden));
            prop_assert!(Escaping::NonAscii.escape(&text).is_ascii());
        }
    }
}
