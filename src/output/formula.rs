//! Guards separated values against spreadsheets that would run them as formulas.

use crate::output::escape::Escaping;

/// What a spreadsheet may split a line at, whatever separates its values. Some
/// can split at blanks, too, but an apostrophe within prose does more harm.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// What a spreadsheet removes from the beginning of a cell.
const QUOTE: char = '"';

/// Returns whether a formula begins with this character, also in the forms that
/// a spreadsheet converts for East Asian languages.
fn begins_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\0')
        || matches!(c, '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫' | '−')
}

/// Returns the text, escaped, with an apostrophe before every part that could
/// be a formula in a cell of its own.
pub(super) fn guarded(text: &str, escaping: Escaping) -> String {
    let mut guarded = String::with_capacity(text.len() + 1);
    // Where the current cell begins, while only quotes follow.
    let mut start = Some(0);
    for c in text.chars() {
        if let Some(at) = start
            && begins_formula(c)
        {
            guarded.insert(at, '\'');
            start = None;
        }
        if escaping.concerns(c) {
            guarded.extend(c.escape_unicode());
            start = None;
            continue;
        }
        guarded.push(c);
        start = match start {
            _ if SEPARATORS.contains(&c) => Some(guarded.len()),
            Some(at) if c == QUOTE => Some(at),
            _ => None,
        };
    }
    guarded
}

/// Returns whether nothing in a text has to be guarded or escaped, which is so
/// for most of the values of a list.
pub(super) fn is_harmless(text: &str) -> bool {
    let is_safe = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b';' | b'|' | b'"');
    !text.starts_with(['=', '+', '-', '@']) && text.bytes().all(is_safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    /// N94
    #[test]
    fn a_formula_is_guarded_after_every_separator() {
        for (text, wanted) in [
            ("alice", "alice"),
            ("a-b+c=d@example.com", "a-b+c=d@example.com"),
            ("=1+1", "'=1+1"),
            ("-1", "'-1"),
            ("＝1＋1", "'＝1＋1"),
            ("＠SUM(1)", "'＠SUM(1)"),
            ("\t=1", r"'\u{9}=1"),
            ("a;=1+1", "a;'=1+1"),
            ("a,b;c|=1", "a,b;c|'=1"),
            (r#"a;"=1+1""#, r#"a;'"=1+1""#),
            (r#""=1+1""#, r#"'"=1+1""#),
            ("and @/./+/-/_ only", "and @/./+/-/_ only"),
            ("a, -b", "a, -b"),
            ("a;;=1", "a;;'=1"),
            ("a\t=1", r"a\u{9}=1"),
            ("'=1", "'=1"),
        ] {
            assert_eq!(guarded(text, Escaping::Hidden), wanted, "{text}");
        }
    }

    #[test]
    fn ordinary_text_has_nothing_to_guard() {
        for (text, harmless) in [
            ("alice", true),
            ("a-b+c=d@example.com", true),
            ("=1", false),
            ("+1", false),
            ("-1", false),
            ("@a", false),
            ("a,b", false),
            ("a;b", false),
            ("a|b", false),
            ("a\"b", false),
            ("a\tb", false),
            ("é", false),
        ] {
            assert_eq!(is_harmless(text), harmless, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_part_of_a_guarded_text_begins_a_formula(text in any::<String>(), typed in "[=@a\",;|-]{0,9}") {
            for text in [text, typed] {
                let guarded = guarded(&text, Escaping::Hidden);
                for separator in SEPARATORS {
                    for cell in guarded.split(separator) {
                        prop_assert!(!cell.trim_start_matches(QUOTE).starts_with(begins_formula), "{}", guarded);
                    }
                }
                if is_harmless(&text) {
                    prop_assert_eq!(guarded, text);
                }
            }
        }
    }
}
