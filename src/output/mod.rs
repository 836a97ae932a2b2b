//! Records in, bytes out: the one place where data becomes text.

mod delivery;
mod escape;
mod json;
mod notes;
mod progress;
mod record;
mod separated;
mod table;

use clap::ValueEnum;
use zeroize::Zeroizing;

pub use delivery::Destination;
pub use notes::Notes;
pub use progress::Progress;
pub use record::{Field, Record};

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: a sentence or a line for each fact
    Text,
    /// The key alone, a line each
    Raw,
    /// An array of objects
    Json,
    /// An object a line
    Jsonl,
    /// Comma-separated, safe to open in a spreadsheet
    Csv,
    /// Tab-separated, a record a line
    Tsv,
    /// A table with borders
    Table,
}

/// Writes all records in a format.
#[must_use]
pub fn render(format: Format, records: &[&dyn Record]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(128 * records.len()));
    match format {
        Format::Text => records.iter().for_each(|record| text(*record, &mut bytes)),
        Format::Raw => {
            for record in records {
                // A command refuses the format where it has no secret to show.
                if let Some(key) = record.key() {
                    bytes.extend_from_slice(key.as_bytes());
                    bytes.push(b'\n');
                }
            }
        }
        Format::Json => json::array(records, &mut bytes),
        Format::Jsonl => json::lines(records, &mut bytes),
        Format::Csv => separated::csv(records, &mut bytes),
        Format::Tsv => separated::tsv(records, &mut bytes),
        Format::Table => table::table(records, &mut bytes),
    }
    bytes
}

/// Whether a text shows all that it holds, and acts on no terminal.
#[must_use]
pub fn is_harmless(text: &str) -> bool {
    !text.chars().any(escape::is_hidden)
}

fn text(record: &dyn Record, bytes: &mut Vec<u8>) {
    let sentences = record.sentences();
    for sentence in &sentences {
        bytes.extend_from_slice(escape::escape(sentence).as_bytes());
        bytes.push(b'\n');
    }
    if !sentences.is_empty() {
        return;
    }
    for (name, field) in record.fields() {
        let line = Zeroizing::new(format!("{name}: {}\n", escape::escape(&field.plain()).as_str()));
        bytes.extend_from_slice(line.as_bytes());
    }
}
