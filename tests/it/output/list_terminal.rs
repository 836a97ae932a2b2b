//! Lists on a terminal: a table, in color where that is wanted.
//!
//! Tags such as `F11` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use snapbox::{assert_data_eq, str};

use crate::support::{HOSTILE, KEY, Sandbox, Terminal, is_active, quoted};

/// What a line of shell with drfctl in it shows on a terminal, which has to succeed. The escape
/// character is `␛`.
fn shown(sandbox: &Sandbox, script: &str) -> String {
    let (shown, status) = Terminal::script(sandbox, script, ["list", "--columns", "username,key,created,active"]).end();
    assert_eq!(status, "0", "{shown}");
    decoded(&shown).replace("\r\n", "\n").replace('\u{1b}', "␛")
}

/// The text that a terminal is sent, whose every byte is handed over as a character.
fn decoded(shown: &str) -> String {
    let bytes = shown.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

const PLAIN: &str = "\
┌──────────┬───────────┬──────────────────┬────────┐
│ username ┆ key       ┆ created          ┆ active │
╞══════════╪═══════════╪══════════════════╪════════╡
│ alice    ┆ 01dc0ffe… ┆ 2026-01-02 03:04 ┆ yes    │
│ ina      ┆ cd10eeff… ┆ 2026-01-02 03:04 ┆ no     │
└──────────┴───────────┴──────────────────┴────────┘
";

#[test]
fn a_terminal_is_shown_a_table_with_a_bold_header_and_faint_inactive_users() {
    let sandbox = Sandbox::with_known_dates();
    assert_data_eq!(
        shown(&sandbox, r#"unset NO_COLOR; exec "$0" "$@""#),
        str![[r#"
┌──────────┬───────────┬──────────────────┬────────┐
␛[1m│ username ┆ key       ┆ created          ┆ active │␛[0m
╞══════════╪═══════════╪══════════════════╪════════╡
│ alice    ┆ 01dc0ffe… ┆ 2026-01-02 03:04 ┆ yes    │
␛[2m│ ina      ┆ cd10eeff… ┆ 2026-01-02 03:04 ┆ no     │␛[0m
└──────────┴───────────┴──────────────────┴────────┘

"#]]
    );
}

/// F11
#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let sandbox = Sandbox::with_known_dates();
    let coloured = shown(&sandbox, r#"unset NO_COLOR; exec "$0" "$@""#);
    for (script, wanted) in [
        (r#"exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR; TERM=dumb exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR TERM; exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR; exec "$0" "$@" --no-color"#, PLAIN),
        (r#"exec "$0" "$@" --force-color"#, coloured.as_str()),
        (r#"unset NO_COLOR; LC_ALL=tr_TR.UTF-8 TZ=Pacific/Apia exec "$0" "$@""#, coloured.as_str()),
        // Neither width nor height of the window, nor who calls.
        (r#"stty cols 1 rows 1; COLUMNS=1 exec "$0" "$@""#, PLAIN),
        // A pipe is for programs, whoever looks on behind it.
        (r#"unset NO_COLOR; "$0" "$@" --format table | cat"#, PLAIN),
        (r#"unset NO_COLOR; "$0" "$@" | cut -f 1,4 | tr '\t' ' '"#, "username active\nalice true\nina false\n"),
        (r#"unset NO_COLOR; "$0" "$@" | head -n 1 | cut -f 1"#, "username\n"),
    ] {
        assert_eq!(shown(&sandbox, script), wanted, "{script}");
    }
}

#[test]
fn a_terminal_is_shown_other_formats_when_they_are_named() {
    let sandbox = Sandbox::with_known_dates();
    for (more, wanted) in [
        ("--format tsv --no-header ina", "ina\tcd10eeff…\t2026-01-02T03:04:05Z\tfalse\n"),
        (
            "--format jsonl ina",
            "{\"username\":\"ina\",\"key\":\"cd10eeff…\",\"created\":\"2026-01-02T03:04:05Z\",\"active\":false}\n",
        ),
        ("--csv-raw --no-header ina", "ina,cd10eeff…,2026-01-02T03:04:05Z,false\r\n"),
        ("bob", ""),
    ] {
        assert_eq!(shown(&sandbox, &format!(r#"unset NO_COLOR; "$0" "$@" {more}"#)), wanted, "{more}");
    }
    let (count, status) = Terminal::new(&sandbox, ["list", "--count"]).end();
    assert_eq!((count.as_str(), status.as_str()), ("2\r\n", "0"));
    // Whole keys may be shown to whoever asks for them there, and are never broken in two.
    assert!(shown(&sandbox, r#"stty cols 20; exec "$0" "$@" --show-keys"#).contains(KEY));
}

/// F5
#[test]
fn nothing_hostile_reaches_a_terminal() {
    let sandbox = Sandbox::stock();
    for (id, name) in (100..).zip(HOSTILE) {
        sandbox.add_user(&id.to_string(), &quoted(name));
        sandbox.exec(&format!("UPDATE auth_user SET email = {} WHERE id = {id}", quoted(name)));
        sandbox.exec(&format!(
            "INSERT INTO authtoken_token VALUES ({}, {}, {id})",
            quoted(&format!("{name}{id}")),
            quoted(name)
        ));
    }
    for args in [&["list", "--show-keys"][..], &["list", "users"], &["list", "--format", "text"]] {
        let (shown, status) = Terminal::new(&sandbox, args).end();
        assert_eq!(status, "0");
        let shown = decoded(&shown);
        let bad = shown.replace("\r\n", "").chars().find(|c| is_active(*c));
        assert_eq!(bad, None, "{args:?}: {shown:?}");
    }
}

/// A table is written a page at a time.
#[test]
fn a_table_of_many_pages_has_one_header_and_columns_that_only_widen() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(2_500);
    sandbox.exec("UPDATE auth_user SET username = 'much-longer-than-before-' || username WHERE id % 1000 = 0; UPDATE auth_user SET username = '日本' || id WHERE id % 1000 = 999");
    let table =
        sandbox.drfctl(["list", "users", "--format", "table", "--columns", "username,active"]).run().ok().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2_503 + 4);
    assert_eq!(lines.iter().filter(|line| line.contains("username")).count(), 1);
    assert_eq!(lines.iter().filter(|line| !line.starts_with('│')).count(), 3);
    // What is wide takes two columns of the terminal.
    let width = |line: &&str| line.chars().map(|c| if matches!(c, '日' | '本') { 2 } else { 1 }).sum::<usize>();
    let widths: Vec<_> = lines.iter().map(width).collect();
    assert!(widths.is_sorted(), "a page is narrower than the one before");
    assert!(widths.iter().collect::<BTreeSet<_>>().len() <= 3, "{widths:?}");
    assert_eq!(table.matches("日本").count(), 2);
}
