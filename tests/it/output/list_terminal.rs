//! Lists on a terminal: a table that fits the window, with color if the user wants it.
//!
//! Tags such as `F11` name cases of `tests/CASES.md`.

use std::collections::BTreeSet;

use snapbox::{assert_data_eq, str};

use crate::support::{HOSTILE, KEY, Outcome, Sandbox, Terminal, is_active, quoted};

/// Returns the output of a shell script on a terminal, which must succeed. drfctl is `"$0"`. The
/// escape character is replaced by `␛`.
fn shown(sandbox: &Sandbox, script: &str) -> String {
    on_terminal(sandbox, script, &["list", "--columns", "username,key,created,active"]).replace('\u{1b}', "␛")
}

/// Returns the output of drfctl in a window of `columns` columns.
fn in_window(sandbox: &Sandbox, columns: u16, args: &[&str]) -> String {
    on_terminal(sandbox, &format!(r#"stty cols {columns} rows 24; exec "$0" "$@""#), args)
}

fn on_terminal(sandbox: &Sandbox, script: &str, args: &[&str]) -> String {
    let (shown, status) = Terminal::script(sandbox, script, args).end();
    assert_eq!(status, "0", "{shown}");
    decoded(&shown).replace("\r\n", "\n")
}

/// Returns the text that a terminal received. The test library decodes each byte as a character.
fn decoded(shown: &str) -> String {
    let bytes = shown.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    String::from_utf8(bytes).unwrap()
}

/// Returns the width of a text; its wide characters are `山田太郎`.
fn width(line: &str) -> usize {
    line.chars().map(|c| if "山田太郎".contains(c) { 2 } else { 1 }).sum()
}

/// Creates a site with long and wide names.
fn long_names() -> Sandbox {
    let sandbox = Sandbox::with_known_dates();
    sandbox.exec(
        "UPDATE auth_user SET username = 'alexandra.konstantinopoulos@example.com', email = 'alexandra.konstantinopoulos@example.com' WHERE username = 'alice';
         UPDATE auth_user SET username = '山田太郎-production-service-account', email = 'yamada@example.com' WHERE username = 'ina'",
    );
    sandbox
}

const PLAIN: &str = "\
username  key        created (UTC)     active
────────  ─────────  ────────────────  ──────
alice     01dc0ffe…  2026-01-02 03:04  yes
ina       cd10eeff…  2026-01-02 03:04  no
";

/// The table in a window of twenty columns.
const NARROW: &str = "\
username       alice
key            01dc0ffe…
created (UTC)  2026-01-02 03:04
active         yes

username       ina
key            cd10eeff…
created (UTC)  2026-01-02 03:04
active         no
";

#[test]
fn a_terminal_table_has_a_bold_header_and_faint_inactive_users() {
    let sandbox = Sandbox::with_known_dates();
    assert_data_eq!(
        shown(&sandbox, r#"unset NO_COLOR; exec "$0" "$@""#),
        str![[r#"
␛[1musername  key        created (UTC)     active␛[0m
␛[2m────────  ─────────  ────────────────  ──────␛[0m
alice     01dc0ffe…  2026-01-02 03:04  yes
␛[2mina       cd10eeff…  2026-01-02 03:04  no␛[0m

"#]]
    );
}

/// F11
#[test]
fn the_environment_and_options_decide_about_color() {
    let sandbox = Sandbox::with_known_dates();
    let colored = shown(&sandbox, r#"unset NO_COLOR; exec "$0" "$@""#);
    for (script, expected) in [
        (r#"exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR; TERM=dumb exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR TERM; exec "$0" "$@""#, PLAIN),
        (r#"unset NO_COLOR; exec "$0" "$@" --no-color"#, PLAIN),
        (r#"exec "$0" "$@" --force-color"#, colored.as_str()),
        (r#"unset NO_COLOR; LC_ALL=tr_TR.UTF-8 TZ=Pacific/Apia exec "$0" "$@""#, colored.as_str()),
        (r#"stty cols 45 rows 1; COLUMNS=1 exec "$0" "$@""#, PLAIN),
        (r#"stty cols 20 rows 9; exec "$0" "$@""#, NARROW),
        (r#"stty cols 1 rows 9; exec "$0" "$@""#, NARROW),
        (r#"stty cols 1 rows 9; exec "$0" "$@" --wide"#, PLAIN),
        // The window does not affect a pipe.
        (r#"stty cols 1 rows 9; unset NO_COLOR; "$0" "$@" --format table | cat"#, PLAIN),
        (r#"unset NO_COLOR; "$0" "$@" | cut -f 1,4 | tr '\t' ' '"#, "username active\nalice true\nina false\n"),
        (r#"unset NO_COLOR; "$0" "$@" | head -n 1 | cut -f 1"#, "username\n"),
    ] {
        assert_eq!(shown(&sandbox, script), expected, "{script}");
    }
}

/// N60, N69
#[test]
fn a_table_fits_the_window_and_notes_the_columns_it_omits() {
    let sandbox = long_names();
    let all = [50, 80, 120].map(|columns| {
        let [tokens, users] = ["tokens", "users"].map(|kind| in_window(&sandbox, columns, &["list", kind]));
        for line in tokens.lines().chain(users.lines()).filter(|line| !line.starts_with("note: ")) {
            assert!(width(line) <= columns.into(), "{columns}: {line}");
        }
        format!("{columns}:\n{tokens}{users}")
    });
    assert_data_eq!(
        all.concat(),
        str![[r#"
50:
username               key        created (UTC)
─────────────────────  ─────────  ────────────────
alexandra.konstantin…  01dc0ffe…  2026-01-02 03:04
山田太郎-production-…  cd10eeff…  2026-01-02 03:04
note: omitted columns: active, staff, superuser, last_login; --wide shows them
username                                 active
───────────────────────────────────────  ──────
alexandra.konstantinopoulos@example.com  yes
bob                                      yes
山田太郎-production-service-account      no
note: omitted columns: email, staff, superuser, date_joined, last_login, has_token, password; --wide shows them
80:
username                          key        created (UTC)     active  superuser
────────────────────────────────  ─────────  ────────────────  ──────  ─────────
alexandra.konstantinopoulos@exa…  01dc0ffe…  2026-01-02 03:04  yes     no
山田太郎-production-service-acc…  cd10eeff…  2026-01-02 03:04  no      no
note: omitted columns: staff, last_login; --wide shows them
username                             email                                active
───────────────────────────────────  ───────────────────────────────────  ──────
alexandra.konstantinopoulos@exampl…  alexandra.konstantinopoulos@exampl…  yes
bob                                  bob@example.com                      yes
山田太郎-production-service-account  yamada@example.com                   no
note: omitted columns: staff, superuser, date_joined, last_login, has_token, password; --wide shows them
120:
username                                 key        created (UTC)     active  staff  superuser  last_login (UTC)
───────────────────────────────────────  ─────────  ────────────────  ──────  ─────  ─────────  ────────────────
alexandra.konstantinopoulos@example.com  01dc0ffe…  2026-01-02 03:04  yes     yes    no         2026-01-31 12:00
山田太郎-production-service-account      cd10eeff…  2026-01-02 03:04  no      no     no
username                                 email                                    active  staff  superuser  has_token
───────────────────────────────────────  ───────────────────────────────────────  ──────  ─────  ─────────  ─────────
alexandra.konstantinopoulos@example.com  alexandra.konstantinopoulos@example.com  yes     yes    no         yes
bob                                      bob@example.com                          yes     no     no         no
山田太郎-production-service-account      yamada@example.com                       no      no     no         yes
note: omitted columns: date_joined, last_login, password; --wide shows them

"#]]
    );
}

/// N60
#[test]
fn a_key_is_never_shortened_by_the_window() {
    let sandbox = long_names();
    let key: String = KEY.chars().rev().collect();
    for columns in [120, 80, 60, 50, 30, 8] {
        for args in [
            &["list", "--show-keys"][..],
            &["list", "--show-keys", "--columns", "username,user_id,key,created,last_login"],
            &["create-token", "山田太郎-production-service-account", "--format", "table"],
        ] {
            let shown = in_window(&sandbox, columns, args);
            assert!(shown.contains(&key), "{columns} {args:?}\n{shown}");
        }
        let shown = in_window(&sandbox, columns, &["list"]);
        assert!(shown.contains("01dc0ffe…") && shown.contains("cd10eeff…"), "{columns}\n{shown}");
    }
}

/// N60
#[test]
fn wide_shows_all_columns_and_cells_in_full() {
    let sandbox = long_names();
    for words in [&["list"][..], &["list", "users"], &["revoke", "--all", "--dry-run"]] {
        let args = [words, &["--wide", "--format", "table"]].concat();
        let piped = sandbox.drfctl([words, &["--format", "table"]].concat()).run().ok().stdout;
        assert_eq!(in_window(&sandbox, 30, &args), piped, "{words:?}");
    }
    // Other formats are never shortened, so --wide changes nothing.
    let [json, wide] = [&[][..], &["--wide"]]
        .map(|more| sandbox.drfctl(["list", "users", "--format", "json"]).args(more).run().ok().stdout);
    assert_eq!(json, wide);
}

/// N60
#[test]
fn columns_of_the_command_line_are_shortened_and_never_omitted() {
    let sandbox = long_names();
    assert_data_eq!(
        in_window(&sandbox, 50, &["list", "users", "--columns", "email,username,last_login,active"]),
        str![[r#"
email        username     last_login (UTC)  active
───────────  ───────────  ────────────────  ──────
alexandra.…  alexandra.…  2026-01-31 12:00  yes
bob@exampl…  bob                            yes
yamada@exa…  山田太郎-p…                    no

"#]]
    );
}

/// N60: the tables of all commands fit the window, and a note lists the omitted columns.
#[test]
fn the_table_of_a_change_fits_the_window() {
    let sandbox = long_names();
    assert_data_eq!(
        in_window(&sandbox, 48, &["revoke", "--all", "--dry-run", "--format", "table"]),
        str![[r#"
username             key        outcome
───────────────────  ─────────  ────────────────
alexandra.konstant…  01dc0ffe…  would be revoked
山田太郎-productio…  cd10eeff…  would be revoked
note: omitted columns: created; --wide shows them

"#]]
    );
}

/// N70
#[test]
fn a_list_without_rows_is_noted_on_a_terminal_only() {
    let sandbox = Sandbox::with_known_dates();
    for (args, note) in [
        (&["list", "--inactive", "bob"][..], "note: no tokens match\n"),
        (&["list", "bob"], "note: no tokens match\n"),
        (&["list", "--limit", "0"], ""),
        (&["list", "users", "z*"], "note: no users match\n"),
        (&["list", "users", "z*", "-v", "0"], ""),
        (&["list", "--format", "text", "bob"], "note: no tokens match\n"),
        (&["list", "--format", "json", "bob"], "[]\nnote: no tokens match\n"),
    ] {
        assert_eq!(in_window(&sandbox, 80, args), note, "{args:?}");
        let piped: Outcome = sandbox.drfctl(args).args(["--format", "table"]).run();
        if !args.contains(&"--format") {
            assert_eq!(piped.to_string(), "exit: 0\n--- stdout\n--- stderr\n", "{args:?}");
        }
    }
    sandbox.exec("DELETE FROM authtoken_token; DELETE FROM auth_user");
    assert_eq!(in_window(&sandbox, 80, &["list"]), "note: no tokens\n");
    assert_eq!(in_window(&sandbox, 80, &["list", "users"]), "note: no users\n");
}

#[test]
fn a_terminal_shows_other_formats_on_request() {
    let sandbox = Sandbox::with_known_dates();
    for (more, expected) in [
        ("--format tsv --no-header ina", "ina\tcd10eeff…\t2026-01-02T03:04:05Z\tfalse\n"),
        (
            "--format jsonl ina",
            "{\"username\":\"ina\",\"key\":\"cd10eeff…\",\"created\":\"2026-01-02T03:04:05Z\",\"active\":false}\n",
        ),
        ("--format csv --raw --no-header ina", "ina,cd10eeff…,2026-01-02T03:04:05Z,false\r\n"),
        ("--no-header ina", "ina  cd10eeff…  2026-01-02 03:04  no\n"),
    ] {
        assert_eq!(shown(&sandbox, &format!(r#""$0" "$@" {more}"#)), expected, "{more}");
    }
    let (count, status) = Terminal::new(&sandbox, ["list", "--count"]).end();
    assert_eq!((count.as_str(), status.as_str()), ("2\r\n", "0"));
}

/// I6, F5
#[test]
fn a_hostile_name_does_not_control_the_terminal() {
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
    for columns in [0, 20, 80] {
        for args in [&["list", "--show-keys"][..], &["list", "users"], &["list", "--format", "text"]] {
            let shown = in_window(&sandbox, columns, args);
            let bad = shown.replace('\n', "").chars().find(|c| is_active(*c));
            assert_eq!(bad, None, "{args:?}: {shown:?}");
        }
    }
}

/// A table is written in pages.
#[test]
fn a_table_of_many_pages_has_one_header() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(2_500);
    sandbox.exec("UPDATE auth_user SET username = 'much-longer-than-before-' || username WHERE id % 1000 = 0; UPDATE auth_user SET username = '山田' || id WHERE id % 1000 = 999");
    let args = ["list", "users", "--format", "table", "--columns", "username,active"];
    let table = sandbox.drfctl(args).run().ok().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2_503 + 2);
    assert_eq!(lines.iter().filter(|line| line.contains("username")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.starts_with('─')).count(), 1);
    // The width of the first column, with the gap.
    let widths: Vec<_> = lines.iter().map(|line| width(line.rsplit_once(' ').unwrap().0)).collect();
    assert!(widths.is_sorted(), "a page is narrower than the one before");
    assert!(widths.iter().collect::<BTreeSet<_>>().len() <= 3, "{widths:?}");
    assert_eq!(table.matches("山田").count(), 2);
    // Later pages have the columns of the first, and also fit the window.
    let shown = in_window(&sandbox, 24, &args);
    assert!(shown.lines().all(|line| width(line) <= 24), "{shown}");
    assert!(shown.contains("much-longer-tha…"), "{shown}");
}
