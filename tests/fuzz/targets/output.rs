//! Records in every format: a reader of the format returns the same values, nothing acts on a
//! terminal, and a spreadsheet finds no formulas.
//!
//! The input: a style, the number of fields of a record, and fields separated by `\xff`, each after a
//! byte for its kind.

#![no_main]

use std::borrow::Cow;
use std::fs;

use drfctl::django::timestamp::rfc3339;
use drfctl::engine::readable;
use drfctl::output::{Appearing, Behind, Destination, Field, Format, Record, Style, is_harmless, render};
use drfctl_fuzz::{assert_harmless, folder};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const NAMES: [&str; 4] = ["key", "username", "created", "groups"];

thread_local! {
    static FOLDER: tempfile::TempDir = folder();
}

/// A value of a record.
enum Cell {
    Absent,
    Number(i64),
    Age(i64),
    Flag(bool),
    Text(String),
    /// The text without the ellipsis.
    Shortened(String),
    List(Vec<String>),
    Bytes(Vec<u8>),
    Moment(Timestamp),
}

struct Line {
    cells: Vec<Cell>,
    has_sentences: bool,
}

impl Cell {
    fn of(input: &[u8]) -> Self {
        let Some((kind, rest)) = input.split_first() else { return Self::Absent };
        let text = String::from_utf8_lossy(rest).into_owned();
        let number = rest.iter().fold(0_i64, |number, byte| number.wrapping_mul(256).wrapping_add(i64::from(*byte)));
        match kind % 10 {
            0 => Self::Absent,
            1 => Self::Number(number),
            2 => Self::Age(number),
            3 => Self::Flag(rest.is_empty()),
            4 => Self::List(text.split(',').map(str::to_owned).collect()),
            5 => Self::Bytes(rest.to_vec()),
            6 => Self::Moment(moment(number)),
            9 => Self::Shortened(text),
            _ => Self::Text(text),
        }
    }

    fn field(&self) -> Field<'_> {
        match self {
            Self::Absent => Field::Absent,
            Self::Number(number) => Field::Number(*number),
            Self::Age(seconds) => Field::Age(*seconds),
            Self::Flag(flag) => Field::Flag(*flag),
            Self::Text(text) => Field::text(text),
            Self::Shortened(text) => Field::Shortened(text),
            Self::List(texts) => Field::List(texts),
            Self::Bytes(bytes) => Field::Bytes(bytes),
            Self::Moment(moment) => Field::Moment(*moment),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Number(number) | Self::Age(number) => json!(number),
            Self::Flag(flag) => json!(flag),
            Self::Text(text) => json!(text),
            Self::Shortened(text) => json!(format!("{text}…")),
            Self::Moment(moment) => json!(rfc3339(*moment)),
            Self::List(texts) => json!(texts),
            Self::Bytes(bytes) => {
                json!({ "hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() })
            }
        }
    }

    fn plain(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Number(number) | Self::Age(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Text(text) => text.clone(),
            Self::Shortened(text) => format!("{text}…"),
            Self::List(texts) => texts.join(" "),
            Self::Bytes(bytes) => readable(bytes).into_owned(),
            Self::Moment(moment) => rfc3339(*moment),
        }
    }
}

/// Returns the time that many microseconds from 1970, or the closest one that jiff supports. The
/// lowest bit is the sign, because small negative numbers begin with the byte that separates fields.
fn moment(number: i64) -> Timestamp {
    let microseconds = if number % 2 == 0 { number / 2 } else { -(number / 2) };
    let closest = if microseconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(microseconds).unwrap_or(closest)
}

impl Line {
    fn plain(&self) -> Vec<String> {
        self.cells.iter().map(Cell::plain).collect()
    }
}

impl Record for Line {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        Cow::Borrowed(&NAMES[..self.cells.len()])
    }

