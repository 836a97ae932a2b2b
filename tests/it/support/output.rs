//! Output formats, text that acts on a terminal, and variables that must not change the output.

/// Usernames that Django's `create_user` accepts, with characters that act on a terminal.
pub(crate) const HOSTILE: [&str; 15] = [
    "esc\u{1b}[31mred",
    "title\u{1b}]0;owned\u{7}",
    "link\u{1b}]8;;http://evil.example\u{1b}\\text",
    "clip\u{1b}]52;c;aGk=\u{7}",
    "back\u{8}\u{8}space",
    "carriage\rGenerated token",
    "c1\u{9b}31m",
    "over\u{202e}ride",
    "isolate\u{2066}d",
    "two\nlines",
    "tab\tbed",
    "zero\u{200b}width\u{feff}",
    "hangul\u{1160}filler\u{115f}\u{3164}\u{ffa0}",
    "joined\u{34f}grapheme",
    "selected\u{fe0f}\u{e0100}",
];

/// The formats for several records: all but `raw`.
pub(crate) const FORMATS: [&str; 6] = ["tsv", "csv", "json", "jsonl", "text", "table"];

/// Variables that must not change the output.
pub(crate) const ENVIRONMENTS: [(&str, &str); 7] = [
    ("LANG", "C"),
    ("LC_ALL", "tr_TR.UTF-8"),
    ("LC_ALL", "C"),
    ("TERM", "dumb"),
    ("TERM", "xterm-256color"),
    ("NO_COLOR", "1"),
    ("COLUMNS", "1"),
];

/// Returns whether a character acts on a terminal or is invisible.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{fe0f}' | '\u{ffa0}' | '\u{e0100}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
