//! The order of a list and its pages. Pages end between equal values, between users who never
//! logged in, and between keys of every type; no row is missing or duplicate.

use snapbox::{assert_data_eq, str};

use crate::support::{ORM, Outcome, Sandbox, Site};

/// More users than fit into a page of 20,000, with keys in random order and many equal times. A page
/// of users ends among those who have logged in, a page of tokens among those who have not.
const MANY: u32 = 21_500;

fn many() -> Sandbox {
    let sandbox = Sandbox::stock();
    sandbox.exec(&format!(
        "DELETE FROM auth_user;
         CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) \
         SELECT i, i * 7919 % 21701 AS id, printf('2026-01-01 00:%02d:%02d%s', i % 7, i % 60, iif(i % 3, '', '.000001')) AS at FROM n;
         INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name, last_login) \
         SELECT id, '!', 0, substr('uUé', i % 3 + 1, 1) || i, '', '', 0, 1, at, '', iif(i % 20, at, NULL) FROM n;
         INSERT INTO authtoken_token (key, created, user_id) \
         SELECT lower(hex(randomblob(20))), printf('2026-02-01 00:%02d:%02d', i % 11, i % 60), id FROM n WHERE i % 20 <> 1;"
    ));
    sandbox
}

/// Returns the listed usernames, one per line.
fn names(sandbox: &Sandbox, words: &[&str]) -> String {
    sandbox.drfctl(["list", "--columns", "username", "--no-header"]).args(words).run().ok().stdout
}

#[track_caller]
fn assert_same_lines(actual: &str, expected: &[String], what: &str) {
    let actual: Vec<_> = actual.lines().collect();
    let other = actual.iter().zip(expected).position(|(actual, expected)| actual != expected);
    assert!(other.is_none(), "{what}: line {} is {:?}", other.unwrap(), other.map(|at| (actual[at], &expected[at])));
    assert_eq!(actual.len(), expected.len(), "{what}: how many lines");
}

/// Arguments, and the same order in the ORM, before it is reversed.
const ORDERS: [(&str, &str, &str); 8] = [
    ("tokens", "id", "'user_id'"),
    ("tokens", "username", "'user__username'"),
    ("tokens", "created", "'created', 'user_id'"),
    ("tokens", "last-login", "'user__last_login', 'user_id'"),
    ("users", "id", "'pk'"),
    ("users", "username", "'username'"),
    ("users", "created", "'date_joined', 'pk'"),
    ("users", "last-login", "'last_login', 'pk'"),
];

/// Returns the names in an order, forwards or backwards.
const ORDERED: &str = r"
def ordered(kind, fields, reverse):
    rows = User.objects if kind == 'users' else Token.objects
    name = User.USERNAME_FIELD if kind == 'users' else 'user__' + User.USERNAME_FIELD
    by = [F(field).desc(nulls_last=True) if reverse else F(field).asc(nulls_last=True) for field in fields]
    return list(rows.order_by(*by).values_list(name, flat=True))
";

fn in_order(sandbox: &Sandbox, orders: &[(&str, &str, &str)]) -> Vec<[Vec<String>; 2]> {
    let fields: Vec<_> = orders.iter().map(|(kind, _, fields)| format!("('{kind}', [{fields}])")).collect();
    let program = format!(
        "{ORM}{ORDERED}answer = [[ordered(kind, fields, r) for r in (False, True)] for kind, fields in [{}]]",
        fields.join(", ")
    );
    sandbox.ask(&(), &program)
}

#[test]
fn every_order_agrees_with_the_orm_across_pages() {
    let sandbox = many();
    let expected = in_order(&sandbox, &ORDERS);
    for ((kind, sort, _), [forwards, backwards]) in ORDERS.iter().zip(&expected) {
        let what = format!("list {kind} --sort {sort}");
        assert!(forwards.len() > 20_000, "{what}: one page");
        assert_same_lines(&names(&sandbox, &[kind, "--sort", sort]), forwards, &what);
        assert_same_lines(
            &names(&sandbox, &[kind, "--sort", sort, "--reverse"]),
            backwards,
            &format!("{what} --reverse"),
        );
        // Limits within a page and at its end.
        let pages = if ["id", "username"].contains(sort) { [999, 1_000, 1_001] } else { [0, 1, 20_000] };
        for limit in pages {
            let actual = names(&sandbox, &[kind, "--sort", sort, "--reverse", "--limit", &limit.to_string()]);
            assert_same_lines(&actual, &backwards[..limit], &format!("{what} --limit {limit}"));
        }
        let counted = sandbox.drfctl(["list", kind, "--count"]).run().ok().stdout;
        assert_eq!(counted, format!("{}\n", forwards.len()), "{kind}");
    }
    let all = names(&sandbox, &["--limit", "18446744073709551615"]);
    assert_same_lines(&all, &expected[0][0], "a limit beyond the end");
}

