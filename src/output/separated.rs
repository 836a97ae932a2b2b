//! Values a line with something between them: CSV and TSV, a header first.

use csv::{Terminator, WriterBuilder};
use zeroize::Zeroizing;

use super::escape::escape;
use super::record::{Field, Record};

/// RFC 4180, with an apostrophe before what a spreadsheet would calculate and
/// hidden characters escaped.
pub(super) fn csv(records: &[&dyn Record], bytes: &mut Vec<u8>) {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(bytes);
    for line in lines(records) {
        // Into memory: there is nothing that could fail.
        let _ =
            writer.write_record(line.iter().map(|cell| guarded(cell)).collect::<Vec<_>>().iter().map(|c| c.as_bytes()));
    }
    let _ = writer.flush();
}

/// A tab between values; whatever would break a line is escaped.
pub(super) fn tsv(records: &[&dyn Record], bytes: &mut Vec<u8>) {
    for line in lines(records) {
        for (n, cell) in line.iter().enumerate() {
            if n > 0 {
                bytes.push(b'\t');
            }
            bytes.extend_from_slice(escape(cell).as_bytes());
        }
        bytes.push(b'\n');
    }
}

fn lines(records: &[&dyn Record]) -> Vec<Vec<Zeroizing<String>>> {
    let header = records
        .first()
        .map(|record| record.fields().iter().map(|(name, _)| Zeroizing::new((*name).to_owned())).collect());
    let rows = records.iter().map(|record| record.fields().iter().map(|(_, field)| Field::plain(field)).collect());
    header.into_iter().chain(rows).collect()
}

fn guarded(cell: &str) -> Zeroizing<String> {
    let escaped = escape(cell);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']);
    if formula { Zeroizing::new(format!("'{}", escaped.as_str())) } else { escaped }
}
