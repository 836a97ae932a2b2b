//! Lists and filters on every engine, compared with Django's ORM.

use serde_json::{Value, json};

use crate::support::{Engine, ORM, Sandbox, Site, scenarios, until};

scenarios![
    list_agrees_with_the_orm,
    filters_agree_with_the_orm,
    orders_match_the_orm_across_pages,
    times_in_the_future_warn_of_a_wrong_time_zone,
];

fn list_agrees_with_the_orm(engine: Engine) {
    for site in [Site::Stock, Site::Email, Site::Odd, Site::Member] {
        let sandbox = Sandbox::on(engine, site);
        let fill = r"
for user in User.objects.order_by('pk'):
    user.last_login = datetime.datetime(2025, 1, 31, 23, 59, 59, 7, tzinfo=UTC)
    user.save()
    if not user.get_username().startswith('bob'):
        Token.objects.create(user=user)
answer = [
    [of_token(token) for token in Token.objects.order_by('user_id')],
    [of_user(user) for user in User.objects.order_by('pk')],
]";
        let (tokens, users): (Vec<Value>, Vec<Value>) = sandbox.ask(&"", &format!("{ORM}{fill}"));
        let compare = |words: &[&str], theirs: &[Value]| {
            let ours = sandbox.drfctl(words).records("0");
            assert_eq!(ours.len(), theirs.len(), "{site:?} {words:?}");
            for (ours, theirs) in ours.iter().zip(theirs) {
                for (name, value) in theirs.as_object().unwrap() {
                    assert_eq!(&ours[name], value, "{site:?} {words:?} {name}\n{ours}\n{theirs}");
                }
            }
        };
        compare(&["list", "--show-keys"], &tokens);
        compare(&["list", "users"], &users);
    }
}

fn filters_agree_with_the_orm(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.add_users(30);
    sandbox.give_numbered_tokens();
    sandbox.exec(
        "DELETE FROM authtoken_token WHERE user_id IN (SELECT id FROM auth_user WHERE username LIKE 'u1%');
         UPDATE auth_user SET is_staff = TRUE WHERE username LIKE '%2';
         UPDATE auth_user SET is_active = FALSE WHERE username LIKE '%3';
         UPDATE auth_user SET last_login = '2026-02-03 04:05:06' WHERE username LIKE '%4';
         UPDATE auth_user SET password = 'pbkdf2_sha256$1000000$salt$aGFzaA==' WHERE username IN ('alice', 'u1');
         UPDATE auth_user SET password = 'pbkdf2_sha256$99999$salt$aGFzaA==' WHERE username = 'u2';
         UPDATE auth_user SET password = '!' WHERE username LIKE 'u13';
         UPDATE auth_user SET password = '' WHERE username = 'u4';
         UPDATE auth_user SET password = 'argon2$argon2id$v=19$m=8$c2FsdA$aGFzaA' WHERE username = 'u5';
         UPDATE auth_user SET password = '21232f297a57a5a743894a0e4a801fc3' WHERE username = 'u6';
         UPDATE auth_user SET password = 'secret' WHERE username = 'u7'",
    );
    let filters = [
        ("users --active", "Q(is_active=True)"),
        ("users --inactive", "Q(is_active=False)"),
        ("users --staff", "Q(is_staff=True)"),
        ("users --superusers", "Q(is_superuser=True)"),
        ("users --never-logged-in", "Q(last_login=None)"),
        ("users --weak-password", r"~Q(password='') & ~Q(password__regex=r'^(!|argon2\$|pbkdf2_sha256\$[0-9]{6})')"),
        ("users --with-token", "Q(auth_token__isnull=False)"),
        ("users --without-token", "Q(auth_token=None)"),
        ("users --without-token --inactive", "Q(auth_token=None, is_active=False)"),
        ("users u?", "Q(username__regex='^u.$')"),
        ("users *1*", "Q(username__contains='1')"),
        ("users u1 u2 alice", "Q(username__in=['u1', 'u2', 'alice'])"),
        ("users --older-than 2026-01-01", "Q(date_joined__lt=moment(2026, 1, 1))"),
        ("users --newer-than 2026-01-01T00:00:01Z", "Q(date_joined__gte=moment(2026, 1, 1, 0, 0, 1))"),
        ("tokens --older-than 2025-01-02T03:04:05Z", "Q(pk=None)"),
        ("tokens --newer-than 2025-01-02T03:04:05Z", "Q(auth_token__isnull=False)"),
        ("tokens --key-prefix 000000000000", "Q(auth_token__isnull=False)"),
        ("tokens --key-prefix _", "Q(pk=None)"),
        ("tokens --staff --active", "Q(is_staff=True, is_active=True, auth_token__isnull=False)"),
    ];
    let program = "
from django.contrib.auth.models import User
from django.db.models import Q
import datetime
def moment(*parts):
    return datetime.datetime(*parts, tzinfo=datetime.timezone.utc)
answer = [list(User.objects.filter(eval(q)).order_by('pk').values_list('username', flat=True)) for _, q in table]";
    let theirs: Vec<Vec<String>> = sandbox.ask(&filters, program);
    for ((words, _), theirs) in filters.iter().zip(theirs) {
        let call = sandbox.drfctl(["list"]).args(words.split(' ')).args(["--columns", "username", "--no-header"]);
        let ours = call.run().ok().stdout;
        assert_eq!(ours.lines().collect::<Vec<_>>(), theirs, "{words}");
        let kind = words.split(' ').next().unwrap();
        let rest: Vec<_> = words.split(' ').skip(1).collect();
        let counted = sandbox.drfctl(["list", kind, "--count"]).args(rest).run().ok().stdout;
        assert_eq!(counted.trim(), theirs.len().to_string(), "{words}");
    }
}

