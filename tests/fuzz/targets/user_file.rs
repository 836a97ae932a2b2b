//! Input files: users as CSV or JSON, lines, and secrets. drfctl reads the same values as other parsers,
//! and no error repeats them.
//!
//! The input: a mode, then the file, in which `\x01` is replaced by a secret, and `\x02` with a byte
//! repeats the previous byte 64 times that number.

#![no_main]

use std::fs;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder, Terminator};
use drfctl::prompt::{LONGEST, Row, lines, rows, secret_bytes, secret_line};
use drfctl_fuzz::{SECRET, error_text, folder, with_secrets};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The longest row, in bytes, and the most values of one.
const LONGEST_ROW: usize = 65_536;
const MOST_VALUES: usize = 4_096;

thread_local! {
    static FOLDER: tempfile::TempDir = folder();
}

/// The values of a row by column, and its lists.
type Values = (Vec<(String, String)>, Vec<(String, Vec<String>)>);

/// A row, or nothing if it was rejected.
type Read = Option<Values>;

fuzz_target!(|input: &[u8]| {
    let Some((mode, content)) = input.split_first() else { return };
    let content = repeated(&with_secrets(content));
    FOLDER.with(|folder| {
        let path = folder.path().join("file");
        fs::write(&path, &content).expect("the file");
        match mode % 3 {
            0 => users(&path, &content),
            1 => all_lines(&path, &content),
            _ => secret(&path, &content),
        }
    });
});

fn repeated(input: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = Vec::new();
    let mut bytes = input.iter();
    while let Some(byte) = bytes.next() {
        match (byte, content.last().copied()) {
            (2, Some(last)) if content.len() < 200_000 => {
                let times = 64 * usize::from(*bytes.next().unwrap_or(&1));
                content.resize(content.len() + times, last);
            }
            _ => content.push(*byte),
        }
    }
    content
}

fn assert_no_secret(error: &drfctl::error::Error) {
    assert!(!error_text(error).contains(SECRET), "{error:?}");
}

fn secret(path: &Path, content: &[u8]) {
    let expected = without_end(content);
    let is_fit = content.len() as u64 <= LONGEST && !expected.contains(&b'\n');
    let bytes = secret_bytes(path).inspect_err(assert_no_secret).ok();
    assert_eq!(bytes.as_deref().map(Vec::as_slice), Some(expected).filter(|_| is_fit));
    let line = secret_line(path).inspect_err(assert_no_secret).ok();
    assert_eq!(
        line.as_deref().map(String::as_bytes),
        Some(expected).filter(|text| is_fit && str::from_utf8(text).is_ok())
    );
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line)
}

fn all_lines(path: &Path, content: &[u8]) {
    let mut read = Vec::new();
    let outcome = lines(path, &mut |number, line| {
        read.push(line.to_vec());
        assert_eq!(number, read.len());
        Ok(())
    });
    let _ = outcome.as_ref().inspect_err(|error| assert_no_secret(error));
    let expected: Vec<_> = content.split_inclusive(|byte| *byte == b'\n').map(without_end).collect();
    let fit = expected.iter().take_while(|line| line.len() as u64 <= LONGEST).count();
    assert_eq!(
        (read.iter().map(Vec::as_slice).collect::<Vec<_>>(), outcome.is_ok()),
        (expected[..fit].to_vec(), fit == expected.len())
    );
}

fn users(path: &Path, content: &[u8]) {
    let mut columns: Option<Vec<String>> = None;
    let mut read: Vec<(u64, Read)> = Vec::new();
    let mut on_columns = |named: &[String]| {
        columns = Some(named.to_vec());
        Ok(())
    };
    let outcome = rows(path, &mut on_columns, &mut |place, row| {
        let _ = row.as_ref().inspect_err(|error| assert_no_secret(error));
        read.push((place.line, row.ok().map(of_row)));
        Ok(())
    });
    let _ = outcome.as_ref().inspect_err(|error| assert_no_secret(error));
    assert!(read.is_sorted_by(|(one, _), (other, _)| one < other), "{read:?}");
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    // drfctl detects the format from this part of the file.
    let beginning = &content[..content.len().min(4_096)];
    match beginning.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => {
            assert!(outcome.is_ok());
            objects(content, &read);
        }
        Some(b'[') => assert!(outcome.is_err()),
        Some(_) => separated(content, columns.as_deref(), outcome.is_ok(), &read),
        None => assert!(read.is_empty() || content.len() > 4_096),
    }
}

