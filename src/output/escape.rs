//! Escapes characters that control a terminal or are invisible.

use std::borrow::Cow;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Returns whether a character controls a terminal or is invisible.
pub(super) fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    matches!(c.general_category(), Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Unassigned)
        || is_blank_letter(c)
}

/// Returns whether a letter, mark or symbol is drawn as nothing: those with the
/// property `Default_Ignorable_Code_Point`, and two that are blank by design.
fn is_blank_letter(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{1d159}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

/// Which characters are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escaping {
    /// Control characters and invisible ones.
    Hidden,
    /// Those, and all characters outside ASCII.
    NonAscii,
}

impl Escaping {
    /// Returns whether the character is escaped.
    pub(super) fn concerns(self, c: char) -> bool {
        is_hidden(c) || (self == Self::NonAscii && !c.is_ascii())
    }

    /// Returns whether the text is printable ASCII, which is never escaped.
    pub(super) fn is_plain(text: &str) -> bool {
        text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    }

    /// Returns the text with each such character as `\u{…}`, so that a record is
    /// one line and shows all of its characters.
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

/// Returns the text with control characters and invisible ones escaped.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    Escaping::Hidden.escape(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape("a\u{1b}[2J\u{202e}\n\u{9b}é"), r"a\u{1b}[2J\u{202e}\u{a}\u{9b}é");
    }

    /// N94
    #[test]
    fn letters_that_are_drawn_as_nothing_are_escaped() {
        let invisible = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{1d159}\u{e0100}";
        assert_eq!(
            escape(invisible),
            r"\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{1d159}\u{e0100}"
        );
        let visible = "e\u{301} 日本 क्षि ﷺ 👨 한국 \u{1100}\u{1161}";
        assert_eq!(escape(visible), visible);
    }

    #[test]
    fn a_letter_outside_ascii_is_escaped_on_request() {
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
