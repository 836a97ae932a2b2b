use std::borrow::Cow;

use super::*;

/// A token, or a user without one.
struct Token {
    username: &'static str,
    key: Option<&'static str>,
    created: Option<&'static str>,
}

impl Record for Token {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        (&["username", "key", "created"]).into()
    }

    fn field(&self, at: usize) -> Field<'_> {
        match at {
            0 => Field::text(self.username),
            1 => Field::optional(self.key),
            _ => Field::optional(self.created),
        }
    }

    fn key(&self) -> Option<&str> {
        self.key
    }
}

const TOKENS: [Token; 2] = [
    Token { username: "=é", key: Some("-k_1"), created: Some("today") },
    Token { username: "bob", key: None, created: None },
];

fn written(style: Style, tokens: &[Token]) -> String {
    let (mut writer, mut bytes) = (Writer::new(style), Vec::new());
    for token in tokens {
        writer.record(token, &mut bytes);
    }
    writer.end(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

#[test]
fn each_format_writes_all_records() {
    for (format, wanted) in [
        (Format::Text, "username: =é\nkey: -k_1\ncreated: today\n\nusername: bob\nkey: \ncreated: \n"),
        (Format::Raw, "-k_1\n"),
        (
            Format::Json,
            "[\n  {\"username\":\"=é\",\"key\":\"-k_1\",\"created\":\"today\"},\n  \
             {\"username\":\"bob\",\"key\":null,\"created\":null}\n]\n",
        ),
        (
            Format::Jsonl,
            "{\"username\":\"=é\",\"key\":\"-k_1\",\"created\":\"today\"}\n\
             {\"username\":\"bob\",\"key\":null,\"created\":null}\n",
        ),
        (Format::Csv, "username,key,created\r\n'=é,-k_1,today\r\nbob,,\r\n"),
        (Format::Tsv, "username\tkey\tcreated\n'=é\t-k_1\ttoday\nbob\t\t\n"),
        (Format::Table, "username  key   created (UTC)\n────────  ────  ─────────────\n=é        -k_1  today\nbob\n"),
    ] {
        assert_eq!(written(format.into(), &TOKENS), wanted, "{format:?}");
    }
}

#[test]
fn no_record_is_an_empty_array_or_a_header() {
    for (format, wanted) in
        [(Format::Json, "[]\n"), (Format::Jsonl, ""), (Format::Csv, "key\r\n"), (Format::Tsv, "key\n")]
    {
        assert_eq!(written(Style::of(format, &["key"]), &[]), wanted, "{format:?}");
    }
}

#[test]
fn a_style_selects_orders_and_escapes() {
    let csv = || Style::of(Format::Csv, &["key", "email", "username"]);
    for (style, wanted) in [
        (csv(), "key,email,username\r\n-k_1,,'=é\r\n"),
        (Style { header: false, ..csv() }, "-k_1,,'=é\r\n"),
        (Style { raw: true, ..csv() }, "key,email,username\r\n-k_1,,=é\r\n"),
        (Style { ascii: true, ..csv() }, "key,email,username\r\n-k_1,,'=\\u{e9}\r\n"),
        (Style { null: true, ..csv() }, "-k_1\t\t=é\0"),
        (Style { raw: true, format: Format::Tsv, ..csv() }, "key\temail\tusername\n-k_1\t\t=é\n"),
    ] {
        assert_eq!(written(style, &TOKENS[..1]), wanted);
    }
}

/// N60
#[test]
fn a_table_omits_columns_that_do_not_fit_its_window() {
    for (width, wanted, omitted) in [
        (29, "username  key   created (UTC)\n────────  ────  ─────────────\n=é        -k_1  today\nbob\n", &[][..]),
        (28, "username  key\n────────  ────\n=é        -k_1\nbob\n", &["created"]),
        (14, "username  key\n────────  ────\n=é        -k_1\nbob\n", &["created"]),
        // Not even the required columns fit.
        (
            13,
            "username       =é\nkey            -k_1\ncreated (UTC)  today\n\nusername       bob\nkey\ncreated (UTC)\n",
            &[],
        ),
    ] {
        let window = Window::new(width);
        let style = Style { window: Some(window.clone()), ..Format::Table.into() };
        assert_eq!((written(style, &TOKENS).as_str(), &window.omitted()[..]), (wanted, omitted), "{width}");
    }
}

#[test]
fn the_header_of_a_table_is_bold_and_its_rule_faint() {
    let style = Style { color: true, ..Format::Table.into() };
    let wanted = "\u{1b}[1musername  key   created (UTC)\u{1b}[0m\n\
                  \u{1b}[2m────────  ────  ─────────────\u{1b}[0m\n=é        -k_1  today\n";
    assert_eq!(written(style, &TOKENS[..1]), wanted);
}

#[test]
fn a_table_of_named_columns_keeps_all_of_them() {
    let window = Window::new(28);
    let style = Style { window: Some(window.clone()), ..Style::of(Format::Table, &["created", "key"]) };
    assert_eq!(written(style.clone(), &TOKENS[..1]), "created (UTC)  key\n─────────────  ────\ntoday          -k_1\n");
    let narrow = Style { window: Some(Window::new(16)), ..style };
    assert_eq!(written(narrow.clone(), &TOKENS[..1]), "key\n────\n-k_1\n");
    let kept = Style { keeps_columns: true, ..narrow };
    assert_eq!(written(kept, &TOKENS[..1]), "created (UTC)  today\nkey            -k_1\n");
    assert_eq!(window.omitted(), Vec::<&str>::new());
}

/// A number with a text: a record without sentences, a key or optional columns.
struct Counted(&'static str, Field<'static>);

impl Record for Counted {
    fn columns(&self) -> Cow<'_, [&'static str]> {
        (&["name", "count"]).into()
    }

    fn field(&self, at: usize) -> Field<'_> {
        match (at, &self.1) {
            (0, _) => Field::text(self.0),
            (_, Field::Shortened(text)) => Field::Shortened(text),
            (_, Field::Number(number)) => Field::Number(*number),
            _ => Field::Absent,
        }
    }
}