fn of_row(row: Row) -> Values {
    let values = row.values.into_iter().map(|(column, value)| (column, value.to_string())).collect();
    let lists = row.lists.into_iter().map(|(column, texts)| (column, texts.to_vec())).collect();
    (values, lists)
}

/// Compares the rows with those of the `csv` crate.
fn separated(content: &[u8], columns: Option<&[String]>, is_ok: bool, read: &[(u64, Read)]) {
    let content = [content, b"\n"].concat();
    let mut reader = ReaderBuilder::new();
    reader.has_headers(false).flexible(true).terminator(Terminator::Any(b'\n'));
    let mut header: Option<Vec<String>> = None;
    let mut read = read.iter();
    for record in reader.from_reader(&content[..]).byte_records() {
        let record = record.expect("a record");
        let length = record.iter().map(<[u8]>::len).sum::<usize>();
        let is_long = length > LONGEST_ROW || record.len() > MOST_VALUES;
        let values = if is_long { None } else { values_of(&record) };
        if values.as_ref().is_some_and(|values| values.len() == 1 && values[0].is_empty()) {
            continue;
        }
        let Some(names) = &header else {
            let names = values.map(|values| values.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>());
            let names = names.filter(|names| !names.iter().any(|name| name.contains(char::is_control)));
            assert_eq!((is_ok, columns), (names.is_some(), names.as_deref()));
            let Some(names) = names else { return };
            header = Some(names);
            continue;
        };
        let expected = values.filter(|values| values.len() == names.len()).map(|values| {
            (names.iter().cloned().zip(values).filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>(), Vec::new())
        });
        assert_eq!(read.next().map(|(_, read)| read), Some(&expected));
    }
    assert_eq!(read.next(), None);
}

fn values_of(record: &ByteRecord) -> Option<Vec<String>> {
    let mut values: Vec<String> =
        record.iter().map(|value| String::from_utf8(value.to_vec()).ok()).collect::<Option<_>>()?;
    if let Some(last) = values.last_mut().filter(|last| last.ends_with('\r')) {
        last.pop();
    }
    Some(values)
}

/// Compares the rows with those of `serde_json`.
fn objects(content: &[u8], read: &[(u64, Read)]) {
    let mut read = read.iter();
    for (number, line) in (1..).zip(content.split_inclusive(|byte| *byte == b'\n')) {
        let is_long = line.len() > LONGEST_ROW && !(line.len() == LONGEST_ROW + 1 && line.ends_with(b"\n"));
        if !is_long && line.trim_ascii().is_empty() {
            continue;
        }
        let (at, row) = read.next().expect("a row");
        assert_eq!(*at, number);
        let value = serde_json::from_slice(line).ok().filter(|_| !is_long);
        let Some(Value::Object(value)) = value else {
            assert_eq!(row, &None);
            continue;
        };
        match row {
            // A duplicate name is one entry of a map, and a number may not fit any column.
            None => {}
            Some((values, lists)) => {
                let nulls = value.values().filter(|value| value.is_null()).count();
                assert_eq!(values.len() + lists.len() + nulls, value.len());
                for (name, text) in values {
                    let theirs = match &value[name] {
                        Value::String(text) => text.clone(),
                        other => other.to_string(),
                    };
                    assert_eq!(text, &theirs);
                }
                for (name, list) in lists {
                    assert_eq!(&Value::from(list.clone()), &value[name]);
                }
            }
        }
    }
    assert_eq!(read.next(), None);
}