fn orders_match_the_orm_across_pages(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Stock);
    sandbox.add_users(2_500);
    sandbox.exec("UPDATE auth_user SET last_login = '2026-02-03 04:05:06' WHERE username LIKE '%4'");
    let orders = [("id", "pk"), ("username", "username"), ("created", "date_joined"), ("last-login", "last_login")];
    let program = "
from django.contrib.auth.models import User
from django.db.models import F
def ordered(field, reverse):
    by = [F(name).desc(nulls_last=True) if reverse else F(name).asc(nulls_last=True) for name in (field, 'pk')]
    return list(User.objects.order_by(*by).values_list('username', flat=True))
answer = [[ordered(field, False), ordered(field, True)] for _, field in table]";
    let theirs: Vec<[Vec<String>; 2]> = sandbox.ask(&orders, program);
    for ((sort, _), [forwards, backwards]) in orders.iter().zip(theirs) {
        for (turn, theirs) in [(&[][..], forwards), (&["--reverse"][..], backwards)] {
            let call =
                sandbox.drfctl(["list", "users", "--columns", "username", "--no-header", "--sort", sort]).args(turn);
            let ours = call.run().ok().stdout;
            let ours: Vec<_> = ours.lines().collect();
            assert!(
                ours == theirs,
                "{sort} {turn:?}: {:?}",
                ours.iter().zip(&theirs).find(|(one, other)| one != other)
            );
        }
    }
    assert_eq!(
        sandbox.drfctl(["list", "users", "--limit", "1", "--columns", "username"]).records("0"),
        [json!({"username": "alice"})]
    );
}

