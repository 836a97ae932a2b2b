//! Turns the results of commands into text: the only module that does.

mod delivery;
mod escape;
mod fit;
mod folder;
mod formula;
mod json;
mod notes;
mod progress;
mod record;
mod separated;
mod table;
mod writer;

use zeroize::Zeroizing;

pub use delivery::{Appearing, Behind, Destination, Stream, write_file};
pub use folder::create_folder;
pub use notes::Notes;
pub use progress::Progress;
pub use record::{Field, Record};
pub use table::Window;
pub use writer::{Format, Style};

use crate::output::writer::Writer;

/// Returns all records in one style.
#[must_use]
pub fn render(style: impl Into<Style>, records: &[&dyn Record]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(128 * records.len()));
    let mut writer = Writer::new(style.into());
    for record in records {
        writer.record(*record, &mut bytes);
    }
    writer.end(&mut bytes);
    bytes
}

/// Returns whether a text has no control character and no invisible one.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    !text.chars().any(escape::is_hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_a_hidden_character_is_not_harmless() {
        for (text, expected) in
            [("", true), ("a b é", true), ("al\u{202e}ice", false), ("a\tb", false), ("\u{7f}", false)]
        {
            assert_eq!(is_harmless(text), expected, "{text:?}");
        }
    }
}
