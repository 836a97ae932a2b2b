//! Hostile names and keys, and values that are not text, in lists. They do not act on the terminal,
//! do not stop the list, and other programs read them unchanged.
//!
//! Tags such as `F5` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{FORMATS, HOSTILE, KEY, Outcome, Sandbox, is_active, quoted, tested_program};

/// Text with a special meaning for spreadsheets, shells or parsers.
const SPECIAL: [&str; 20] = [
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "-1+1",
    "a;=1+1",
    "b;\"=1+1\"",
    "＝1＋1",
    "＠SUM(1)",
    "\t=1",
    "\r=1",
    "say \"hi\", you",
    "a,b",
    "'quoted",
    r"back\slash",
    r"\u{1b}",
    "$(id)",
    " blanks ",
    "é\u{301}",
    "日本",
    "\u{1f468}\u{200d}\u{1f469}",
];

/// What a formula of a spreadsheet begins with.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Creates a site with Alice and a user for each of these names, each with a token.
fn hostile() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec("DELETE FROM auth_user WHERE username <> 'alice'");
    for (id, name) in (100..).zip(HOSTILE.iter().chain(&SPECIAL)) {
        sandbox.add_user(&id.to_string(), &quoted(name));
        sandbox.exec(&format!("UPDATE auth_user SET email = {} WHERE id = {id}", quoted(name)));
    }
    sandbox.give_tokens("2026-01-02 03:04:05", "TRUE");
    sandbox
}

fn names() -> Vec<&'static str> {
    ["alice"].into_iter().chain(HOSTILE).chain(SPECIAL).collect()
}

/// I6, F5, F7, F8, F9, K7
#[test]
fn a_hostile_name_is_escaped_and_one_line_in_every_format() {
    let sandbox = hostile();
    for kind in ["tokens", "users"] {
        for format in FORMATS {
            for ascii in [&[][..], &["--ascii"]] {
                let outcome = sandbox.drfctl(["list", kind, "--format", format]).args(ascii).run().ok();
                // Without the separators of fields and lines.
                let stdout = match format {
                    "tsv" => outcome.stdout.replace('\t', " "),
                    "csv" => outcome.stdout.replace("\r\n", "\n"),
                    _ => outcome.stdout.clone(),
                };
                Outcome { stdout, ..outcome.clone() }.harmless();
                let lines = outcome.stdout.lines().count();
                let expected = match format {
                    "tsv" | "csv" => Some(names().len() + 1),
                    "jsonl" => Some(names().len()),
                    "json" | "table" => Some(names().len() + 2),
                    _ => None,
                };
                assert!(expected.is_none_or(|expected| lines == expected), "{kind} {format}: {lines}\n{outcome}");
                if format == "tsv" {
                    let columns: BTreeSet<_> = outcome.stdout.lines().map(|line| line.split('\t').count()).collect();
                    assert_eq!(columns.len(), 1, "{outcome}");
                }
                assert!(ascii.is_empty() || outcome.stdout.is_ascii(), "{outcome}");
            }
        }
    }
    // The output shows which character was escaped.
    let outcome = sandbox.drfctl(["list", "users", "--columns", "username"]).run().ok();
    for c in HOSTILE.iter().flat_map(|name| name.chars()).filter(|c| is_active(*c)) {
        assert!(outcome.stdout.contains(&format!("\\u{{{:x}}}", u32::from(c))), "{c:?}\n{outcome}");
    }
}

/// F7, F8, F9
#[test]
fn a_program_reads_a_hostile_name_unchanged() {
    let sandbox = hostile();
    let expected = names();
    for kind in ["tokens", "users"] {
        let json = sandbox.drfctl(["list", kind]).records("0");
        assert_eq!(json.iter().map(|row| row["username"].as_str().unwrap()).collect::<Vec<_>>(), expected);
        let jsonl = sandbox.drfctl(["list", kind, "--format", "jsonl", "--ascii"]).run().ok().stdout;
        let read: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            read,
            sandbox.drfctl(["list", kind]).records("0").into_iter().map(|row| aged(row, &read)).collect::<Vec<_>>()
        );
        let raw = sandbox.drfctl(["list", kind, "--format", "csv", "--raw"]).run().ok().stdout;
        let mut reader = csv::Reader::from_reader(raw.as_bytes());
        let read: Vec<_> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
        assert_eq!(read, expected);
        let null = sandbox.drfctl(["list", kind, "-0", "--columns", "username"]).run().ok().stdout;
        assert_eq!(null.strip_suffix('\0').unwrap().split('\0').collect::<Vec<_>>(), expected);
    }
    let python = sandbox.python([
        "-c",
        "import csv, io, subprocess, sys\nout = subprocess.run([sys.argv[1], 'list', '--format', 'csv', '--raw'], capture_output=True).stdout.decode()\n\
         print(ascii([row['username'] for row in csv.DictReader(io.StringIO(out, newline=''))]))",
        tested_program(),
    ]);
    let theirs = sandbox.django("from django.contrib.auth.models import User\nprint(ascii(list(User.objects.order_by('pk').values_list('username', flat=True))))");
    assert_eq!(Outcome::from(python).ok().stdout.trim_end(), theirs);
}