#[test]
fn pages_continue_after_text_primary_keys() {
    for (site, add) in [
        (
            Site::Email,
            "INSERT INTO people_emailuser (password, id, email) SELECT '!', lower(hex(randomblob(16))), 'e' || i FROM n",
        ),
        (
            Site::Odd,
            r#"INSERT INTO "Odd ""User"" Table" (password, "Code Name", handle, is_active) SELECT '!', 'c''' || i, 'h' || i, 1 FROM n"#,
        ),
    ] {
        let sandbox = Sandbox::new(site);
        sandbox.exec(&format!(
            "CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n; {add}"
        ));
        let login = if site == Site::Email { "email" } else { "handle" };
        let login = format!("'{login}'");
        let orders = [("users", "id", "'pk'"), ("users", "username", login.as_str())];
        for ((kind, sort, _), [forwards, backwards]) in orders.iter().zip(in_order(&sandbox, &orders)) {
            assert!(forwards.len() > 2_500, "{site:?}");
            assert_same_lines(&names(&sandbox, &[kind, "--sort", sort]), &forwards, &format!("{site:?} {sort}"));
            let turned = names(&sandbox, &[kind, "--sort", sort, "--reverse"]);
            assert_same_lines(&turned, &backwards, &format!("{site:?} {sort} --reverse"));
        }
        // A model without date_joined cannot be sorted by it.
        sandbox.drfctl(["list", "users", "--sort", "created"]).run().refused("3", &["no column date_joined"]);
    }
}

/// A custom username field may be NULL.
#[test]
fn users_without_a_username_come_last() {
    let sandbox = Sandbox::stock();
    sandbox.exec(
        "DELETE FROM auth_user; ALTER TABLE auth_user ADD COLUMN nick varchar(20) NULL; CREATE UNIQUE INDEX n ON auth_user (nick);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
         INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name, nick)
         SELECT '!', 0, 'u' || i, '', '', 0, 1, '2026-01-01 00:00:00', '', CASE WHEN i % 2 THEN 'n' || i END FROM n",
    );
    for turn in [&[][..], &["--reverse"]] {
        let call =
            ["list", "users", "--username-field", "nick", "--sort", "username", "--no-header", "--columns", "username"];
        let outcome = sandbox.drfctl(call).args(turn).run().ok();
        let direction = if turn.is_empty() { "" } else { " DESC" };
        let order =
            format!("SELECT ifnull(nick, '') FROM auth_user ORDER BY nick IS NULL, nick{direction}, id{direction}");
        assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), sandbox.sql(&order).concat(), "{turn:?}");
    }
}

#[test]
fn an_invalid_order_or_limit_is_rejected() {
    let sandbox = Sandbox::stock();
    let outcome: Outcome = sandbox.drfctl(["list", "--sort", "name"]).run();
    assert_data_eq!(
        outcome.to_string(),
        str![[r#"
exit: 2
--- stdout
--- stderr
error: invalid value for --sort <SORT>
hint: possible values: created, username, last-login, id

"#]]
    );
    for limit in ["-1", "x", "1.5", "18446744073709551616", ""] {
        sandbox.drfctl(["list".to_owned(), format!("--limit={limit}")]).run().refused("2", &["--limit"]);
    }
    for other in
        [&["--limit", "1"][..], &["--columns", "username"], &["--show-keys"], &["--sort", "id"], &["--reverse"]]
    {
        sandbox.drfctl(["list", "--count"]).args(other).run().refused("2", &["--count"]);
    }
}
