//! Records in, bytes out: the one place where data becomes text.

mod delivery;
mod escape;
mod folder;
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
pub use writer::{Format, Style};

use crate::output::writer::Writer;

/// Writes all records in a format.
#[must_use]
pub fn render(format: Format, records: &[&dyn Record]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(128 * records.len()));
    let mut writer = Writer::new(Style::from(format));
    for record in records {
        writer.record(*record, &mut bytes);
    }
    writer.end(&mut bytes);
    bytes
}

/// Whether a text shows all that it holds, and acts on no terminal.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    !text.chars().any(escape::is_hidden)
}