/// Returns the row with the age from the same row of `others`, which may be a second older.
fn aged(mut row: Value, others: &[Value]) -> Value {
    let other = others.iter().find(|other| other["username"] == row["username"]).unwrap();
    if let Some(age) = other.get("age") {
        row["age"] = age.clone();
    }
    row
}

/// I6, F8, N94, K8
#[test]
fn no_separated_value_is_a_formula_for_any_common_separator() {
    let sandbox = hostile();
    for kind in ["tokens", "users"] {
        for format in ["csv", "tsv"] {
            let columns = ["--columns", "username,active", "--no-header"];
            let stdout = sandbox.drfctl(["list", kind, "--format", format]).args(columns).run().ok().stdout;
            for separator in [b',', b';', b'\t', b'|'] {
                // As a spreadsheet with that separator reads it.
                let mut reader = csv::ReaderBuilder::new();
                let reader = reader.delimiter(separator).has_headers(false).flexible(true);
                for row in reader.from_reader(stdout.as_bytes()).records().map(Result::unwrap) {
                    let is_formula = |cell: &str| cell.trim_start_matches('"').starts_with(FORMULA);
                    assert!(!row.iter().any(is_formula), "{format} {}: {row:?}", char::from(separator));
                }
            }
            let raw = sandbox.drfctl(["list", kind, "--raw", "--format", format]).args(columns).run().ok().stdout;
            assert!(raw.contains("@SUM(1)") && !raw.contains("'@SUM(1)") && stdout.contains("'@SUM(1)"), "{raw}");
        }
    }
}