    fn field(&self, at: usize) -> Field<'_> {
        self.cells[at].field()
    }

    fn sentences(&self) -> Vec<zeroize::Zeroizing<String>> {
        if self.has_sentences { self.plain().into_iter().map(Into::into).collect() } else { Vec::new() }
    }

    fn key(&self) -> Option<&str> {
        match self.cells.first() {
            Some(Cell::Text(key)) => Some(key),
            _ => None,
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some(([style, width], rest)) = input.split_first_chunk::<2>() else { return };
    let (width, has_sentences) = (usize::from(*width) % NAMES.len() + 1, width & 64 != 0);
    let cells = rest.split(|byte| *byte == 0xff).map(Cell::of).collect::<Vec<_>>();
    let mut cells = cells.into_iter();
    let mut lines = Vec::new();
    while cells.len() > 0 {
        let mut cells: Vec<_> = cells.by_ref().take(width).collect();
        cells.resize_with(width, || Cell::Absent);
        lines.push(Line { cells, has_sentences });
    }
    let whole = |format| {
        let records: Vec<_> = lines.iter().map(|line| line as &dyn Record).collect();
        String::from_utf8(render(format, &records).to_vec()).expect("UTF-8")
    };
    let (is_ascii, is_bare) = (style & 1 != 0, style & 2 != 0);
    match style >> 2 {
        0 => assert_json(&lines, &whole(Format::Json)),
        1 => assert_jsonl(&lines, &whole(Format::Jsonl)),
        2 => assert_csv(&lines, &whole(Format::Csv)),
        3 => assert_tsv(&lines, &whole(Format::Tsv)),
        4 => {
            let table = whole(Format::Table);
            assert_harmless(&table);
            assert_eq!(table.lines().count(), if lines.is_empty() { 0 } else { 4 + lines.len() });
        }
        5 => {
            let text = whole(Format::Text);
            assert_harmless(&text);
            assert!(text.lines().count() >= width * lines.len());
        }
        6 => {
            let keys = whole(Format::Raw);
            assert_harmless(&keys);
            assert_eq!(keys.lines().count(), lines.iter().filter(|line| line.key().is_some()).count());
        }
        7 => {
            let mut style = Style::from([Format::Json, Format::Csv][usize::from(is_bare)]);
            style.ascii = is_ascii;
            let text = streamed(&lines, style);
            assert!(!is_ascii || text.is_ascii());
            if is_bare { assert_csv(&lines, &text) } else { assert_json(&lines, &text) }
        }
        8 => {
            let text = streamed(&lines, Style { raw: true, header: false, ..Style::from(Format::Csv) });
            let expected: Vec<_> = lines.iter().map(Line::plain).collect();
            assert_eq!(read_csv(&text), expected);
        }
        9 => {
            let text = streamed(&lines, Style { null: true, ..Style::from(Format::Tsv) });
            let expected = lines.iter().map(|line| line.plain().join("\t").replace('\0', "\\u{0}") + "\0");
            assert_eq!(text, expected.collect::<String>());
        }
        _ => {
            let mut style = Style::of(Format::Tsv, &["username", "key"]);
            style.ascii = is_ascii;
            let text = streamed(&lines, style);
            assert!(!is_ascii || text.is_ascii());
            assert!(text.lines().all(|line| line.split('\t').count() == 2 && line.split('\t').all(is_harmless)));
        }
    }
});

/// Returns the output in a style with more options than the format.
fn streamed(lines: &[Line], style: Style) -> String {
    FOLDER.with(|folder| {
        let path = folder.path().join("output");
        let _ = fs::remove_file(&path);
        let destination = Destination::file(&path, Appearing::Complete).expect("a new file");
        let mut stream = destination.stream(style, Behind::Nothing);
        // A list is written page by page.
        for page in lines.chunks(3) {
            stream.page(page).expect("room for a page");
        }
        stream.finish().expect("room for the end");
        fs::read_to_string(path).expect("the output")
    })
}

fn object(line: &Line) -> Value {
    NAMES.into_iter().zip(&line.cells).map(|(name, cell)| (name.to_owned(), cell.json())).collect()
}

fn assert_json(lines: &[Line], text: &str) {
    assert_harmless(text);
    let read: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(read, lines.iter().map(object).collect::<Value>());
}

fn assert_jsonl(lines: &[Line], text: &str) {
    assert_harmless(text);
    let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(read, lines.iter().map(object).collect::<Vec<_>>());
}

fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.expect("CSV").iter().map(str::to_owned).collect()).collect()
}

fn assert_csv(lines: &[Line], text: &str) {
    assert_harmless(&text.replace("\r\n", "\n"));
    let mut read = read_csv(text).into_iter();
    assert_eq!(read.next().is_some(), !lines.is_empty());
    for (line, read) in lines.iter().zip(read.by_ref()) {
        assert_eq!(line.cells.len(), read.len());
        for (cell, read) in line.plain().iter().zip(&read) {
            assert_guarded(cell, read);
        }
    }
    assert_eq!(read.next(), None);
}

/// Asserts that no part of a value that was read begins a formula, and that it differs from the cell
/// only by guards and escapes. A number is no formula.
fn assert_guarded(cell: &str, read: &str) {
    if cell == read && cell.parse::<i64>().is_ok() {
        return;
    }
    for part in read.split([',', ';', '|']) {
        assert!(!part.trim_start_matches('"').starts_with(['=', '+', '-', '@']), "{cell:?} {read:?}");
    }
    let without = |text: &str| text.replace('\'', "");
    assert!(without(read) == without(cell) || !is_harmless(cell), "{cell:?} {read:?}");
}

fn assert_tsv(lines: &[Line], text: &str) {
    assert_eq!(text.lines().count(), if lines.is_empty() { 0 } else { lines.len() + 1 });
    for (line, text) in lines.iter().zip(text.lines().skip(1)) {
        let read: Vec<_> = text.split('\t').collect();
        assert_eq!(line.cells.len(), read.len());
        for (cell, read) in line.plain().iter().zip(read) {
            assert!(is_harmless(read));
            assert_guarded(cell, read);
        }
    }
}