/// N29b: a site in Berlin with `USE_TZ = False`. PostgreSQL stores absolute times anyway.
fn times_in_the_future_warn_of_a_wrong_time_zone(engine: Engine) {
    let sandbox = Sandbox::on(engine, Site::Local);
    let created: String = sandbox.ask(
        &(),
        &format!(
            "{ORM}
users = User.objects.filter(username__in=['alice', 'bob'])
users.update(date_joined=datetime.datetime.now())
User.objects.filter(username='ina').update(date_joined=datetime.datetime(2025, 1, 31))
tokens = [Token.objects.create(user=user) for user in users]
answer = moment(tokens[0].created)"
        ),
    );
    let has_zone = engine == Engine::Postgres;
    let unknown = "the site stores local time (USE_TZ = False), or a clock is wrong; name its zone: --time-zone ZONE";
    let other = "the site does not store times of UTC, or a clock is wrong";
    for (words, rows) in [
        ("list", "2 rows have"),
        ("list alice", "a row has"),
        ("list --columns username,age", "2 rows have"),
        ("list --columns username,last_login", ""),
        ("list users", "2 rows have"),
        ("list --older-than 30min --count", "rows have"),
        ("list --newer-than 30min", "rows have"),
        ("list users --older-than 30min", "rows have"),
        ("revoke --older-than 30d --yes", "rows have"),
        ("create-token -r --older-than 30d --yes", "rows have"),
        ("create-token -r --older-than 30d --dry-run", "rows have"),
        ("create-token --all --newer-than 1min --yes", "rows have"),
    ] {
        for (zone, reason) in
            [(&[][..], unknown), (&["--time-zone", "UTC"], other), (&["--time-zone", "Europe/Berlin"], "")]
        {
            let outcome = sandbox.unchanged(sandbox.drfctl(words.split(' ')).args(zone));
            let warnings: Vec<&str> = outcome.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
            let is_warned = !(has_zone || rows.is_empty() || reason.is_empty());
            let warning = format!("warning: {rows} times in the future: {reason}");
            let expected: &[&str] = if is_warned { &[&warning] } else { &[] };
            assert_eq!((outcome.status.as_str(), warnings.as_slice()), ("0", expected), "{words} {zone:?}\n{outcome}");
        }
    }
    let ages = |args: &[&str]| {
        let listed = sandbox.drfctl(["list", "--columns", "created,age"]).args(args).records("0");
        (listed[0]["created"].as_str().unwrap().to_owned(), listed[0]["age"].as_i64())
    };
    let (listed, age) = ages(&["--time-zone", "Europe/Berlin"]);
    assert_eq!((listed, age.is_some_and(|age| (0..600).contains(&age))), (created.clone(), true));
    let (listed, age) = ages(&[]);
    assert_eq!((listed == created, age.is_some()), (has_zone, has_zone));
    let local = sandbox.with_settings(Site::Local.settings(), ["list"]).run();
    assert_eq!((local.status.as_str(), local.stderr.as_str()), ("0", ""), "{local}");
    sandbox.exec("UPDATE authtoken_token SET created = '2100-01-01 00:00:00'");
    let listed = sandbox.drfctl(["list", "alice"]).run();
    let reason = if has_zone { "a clock is wrong" } else { unknown };
    assert_eq!(listed.stderr, format!("warning: a row has times in the future: {reason}\n"));
}

/// `PostgreSQL` prefers a merge join, which without bounds reads the rows of all earlier pages again.
#[test]
fn each_user_is_read_once_by_the_pages_of_postgresql() {
    const ROWS: u64 = 20_000;
    let sandbox = Sandbox::on(Engine::Postgres, Site::Stock);
    sandbox.exec(&format!(
        "INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name)
             SELECT '!', FALSE, 'u' || n, '', '', FALSE, TRUE, '2026-01-01', '' FROM generate_series(1, {ROWS}) AS n;
         INSERT INTO authtoken_token SELECT md5(id::text) || '01234567', '2026-01-01', id FROM auth_user WHERE username LIKE 'u%';
         ANALYZE"
    ));
    let read = || {
        let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'auth_user'";
        sandbox.value(read).parse::<u64>().unwrap()
    };
    for words in ["list tokens --columns username", "list users --columns username", "create-token -r --all --yes"] {
        let before = read();
        let printed = sandbox.drfctl(["-v", "0"]).args(words.split(' ')).run().ok().stdout;
        assert!(printed.lines().count() as u64 >= ROWS, "{words}");
        // The server counts at the end of the session.
        let others =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'drfctl' AND datname = current_database()";
        until("the session has ended", || sandbox.value(others) == "0");
        until("the server counts the rows that were read", || read() - before >= ROWS);
        let read = read() - before;
        assert!(read < 4 * ROWS, "{words}: {read} rows were read");
    }
}