/// B32
#[test]
fn a_name_that_is_not_text_does_not_stop_the_list() {
    let sandbox = Sandbox::stock();
    for (id, name) in
        [(11, "x'616cff'"), (12, "4711"), (13, "CAST(x'c328' AS TEXT)"), (14, "x'00'"), (15, "2.5"), (16, "'last'")]
    {
        sandbox.add_user(&id.to_string(), name);
    }
    // The column has text affinity, which converts numbers to text.
    sandbox.exec(
        "PRAGMA writable_schema = on;
         UPDATE sqlite_master SET sql = replace(sql, '\"username\" varchar(150)', '\"username\" blob') WHERE name = 'auth_user'",
    );
    sandbox
        .exec("UPDATE auth_user SET username = 4711 WHERE id = 12; UPDATE auth_user SET username = 2.5 WHERE id = 15");
    sandbox.give_tokens("2026-01-02 03:04:05", "id > 10");
    let shown =
        |args: &[&str]| sandbox.drfctl(["list", "--columns", "username", "--no-header"]).args(args).run().ok().stdout;
    assert_data_eq!(
        shown(&[]).replace('\\', "|"),
        str![[r#"
al|xff
4711
|xc3(
'|u{0}
2.5
last

"#]]
    );
    assert_data_eq!(
        shown(&["--format", "csv"]).replace('\\', "|"),
        str![[r#"
al|xff
4711
|xc3(
'|u{0}
2.5
last

"#]]
    );
    assert_data_eq!(
        shown(&["--format", "jsonl"]).replace('\\', "|"),
        str![[r#"
{"username":{"hex":"616cff"}}
{"username":4711}
{"username":{"hex":"c328"}}
{"username":{"hex":"00"}}
{"username":"2.5"}
{"username":"last"}

"#]]
    );
    assert_data_eq!(
        shown(&["--format", "table"]).replace('\\', "|"),
        str![[r#"
al|xff
4711
|xc3(
|u{0}
2.5
last

"#]]
    );
    for sort in ["username", "created", "last-login"] {
        for kind in ["tokens", "users"] {
            let outcome = sandbox.drfctl(["list", kind, "--sort", sort, "--reverse", "--format", "json"]).run().ok();
            assert!(outcome.stdout.contains(r#"{"hex":"616cff"}"#) && outcome.stdout.contains("\"last\""), "{outcome}");
        }
    }
}

/// N94: with an apostrophe it would be another key.
#[test]
fn a_random_key_is_never_guarded() {
    let sandbox = Sandbox::stock();
    let key = "-abc_DEF-0123456789";
    sandbox.give_token("alice", key);
    for format in ["tsv", "csv"] {
        let listed =
            sandbox.drfctl(["list", "--show-keys", "--columns", "key", "--no-header", "--format", format]).run();
        let printed = sandbox.drfctl(["create-token", "alice", "--format", format]).run();
        assert_eq!(listed.stdout.trim_end(), key, "{listed}");
        assert!(printed.stdout.contains(key) && !printed.stdout.contains('\''), "{printed}");
    }
}

/// B33
#[test]
fn a_key_not_created_by_drf_is_shortened_and_noted() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    let keys = [
        ("hunter2", "h…", "other"),
        ("abc", "…", "other"),
        ("", "…", "unsendable"),
        ("01DC0FFEE01DC0FFEE01DC0FFEE01DC0FFEE01DC", "01DC0FFE…", "other"),
        ("with a blank in it, and long enough to show", "with a b…", "unsendable"),
        ("zz\u{1b}[31m-zz\u{e9}-0123456789", r"zz\u{1b}[3…", "unsendable"),
    ];
    for (id, (key, ..)) in (100..).zip(keys) {
        sandbox.add_user(&id.to_string(), &format!("'u{id}'"));
        sandbox.exec(&format!("INSERT INTO authtoken_token VALUES ({}, '2026-01-02 03:04:05', {id})", quoted(key)));
    }
    let outcome = sandbox.drfctl(["list", "--columns", "key,key_kind", "--no-header"]).run();
    let lines = keys.map(|(_, shown, kind)| format!("{shown}\t{kind}\n")).concat();
    let note = "note: 6 tokens have keys not created by DRF; --columns username,key,key_kind shows which";
    assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n01dc0ffe…\tdrf\n{lines}--- stderr\n{note}\n"));
    let one = sandbox.drfctl(["list", "u100", "--columns", "key"]).run();
    assert_eq!(one.stderr, "note: 1 token has a key not created by DRF; --columns username,key,key_kind shows which\n");
    // --show-keys prints keys in full.
    let whole = sandbox.drfctl(["list", "--show-keys", "--format", "json", "--columns", "key"]).run();
    let expected: Vec<_> = [KEY].into_iter().chain(keys.map(|(key, ..)| key)).map(|key| json!({"key": key})).collect();
    assert_eq!(serde_json::from_str::<Vec<Value>>(&whole.stdout).unwrap(), expected);
    whole.harmless();
}

/// F9: records with NUL separators contain no other NUL.
#[test]
fn a_nul_in_a_name_does_not_split_its_record() {
    let sandbox = Sandbox::stock();
    sandbox.exec("UPDATE auth_user SET username = CAST(x'6e756c00626564' AS TEXT) WHERE username = 'alice'");
    let outcome = sandbox.drfctl(["list", "users", "-0", "--columns", "username"]).run().ok();
    assert_eq!(outcome.stdout.matches('\0').count(), 3, "{outcome:?}");
    assert!(outcome.stdout.ends_with("bob\0ina\0"), "{outcome:?}");
}

/// B32: values of other types in a time column.
#[test]
fn an_invalid_time_is_printed_unchanged() {
    let sandbox = Sandbox::stock();
    sandbox.give_token("alice", KEY);
    for (stored, tsv, json) in [
        ("'soon'", "soon", json!("soon")),
        ("1767323045", "1767323045", json!(1_767_323_045)),
        ("x'616cff'", r"al\xff", json!({"hex": "616cff"})),
        ("CAST(x'616cff' AS TEXT)", r"al\xff", json!({"hex": "616cff"})),
    ] {
        sandbox.exec(&format!("UPDATE authtoken_token SET created = {stored}"));
        let list = |format: &str| {
            sandbox.drfctl(["list", "--columns", "created", "--no-header", "--format", format]).run().ok().stdout
        };
        assert_eq!(list("tsv"), format!("{tsv}\n"), "{stored}");
        let read: Value = serde_json::from_str(&list("jsonl")).unwrap();
        // As text or with its type, but not as null.
        assert!(read["created"] == json || read["created"] == tsv, "{stored}: {read}");
    }
}
