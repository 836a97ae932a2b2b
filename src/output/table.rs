//! A table with borders, for people.

use comfy_table::{ContentArrangement, Table, presets};

use super::escape::escape;
use super::record::Record;

/// How many records share a table, so that its memory is bounded.
const PAGE: usize = 1000;

pub(super) fn table(records: &[&dyn Record], bytes: &mut Vec<u8>) {
    for page in records.chunks(PAGE) {
        let mut table = Table::new();
        // Never wrapped: a key that is broken in two cannot be copied.
        table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(page[0].fields().iter().map(|(name, _)| *name));
        for record in page {
            table.add_row(record.fields().iter().map(|(_, field)| escape(&field.plain()).to_string()));
        }
        bytes.extend_from_slice(table.to_string().as_bytes());
        bytes.push(b'\n');
    }
}