#[test]
fn a_record_without_a_secret_has_nothing_to_print_raw() {
    assert_eq!(super::super::render(Format::Raw, &[&Counted("a", Field::Number(1))]).as_slice(), b"");
}

#[test]
fn numbers_and_keys_have_no_apostrophe_and_a_shortened_text_has_a_mark() {
    let records =
        [Counted("-1", Field::Number(-1)), Counted("é", Field::Shortened("a\"b")), Counted("k", Field::Shortened("k"))];
    for (format, ascii, wanted) in [
        (Format::Tsv, false, "name\tcount\n'-1\t-1\né\ta\"b…\nk\tk…\n"),
        (Format::Tsv, true, "name\tcount\n'-1\t-1\n\\u{e9}\ta\"b...\nk\tk...\n"),
        (
            Format::Jsonl,
            false,
            "{\"name\":\"-1\",\"count\":-1}\n{\"name\":\"é\",\"count\":\"a\\\"b…\"}\n{\"name\":\"k\",\"count\":\"k…\"}\n",
        ),
        (
            Format::Jsonl,
            true,
            "{\"name\":\"-1\",\"count\":-1}\n{\"name\":\"\\u00e9\",\"count\":\"a\\\"b\\u2026\"}\n\
             {\"name\":\"k\",\"count\":\"k\\u2026\"}\n",
        ),
        (Format::Table, false, "name  count\n────  ─────\n-1    -1\né     a\"b…\nk     k…\n"),
        (Format::Table, true, "name    count\n------  ------\n-1      -1\n\\u{e9}  a\"b...\nk       k...\n"),
    ] {
        let (mut writer, mut bytes) = (Writer::new(Style { ascii, ..format.into() }), Vec::new());
        for record in &records {
            writer.record(record, &mut bytes);
        }
        writer.end(&mut bytes);
        assert_eq!(String::from_utf8(bytes).unwrap(), wanted, "{format:?} {ascii}");
    }
}

#[test]
fn a_random_key_has_only_letters_digits_dashes_and_underscores() {
    for (text, expected) in [("azAZ09-_", true), ("=+@|/. ", false)] {
        assert!(text.bytes().all(|byte| is_of_secrets(byte) == expected), "{text}");
    }
}
