//! The formats of a list, with rows and without: columns, their order, and escapes.

use snapbox::{assert_data_eq, str};

use crate::support::{FORMATS, Invocation, KEY, Outcome, Sandbox, Shim};

/// Returns a call of `list` with the wall clock at 2026-01-31T12:00:00Z.
fn list(sandbox: &Sandbox, args: &[&str]) -> Invocation {
    let call = sandbox.drfctl(["list"]).args(args);
    // The shim is dropped before the call runs, so its log goes into the sandbox.
    Shim::new(sandbox).load(call).env("SHIM_LOG", sandbox.dir().join("shim")).env("SHIM_CLOCK", "1769860800")
}

/// Returns the outcome with visible special characters: a backslash as `⧵` (snapbox converts it to a slash), CR as `␍`, tabs as `→`, NUL as `␀`.
fn visible(outcome: &Outcome) -> String {
    outcome.to_string().replace('\\', "⧵").replace('\r', "␍").replace('\t', "→").replace('\0', "␀\n")
}

#[test]
fn tokens_in_every_format() {
    let sandbox = Sandbox::with_known_dates();
    let all = FORMATS.map(|format| {
        let outcome = list(&sandbox, &["--format", format]).run().ok();
        assert!(outcome.stdout.ends_with('\n'), "{outcome}");
        format!("{format}:\n{}", outcome.stdout.replace('\r', "␍").replace('\t', "→"))
    });
    assert_data_eq!(
        all.concat(),
        str![[r#"
tsv:
username→key→created→age→active→staff→superuser→last_login
alice→01dc0ffe…→2026-01-02T03:04:05Z→2537755→true→true→false→2026-01-31T12:00:00Z
ina→cd10eeff…→2026-01-02T03:04:05Z→2537755→false→false→false→
csv:
username,key,created,age,active,staff,superuser,last_login␍
alice,01dc0ffe…,2026-01-02T03:04:05Z,2537755,true,true,false,2026-01-31T12:00:00Z␍
ina,cd10eeff…,2026-01-02T03:04:05Z,2537755,false,false,false,␍
json:
[
  {"username":"alice","key":"01dc0ffe…","created":"2026-01-02T03:04:05Z","age":2537755,"active":true,"staff":true,"superuser":false,"last_login":"2026-01-31T12:00:00Z"},
  {"username":"ina","key":"cd10eeff…","created":"2026-01-02T03:04:05Z","age":2537755,"active":false,"staff":false,"superuser":false,"last_login":null}
]
jsonl:
{"username":"alice","key":"01dc0ffe…","created":"2026-01-02T03:04:05Z","age":2537755,"active":true,"staff":true,"superuser":false,"last_login":"2026-01-31T12:00:00Z"}
{"username":"ina","key":"cd10eeff…","created":"2026-01-02T03:04:05Z","age":2537755,"active":false,"staff":false,"superuser":false,"last_login":null}
text:
username: alice
key: 01dc0ffe…
created: 2026-01-02T03:04:05Z
age: 2537755
active: true
staff: true
superuser: false
last_login: 2026-01-31T12:00:00Z

username: ina
key: cd10eeff…
created: 2026-01-02T03:04:05Z
age: 2537755
active: false
staff: false
superuser: false
last_login: 
table:
username  key        created (UTC)     active  staff  superuser  last_login (UTC)
────────  ─────────  ────────────────  ──────  ─────  ─────────  ────────────────
alice     01dc0ffe…  2026-01-02 03:04  yes     yes    no         2026-01-31 12:00
ina       cd10eeff…  2026-01-02 03:04  no      no     no

"#]]
    );
}

#[test]
fn users_in_every_format() {
    let sandbox = Sandbox::with_known_dates();
    let all = ["tsv", "csv", "json", "table"].map(|format| {
        let outcome = list(&sandbox, &["users", "--format", format, "--limit", "1"]).run().ok();
        format!("{format}:\n{}", outcome.stdout.replace('\r', "␍").replace('\t', "→"))
    });
    assert_data_eq!(
        all.concat(),
        str![[r#"
tsv:
username→email→active→staff→superuser→date_joined→last_login→has_token→password
alice→alice@example.com→true→true→false→2025-12-31T23:59:59.000007Z→2026-01-31T12:00:00Z→true→unusable
csv:
username,email,active,staff,superuser,date_joined,last_login,has_token,password␍
alice,alice@example.com,true,true,false,2025-12-31T23:59:59.000007Z,2026-01-31T12:00:00Z,true,unusable␍
json:
[
  {"username":"alice","email":"alice@example.com","active":true,"staff":true,"superuser":false,"date_joined":"2025-12-31T23:59:59.000007Z","last_login":"2026-01-31T12:00:00Z","has_token":true,"password":"unusable"}
]
table:
username  email              active  staff  superuser  date_joined (UTC)  last_login (UTC)  has_token  password
────────  ─────────────────  ──────  ─────  ─────────  ─────────────────  ────────────────  ─────────  ────────
alice     alice@example.com  yes     yes    no         2025-12-31 23:59   2026-01-31 12:00  yes        unusable

"#]]
    );
}

#[test]
fn an_empty_list_in_every_format() {
    let sandbox = Sandbox::with_known_dates();
    for (format, shape) in [
        ("tsv", "username\tkey\n"),
        ("csv", "username,key\r\n"),
        ("json", "[]\n"),
        ("jsonl", ""),
        ("text", ""),
        ("table", ""),
    ] {
        for rest in [&["--key-prefix", "nothing"][..], &["--limit", "0"], &["bob"]] {
            let outcome = list(&sandbox, &["--columns", "username,key", "--format", format]).args(rest).run().ok();
            assert_eq!(outcome.stdout, shape, "{format} {rest:?}");
        }
        let outcome = list(&sandbox, &["--format", format, "--no-header", "bob"]).run().ok();
        assert_eq!(outcome.stdout, if format == "json" { "[]\n" } else { "" }, "{format}");
        let users = list(&sandbox, &["users", "--format", format, "--columns", "username,key", "z*"]).run();
        users.refused("2", &["--columns: unknown column"]);
    }
    assert_eq!(list(&sandbox, &["-0", "bob"]).run().ok().stdout, "");
}

#[test]
fn a_count_in_every_format() {
    let sandbox = Sandbox::with_known_dates();
    for (format, shape) in [
        (None, "2\n"),
        (Some("text"), "2\n"),
        (Some("tsv"), "count\n2\n"),
        (Some("csv"), "count\r\n2\r\n"),
        (Some("json"), "[\n  {\"count\":2}\n]\n"),
        (Some("jsonl"), "{\"count\":2}\n"),
    ] {
        let call = list(&sandbox, &["--count"]);
        let call = format.map_or_else(|| list(&sandbox, &["--count"]), |format| call.args(["--format", format]));
        assert_eq!(call.run().ok().stdout, shape, "{format:?}");
    }
}

#[test]
fn columns_have_the_order_of_the_command_line() {
    let sandbox = Sandbox::with_known_dates();
    let outcome =
        list(&sandbox, &["--columns", "key_kind,username,user_id,age", "--sort", "username", "--reverse"]).run();
    assert_data_eq!(
        visible(&outcome),
        str![[r#"
exit: 0
--- stdout
key_kind→username→user_id→age
drf→ina→3→2537755
drf→alice→1→2537755
--- stderr

"#]]
    );
    let outcome = list(&sandbox, &["--columns=username", "--columns", "age", "--format", "jsonl", "ina"]).run().ok();
    assert_eq!(outcome.stdout, "{\"username\":\"ina\",\"age\":2537755}\n");
    assert_data_eq!(
        visible(&list(&sandbox, &["--columns", "username,\u{1b}[2J"]).run()),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: --columns: unknown column
hint: choose from username, key, created, age, active, staff, superuser, last_login, user_id, key_kind

"#]]
    );
    assert_data_eq!(
        visible(&list(&sandbox, &["users", "--columns", ""]).run()),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: --columns: unknown column
hint: choose from username, email, active, staff, superuser, date_joined, last_login, has_token, password

"#]]
    );
}

#[test]
fn a_duplicate_column_is_rejected() {
    let sandbox = Sandbox::with_known_dates();
    let outcome = list(&sandbox, &["--columns", "username,active,username", "--no-header", "alice"]).run();
    outcome.refused("2", &["duplicate column: username"]);
}

#[test]
fn options_change_separators_escapes_and_header() {
    let sandbox = Sandbox::with_known_dates();
    sandbox.exec("UPDATE auth_user SET username = '=a\t\u{e9}\n' WHERE username = 'alice'");
    let shapes = [
        &["--no-header"][..],
        &["--no-header", "--raw"],
        &["-0"],
        &["--null", "--no-header"],
        &["--ascii"],
        &["--format", "csv"],
        &["--format", "csv", "--no-header", "--ascii"],
        &["--format", "csv", "--raw"],
        &["--format", "jsonl", "--ascii"],
        &["--format", "table", "--ascii"],
        &["--format", "table", "--no-header"],
    ]
    .map(|args| {
        let outcome = list(&sandbox, &["--columns", "username,active"]).args(args).run().ok();
        format!("{}:\n{}", args.join(" "), visible(&outcome))
    });
    assert_data_eq!(
        shapes.concat(),
        str![[r#"
--no-header:
exit: 0
--- stdout
'=a⧵u{9}é⧵u{a}→true
ina→false
--- stderr
--no-header --raw:
exit: 0
--- stdout
=a⧵u{9}é⧵u{a}→true
ina→false
--- stderr
-0:
exit: 0
--- stdout
=a→é
→true␀
ina→false␀
--- stderr
--null --no-header:
exit: 0
--- stdout
=a→é
→true␀
ina→false␀
--- stderr
--ascii:
exit: 0
--- stdout
username→active
'=a⧵u{9}⧵u{e9}⧵u{a}→true
ina→false
--- stderr
--format csv:
exit: 0
--- stdout
username,active␍
'=a⧵u{9}é⧵u{a},true␍
ina,false␍
--- stderr
--format csv --no-header --ascii:
exit: 0
--- stdout
'=a⧵u{9}⧵u{e9}⧵u{a},true␍
ina,false␍
--- stderr
--format csv --raw:
exit: 0
--- stdout
username,active␍
"=a→é
",true␍
ina,false␍
--- stderr
--format jsonl --ascii:
exit: 0
--- stdout
{"username":"=a⧵u0009⧵u00e9⧵u000a","active":true}
{"username":"ina","active":false}
--- stderr
--format table --ascii:
exit: 0
--- stdout
username            active
------------------  ------
=a⧵u{9}⧵u{e9}⧵u{a}  yes
ina                 no
--- stderr
--format table --no-header:
exit: 0
--- stdout
=a⧵u{9}é⧵u{a}  yes
ina            no
--- stderr

"#]]
    );
}

#[test]
fn null_and_raw_require_formats_that_have_them() {
    let sandbox = Sandbox::with_known_dates();
    for (args, message) in [
        (&["-0", "--format", "csv"][..], "--null requires --format tsv"),
        (&["--raw", "--format", "json"], "--raw requires --format csv or tsv"),
    ] {
        list(&sandbox, args).run().refused("2", &[message]);
    }
    list(&sandbox, &["-0", "--raw"]).run().refused("2", &["cannot be used with"]);
}

#[test]
fn raw_prints_keys_and_requires_show_keys() {
    let sandbox = Sandbox::with_known_dates();
    let reversed: String = KEY.chars().rev().collect();
    let outcome = list(&sandbox, &["--format", "raw", "--show-keys"]).run().ok();
    assert_eq!(outcome.stdout, format!("{KEY}\n{reversed}\n"));
    for args in [&["--format", "raw"][..], &["users", "--format", "raw"], &["users", "--format", "raw", "--show-keys"]]
    {
        list(&sandbox, args)
            .run()
            .refused("2", &["--format raw prints keys in full", "run drfctl list tokens --show-keys --format raw"]);
    }
}
