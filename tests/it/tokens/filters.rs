//! Filters select the same users and tokens as the equivalent filters of the ORM.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{ORM, Sandbox, Shim, quoted};

/// The current time in the tests: 2026-03-31T12:00:00Z.
const NOW: &str = "1774958400";

/// Names with characters that are special in patterns or in SQL.
const NAMES: [&str; 20] = [
    "ci-1",
    "ci-22",
    "CI-3",
    "ci_4",
    "ci%5",
    "ci[6]",
    "ci*7",
    "ci?8",
    r"ci\9",
    "o'neil",
    "say\"hi\"",
    "é",
    "éa",
    "ça",
    "a b",
    "100%",
    "%",
    "_",
    "[a-c]",
    "!x",
];

/// Creates a user for each combination of filter criteria, some with tokens of different ages.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DELETE FROM auth_user;
         CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 191) SELECT i FROM n;
         INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name, last_login) \
         SELECT i + 1, '!', i >> 1 & 1, 'u' || i, '', '', i & 1, i >> 2 & 1, \
         datetime('2026-03-31 12:00:00', -(i % 24) || ' days'), '', iif(i >> 3 & 1, '2026-03-01 00:00:00', NULL) FROM n;
         INSERT INTO authtoken_token (key, created, user_id) \
         SELECT printf('%02x', i * 37 % 256) || lower(hex(randomblob(19))), datetime('2026-03-31 12:00:00', -(i % 13 * 12) || ' hours'), i + 1 \
         FROM n WHERE i % 5 <> 0;",
    );
    for (id, name) in (1000..).zip(NAMES) {
        sandbox.add_user(&id.to_string(), &quoted(name));
        if id % 2 == 0 {
            sandbox.exec(&format!(
                "INSERT INTO authtoken_token VALUES ('ff' || lower(hex(randomblob(19))), '2026-01-31 00:00:00', {id})"
            ));
        }
    }
    sandbox
}

