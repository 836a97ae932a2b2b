//! Python's rules for text, where Django relies on them and Rust's differ.
//!
//! The tables are those of the Unicode version that `unicode-properties` has.
//! An unassigned character is not a word character, as in Python.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The characters with `Numeric_Type=Digit`. Unicode adds no more of them.
const DIGITS: [(char, char); 20] = [
    ('²', '³'),
    ('¹', '¹'),
    ('\u{1369}', '\u{1371}'),
    ('\u{19DA}', '\u{19DA}'),
    ('⁰', '⁰'),
    ('⁴', '⁹'),
    ('₀', '₉'),
    ('①', '⑨'),
    ('⑴', '⑼'),
    ('⒈', '⒐'),
    ('⓪', '⓪'),
    ('⓵', '⓽'),
    ('⓿', '⓿'),
    ('❶', '❾'),
    ('➀', '➈'),
    ('➊', '➒'),
    ('\u{10A40}', '\u{10A43}'),
    ('\u{10E60}', '\u{10E68}'),
    ('\u{11052}', '\u{1105A}'),
    ('\u{1F100}', '\u{1F10A}'),
];

/// Returns whether `\w` of Python's `re` matches: `str.isalnum`, or an underscore.
///
/// Rust's `\w` differs: it matches combining marks and does not match `²`.
#[must_use]
pub fn is_word(c: char) -> bool {
    c == '_' || matches!(c.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

/// Returns whether `str.isdigit` is true for one character.
#[must_use]
pub fn is_digit(c: char) -> bool {
    c.general_category() == GeneralCategory::DecimalNumber
        || DIGITS.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Trims like `str.strip`, which removes four more ASCII separators than
/// [`str::trim`].
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_version_of_unicode_is_used_throughout() {
        let (major, minor, update) = unicode_properties::UNICODE_VERSION;
        let numbers = [major, minor, update].map(|number| u8::try_from(number).unwrap());
        assert_eq!(<[u8; 3]>::from(unicode_normalization::UNICODE_VERSION), numbers);
    }

    #[test]
    fn a_mark_is_not_a_word_character_but_a_superscript_is() {
        assert!(!is_word('\u{94D}'));
        assert!(is_word('²') && is_word('_') && is_word('é'));
    }

    #[test]
    fn the_separators_of_ascii_are_white_space() {
        assert_eq!(strip("\x1c\u{3000} a \x1f\n"), "a");
    }
}