/// Arguments, and the equivalent for the ORM; `created` compares the time of creation.
const FILTERS: [(&str, &str); 45] = [
    ("", "Q()"),
    ("--active", "Q(is_active=True)"),
    ("--inactive", "Q(is_active=False)"),
    ("--staff", "Q(is_staff=True)"),
    ("--superusers", "Q(is_superuser=True)"),
    ("--never-logged-in", "Q(last_login=None)"),
    ("--older-than 90d", "created('lt', 2025, 12, 31, 12)"),
    ("--older-than 2w", "created('lt', 2026, 3, 17, 12)"),
    ("--older-than 12h", "created('lt', 2026, 3, 31)"),
    ("--older-than 0s", "created('lt', 2026, 3, 31, 12)"),
    ("--newer-than 0s", "created('gte', 2026, 3, 31, 12)"),
    ("--newer-than 12h", "created('gte', 2026, 3, 31)"),
    ("--newer-than 1w", "created('gte', 2026, 3, 24, 12)"),
    ("--older-than 2026-03-28", "created('lt', 2026, 3, 28)"),
    ("--newer-than 2026-03-28", "created('gte', 2026, 3, 28)"),
    ("--older-than 2026-03-28T12:00:00", "created('lt', 2026, 3, 28, 12)"),
    ("--newer-than 2026-03-28T14:00:00+02:00", "created('gte', 2026, 3, 28, 12)"),
    ("--newer-than 2026-03-28T12:00:00.000001Z", "created('gte', 2026, 3, 28, 12, 0, 0, 1)"),
    ("--newer-than 2026-03-20 --older-than 3d", "created('gte', 2026, 3, 20) & created('lt', 2026, 3, 28, 12)"),
    ("--newer-than 1d --older-than 2d", "Q(pk=None)"),
    ("--staff --superusers", "Q(is_staff=True, is_superuser=True)"),
    ("--inactive --never-logged-in --staff", "Q(is_active=False, last_login=None, is_staff=True)"),
    ("--active --older-than 2d u1*", "Q(is_active=True, username__startswith='u1') & created('lt', 2026, 3, 29, 12)"),
    ("--superusers u1 u2 u3 u4", "Q(is_superuser=True, username__in=['u1', 'u2', 'u3', 'u4'])"),
    ("u1 u1 ci* u?", "Q(username='u1') | named('ci.*') | named('u.')"),
    ("u1", "Q(username='u1')"),
    ("*", "Q()"),
    ("**", "Q()"),
    ("?", "named('.')"),
    ("?*", "named('.+')"),
    ("??", "named('..')"),
    ("ci-*", "named('ci-.*')"),
    ("ci?*", "named('ci..*')"),
    ("CI*", "named('CI.*')"),
    ("*%*", "named('.*%.*')"),
    ("*_*", "named('.*_.*')"),
    ("*[*", r"named('.*\\[.*')"),
    ("[a-c]*", r"named('\\[a-c\\].*')"),
    ("ci[?]", r"named('ci\\[.\\]')"),
    (r"*\**", r"named('.*\\*.*')"),
    (r"*\?*", r"named('.*\\?.*')"),
    (r"*\\*", r"named('.*\\\\.*')"),
    ("*'*", r#"named(".*'.*")"#),
    (r#"*"*"#, r#"named('.*".*')"#),
    ("?a", "named('.a')"),
];

/// Filters for tokens only.
const TOKEN_FILTERS: [(&str, &str); 6] = [
    ("--key-prefix ff", "Q(auth_token__key__startswith='ff')"),
    ("--key-prefix f", "Q(auth_token__key__startswith='f')"),
    ("--key-prefix FF", "Q(pk=None)"),
    ("--key-prefix *", "Q(pk=None)"),
    ("--key-prefix [f]", "Q(pk=None)"),
    ("--key-prefix 25 --staff", "Q(auth_token__key__startswith='25', is_staff=True)"),
];

/// Filters for users only.
const USER_FILTERS: [(&str, &str); 5] = [
    ("--with-token", "Q(auth_token__isnull=False)"),
    ("--without-token", "Q(auth_token=None)"),
    ("--without-token --inactive", "Q(auth_token=None, is_active=False)"),
    ("--with-token --key-prefix ff ci*", "Q(auth_token__key__startswith='ff') & named('ci.*')"),
    ("--without-token u1 u5 u10", "Q(auth_token=None, username__in=['u1', 'u5', 'u10'])"),
];

fn words(typed: &str) -> Vec<&str> {
    typed.split_whitespace().collect()
}

#[test]
fn filters_select_the_same_rows_as_the_orm() {
    let sandbox = sandbox();
    for (kind, field, more) in
        [("tokens", "auth_token__created", &TOKEN_FILTERS[..]), ("users", "date_joined", &USER_FILTERS)]
    {
        let cases: BTreeMap<&str, &str> = FILTERS.iter().chain(more).copied().collect();
        let program = format!(
            "{ORM}
import re
def created(comparison, *parts):
    return Q(**{{'{field}__' + comparison: datetime.datetime(*parts, tzinfo=UTC)}})
def named(pattern):
    return Q(username__in=[n for n in User.objects.values_list('username', flat=True) if re.fullmatch(pattern, n)])
holders = User.objects.filter(auth_token__isnull=False) if '{kind}' == 'tokens' else User.objects
answer = {{typed: list(holders.filter(eval(orm)).order_by('pk').values_list('username', flat=True)) for typed, orm in table.items()}}"
        );
        let expected: BTreeMap<String, Vec<String>> = sandbox.ask(&cases, &program);
        for (typed, names) in &expected {
            let list = |args: &[&str]| {
                let call = sandbox.drfctl(["list", kind]).args(words(typed)).args(args);
                Shim::new(&sandbox).load(call).env("SHIM_CLOCK", NOW).run().ok().stdout
            };
            let lines = list(&["--columns", "username", "--no-header"]);
            assert_eq!(lines.lines().collect::<Vec<_>>(), *names, "list {kind} {typed}");
            assert_eq!(list(&["--count"]), format!("{}\n", names.len()), "list {kind} {typed}");
        }
        // The data is useful if most filters match some rows and not all.
        let selective = expected.values().filter(|names| !names.is_empty() && names.len() < expected[""].len()).count();
        assert!(selective > 35, "{selective}");
    }
}

#[test]
fn names_are_plain_text_and_not_sql() {
    let sandbox = sandbox();
    for name in NAMES {
        // Escaped, the name is the literal beginning of a pattern.
        let typed = name.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?");
        let listed = |typed: &str| {
            sandbox.drfctl(["list", "users", "--columns", "username", "--format", "json", "--", typed]).run()
        };
        let of_pattern: serde_json::Value = serde_json::from_str(&listed(&format!("{typed}*")).ok().stdout).unwrap();
        assert!(of_pattern.as_array().unwrap().contains(&json!({"username": name})), "{name}: {of_pattern}");
        let expected: Vec<_> =
            NAMES.iter().filter(|other| other.starts_with(name)).map(|name| json!({"username": name})).collect();
        assert_eq!(of_pattern, json!(expected), "{name}");
        if !name.contains(['*', '?']) {
            let exactly: serde_json::Value = serde_json::from_str(&listed(name).ok().stdout).unwrap();
            assert_eq!(exactly, json!([{"username": name}]), "{name}");
        }
    }
}

/// A backslash escapes a wildcard, also if there is no other wildcard.
#[test]
fn a_backslash_escapes_a_wildcard() {
    let sandbox = sandbox();
    sandbox.add_user("2000", "'ci*77'");
    for (typed, name) in [(r"ci\*7", "ci*7"), (r"ci\?8", "ci?8")] {
        let outcome = sandbox.drfctl(["list", "users", "--columns", "username", "--no-header", typed]).run();
        assert_eq!(outcome.to_string(), format!("exit: 0\n--- stdout\n{name}\n--- stderr\n"), "{typed}");
    }
}

/// `create_user()` can store a NUL in a name, at which SQLite's `GLOB` stops.
#[test]
fn a_pattern_does_not_match_only_the_part_before_a_nul() {
    let sandbox = Sandbox::stock();
    sandbox.add_user("2000", "'ci' || char(0) || '1'");
    let _ = sandbox.drfctl(["create-token", "--without-token", "--yes"]).run();
    let before = sandbox.dump();
    for typed in ["c?", "?i", "*i"] {
        let outcome = sandbox.drfctl(["revoke", "--yes", typed]).run();
        outcome.refused("3", &[&format!("no username matches {typed}")]);
    }
    assert_eq!(sandbox.dump(), before);
    for typed in ["c*", "ci*", "??*"] {
        let outcome = sandbox.drfctl(["list", "users", "--columns", "username", "--no-header", typed]).run().ok();
        assert!(outcome.stdout.contains(r"ci\u{0}1"), "{typed}\n{outcome}");
    }
}

/// More names than a statement has parameters, and more patterns than it has conditions.
#[test]
fn too_many_names_or_patterns_are_a_usage_error() {
    let sandbox = Sandbox::stock();
    let names = sandbox.add_users(33_000);
    let count =
        |words: &mut dyn Iterator<Item = String>| sandbox.drfctl(["list", "users", "--count"]).args(words).run();
    let some = count(&mut names.lines().take(20_000).map(ToOwned::to_owned));
    assert_eq!(some.to_string(), "exit: 0\n--- stdout\n20000\n--- stderr\n");
    count(&mut names.lines().map(ToOwned::to_owned)).refused("2", &["expected at most 20000 names, found 33000"]);
    count(&mut (1_000..2_100).map(|n| format!("u{n}?"))).refused("2", &["a command takes at most 500 patterns"]);
}

/// SQLite stores any text as a time. Rows with an invalid time match neither filter.
#[test]
fn an_invalid_time_is_neither_older_nor_newer() {
    let sandbox = Sandbox::stock();
    sandbox.add_users(5);
    for (name, created) in [
        ("u1", "'2025-01-01 10:00:00'"),
        ("u2", "'2025-01-01T10:00:00'"),
        ("u3", "1735725600"),
        ("u4", "''"),
        ("u5", "'yesterday'"),
    ] {
        let token = format!("lower(hex(randomblob(20))), {created}, id");
        sandbox.exec(&format!("INSERT INTO authtoken_token SELECT {token} FROM auth_user WHERE username = '{name}'"));
    }
    let names =
        |words: &[&str]| sandbox.drfctl(["list", "--columns", "username", "--no-header"]).args(words).run().ok().stdout;
    assert_eq!(names(&["--older-than", "2025-01-01T10:00:01Z"]), "u1\nu2\n");
    assert_eq!(names(&["--older-than", "2025-01-01T10:00:00Z"]), "");
    assert_eq!(names(&["--newer-than", "2025-01-01T10:00:00Z"]), "u1\nu2\n");
    assert_eq!(names(&["--newer-than", "1d"]), "");
    sandbox
        .drfctl(["list", "--older-than", "3m"])
        .run()
        .refused("2", &["--older-than: m could be minutes or months", "write 5min or 5mo"]);
}
